/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * test_hold.c - a sync that fails costs no line that is still in memory, and
 * is never believed afterwards
 *
 * faults.md B5, B6, B11.
 */
#include <sys/stat.h>

#include <dirent.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "base/clock.h"
#include "outplace.h"

static void
always(struct output_conf *c)
{
	c->sync = SYNC_ALWAYS;
}

static void
always_and_rotate_at_10(struct output_conf *c)
{
	c->sync = SYNC_ALWAYS;
	c->rotate_size = 10;
}

static void
rotate_at_10(struct output_conf *c)
{
	c->rotate_size = 10;
}

static ino_t
ino_of(struct outplace *p, const char *name)
{
	struct stat st;

	assert_int_equal(stat(at(p, name), &st), 0);
	return st.st_ino;
}

/* Of the folder: the text of the n-th rotated file of a.log, from 1. */
static void
assert_rotated(struct outplace *p, int n, const char *text)
{
	char found[300] = "", end[16];
	const struct dirent *e;
	DIR *d = opendir(p->dir);

	assert_non_null(d);
	(void)snprintf(end, sizeof(end), "-%06d", n);
	while ((e = readdir(d)) != NULL)
		if (strncmp(e->d_name, "a.log-", 6) == 0 &&
		    strstr(e->d_name, end) != NULL)
			(void)snprintf(found, sizeof(found), "%s", e->d_name);
	closedir(d);
	if (text == NULL)
		assert_string_equal(found, "");
	else
		assert_file(p, found, text);
}

/* ms later, the writer's round. */
static void
go(struct outplace *p, int64_t ms)
{
	later(p, ms);
	output_write(p->out);
}

/* The look of 500 ms, after the syncer has done what was asked. */
static void
look(struct outplace *p)
{
	while (
	    !syncer_has_done(p->tools.syncer, syncer_next(p->tools.syncer) - 1))
		usleep(1000);
	go(p, 600);
}

static void
a_block_is_held_until_it_is_synced(void **state)
{
	struct outplace p;

	(void)state;
	outplace_open(&p, always);
	give(&p, "one\n");
	assert_int_equal(disk.syncs, 1);
	assert_int_equal(p.written, 1);
	disk.room = 2; /* the second block is begun only */
	give(&p, "two\n");
	assert_int_equal(p.written, 1);
	assert_int_equal(disk.syncs, 1);
	disk.room = SIZE_MAX;
	go(&p, 300);
	assert_int_equal(p.written, 2);
	assert_int_equal(disk.syncs, 2);
	outplace_close(&p);
}

static void
what_is_held_is_written_once_more(void **state)
{
	struct outplace p;

	(void)state;
	outplace_open(&p, always);
	give(&p, "one\n");
	disk.sync_fails = 1;
	give(&p, "two\nthree\n");
	go(&p, 0); /* it goes on at once */
	assert_rotated(&p, 1, "one\ntwo\nthree\n");
	assert_file(&p, "a.log", "two\nthree\n");
	assert_int_equal(p.written, 2);
	assert_int_equal(count(&p, O_WRITTEN), 3);
	assert_int_equal(count(&p, O_FAILED_SYNC), 1);
	assert_int_equal(count(&p, O_STALLED), 0);
	assert_int_equal(count(&p, O_QUEUE_BYTES), 0);
	give(&p, "four\n");
	assert_file(&p, "a.log", "two\nthree\nfour\n");
	outplace_stop(&p);
	assert_int_equal(disk.trusted, 0);
	outplace_close(&p);
}

/* However long it lasts: one file that is suspect, not one each time. */
static void
a_disk_that_never_syncs_makes_the_output_stall(void **state)
{
	struct outplace p;

	(void)state;
	outplace_open(&p, always);
	give(&p, "one\n");
	disk.sync_fails = UINT32_MAX;
	give(&p, "two\n");
	give(&p, "three\n");
	for (int i = 0; i < 10; i++)
		go(&p, 300);
	give(&p, "four\n");
	assert_int_equal(count(&p, O_STALLED), 1);
	assert_rotated(&p, 1, "one\ntwo\n");
	assert_rotated(&p, 2, NULL);
	assert_int_equal(p.written, 1);
	disk.sync_fails = 0;
	for (int i = 0; i < 3; i++)
		go(&p, 300);
	assert_int_equal(count(&p, O_STALLED), 0);
	assert_file(&p, "a.log", "two\nthree\nfour\n");
	assert_rotated(&p, 2, NULL);
	assert_int_equal(p.written, 4);
	assert_int_equal(count(&p, O_WRITTEN), 4);
	outplace_close(&p);
}

/* Nothing is in memory any more: the file is left, and the next blocks are
 * held until the disk has shown that it can. */
