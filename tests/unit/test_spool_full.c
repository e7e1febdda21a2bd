/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * test_spool_full.c - a disk without room: what is in the files is delivered,
 * so that there is room again, and what is in memory goes with the spool
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
#include <sys/resource.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <unistd.h>

enum { LARGE = 100 * 1000 };

int __wrap_fdatasync(int fd);
ssize_t __wrap_pwrite(int fd, const void *p, size_t n, off_t at);

/* RULE: variables of the whole file: the library's calls end up here. */
static size_t room;        /* bytes, for what is in segments */
static int failing;        /* so many syncs, from now on */
static const char *stolen; /* of this file becomes what is written to next */

int
__wrap_fdatasync(int fd)
{
	(void)fd;
	errno = EIO;
	return failing > 0 && failing-- > 0 ? -1 : 0;
}

ssize_t
__wrap_pwrite(int fd, const void *p, size_t n, off_t at)
{
	ssize_t done;
	int other;

	if (n > room) {
		errno = ENOSPC;
		n = room;
	}
	if (n == 0)
		return -1;
	done = syscall(SYS_pwrite64, fd, p, n, at);
	room -= (size_t)done;
	if (stolen != NULL) {
		other = open(stolen, O_RDWR | O_CREAT | O_CLOEXEC, 0600);
		assert_int_equal(dup2(other, fd), fd);
		(void)close(other);
		stolen = NULL;
	}
	return done;
}

static int
set_up(void **state)
{
	room = SIZE_MAX;
	failing = 0;
	return spoolplace_set_up(state);
}

static int
append(struct spool *s, const char *text)
{
	struct err err;

	return spool_append(s, slice_str(text), &err);
}

static int
write_all(struct spool *s)
{
	struct err err;

	return spool_write(s, &err);
}

/* Whatever the room is in which the next one does not fit. */
static void
what_is_in_a_file_is_read(void **state)
{
	struct spool *s;

	for (size_t some = 0; some < 40; some++) {
		s = spoolplace_open(*state);
		append(s, "one");
		append(s, "two");
		assert_int_equal(write_all(s), 0);
		append(s, "three");
		append(s, "four");
		room = some;
		assert_int_equal(write_all(s), -1);
		spoolplace_take(s, "one");
		spoolplace_take(s, "two");
		spoolplace_nothing_lost(s);
		assert_int_equal(spool_left(s), 2);
		room = SIZE_MAX;
		spoolplace_take(s, "three");
		spoolplace_take(s, "four");
		spoolplace_nothing_lost(s);
		spool_close(s);
	}
}

/* One that was written in part cannot be had again, but those behind it. */
static void
what_is_behind_a_torn_one_is_moved(void **state)
{
	struct folder *f = *state;
	struct spool *s, *other;
	struct err err;

	for (size_t some = 1; some < 16; some++) {
		s = spoolplace_open(f);
		append(s, "one");
		assert_int_equal(write_all(s), 0);
		append(s, "two");
		append(s, "three");
		room = some;
		assert_int_equal(write_all(s), -1);
		room = SIZE_MAX;
		spoolplace_remove_files(f->path);
		assert_int_equal(spool_hold(s), -1);
		other = spoolplace_open(f);
		assert_int_equal(spool_leave(s, other, &err), 0);
		assert_int_equal(spool_left(other), 1);
		spoolplace_take(other, "three");
		assert_int_equal(spool_left(other), 0);
		assert_int_equal(spool_damaged(other), 2);
		spool_close(other);
	}
}

/* Else what is in it would be sent by nobody: it is what we are given. */
static void
a_full_part_takes_what_is_moved(void **state)
{
	static char text[LARGE];
	struct folder *f = *state;
	struct spool *s = spoolplace_open(f), *full = spoolplace_open(f);
	struct err err;

	(void)memset(text, 'x', sizeof(text) - 1);
	while (append(full, text) == 0)
		;
	assert_int_equal(errno, ENOSPC);
	(void)append(full, "last");
	spool_close(full);
	append(s, "one");
	assert_int_equal(write_all(s), 0);
	append(s, text);
	spoolplace_remove_files(f->part);
	assert_int_equal(rmdir(f->part), 0);
	assert_int_equal(spool_hold(s), -1);
	full = spoolplace_open(f);
	assert_true(spool_left(full) > 2);
	assert_int_equal(spool_leave(s, full, &err), 0);
	/* for what is new it is full */
	assert_int_equal(append(full, text), -1);
	assert_int_equal(errno, ENOSPC);
	spool_close(full);
}

/* All that fits into the buffer of one on a full disk, whose file somebody has
 * removed; *n: how many. */
