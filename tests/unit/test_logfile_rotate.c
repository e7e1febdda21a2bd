/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * test_logfile_rotate.c - rotations: named, refused, failed and killed
 *
 * faults.md 4.4, A4.
 */
#include <sys/file.h>
#include <sys/mman.h>
#include <sys/ptrace.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <sys/wait.h>

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "logplace.h"
#include "output/rotate.h"

static void
names_sort_in_the_order_written(void **state)
{
	static const struct {
		time_t now;
		const char *name, *why;
	} rows[] = {
		{ NOON, "a.log-20261122T120000Z-000001", "the first" },
		{ NOON, "a.log-20261122T120000Z-000002", "the same second" },
		{ NOON + 1, "a.log-20261122T120001Z-000003", "a later one" },
		{ NOON - 9999, "a.log-20261122T120001Z-000004",
		    "the clock went back" },
		{ NOON + 2, "a.log-20261122T120002Z-000005", "forward" },
	};
	struct logfile f;
	char line[32];

	(void)state;
	must_open(&f, "a.log");
	for (size_t i = 0; i < ROWS(rows); i++) {
		(void)snprintf(line, sizeof(line), "line %zu\n", i);
		must_append(&f, line);
		must_rotate(&f, rows[i].now, rows[i].name);
		assert_text(rows[i].name, line);
		assert_text("a.log", "");
	}
	must_append(&f, "live\n");
	logfile_close(&f);

	/* the folder remembers both over a restart, compressed files too */
	assert_int_equal(rename(rows[4].name, "kept"), 0);
	put_text("a.log-20301122T120002Z-000041.zst", "");
	put_text("a.log-20301122T120001Z-000042.gz", "");
	put_text("b.log-20991122T120002Z-000099", "");
	put_text("a.log-20991122T120002Z-000099.tmp", "");
	must_open(&f, "./a.log");
	must_rotate(&f, NOON, "a.log-20301122T120002Z-000043");
	logfile_close(&f);

	/* also when the name that would be the first is free */
	put_text("c.log-20301122T120002Z-000007.zst", "");
	must_open(&f, "c.log");
	must_append(&f, "line\n");
	must_rotate(&f, NOON, "c.log-20301122T120002Z-000008");
	logfile_close(&f);
}

static void
an_empty_file_is_not_rotated(void **state)
{
	char rotated[NAME_MAX + 1] = "x";
	struct logfile f;
	struct err err;
	int old = 77;

	(void)state;
	must_open(&f, "a.log");
	assert_int_equal(logfile_rotate(&f, NOON, &old, rotated, &err), 0);
	assert_int_equal(old, -1);
	assert_string_equal(rotated, "");
	assert_int_equal(entries("."), 1);
	logfile_close(&f);
}

/* A name that is taken is never overwritten: another number is. */
static void
a_taken_name_is_left_alone(void **state)
{
	struct logfile f;

	(void)state;
	must_open(&f, "a.log");
	must_append(&f, "line\n");
	put_text("a.log-20261122T120000Z-000001", "foreign\n");
	assert_int_equal(mkdir("a.log-20261122T120000Z-000002", 0700), 0);
	assert_int_equal(symlink("none", "a.log-20261122T120000Z-000003"), 0);
	must_rotate(&f, NOON, "a.log-20261122T120000Z-000004");
	assert_text("a.log-20261122T120000Z-000001", "foreign\n");
	assert_text("a.log-20261122T120000Z-000004", "line\n");
	assert_false(exists("none"));
	logfile_close(&f);
}

static void
a_failed_rotation_changes_nothing(void **state)
{
	struct rlimit had, none;
	struct logfile f;

	(void)state;
	must_open(&f, "a.log");
	must_append(&f, "one\n");

	fake.exchange_errno = EIO;
	must_not_rotate(&f, "a.log: rotate: rename to a.log-2026");
	assert_int_equal(entries("."), 1);

	fake.exchange_errno = EINVAL;
	fake.rename_errno = EACCES;
	must_not_rotate(&f, "Permission denied");
	assert_int_equal(entries("."), 1);
	memset(&fake, 0, sizeof(fake));

	assert_int_equal(getrlimit(RLIMIT_NOFILE, &had), 0);
	none = had;
	none.rlim_cur = 0;
	assert_int_equal(setrlimit(RLIMIT_NOFILE, &none), 0);
	must_not_rotate(&f, "Too many open files");
	assert_int_equal(setrlimit(RLIMIT_NOFILE, &had), 0);
	assert_int_equal(entries("."), 1);

	must_append(&f, "two\n");
	assert_text("a.log", "one\ntwo\n");
	must_rotate(&f, NOON, "a.log-20261122T120000Z-000001");
	assert_text("a.log-20261122T120000Z-000001", "one\ntwo\n");
	logfile_close(&f);
}