static void
with_a_period_the_file_is_left(void **state)
{
	struct outplace p;

	(void)state;
	outplace_open(&p, NULL);
	disk.sync_fails = 1;
	give(&p, "one\n");
	go(&p, 0);
	look(&p);
	assert_rotated(&p, 1, "one\n");
	assert_file(&p, "a.log", "");
	assert_int_equal(p.written, 1);

	disk.sync_fails = 1;
	give(&p, "two\n");
	for (int i = 0; i < 3; i++)
		go(&p, 300);
	assert_file(&p, "a.log", "two\n");
	assert_rotated(&p, 2, NULL); /* all that was in it was held */
	assert_int_equal(p.written, 2);
	assert_int_equal(count(&p, O_WRITTEN), 2);

	disk.syncs = 0;
	give(&p, "three\n");
	assert_int_equal(disk.syncs, 0); /* the syncer's again */
	assert_int_equal(p.written, 3);
	outplace_stop(&p);
	assert_int_equal(disk.trusted, 0);
	outplace_close(&p);
}

/* The line begun is ended in the file where it began. */
static void
a_failed_file_is_left_at_a_line_s_end(void **state)
{
	struct outplace p;

	(void)state;
	outplace_open(&p, NULL);
	disk.sync_fails = 1;
	disk.room = 6; /* "one\n" and "tw" */
	give(&p, "one\ntwo\nthree\n");
	go(&p, 0);
	look(&p);
	assert_rotated(&p, 1, NULL);
	disk.room = SIZE_MAX;
	go(&p, 300);
	go(&p, 300);
	assert_rotated(&p, 1, "one\ntwo\n");
	assert_file(&p, "a.log", "three\n");
	outplace_close(&p);
}

/* SIGUSR1 before anybody looked: it is left all the same as one that failed. */
static void
a_failed_file_that_is_rotated_has_failed(void **state)
{
	struct outplace p;

	(void)state;
	outplace_open(&p, NULL);
	disk.sync_fails = 1;
	give(&p, "one\n");
	go(&p, 1100);
	while (
	    !syncer_has_done(p.tools.syncer, syncer_next(p.tools.syncer) - 1))
		usleep(1000);
	assert_int_equal(count(&p, O_FAILED_SYNC), 1);
	output_rotate(p.out);
	assert_rotated(&p, 1, "one\n");
	disk.sync_fails = 1;
	give(&p, "two\n"); /* held until the disk has shown that it can */
	for (int i = 0; i < 3; i++)
		go(&p, 300);
	assert_file(&p, "a.log", "two\n");
	assert_rotated(&p, 2, NULL);
	outplace_stop(&p);
	assert_int_equal(disk.trusted, 0);
	outplace_close(&p);
}

/* What was rotated was synced before, and does not come again. */
static void
a_rotation_ends_what_is_held(void **state)
{
	struct outplace p;

	(void)state;
	outplace_open(&p, always_and_rotate_at_10);
	give(&p, "11111\n");
	disk.fails_only = 0;
	disk.syncs = 0;
	give(&p, "222\n33333\n444\n55555\n");
	/* before each rotation, the rotated ones, and at the end */
	assert_rotated(&p, 1, "11111\n222\n");
	assert_rotated(&p, 2, "33333\n444\n");
	assert_file(&p, "a.log", "55555\n");

	disk.fails_only = ino_of(&p, "a.log");
	disk.sync_fails = 1;
	give(&p, "666\n"); /* fails at the end of the block */
	go(&p, 0);
	assert_rotated(&p, 3, "55555\n666\n");
	assert_file(&p, "a.log", "666\n");
	assert_int_equal(count(&p, O_WRITTEN), 6);

	disk.fails_only = ino_of(&p, "a.log");
	disk.sync_fails = 1;
	give(&p, "7777\n88888\n"); /* fails before the rotation */
	for (int i = 0; i < 3; i++)
		go(&p, 300);
	assert_rotated(&p, 4, "666\n7777\n");
	assert_rotated(&p, 5, "7777\n");
	assert_file(&p, "a.log", "88888\n");
	outplace_close(&p);
}

/* A line too many for the limit, so that the rest of the block rotates. */
static void
only_the_file_that_failed_is_written_again(void **state)
{
	struct outplace p;

	(void)state;
	outplace_open_many(&p, always);
	give_runs(&p, "h/a 1\nh/b 2\n");
	disk.fails_only = ino_of(&p, "h/b");
	disk.sync_fails = 1;
	give_runs(&p, "h/a 3\nh/b 4\nh/c 5\n");
	go(&p, 0);
	assert_file(&p, "h/a", "1\n3\n");
	assert_file(&p, "h/b", "4\n");
	assert_file(&p, "h/c", "5\n");
	assert_int_equal(p.written, 2);
	assert_int_equal(count(&p, O_WRITTEN), 5);
	give_runs(&p, "h/a 6\nh/b 7\n");
	assert_file(&p, "h/a", "1\n3\n6\n");
	assert_file(&p, "h/b", "4\n7\n");
	outplace_stop(&p);
	assert_int_equal(disk.trusted, 0);
	outplace_close(&p);
}

