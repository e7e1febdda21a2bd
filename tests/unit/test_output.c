/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * test_output.c - an output of one file keeps lines whole through rotation,
 * short writes, full disks, deletion and reopening
 *
 * faults.md B1, B3, B8, B12.
 */
#include <sys/stat.h>

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/clock.h"
#include "outplace.h"

static void
rotate_at_10(struct output_conf *c)
{
	c->rotate_size = 10;
}

static void
rotate_at_12(struct output_conf *c)
{
	c->rotate_size = 12;
}

static void
sync_always(struct output_conf *c)
{
	c->sync = SYNC_ALWAYS;
}

static void
a_block_is_written_and_given_back(void **state)
{
	struct outplace p;

	(void)state;
	outplace_open(&p, NULL);
	assert_true(output_is_empty(p.out));
	give(&p, "one\ntwo\n");
	assert_file(&p, "a.log", "one\ntwo\n");
	assert_int_equal(p.written, 1);
	assert_int_equal(disk.writes, 1); /* one for a block */
	assert_int_equal(count(&p, O_WRITTEN), 2);
	assert_int_equal(count(&p, O_BYTES), 8);
	assert_int_equal(count(&p, O_QUEUE_BYTES), 0);
	assert_int_equal(count(&p, O_OPEN_FILES), 1);
	outplace_close(&p);
}

static void
rotation_cuts_at_line_ends_only(void **state)
{
	struct outplace p;
	char text[256];

	(void)state;
	outplace_open(&p, rotate_at_10);
	give(&p, "1234\n6789\nabc\nde\nf\n0123456789012345\nx\n");
	/* 10 + 9 + the long one alone + the last */
	assert_int_equal(read_all(&p, "a.log", text), 4);
	assert_string_equal(
	    text, "1234\n6789\nabc\nde\nf\n0123456789012345\nx\n");
	assert_int_equal(count(&p, O_ROTATIONS), 3);
	outplace_close(&p);
}

/* Every size of disk, in chunks of every size: whole, once, in order. */
static void
a_full_disk_neither_tears_nor_doubles_a_line(void **state)
{
	static const char lines[] = "first\nsecond one\n3\nfourth line\nfive\n";

	(void)state;
	for (size_t room = 0; room < sizeof(lines); room++)
		for (size_t chunk = 1; chunk < 8; chunk += 3) {
			struct outplace p;
			char text[256];

			outplace_open(&p, rotate_at_12);
			disk.room = room;
			disk.chunk = chunk;
			give(&p, lines);
			give(&p, "behind\n");
			assert_int_equal(count(&p, O_STALLED), 1);
			assert_int_equal(count(&p, O_QUEUE_BYTES),
			    sizeof(lines) - 1 + 7 - room);
			assert_in_range(
			    count(&p, O_FAILED_ENOSPC), 1, UINT32_MAX);
			later(&p, 300); /* still full */
			disk.room = SIZE_MAX;
			later(&p, 300);
			until_written(&p);
			assert_int_equal(count(&p, O_STALLED), 0);
			read_all(&p, "a.log", text);
			assert_int_equal(strlen(text), sizeof(lines) - 1 + 7);
			assert_memory_equal(text, lines, sizeof(lines) - 1);
			assert_int_equal(p.written, 2);
			assert_int_equal(count(&p, O_WRITTEN), 6);
			assert_int_equal(count(&p, O_QUEUE_BYTES), 0);
			outplace_close(&p);
		}
}

/* It is tried again every 250 ms, not with each block. */
static void
a_stalled_output_is_left_alone_for_a_while(void **state)
{
	struct outplace p;

	(void)state;
	outplace_open(&p, NULL);
	disk.room = 0;
	give(&p, "one\n");
	disk.writes = 0;
	give(&p, "two\n");
	give(&p, "three\n");
	assert_int_equal(disk.writes, 0);
	later(&p, 300);
	assert_int_equal(disk.writes, 1);
	disk.room = SIZE_MAX;
	later(&p, 300);
	until_written(&p);
	assert_file(&p, "a.log", "one\ntwo\nthree\n");
	outplace_close(&p);
}

/* Nobody else would be served, and no signal, while one output catches up. */
static void
a_long_queue_is_written_in_turns(void **state)
{
	struct outplace p;
	unsigned turns = 0;

	(void)state;
	outplace_open(&p, NULL);
	disk.room = 0;
	for (int i = 0; i < 20; i++)
		give(&p, "line\n");
	disk.room = SIZE_MAX;
	disk.write_ms = 20;
	later(&p, 300);
	while (!output_is_empty(p.out)) {
		assert_true(output_tick(p.out) <= clock_ms());
		output_write(p.out);
		turns++;
	}
	assert_in_range(turns, 5, 7); /* of three writes each */
	assert_int_equal(count(&p, O_WRITTEN), 20);
	disk.write_ms = 0;
	outplace_close(&p);
}