static void
a_file_system_without_exchange_rotates_too(void **state)
{
	static const int reasons[] = { EINVAL, ENOSYS };
	struct logfile f;

	(void)state;
	must_open(&f, "a.log");
	for (size_t i = 0; i < ROWS(reasons); i++) {
		fake.exchange_errno = reasons[i];
		must_append(&f, i == 0 ? "one\n" : "two\n");
		must_rotate(&f, NOON, NULL);
		must_not_open("a.log", "(locked)");
	}
	must_append(&f, "three\n");
	assert_text("a.log-20261122T120000Z-000001", "one\n");
	assert_text("a.log-20261122T120000Z-000002", "two\n");
	assert_text("a.log", "three\n");
	assert_int_equal(entries("."), 3);
	logfile_close(&f);
}

/*
 * What the killed process does: numbered lines into four files. *done, which
 * outlives it, is the number of those it was told are written.
 */
static int
scenario(int *done)
{
	char line[32], name[NAME_MAX + 1];
	struct logfile f;
	struct err err;
	uint64_t repaired;
	int old, number = 0;

	if (logfile_open(&f, "d/a.log", &usual, &repaired, &err) == -1)
		return 1;
	for (int file = 0; file < 4; file++) {
		for (int i = 0; i < 3; i++) {
			struct slice s;
			int n = snprintf(
			    line, sizeof(line), "line %d\n", number++);

			s = slice_of(line, (size_t)n);
			if (logfile_append(&f, &s, &err) == -1)
				return 1;
			*done = number;
		}
		if (file == 3)
			break;
		if (logfile_rotate(&f, NOON + file, &old, name, &err) == -1)
			return 1;
		close(old);
	}
	logfile_close(&f);
	return 0;
}

/*
 * Runs the scenario and kills it before its k-th system call is carried out.
 * False: it ended before that. Skips the test where tracing is forbidden.
 */
static bool
killed_at(int k, int *done)
{
	int status;
	pid_t pid = fork();

	assert_int_not_equal(pid, -1);
	if (pid == 0) {
		if (ptrace(PTRACE_TRACEME, 0, NULL, NULL) == -1)
			_exit(99);
		raise(SIGSTOP);
		_exit(scenario(done));
	}
	assert_int_equal(waitpid(pid, &status, 0), pid);
	if (WIFEXITED(status))
		skip();
	for (int stops = 0; WIFSTOPPED(status); stops++) {
		/* a call stops twice: when it begins and when it is done */
		if (stops == 2 * k + 1) {
			kill(pid, SIGKILL);
			assert_int_equal(waitpid(pid, &status, 0), pid);
			return true;
		}
		assert_int_equal(ptrace(PTRACE_SYSCALL, pid, NULL, NULL), 0);
		assert_int_equal(waitpid(pid, &status, 0), pid);
	}
	assert_true(WIFEXITED(status));
	assert_int_equal(WEXITSTATUS(status), 0);
	return false;
}

static int
by_name(const void *a, const void *b)
{
	return strcmp(a, b);
}

/* The numbered lines of a file must go on from *next. */
static void
check_lines(const char *name, int *next)
{
	char path[NAME_MAX + 8], line[64];
	FILE *in;

	(void)snprintf(path, sizeof(path), "d/%s", name);
	in = fopen(path, "re");
	assert_non_null(in);
	while (fgets(line, sizeof(line), in) != NULL) {
		char want[64];

		(void)snprintf(want, sizeof(want), "line %d\n", *next);
		assert_string_equal(line, want);
		(*next)++;
	}
	fclose(in);
}

/*
 * All that was written is there once and in order, under names without gaps;
 * returns the number of lines.
 */
static int
check_folder(void)
{
	char names[16][NAME_MAX + 1];
	struct rotated r;
	struct dirent *e;
	size_t n = 0;
	int next = 0;
	DIR *dir = opendir("d");

	assert_non_null(dir);
	while ((e = readdir(dir)) != NULL) {
		if (e->d_name[0] == '.' || strcmp(e->d_name, "a.log") == 0)
			continue;
		assert_true(n < ROWS(names));
		assert_true(rotate_parse(e->d_name, "a.log", &r));
		memcpy(names[n++], e->d_name, strlen(e->d_name) + 1);
	}
	closedir(dir);
	qsort(names, n, sizeof(names[0]), by_name);
	for (size_t i = 0; i < n; i++) {
		assert_true(rotate_parse(names[i], "a.log", &r));
		assert_int_equal(r.number, i + 1);
		check_lines(names[i], &next);
	}
	check_lines("a.log", &next);
	return next;
}

