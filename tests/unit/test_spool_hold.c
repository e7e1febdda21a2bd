/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * test_spool_hold.c - a spool whose descriptors the program closes, with the
 * lock (K6): it has its part again, or leaves it to who came first
 */
#include "spoolplace.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/syscall.h>
#include <unistd.h>

enum { FIRST = 3, NUMBERS = 64 };

ssize_t __wrap_pread(int fd, void *p, size_t n, off_t at);

/* RULE: a variable of the whole file: the library's calls end up here. */
static bool steal;       /* the next descriptor that is read, once */
static bool interrupted; /* every other call */

ssize_t
__wrap_pread(int fd, void *p, size_t n, off_t at)
{
	static unsigned calls;
	int other;

	if (interrupted && calls++ % 2 == 0) {
		errno = EINTR;
		return -1;
	}
	if (steal) {
		steal = false;
		other = open("/dev/null", O_RDONLY | O_CLOEXEC);
		assert_int_equal(dup2(other, fd), fd);
		(void)close(other);
	}
	return syscall(SYS_pread64, fd, p, n, at);
}

/* One with "one" in a file and "two" in memory, and no descriptor. */
static struct spool *
closed_one(const struct folder *f)
{
	struct spool *s = spoolplace_open(f);
	struct err err;

	spoolplace_append(s, "one");
	assert_int_equal(spool_write(s, &err), 0);
	spoolplace_append(s, "two");
	for (int fd = FIRST; fd < NUMBERS; fd++)
		(void)close(fd);
	return s;
}

static void
assert_lost(struct spool *s)
{
	struct err err;

	assert_int_equal(spool_hold(s), -1);
	assert_int_equal(errno, ESTALE);
	spoolplace_nothing(s);
	assert_int_equal(spool_write(s, &err), -1);
	assert_int_equal(spool_append(s, slice_str("three"), &err), -1);
}

static void
it_has_its_part_again(void **state)
{
	struct folder *f = *state;
	struct spool *s = closed_one(f), *other;

	assert_int_equal(spool_hold(s), 0);
	other = spoolplace_open(f);
	spoolplace_nothing(other); /* it has another part */
	spool_close(other);
	spoolplace_take(s, "one");
	spoolplace_take(s, "two");
	spoolplace_nothing(s);
	assert_int_equal(spool_damaged(s), 0);
	spool_close(s);
}

/* Also when nobody asked before it is used. */
static void
it_has_it_again_by_itself(void **state)
{
	struct folder *f = *state;
	struct spool *s = closed_one(f), *other;

	spoolplace_take(s, "one");
	other = spoolplace_open(f);
	spoolplace_nothing(other);
	spool_close(other);
	spoolplace_take(s, "two");
	spool_close(s);
}

static void
who_has_it_now_keeps_it(void **state)
{
	struct folder *f = *state;
	struct spool *s = closed_one(f), *other = spoolplace_open(f), *mine;
	struct err err;

	assert_lost(s);
	mine = spoolplace_open(f);
	assert_int_equal(spool_leave(s, mine, &err), 0);
	spoolplace_take(other, "one");
	spoolplace_nothing(other);
	assert_int_equal(spool_damaged(other), 0);
	spoolplace_take(mine, "two");
	spoolplace_nothing(mine);
	spool_close(other);
	spool_close(mine);
}

/* What was in it is sent, though nobody has it any more. */
static void
who_had_it_meanwhile_is_noticed(void **state)
{
	struct folder *f = *state;
	struct spool *s = closed_one(f), *other = spoolplace_open(f);

	spoolplace_take(other, "one");
	spool_close(other);
	assert_lost(s);
	assert_lost(s); /* for good */
	other = spoolplace_open(f);
	spoolplace_nothing(other);
	spool_close(other);
	spool_close(s);
}

/* What is written into a removed file, nobody finds. */
static void
what_was_removed_is_left(void **state)
{
	struct folder *f = *state;
	struct spool *s = spoolplace_open(f), *other;
	struct err err;

	spoolplace_append(s, "one");
	assert_int_equal(spool_write(s, &err), 0);
	spoolplace_append(s, "two");
	assert_int_equal(spool_left(s), 2);
	assert_int_equal(spool_hold(s), 0);
	spoolplace_remove_files(f->path);
	assert_lost(s);
	other = spoolplace_open(f);
	assert_int_equal(spool_leave(s, other, &err), 0);
	assert_non_null(strstr(err.text, "somebody has removed"));
	assert_int_equal(spool_damaged(other), 1);
	assert_int_equal(spool_left(other), 1);
	assert_int_equal(spool_hold(other), 0);
	spoolplace_take(other, "two");
	spoolplace_nothing(other);
	assert_int_equal(spool_left(other), 0);
	spool_close(other);
}