/* What was sorted to be written next is sorted again behind it. */
static void
what_is_held_comes_before_what_was_begun(void **state)
{
	struct outplace p;
	char lines[32];

	(void)state;
	outplace_open_many(&p, always);
	give_runs(&p, "h/a 1\n");
	for (int i = 0; i < 16; i++) { /* as many as are written together */
		(void)snprintf(lines, sizeof(lines), "h/a x\nh/b %x\n", i);
		queue_runs(&p, lines);
	}
	queue_runs(&p, "h/c not begun\nh/a behind\nh/c last\n");
	disk.room = 16 * 2 * 2;
	disk.fails_only = ino_of(&p, "h/a");
	disk.sync_fails = 1;
	output_write(p.out);
	assert_int_equal(count(&p, O_FAILED_SYNC), 1);
	assert_int_equal(count(&p, O_STALLED), 1);
	assert_int_equal(p.written, 1);
	disk.room = SIZE_MAX;
	for (int i = 0; i < 4; i++)
		go(&p, 300);
	assert_file(&p, "h/a",
	    "x\nx\nx\nx\nx\nx\nx\nx\nx\nx\nx\nx\nx\nx\nx\nx\n"
	    "behind\n");
	assert_file(
	    &p, "h/b", "0\n1\n2\n3\n4\n5\n6\n7\n8\n9\na\nb\nc\nd\ne\nf\n");
	assert_file(&p, "h/c", "not begun\nlast\n");
	assert_int_equal(p.written, 18);
	assert_int_equal(count(&p, O_WRITTEN), 36);
	assert_int_equal(count(&p, O_QUEUE_BYTES), 0);
	outplace_stop(&p);
	assert_int_equal(disk.trusted, 0);
	outplace_close(&p);
}

/* A stop while some is written once more: that counted as written, and the
 * rest as dropped. */
static void
a_stop_counts_what_is_held_once(void **state)
{
	struct outplace p;
	char lines[32];

	(void)state;
	outplace_open_many(&p, always);
	give_runs(&p, "h/a 1\n");
	for (int i = 0; i < 3; i++) {
		(void)snprintf(lines, sizeof(lines), "h/a x\nh/b %x\n", i);
		queue_runs(&p, lines);
	}
	disk.sync_fails = 1;
	disk.fails_only = ino_of(&p, "h/a");
	output_write(p.out); /* waits to be written once more */
	disk.room = 3;       /* in the second line of h/a */
	queue_runs(&p, "h/c never\nh/a never\n");
	queue_runs(&p, "h/c never\n");
	go(&p, 300);
	assert_int_equal(p.written, 1);
	outplace_stop(&p);
	assert_int_equal(count(&p, O_WRITTEN), 7);
	assert_int_equal(count(&p, O_DROPPED_STOP), 3);
	assert_int_equal(p.written, 6);
	assert_file(&p, "h/a", "x\n");
	outplace_close(&p);
}

/* A disk that does not end its syncs makes this output wait, not the writer. */
static void
rotation_waits_for_the_syncer_without_blocking(void **state)
{
	struct outplace p;
	char text[256];
	int64_t start;

	(void)state;
	outplace_open(&p, rotate_at_10);
	disk.sync_waits = true;
	start = clock_ms();
	for (int i = 0; i < 12; i++)
		give(&p, "1234567\n");
	assert_true(count(&p, O_QUEUE_BYTES) > 0);
	assert_in_range(clock_ms() - start, 0, 1000);
	go(&p, 10);
	assert_int_equal(count(&p, O_STALLED), 0);
	go(&p, 1100);
	assert_int_equal(count(&p, O_STALLED), 1); /* and it is said */
	disk.sync_waits = false;
	while (count(&p, O_QUEUE_BYTES) > 0) {
		usleep(1000);
		go(&p, 300);
	}
	assert_int_equal(count(&p, O_STALLED), 0);
	assert_int_equal(read_all(&p, "a.log", text), 12);
	assert_int_equal(count(&p, O_WRITTEN), 12);
	outplace_close(&p);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_block_is_held_until_it_is_synced),
		cmocka_unit_test(what_is_held_is_written_once_more),
		cmocka_unit_test(
		    a_disk_that_never_syncs_makes_the_output_stall),
		cmocka_unit_test(with_a_period_the_file_is_left),
		cmocka_unit_test(a_failed_file_is_left_at_a_line_s_end),
		cmocka_unit_test(a_failed_file_that_is_rotated_has_failed),
		cmocka_unit_test(a_rotation_ends_what_is_held),
		cmocka_unit_test(only_the_file_that_failed_is_written_again),
		cmocka_unit_test(what_is_held_comes_before_what_was_begun),
		cmocka_unit_test(a_stop_counts_what_is_held_once),
		cmocka_unit_test(
		    rotation_waits_for_the_syncer_without_blocking),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
