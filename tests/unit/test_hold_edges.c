/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * test_hold_edges.c - a sync fails while something else happens, too: a file
 * is closed for another or moved away, rotated, shared, the settings change
 *
 * faults.md B5, B6, B11.
 */
#include <dirent.h>
#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "outplace.h"
#include "output/settings.h"

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
always_and_one_open(struct output_conf *c)
{
	c->sync = SYNC_ALWAYS;
	c->max_open_files = 1;
}

/* ms later, the writer's round. */
static void
go(struct outplace *p, int64_t ms)
{
	later(p, ms);
	output_write(p->out);
}

static void
go_on(struct outplace *p)
{
	for (int i = 0; i < 4; i++)
		go(p, 600);
}

static void
wait_for_syncer(struct outplace *p)
{
	while (
	    !syncer_has_done(p->tools.syncer, syncer_next(p->tools.syncer) - 1))
		usleep(1000);
}

static void
move(struct outplace *p, const char *from, const char *to)
{
	assert_int_equal(rename(at(p, from), at(p, to)), 0);
}

/* What a rotation in the block put on the disk comes no more, however often
 * the rest of it has to be written. */
static void
what_is_safe_is_never_written_again(void **state)
{
	struct outplace p;
	char text[256];

	(void)state;
	outplace_open(&p, always_and_rotate_at_10);
	disk.room = 8;
	give(&p, "1111111\n2222222\n"); /* rotated, and no more room */
	disk.room = SIZE_MAX;
	disk.sync_fails = 2;
	go_on(&p);
	assert_int_equal(read_all(&p, "a.log", text), 3);
	assert_string_equal(text, "1111111\n2222222\n2222222\n");
	assert_int_equal(count(&p, O_STALLED), 0);
	outplace_close(&p);
}

static void
what_is_written_again_counts_once(void **state)
{
	struct outplace p;

	(void)state;
	outplace_open(&p, always);
	disk.sync_fails = 1;
	give(&p, "one\ntwo\n");
	disk.room = 4;
	go(&p, 0);
	assert_file(&p, "a.log", "one\n");
	outplace_stop(&p);
	assert_int_equal(count(&p, O_WRITTEN) + count(&p, O_DROPPED_STOP), 2);
	outplace_close(&p);
}

/* The one rotated file in that folder of dir has this text. */
static void
assert_rotated(struct outplace *p, const char *folder, const char *text)
{
	char found[300] = "";
	const struct dirent *e;
	DIR *d = opendir(at(p, folder));

	assert_non_null(d);
	while ((e = readdir(d)) != NULL)
		if (strstr(e->d_name, "Z-0") != NULL)
			(void)snprintf(
			    found, sizeof(found), "%s/%s", folder, e->d_name);
	closedir(d);
	assert_file(p, found, text);
}

static void
a_file_closed_for_another_is_written_again(void **state)
{
	struct outplace p;

	(void)state;
	outplace_open_many(&p, always_and_one_open);
	disk.sync_fails = 1; /* that of h/a, when it makes way for h/b */
	give_runs(&p, "h/a 1\nh/b 2\n");
	give_runs(&p, "h/a 3\n");
	go_on(&p);
	assert_rotated(&p, "h", "1\n");
	assert_file(&p, "h/a", "1\n3\n");
	assert_int_equal(count(&p, O_WRITTEN), 3);
	assert_int_equal(count(&p, O_STALLED), 0);
	outplace_stop(&p);
	assert_int_equal(disk.trusted, 0);
	outplace_close(&p);
}

/* With what is held, not all of the block is written. */
static void
a_file_moved_in_the_middle_of_a_block_is_written_again(void **state)
{
	struct outplace p;

	(void)state;
	outplace_open(&p, always);
	disk.room = 4;
	give(&p, "one\ntwo\n");
	move(&p, "a.log", "moved");
	disk.sync_fails = 1;
	output_reopen(p.out);
	wait_for_syncer(&p);
	disk.room = SIZE_MAX;
	go_on(&p);
	assert_file(&p, "moved", "one\n");
	assert_file(&p, "a.log", "one\ntwo\n");
	assert_int_equal(count(&p, O_WRITTEN), 2);
	outplace_close(&p);
}

