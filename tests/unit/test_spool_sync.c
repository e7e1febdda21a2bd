/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * test_spool_sync.c - a sync that failed is not believed the next time: the
 * kernel has forgotten what it could not store (B5, B6)
 */
#include "spoolplace.h"

#include <errno.h>
#include <fcntl.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <unistd.h>

int __wrap_fdatasync(int fd);
int __wrap_fsync(int fd);
ssize_t __wrap_pread(int fd, void *p, size_t n, off_t at);

/* RULE: variables of the whole file: the library's calls end up here. */
static int failing; /* so many syncs of files, from now on */
static int failing_folders;
static const char *unreadable; /* files of this name */
static ino_t believed;         /* the last file whose sync went well */

int
__wrap_fdatasync(int fd)
{
	struct stat st;

	if (failing > 0) {
		failing--;
		errno = EIO;
		return -1;
	}
	assert_int_equal(fstat(fd, &st), 0);
	believed = st.st_ino;
	return (int)syscall(SYS_fdatasync, fd);
}

int
__wrap_fsync(int fd)
{
	if (failing_folders > 0) {
		failing_folders--;
		errno = EIO;
		return -1;
	}
	return (int)syscall(SYS_fsync, fd);
}

ssize_t
__wrap_pread(int fd, void *p, size_t n, off_t at)
{
	char link[64], name[256] = "";

	(void)snprintf(link, sizeof(link), "/proc/self/fd/%d", fd);
	if (unreadable != NULL &&
	    readlink(link, name, sizeof(name) - 1) != -1 &&
	    strcmp(strrchr(name, '/') + 1, unreadable) == 0) {
		errno = EIO;
		return -1;
	}
	return syscall(SYS_pread64, fd, p, n, at);
}

static int
set_up(void **state)
{
	failing = failing_folders = 0;
	unreadable = NULL;
	return spoolplace_set_up(state);
}

static void
assert_synced(struct spool *s)
{
	struct err err;

	if (spool_sync(s, &err) == -1)
		fail_msg("%s", err.text);
	assert_true(spool_is_synced(s));
}

static void
assert_not_synced(struct spool *s)
{
	struct err err;

	assert_int_equal(spool_sync(s, &err), -1);
	assert_non_null(strstr(err.text, "cannot sync"));
	assert_false(spool_is_synced(s));
}

static const char *
path(const struct folder *f, const char *name)
{
	static char path[128];

	(void)snprintf(path, sizeof(path), "%s/%s", f->part, name);
	return path;
}

static ino_t
inode(const struct folder *f)
{
	struct stat st;

	assert_int_equal(stat(path(f, "0000000000000001.log"), &st), 0);
	return st.st_ino;
}

static void
a_file_is_written_again(void **state)
{
	struct folder *f = *state;
	struct spool *s = spoolplace_open(f);
	ino_t first;

	spoolplace_append(s, "one");
	assert_synced(s);
	first = inode(f);
	spoolplace_append(s, "two");
	failing = 1;
	assert_synced(s);
	assert_int_not_equal(inode(f), first);
	assert_int_equal(inode(f), believed);
	spoolplace_append(s, "three");
	assert_synced(s);
	assert_int_equal(inode(f), believed);
	assert_int_equal(access(path(f, "copy"), F_OK), -1);
	spool_close(s);
	s = spoolplace_open(f);
	(void)spoolplace_read(s, "one");
	(void)spoolplace_read(s, "two");
	(void)spoolplace_read(s, "three");
	spoolplace_nothing_lost(s);
	spool_close(s);
}

/* Nothing is believed before another file is there; nor left, nor refused. */
static void
a_disk_that_goes_on_failing(void **state)
{
	struct folder *f = *state;
	struct spool *s = spoolplace_open(f);
	ino_t first;

	spoolplace_append(s, "one");
	failing = 1000;
	assert_not_synced(s);
	first = inode(f);
	spoolplace_append(s, "two");
	assert_not_synced(s);
	spoolplace_append(s, "three");
	assert_not_synced(s);
	assert_int_equal(inode(f), first);
	assert_int_equal(access(path(f, "copy"), F_OK), -1);
	failing = 0;
	assert_synced(s);
	assert_int_not_equal(inode(f), first);
	assert_int_equal(inode(f), believed);
	(void)spoolplace_read(s, "one");
	(void)spoolplace_read(s, "two");
	(void)spoolplace_read(s, "three");
	spoolplace_nothing_lost(s);
	spool_close(s);
}

