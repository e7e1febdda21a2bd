/* SPDX-License-Identifier: BSD-2-Clause */
/* test_folder.c - folders and files: what is opened, modes made exact */
#include <sys/stat.h>

#include <fcntl.h>
#include <limits.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "logplace.h"

static void
missing_folders_and_the_file_get_exact_modes(void **state)
{
	static const mode_t masks[] = { 0, 022, 077, 0777 };
	static const mode_t modes[] = { 0640, 0666, 0600, 0604 };

	(void)state;
	for (size_t i = 0; i < ROWS(masks); i++) {
		struct logfile f;
		struct err err;
		uint64_t repaired;
		char path[64];
		const struct folder_new new = { .mode = modes[i],
			.dir_mode = 02751 };

		(void)snprintf(path, sizeof(path), "x%zu/./y//z/a.log", i);
		umask(masks[i]);
		if (logfile_open(&f, path, &new, &repaired, &err) == -1)
			fail_msg("umask %o: %s", masks[i], err.text);
		assert_int_equal(mode_of(path), modes[i]);
		(void)snprintf(path, sizeof(path), "x%zu", i);
		assert_int_equal(mode_of(path), 02751);
		(void)snprintf(path, sizeof(path), "x%zu/y/z", i);
		assert_int_equal(mode_of(path), 02751);
		must_append(&f, "line\n");
		must_rotate(&f, NOON, NULL);
		(void)snprintf(path, sizeof(path), "x%zu/y/z/a.log", i);
		assert_int_equal(mode_of(path), modes[i]);
		(void)snprintf(path, sizeof(path),
		    "x%zu/y/z/a.log-20261122T120000Z-000001", i);
		assert_int_equal(mode_of(path), modes[i]);
		logfile_close(&f);
	}
}

static void
what_exists_keeps_its_mode(void **state)
{
	struct logfile f;

	(void)state;
	assert_int_equal(mkdir("d", 0700), 0);
	assert_int_equal(symlink("d", "link"), 0);
	put_text("d/a.log", "old\n");
	assert_int_equal(chmod("d/a.log", 0604), 0);
	must_open(&f, "link/a.log"); /* a way may lead through links */
	must_append(&f, "new\n");
	assert_text("d/a.log", "old\nnew\n");
	assert_int_equal(f.size, 8);
	assert_int_equal(mode_of("d/a.log"), 0604);
	assert_int_equal(mode_of("d"), 0700);
	logfile_close(&f);
}

static void
a_group_handed_down_by_the_parent_stays(void **state)
{
	struct logfile f;

	(void)state;
	assert_int_equal(mkdir("d", 0700), 0);
	assert_int_equal(chmod("d", 02755), 0);
	umask(077);
	must_open(&f, "d/e/a.log");
	assert_int_equal(mode_of("d/e"), 02750);
	logfile_close(&f);
}

static void
only_a_regular_file_is_written(void **state)
{
	struct logfile f;
	struct err err;
	uint64_t repaired;
	int fd;

	(void)state;
	put_text("file", "");
	assert_int_equal(symlink("file", "link"), 0);
	assert_int_equal(symlink("nowhere", "dangling"), 0);
	assert_int_equal(mkfifo("fifo", 0600), 0);
	assert_int_equal(mkdir("dir", 0700), 0);

	must_not_open("link", "link: is a symbolic link, not a regular file");
	must_not_open("dangling", "is a symbolic link");
	assert_false(exists("nowhere"));
	must_not_open("fifo", "is a named pipe");
	must_not_open("dir", "is a folder");
	must_not_open("dir/", "names a folder");
	must_not_open("dir/..", "is a folder");
	must_not_open("", "names a folder");
	must_not_open("/dev/null", "is a device");
	must_not_open("file/a.log", "Not a directory");
	must_not_open("link/x/a.log", "Not a directory");

	/* a pipe with a reader, which even O_NONBLOCK would open */
	fd = open("fifo", O_RDONLY | O_NONBLOCK | O_CLOEXEC);
	must_not_open("fifo", "is a named pipe");
	close(fd);

	/* the torn tail goes through no link either */
	put_text("a.log", "torn");
	assert_int_equal(symlink("file", "a.log.torn"), 0);
	assert_int_equal(
	    logfile_open(&f, "a.log", &usual, &repaired, &err), -1);
	assert_non_null(strstr(err.text, "a.log.torn: is a symbolic link"));
	assert_text("a.log", "torn");
	assert_text("file", "");
}

static void
a_name_that_is_too_long_says_so(void **state)
{
	char path[2 * NAME_MAX];
	struct logfile f;

	(void)state;
	memset(path, 'x', sizeof(path));
	path[NAME_MAX + 1] = '\0';
	must_not_open(path, "File name too long");
	path[NAME_MAX + 1] = '/';
	path[NAME_MAX + 2] = 'a';
	path[NAME_MAX + 3] = '\0';
	must_not_open(path, "File name too long");
	path[NAME_MAX] = '\0';
	must_open(&f, path);
	must_append(&f, "line\n");
	must_not_rotate(&f, "too long to rotate");
	must_append(&f, "line\n");
	assert_text(path, "line\nline\n");
	logfile_close(&f);
}

static void
assert_owned(const char *path, mode_t mode)
{
	struct stat st;

	assert_int_equal(lstat(path, &st), 0);
	assert_int_equal(st.st_uid, 4711);
	assert_int_equal(st.st_gid, 4712);
	assert_int_equal(st.st_mode & 07777, mode);
}

/* Live and rotated files, .torn and folders; what exists stays as it is. */
static void
what_is_made_is_given_away(void **state)
{
	const struct folder_new new = { .mode = 0640,
		.dir_mode = 0750,
		.has_user = true,
		.has_group = true,
		.user = 4711,
		.group = 4712 };
	struct logfile f;
	struct stat st;
	struct err err;
	uint64_t repaired;

	(void)state;
	if (geteuid() != 0)
		skip();
	assert_int_equal(mkdir("x", 0755), 0);
	if (logfile_open(&f, "x/y/a.log", &new, &repaired, &err) == -1)
		fail_msg("%s", err.text);
	assert_int_equal(stat("x", &st), 0);
	assert_int_equal(st.st_uid, 0);
	assert_owned("x/y", 0750);
	assert_owned("x/y/a.log", 0640);
	must_append(&f, "one\n");
	must_rotate(&f, NOON, "a.log-20261122T120000Z-000001");
	assert_owned("x/y/a.log-20261122T120000Z-000001", 0640);
	assert_owned("x/y/a.log", 0640);
	must_append(&f, "two");
	logfile_close(&f);
	assert_int_equal(
	    logfile_open(&f, "x/y/a.log", &new, &repaired, &err), 0);
	assert_int_equal(repaired, 3);
	assert_owned("x/y/a.log.torn", 0640);
	logfile_close(&f);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		PLACE_TEST(missing_folders_and_the_file_get_exact_modes),
		PLACE_TEST(what_exists_keeps_its_mode),
		PLACE_TEST(a_group_handed_down_by_the_parent_stays),
		PLACE_TEST(only_a_regular_file_is_written),
		PLACE_TEST(a_name_that_is_too_long_says_so),
		PLACE_TEST(what_is_made_is_given_away),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