static void
a_line_begun_is_ended_before_the_file_is_left(void **state)
{
	struct outplace p;
	char text[256];

	(void)state;
	outplace_open(&p, NULL);
	disk.room = 7; /* "one\n" and "two" */
	give(&p, "one\ntwo\nthree\n");
	assert_int_equal(rename(p.path, at(&p, "a.log-moved")), 0);
	output_reopen(p.out);
	output_rotate(p.out);
	disk.room = SIZE_MAX;
	later(&p, 300);
	until_written(&p);
	/* read_all() also checks that each file ends in a line's end */
	assert_int_equal(read_all(&p, "a.log", text), 2);
	assert_string_equal(text, "one\ntwo\nthree\n");
	outplace_close(&p);
}

static void
a_deleted_file_comes_back_with_the_whole_line(void **state)
{
	struct outplace p;

	(void)state;
	outplace_open(&p, NULL);
	disk.room = 6; /* "one\n" and "tw" */
	give(&p, "one\ntwo\nthree\n");
	assert_int_equal(unlink(p.path), 0);
	later(&p, 600); /* still full */
	assert_int_equal(count(&p, O_QUEUE_BYTES), 10);
	disk.room = SIZE_MAX;
	later(&p, 600);
	assert_file(&p, "a.log", "two\nthree\n");
	assert_int_equal(count(&p, O_BYTES), 4 + 2 + 10);
	assert_int_equal(count(&p, O_QUEUE_BYTES), 0);
	outplace_close(&p);
}

/* A file that was moved away is written to until SIGHUP, beyond its limit. */
static void
a_rotation_that_fails_makes_no_smaller_writes(void **state)
{
	struct outplace p;

	(void)state;
	outplace_open(&p, rotate_at_10);
	give(&p, "12345678\n");
	assert_int_equal(rename(p.path, at(&p, "moved")), 0);
	disk.writes = 0;
	give(&p, "a\nb\nc\nd\ne\nf\n");
	assert_int_equal(disk.writes, 1);
	assert_int_equal(count(&p, O_FAILED_ROTATE), 1);
	output_reopen(p.out);
	give(&p, "g\n");
	assert_file(&p, "a.log", "g\n");
	outplace_close(&p);
}

static void
an_empty_file_is_not_rotated(void **state)
{
	struct outplace p;
	char text[256];

	(void)state;
	outplace_open(&p, NULL);
	output_rotate(p.out);
	assert_int_equal(read_all(&p, "a.log", text), 1);
	give(&p, "x\n");
	output_rotate(p.out);
	output_rotate(p.out);
	assert_int_equal(read_all(&p, "a.log", text), 2);
	assert_int_equal(count(&p, O_ROTATIONS), 1);
	outplace_close(&p);
}

static void
what_is_left_at_the_end_is_counted(void **state)
{
	struct outplace p;

	(void)state;
	outplace_open(&p, NULL);
	disk.room = 6;
	give(&p, "one\ntwo\nthree\n");
	give(&p, "four\n");
	outplace_stop(&p);
	assert_int_equal(count(&p, O_WRITTEN), 1);
	assert_int_equal(count(&p, O_DROPPED_STOP), 3);
	assert_int_equal(count(&p, O_QUEUE_BYTES), 0);
	assert_int_equal(p.written, 2);
	/* half a line is taken out again */
	assert_file(&p, "a.log", "one\n");
	outplace_close(&p);
}

/* The collector's own messages are lines that no counter counts. */
static void
own_messages_are_neither_written_nor_dropped(void **state)
{
	struct outplace p;

	(void)state;
	outplace_open(&p, NULL);
	p.own = 1;
	give(&p, "own\ntwo\n");
	assert_int_equal(count(&p, O_WRITTEN), 1);
	disk.room = 0;
	p.own = 2;
	give(&p, "own\nown\nthree\n");
	outplace_stop(&p);
	assert_int_equal(count(&p, O_WRITTEN), 1);
	assert_int_equal(count(&p, O_DROPPED_STOP), 1);
	outplace_close(&p);
}

static void
wait_for_syncs(unsigned n)
{
	while (atomic_load(&disk.syncs) < n)
		usleep(1000);
}

static void
one_sync_a_period_and_none_without_writes(void **state)
{
	struct outplace p;

	(void)state;
	outplace_open(&p, NULL);
	give(&p, "one\n");
	later(&p, 0);
	wait_for_syncs(1); /* the first at once */
	give(&p, "two\n");
	later(&p, 500);
	give(&p, "three\n");
	later(&p, 400);
	while (!output_is_idle(p.out))
		usleep(1000);
	assert_int_equal(disk.syncs, 1);
	later(&p, 200);
	wait_for_syncs(2);
	later(&p, 5000);
	while (!output_is_idle(p.out))
		usleep(1000);
	assert_int_equal(disk.syncs, 2);
	outplace_close(&p);
}