static void
a_name_is_made_again(void **state)
{
	struct folder *f = *state;
	struct spool *s = spoolplace_open(f);
	ino_t first;

	spoolplace_append(s, "one");
	failing_folders = 2;
	assert_not_synced(s);
	first = inode(f);
	assert_synced(s);
	assert_int_not_equal(inode(f), first);
	(void)spoolplace_read(s, "one");
	spoolplace_nothing_lost(s);
	spool_close(s);
}

static void
who_reads_meanwhile_goes_on(void **state)
{
	struct spool *s = spoolplace_open(*state);
	uint64_t number;

	spoolplace_append(s, "one");
	spoolplace_append(s, "two");
	number = spoolplace_read(s, "one");
	failing = 1;
	assert_synced(s);
	spoolplace_append(s, "three");
	spool_acknowledge(s, number);
	(void)spoolplace_read(s, "two");
	(void)spoolplace_read(s, "three");
	spoolplace_nothing_lost(s);
	spool_rewind(s);
	(void)spoolplace_read(s, "two");
	spool_close(s);
}

/* What a page that could not be stored reads like when it was given up. */
static void
lose_a_page(const struct folder *f)
{
	int fd = open(path(f, "0000000000000001.log"), O_WRONLY);

	assert_int_not_equal(fd, -1);
	assert_int_equal(pwrite(fd, "\0\0\0\0\0\0\0\0", 8, 48 + 24), 8);
	assert_int_equal(close(fd), 0);
}

static void
what_is_gone_is_never_safe(void **state)
{
	struct folder *f = *state;
	struct spool *s = spoolplace_open(f);
	struct err err;
	uint64_t number;

	spoolplace_append(s, "one, of which something is gone");
	spoolplace_append(s, "two");
	assert_int_equal(spool_write(s, &err), 0);
	lose_a_page(f);
	failing = 1;
	assert_not_synced(s);
	spoolplace_append(s, "three");
	assert_not_synced(s); /* though there is another file now */
	assert_int_equal(access(path(f, "0000000000000003.log"), F_OK), 0);
	assert_int_equal(access(path(f, "copy"), F_OK), -1);
	number = spoolplace_read(s, "two");
	assert_int_equal(spool_damaged(s), 1);
	spool_acknowledge(s, number);
	assert_synced(s); /* what lacks is counted, the rest arrived */
	number = spoolplace_read(s, "three");
	spool_acknowledge(s, number);
	assert_true(spool_is_empty(s));
	spool_close(s);
}

static void
assert_cannot_read(const struct folder *f, struct spool *s, const char *name)
{
	char what[200];
	struct err err;

	assert_int_equal(spool_sync(s, &err), -1);
	(void)snprintf(what, sizeof(what),
	    "spool: cannot read %s: Input/output error", path(f, name));
	assert_string_equal(err.text, what);
}

/* That is not to say that it is gone. */
static void
what_cannot_be_read_back_is_tried_again(void **state)
{
	static const char *const names[] = { "copy", "0000000000000001.log" };
	struct folder *f = *state;
	struct spool *s;

	for (int i = 0; i < 2; i++) {
		s = spoolplace_open(f);
		spoolplace_append(s, "one");
		failing = 1;
		unreadable = names[i];
		assert_cannot_read(f, s, names[1]);
		assert_cannot_read(f, s, names[1]);
		assert_false(spool_is_synced(s));
		unreadable = NULL;
		assert_synced(s);
		(void)spoolplace_read(s, "one");
		spoolplace_nothing_lost(s);
		spool_close(s);
		spoolplace_remove_files(f->path);
	}
}

/* Of one that was killed while it made it. */
static void
a_copy_is_not_left(void **state)
{
	struct folder *f = *state;
	struct spool *s = spoolplace_open(f);
	int fd;

	spool_close(s);
	fd = open(path(f, "copy"), O_WRONLY | O_CREAT, 0600);
	assert_int_not_equal(fd, -1);
	assert_int_equal(close(fd), 0);
	s = spoolplace_open(f);
	assert_int_equal(access(path(f, "copy"), F_OK), -1);
	spool_close(s);
}

#define WITH_DISK(test) \
	cmocka_unit_test_setup_teardown(test, set_up, spoolplace_tear_down)

int
main(void)
{
	const struct CMUnitTest tests[] = {
		WITH_DISK(a_file_is_written_again),
		WITH_DISK(a_disk_that_goes_on_failing),
		WITH_DISK(a_name_is_made_again),
		WITH_DISK(who_reads_meanwhile_goes_on),
		WITH_DISK(what_is_gone_is_never_safe),
		WITH_DISK(what_cannot_be_read_back_is_tried_again),
		WITH_DISK(a_copy_is_not_left),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