/* faults.md A4, at every system call, with and without exchanged names. */
static void
a_kill_at_any_point_loses_and_doubles_nothing(void **state)
{
	int *done = mmap(NULL, sizeof(*done), PROT_READ | PROT_WRITE,
	    MAP_SHARED | MAP_ANONYMOUS, -1, 0);

	(void)state;
	assert_ptr_not_equal(done, MAP_FAILED);
	for (int way = 0; way < 2; way++) {
		int k = 0;

		fake.exchange_errno = way == 0 ? 0 : EINVAL;
		for (*done = 0; killed_at(k, done); k++, *done = 0) {
			struct logfile f;
			char line[32];
			int lines;

			must_open(&f, "d/a.log");
			lines = check_folder();
			assert_in_range(lines, *done, *done + 1);
			/* and it goes on */
			(void)snprintf(line, sizeof(line), "line %d\n", lines);
			must_append(&f, line);
			must_rotate(&f, NOON, NULL);
			assert_int_equal(check_folder(), lines + 1);
			logfile_close(&f);
			remove_folder("d");
			assert_false(exists("d"));
		}
		assert_true(k > 40);
		assert_int_equal(check_folder(), 12);
		remove_folder("d");
		assert_false(exists("d"));
	}
	munmap(done, sizeof(*done));
}

/* What a kill between reserving a name and giving it to the file leaves. */
static void
a_reserved_name_goes_at_the_next_start(void **state)
{
	const char *name = "a.log-20261122T120000Z-000003";
	struct logfile f;
	struct stat st;

	(void)state;
	put_text("a.log", "two\n");
	put_text("a.log-20261122T120000Z-000001", "");
	put_text("a.log-20261122T120000Z-000002", "one\n");
	put_text(name, "");
	put_text("a.log-20261122T120000Z-000004", "");
	put_text("b.log-20261122T120000Z-000001", "");
	must_open(&f, "a.log");
	assert_false(exists("a.log-20261122T120000Z-000004"));
	assert_false(exists(name));
	assert_true(exists("a.log-20261122T120000Z-000001"));
	assert_true(exists("b.log-20261122T120000Z-000001"));
	must_rotate(&f, NOON, name);
	assert_text(name, "two\n");
	assert_int_equal(stat(name, &st), 0);
	assert_true(st.st_size > 0);
	logfile_close(&f);
}

/* Its number is free only when nothing else has it. */
static void
only_an_empty_file_of_ours_goes(void **state)
{
	struct logfile f;
	int fd;

	(void)state;
	put_text("a.log", "text\n");
	/* somebody is about to rotate */
	put_text("a.log-20261122T120000Z-000001", "");
	fd = open("a.log-20261122T120000Z-000001", O_RDWR | O_CLOEXEC);
	assert_int_equal(flock(fd, LOCK_EX | LOCK_NB), 0);
	must_open(&f, "a.log");
	assert_true(exists("a.log-20261122T120000Z-000001"));
	logfile_close(&f);
	close(fd);

	/* no file; one with a second name; compressed ones */
	assert_int_equal(unlink("a.log-20261122T120000Z-000001"), 0);
	assert_int_equal(mkdir("a.log-20261122T120000Z-000001", 0700), 0);
	must_open(&f, "a.log");
	assert_true(exists("a.log-20261122T120000Z-000001"));
	logfile_close(&f);
	put_text("other", "");
	assert_int_equal(link("other", "a.log-20261122T120000Z-000002"), 0);
	must_open(&f, "a.log");
	assert_true(exists("a.log-20261122T120000Z-000002"));
	logfile_close(&f);
	put_text("a.log-20261122T120000Z-000003.zst", "");
	must_open(&f, "a.log");
	assert_true(exists("a.log-20261122T120000Z-000003.zst"));
	must_rotate(&f, NOON, "a.log-20261122T120000Z-000004");
	logfile_close(&f);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		PLACE_TEST(a_reserved_name_goes_at_the_next_start),
		PLACE_TEST(only_an_empty_file_of_ours_goes),
		PLACE_TEST(names_sort_in_the_order_written),
		PLACE_TEST(an_empty_file_is_not_rotated),
		PLACE_TEST(a_taken_name_is_left_alone),
		PLACE_TEST(a_failed_rotation_changes_nothing),
		PLACE_TEST(a_file_system_without_exchange_rotates_too),
		PLACE_TEST(a_kill_at_any_point_loses_and_doubles_nothing),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