static void
always_means_before_the_next_block(void **state)
{
	struct outplace p;

	(void)state;
	outplace_open(&p, sync_always);
	give(&p, "one\n");
	assert_int_equal(disk.syncs, 1);
	give(&p, "two\n");
	assert_int_equal(disk.syncs, 2);
	outplace_close(&p);
}

/* A reload: limits, the mode of new files, other counters. */
static void
settings_can_change_on_the_way(void **state)
{
	struct output_settings *set;
	struct outplace p;
	struct stat st;
	struct err err;
	char text[256];
	int slot;

	(void)state;
	outplace_open(&p, NULL);
	disk.room = 4;
	give(&p, "one\ntwo\n");
	p.conf.rotate_size = 8;
	p.conf.mode = 0604;
	slot = metrics_output_slot(p.metrics, "renamed");
	set = output_settings(&p.conf, metrics_output(p.metrics, 0, slot),
	    metrics_output(p.metrics, 1, slot), &err);
	assert_non_null(set);
	output_renew(p.out, set);
	assert_int_equal(count(&p, O_STALLED), 0);
	assert_int_equal(count(&p, O_OPEN_FILES), 0);
	assert_int_equal(count(&p, O_QUEUE_BYTES), 0);
	assert_int_equal(metrics_output_sum(p.metrics, slot, O_STALLED), 1);
	assert_int_equal(metrics_output_sum(p.metrics, slot, O_OPEN_FILES), 1);
	assert_int_equal(metrics_output_sum(p.metrics, slot, O_QUEUE_BYTES), 4);
	disk.room = SIZE_MAX;
	later(&p, 300);
	until_written(&p);
	give(&p, "three\n");
	assert_int_equal(read_all(&p, "a.log", text), 2);
	assert_string_equal(text, "one\ntwo\nthree\n");
	assert_int_equal(stat(p.path, &st), 0);
	assert_int_equal(st.st_mode & 0777, 0604);
	assert_int_equal(metrics_output_sum(p.metrics, slot, O_WRITTEN), 3);
	outplace_close(&p);
}

static void
daily(struct output_conf *c)
{
	c->rotate_every = 86400000;
}

static void
a_file_is_rotated_when_its_day_is_over(void **state)
{
	struct outplace p;
	char text[256];

	(void)state;
	outplace_open(&p, daily);
	give(&p, "one\n");
	later(&p, 86400000);
	assert_int_equal(count(&p, O_ROTATIONS), 1);
	assert_file(&p, "a.log", "");
	later(&p, 86400000); /* an empty file is not */
	later(&p, -3600000); /* nor when the clock is set back */
	give(&p, "two\n");
	later(&p, 3600000);
	assert_int_equal(count(&p, O_ROTATIONS), 1);
	assert_int_equal(read_all(&p, "a.log", text), 2);
	assert_string_equal(text, "one\ntwo\n");
	outplace_close(&p);
}

/* A line begun before midnight is ended in the file where it began. */
static void
a_line_is_whole_before_its_file_is_rotated(void **state)
{
	struct outplace p;
	char text[256];

	(void)state;
	outplace_open(&p, daily);
	disk.room = 2;
	give(&p, "one\ntwo\n");
	later(&p, 86400000);
	assert_int_equal(count(&p, O_ROTATIONS), 0);
	disk.room = SIZE_MAX;
	later(&p, 1000);
	later(&p, 1000);
	assert_int_equal(count(&p, O_ROTATIONS), 1);
	assert_int_equal(read_all(&p, "a.log", text), 2);
	assert_string_equal(text, "one\ntwo\n");
	outplace_close(&p);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_block_is_written_and_given_back),
		cmocka_unit_test(rotation_cuts_at_line_ends_only),
		cmocka_unit_test(a_full_disk_neither_tears_nor_doubles_a_line),
		cmocka_unit_test(a_stalled_output_is_left_alone_for_a_while),
		cmocka_unit_test(a_long_queue_is_written_in_turns),
		cmocka_unit_test(a_line_begun_is_ended_before_the_file_is_left),
		cmocka_unit_test(a_deleted_file_comes_back_with_the_whole_line),
		cmocka_unit_test(a_rotation_that_fails_makes_no_smaller_writes),
		cmocka_unit_test(an_empty_file_is_not_rotated),
		cmocka_unit_test(what_is_left_at_the_end_is_counted),
		cmocka_unit_test(own_messages_are_neither_written_nor_dropped),
		cmocka_unit_test(one_sync_a_period_and_none_without_writes),
		cmocka_unit_test(always_means_before_the_next_block),
		cmocka_unit_test(settings_can_change_on_the_way),
		cmocka_unit_test(a_file_is_rotated_when_its_day_is_over),
		cmocka_unit_test(a_line_is_whole_before_its_file_is_rotated),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