/* Its text would be thrown away if it were still there. */
static void
a_failed_file_that_was_moved_does_not_stall(void **state)
{
	struct outplace p;

	(void)state;
	outplace_open(&p, always);
	disk.sync_fails = UINT32_MAX;
	give(&p, "one\n");
	go(&p, 0);
	move(&p, "a.log", "moved");
	disk.sync_fails = 1;
	go_on(&p);
	assert_file(&p, "a.log", "one\n");
	assert_int_equal(count(&p, O_STALLED), 0);
	outplace_close(&p);
}

/* What others wrote to the file that is there now is not thrown away. */
static void
what_others_wrote_to_the_next_file_stays(void **state)
{
	struct outplace p;
	FILE *theirs;

	(void)state;
	outplace_open(&p, always);
	give(&p, "one\n");
	move(&p, "a.log", "moved");
	theirs = fopen(at(&p, "a.log"), "w");
	assert_non_null(theirs);
	assert_true(fputs("theirs\n", theirs) >= 0);
	assert_int_equal(fclose(theirs), 0);
	disk.sync_fails = 2;
	give(&p, "two\n");
	go_on(&p);
	assert_file(&p, "a.log", "two\n");
	assert_rotated(&p, ".", "theirs\ntwo\n");
	outplace_close(&p);
}

static void
one_of_many_that_failed_and_was_moved_does_not_stall(void **state)
{
	struct outplace p;

	(void)state;
	outplace_open_many(&p, always);
	give_runs(&p, "h/a 1\n");
	move(&p, "h/a", "h/moved");
	disk.sync_fails = 1;
	give_runs(&p, "h/a 2\n");
	go_on(&p);
	assert_file(&p, "h/moved", "1\n2\n");
	assert_file(&p, "h/a", "2\n");
	assert_int_equal(count(&p, O_STALLED), 0);
	outplace_close(&p);
}

/* It was closed because of that: all the same its text comes again. */
static void
one_of_many_that_failed_and_is_reopened_is_written_again(void **state)
{
	struct outplace p;

	(void)state;
	outplace_open_many(&p, always);
	disk.sync_fails = UINT32_MAX;
	give_runs(&p, "h/a 1\nh/a 2\n");
	go(&p, 300);
	move(&p, "h/a", "h/moved");
	output_reopen(p.out);
	disk.sync_fails = 0;
	go_on(&p);
	assert_file(&p, "h/a", "1\n2\n");
	assert_int_equal(count(&p, O_STALLED), 0);
	outplace_close(&p);
}

/* Nobody syncs any more: nothing is held, and nothing waits for a sync. */
static void
no_syncs_any_more_end_the_stall(void **state)
{
	struct outplace p;
	struct err err;
	int slot;

	(void)state;
	outplace_open(&p, always);
	disk.sync_fails = UINT32_MAX;
	give(&p, "one\n");
	go(&p, 0);
	assert_int_equal(count(&p, O_STALLED), 1);
	p.conf.sync = SYNC_NEVER;
	slot = metrics_output_slot(p.metrics, "first");
	output_renew(p.out,
	    output_settings(&p.conf, metrics_output(p.metrics, 0, slot),
		metrics_output(p.metrics, 1, slot), &err));
	go_on(&p);
	give(&p, "two\n");
	assert_int_equal(count(&p, O_STALLED), 0);
	assert_file(&p, "a.log", "one\ntwo\n");
	outplace_close(&p);
}