static struct spool *
full_buffer(const struct folder *f, unsigned *n)
{
	struct spool *s = spoolplace_open(f);
	char text[512];

	append(s, "first");
	assert_int_equal(write_all(s), 0);
	room = 0;
	*n = 0;
	do
		(void)snprintf(text, sizeof(text), "%0*u", 500, *n);
	while (append(s, text) == 0 && ++*n);
	assert_true(*n > 300);
	room = SIZE_MAX;
	spoolplace_remove_files(f->path);
	assert_int_equal(spool_hold(s), -1);
	return s;
}

/* Moves it, as often as it takes, to one that may write so much, and whose
 * syncs fail. */
static struct spool *
move(const struct folder *f, struct spool *s, size_t some)
{
	struct spool *to = NULL;
	struct err err;
	int status;

	do {
		room = SIZE_MAX;
		/* the smallest segments */
		if (spool_open(&to, f->path, SPOOL_LIMIT_MIN, false, &err) ==
		    -1)
			fail_msg("%s", err.text);
		room = some;
		failing = 1000;
		status = spool_leave(s, to, &err);
		if (status == -1)
			spool_close(to);
		some = SIZE_MAX;
		failing = 0;
	} while (status == -1);
	room = SIZE_MAX;
	return to;
}

/* In the middle of a move, too, wherever that is. */
static void
a_full_disk_loses_nothing_that_is_moved(void **state)
{
	struct folder *f = *state;
	struct spool *s, *to;
	char text[512];
	unsigned n;

	for (size_t some = 0; some < 300000; some += 59999) {
		s = full_buffer(f, &n);
		to = move(f, s, some);
		assert_int_equal(spool_left(to), n);
		assert_int_equal(spool_damaged(to), 1); /* the first */
		for (unsigned i = 0; i < n; i++) {
			(void)snprintf(text, sizeof(text), "%0*u", 500, i);
			spoolplace_take(to, text);
		}
		assert_int_equal(spool_left(to), 0);
		assert_int_equal(spool_damaged(to), 1);
		spool_close(to);
		spoolplace_remove_files(f->path);
	}
}

/* Nor does a part that cannot be written to at all. */
static void
no_descriptors_lose_nothing_that_is_moved(void **state)
{
	struct folder *f = *state;
	struct rlimit before, none;
	struct spool *s, *to;
	struct err err;
	unsigned n;

	s = full_buffer(f, &n);
	to = spoolplace_open(f);
	assert_int_equal(getrlimit(RLIMIT_NOFILE, &before), 0);
	none = before;
	none.rlim_cur = 0;
	assert_int_equal(setrlimit(RLIMIT_NOFILE, &none), 0);
	assert_int_equal(spool_leave(s, to, &err), -1);
	assert_int_equal(setrlimit(RLIMIT_NOFILE, &before), 0);
	spool_close(to);
	to = move(f, s, SIZE_MAX);
	assert_int_equal(spool_left(to), n);
	assert_int_equal(spool_damaged(to), 1);
	spool_close(to);
}

/* A file of the program, that has the number of a descriptor which the program
 * closed, is not written to. */
static void
a_copy_does_not_go_elsewhere(void **state)
{
	static char text[LARGE];
	struct folder *f = *state;
	struct spool *s = spoolplace_open(f);
	char path[96];
	struct stat st;
	struct err err;

	(void)snprintf(path, sizeof(path), "%s/theirs", f->path);
	(void)memset(text, 'x', sizeof(text) - 1);
	for (int i = 0; i < 3; i++)
		assert_int_equal(append(s, text), 0);
	assert_int_equal(write_all(s), 0);
	failing = 1;
	stolen = path;
	assert_int_equal(spool_sync(s, &err), -1);
	assert_null(stolen);
	assert_int_equal(stat(path, &st), 0);
	assert_int_equal(st.st_size, 0);
	/* nor is it the end of what there is */
	assert_int_equal(spool_sync(s, &err), 0);
	assert_true(spool_is_synced(s));
	spool_close(s);
}

#define WITH_DISK(test) \
	cmocka_unit_test_setup_teardown(test, set_up, spoolplace_tear_down)

int
main(void)
{
	const struct CMUnitTest tests[] = {
		WITH_DISK(what_is_in_a_file_is_read),
		WITH_DISK(what_is_behind_a_torn_one_is_moved),
		WITH_DISK(a_full_part_takes_what_is_moved),
		WITH_DISK(a_full_disk_loses_nothing_that_is_moved),
		WITH_DISK(no_descriptors_lose_nothing_that_is_moved),
		WITH_DISK(a_copy_does_not_go_elsewhere),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