static void
remove_from(const struct folder *f, const char *name)
{
	char path[128];

	(void)snprintf(path, sizeof(path), "%s/%s", f->part, name);
	assert_int_equal(unlink(path), 0);
}

/* Only its segments: the part itself can be had again. */
static void
removed_segments_are_left(void **state)
{
	struct folder *f = *state;
	struct spool *s = spoolplace_open(f), *other;
	struct err err;

	spoolplace_append(s, "one");
	assert_int_equal(spool_write(s, &err), 0);
	spoolplace_append(s, "two");
	remove_from(f, "0000000000000001.log");
	assert_lost(s);
	other = spoolplace_open(f);
	assert_int_equal(spool_leave(s, other, &err), 0);
	spoolplace_take(other, "two");
	spoolplace_nothing(other);
	assert_int_equal(spool_damaged(other), 1);
	spool_close(other);
	other = spoolplace_open(f); /* once, and for all */
	assert_int_equal(spool_damaged(other), 0);
	spool_close(other);
	assert_int_equal(access(f->part, F_OK), 0);
}

/* Without it, others would take the part, too. */
static void
a_removed_lock_is_lost(void **state)
{
	struct folder *f = *state;
	struct spool *s = spoolplace_open(f), *other;
	struct err err;

	spoolplace_append(s, "one");
	assert_int_equal(spool_write(s, &err), 0);
	spoolplace_append(s, "two");
	remove_from(f, "lock");
	assert_lost(s);
	other = spoolplace_open(f);
	assert_int_equal(spool_leave(s, other, &err), 0);
	spoolplace_take(other, "one");
	spoolplace_take(other, "two");
	spoolplace_nothing(other);
	assert_int_equal(spool_damaged(other), 0);
	spool_close(other);
}

/* In the moment between a look at the descriptor and its use. */
static void
what_is_read_elsewhere_is_no_damage(void **state)
{
	struct spool *s = spoolplace_open(*state);
	struct slice record;
	uint64_t number;
	struct err err;

	spoolplace_append(s, "one");
	assert_int_equal(spool_write(s, &err), 0);
	spoolplace_take(s, "one"); /* the file is open */
	spoolplace_append(s, "two");
	assert_int_equal(spool_write(s, &err), 0);
	steal = true;
	assert_false(spool_read(s, &record, &number));
	assert_false(steal);
	spoolplace_take(s, "two");
	assert_int_equal(spool_damaged(s), 0);
	spool_close(s);
}

/* As it may happen where there is no thread, in a file system of a program. */
static void
an_interrupted_read_is_no_damage(void **state)
{
	struct spool *s = spoolplace_open(*state);
	struct slice record;
	uint64_t number;
	struct err err;

	spoolplace_append(s, "one");
	assert_int_equal(spool_write(s, &err), 0);
	spoolplace_take(s, "one");
	spoolplace_append(s, "two");
	spool_close(s);
	interrupted = true;
	s = spoolplace_open(*state);
	spoolplace_append(s, "three"); /* in another segment */
	assert_true(spool_read(s, &record, &number));
	interrupted = false;
	assert_int_equal(record.n, strlen("two"));
	assert_int_equal(spool_damaged(s), 0);
	spool_acknowledge(s, number);
	spoolplace_take(s, "three");
	spool_close(s);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		WITH_FOLDER(it_has_its_part_again),
		WITH_FOLDER(it_has_it_again_by_itself),
		WITH_FOLDER(who_has_it_now_keeps_it),
		WITH_FOLDER(who_had_it_meanwhile_is_noticed),
		WITH_FOLDER(what_was_removed_is_left),
		WITH_FOLDER(removed_segments_are_left),
		WITH_FOLDER(a_removed_lock_is_lost),
		WITH_FOLDER(what_is_read_elsewhere_is_no_damage),
		WITH_FOLDER(an_interrupted_read_is_no_damage),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