/* _other is locked only while somebody writes to it. */
static void
a_failed_other_is_left_to_others(void **state)
{
	struct outplace p;
	struct output *second;
	int slot;

	(void)state;
	outplace_open_many(&p, NULL);
	second = outplace_another(&p);
	give_runs_to(&p, second, "../x 1\n");
	disk.sync_fails = 1;
	give_runs(&p, "../x 2\n");
	later(&p, 1100);
	wait_for_syncer(&p);
	later(&p, 1100);
	give_runs_to(&p, second, "../x 3\n");
	slot = metrics_output_slot(p.metrics, "second");
	assert_int_equal(metrics_output_sum(p.metrics, slot, O_STALLED), 0);
	assert_file(&p, "_other", "3\n");
	wait_for_syncer(&p);
	output_free(second);
	outplace_close(&p);
}

/* Descriptors of what is in dir. */
static unsigned
open_below(struct outplace *p)
{
	char to[4096];
	const struct dirent *e;
	unsigned n = 0;
	DIR *d = opendir("/proc/self/fd");

	assert_non_null(d);
	while ((e = readdir(d)) != NULL) {
		ssize_t len = readlinkat(dirfd(d), e->d_name, to, sizeof(to));

		n += len >= (ssize_t)strlen(p->dir) &&
		    memcmp(to, p->dir, strlen(p->dir)) == 0;
	}
	closedir(d);
	return n;
}

/* It is closed all the same; what is in it when it is found again does not
 * come twice. */
static void
a_read_only_file_is_closed_and_found_again(void **state)
{
	struct outplace p;
	unsigned syncs;

	(void)state;
	outplace_open(&p, always);
	give(&p, "zero\n");
	disk.error = EROFS;
	disk.room = 6;
	give(&p, "one\ntwo\n");
	assert_int_equal(open_below(&p), 0);
	assert_int_equal(count(&p, O_STALLED), 1);
	syncs = disk.syncs;
	disk.room = SIZE_MAX;
	go_on(&p);
	assert_file(&p, "a.log", "zero\none\ntwo\n");
	assert_true(disk.syncs > syncs);
	assert_int_equal(count(&p, O_STALLED), 0);
	assert_int_equal(count(&p, O_WRITTEN), 3);
	give(&p, "three\n");
	assert_file(&p, "a.log", "zero\none\ntwo\nthree\n");

	/* but what did not come onto the disk does */
	disk.room = 3; /* "fo" is not of a whole line */
	give(&p, "five\nsix\n");
	assert_int_equal(truncate(p.path, 10), 0);
	disk.room = SIZE_MAX;
	go_on(&p);
	assert_file(&p, "a.log", "five\nsix\n");
	outplace_close(&p);
}

/* It was thrown away to be written once more: a stop comes before that. */
static void
a_stop_leaves_what_cannot_be_synced(void **state)
{
	struct outplace p;

	(void)state;
	outplace_open(&p, NULL);
	disk.sync_fails = UINT32_MAX;
	give(&p, "one\n");
	later(&p, 1100);
	wait_for_syncer(&p);
	later(&p, 1100); /* now it holds */
	give(&p, "two\nthree\n");
	go_on(&p);
	assert_int_equal(count(&p, O_STALLED), 1);
	output_put_back(p.out);
	outplace_stop(&p);
	assert_rotated(&p, ".", "one\n");
	assert_file(&p, "a.log", "two\nthree\n");
	assert_int_equal(count(&p, O_WRITTEN), 3);
	outplace_close(&p);
}

static void
never_and_rotate_at_10(struct output_conf *c)
{
	c->sync = SYNC_NEVER;
	c->rotate_size = 10;
}

/* An output of dir/b.log, for which the syncer has as much to do as it takes,
 * and that does not end. */
static struct output *
keep_syncer_busy(struct outplace *p)
{
	static char other[256];

	(void)snprintf(other, sizeof(other), "%s", at(p, "b.log"));
	p->conf.path = other;
	p->conf.sync = 1;
	p->conf.rotate_size = 1;
	p->out = outplace_another(p);
	p->conf.path = p->path;
	disk.sync_waits = true;
	for (int i = 0; i < 12; i++)
		give(p, "x\n");
	assert_false(output_is_empty(p->out));
	(void)alarm(20);
	return p->out;
}

static void
free_syncer(struct outplace *p, struct output *busy)
{
	(void)alarm(0);
	disk.sync_waits = false;
	while (!output_is_empty(busy)) {
		output_tick(busy);
		usleep(1000);
	}
	wait_for_syncer(p);
	output_free(busy);
}

/* Nothing to sync, nothing to wait for. */
static void
rotation_without_syncs_does_not_wait(void **state)
{
	struct outplace p;
	struct output *first, *busy;
	char text[256];

	(void)state;
	outplace_open(&p, never_and_rotate_at_10);
	first = p.out;
	busy = keep_syncer_busy(&p);
	p.out = first;
	for (int i = 0; i < 12; i++)
		give(&p, "1234567\n");
	assert_int_equal(count(&p, O_STALLED), 0);
	assert_int_equal(read_all(&p, "a.log", text), 12);
	free_syncer(&p, busy);
	outplace_close(&p);
}

/* SIGHUP: written on in the old file until the syncer can take it. */
static void
a_file_is_reopened_when_the_syncer_has_room(void **state)
{
	struct outplace p;
	struct output *first, *busy;

	(void)state;
	outplace_open(&p, NULL);
	first = p.out;
	busy = keep_syncer_busy(&p);
	p.out = first;
	give(&p, "one\n");
	move(&p, "a.log", "moved");
	output_reopen(p.out);
	give(&p, "two\n");
	assert_file(&p, "moved", "one\ntwo\n");
	free_syncer(&p, busy);
	later(&p, 10);
	give(&p, "three\n");
	assert_file(&p, "a.log", "three\n");
	assert_file(&p, "moved", "one\ntwo\n");
	outplace_close(&p);
}

static void
many_read_only_files_are_closed_and_written_again(void **state)
{
	struct outplace p;

	(void)state;
	outplace_open_many(&p, always);
	give_runs(&p, "h/a 0\nh/b 0\n");
	disk.error = EROFS;
	disk.room = 2;
	give_runs(&p, "h/a 1\nh/b 2\n");
	assert_int_equal(open_below(&p), 0);
	disk.room = SIZE_MAX;
	go_on(&p);
	assert_file(&p, "h/a", "0\n1\n1\n");
	assert_file(&p, "h/b", "0\n2\n");
	assert_int_equal(count(&p, O_STALLED), 0);
	assert_int_equal(count(&p, O_WRITTEN), 4);
	give_runs(&p, "h/a 3\n");
	assert_file(&p, "h/a", "0\n1\n1\n3\n");
	outplace_close(&p);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(what_is_safe_is_never_written_again),
		cmocka_unit_test(what_is_written_again_counts_once),
		cmocka_unit_test(a_file_closed_for_another_is_written_again),
		cmocka_unit_test(
		    a_file_moved_in_the_middle_of_a_block_is_written_again),
		cmocka_unit_test(a_failed_file_that_was_moved_does_not_stall),
		cmocka_unit_test(what_others_wrote_to_the_next_file_stays),
		cmocka_unit_test(
		    one_of_many_that_failed_and_was_moved_does_not_stall),
		cmocka_unit_test(
		    one_of_many_that_failed_and_is_reopened_is_written_again),
		cmocka_unit_test(no_syncs_any_more_end_the_stall),
		cmocka_unit_test(a_failed_other_is_left_to_others),
		cmocka_unit_test(a_read_only_file_is_closed_and_found_again),
		cmocka_unit_test(
		    many_read_only_files_are_closed_and_written_again),
		cmocka_unit_test(a_stop_leaves_what_cannot_be_synced),
		cmocka_unit_test(rotation_without_syncs_does_not_wait),
		cmocka_unit_test(a_file_is_reopened_when_the_syncer_has_room),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
