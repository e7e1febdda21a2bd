/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * test_upkeep.c - many files are synced, rotated, looked for and opened
 * again, and the writer does not wait for the disk
 *
 * faults.md B11, B12. Where the writer waited a test here would never end.
 */
#include <sys/stat.h>

#include <fcntl.h>
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "outplace.h"

enum { MANY = 300 };

static void
no_limit(struct output_conf *c)
{
	c->max_new_files = 0;
	c->max_open_files = 1000;
}

static void
open_4(struct output_conf *c)
{
	c->max_new_files = 0;
	c->max_open_files = 4;
}

static void
open_12(struct output_conf *c)
{
	c->max_new_files = 0;
	c->max_open_files = 12;
}

static void
open_4_and_never_sync(struct output_conf *c)
{
	open_4(c);
	c->sync = SYNC_NEVER;
}

static void
open_4_and_sync_always(struct output_conf *c)
{
	open_4(c);
	c->sync = SYNC_ALWAYS;
}

/* One line for each of n files. */
static void
give_many(struct outplace *p, int n)
{
	char line[32];

	for (int i = 0; i < n; i++) {
		(void)snprintf(line, sizeof(line), "h%d/a %d\n", i, i);
		give_runs(p, line);
		pool_reclaim(&p->pool);
	}
}

static void
tick_until_idle(struct outplace *p)
{
	do {
		usleep(1000);
		later(p, 10);
	} while (!output_is_idle(p->out));
}

static void
each_dirty_file_is_synced_once_a_period(void **state)
{
	struct outplace p;

	(void)state;
	outplace_open_many(&p, no_limit);
	disk.sync_waits = true; /* the disk stands still */
	give_many(&p, MANY);
	give_many(&p, MANY);
	later(&p, 900);
	assert_int_equal(disk.syncs, 0);
	later(&p, 200);
	later(&p, 10);
	disk.sync_waits = false;
	while (disk.syncs < MANY)
		tick_until_idle(&p);
	tick_until_idle(&p);
	assert_int_equal(disk.syncs, MANY);
	later(&p, 2000);
	tick_until_idle(&p);
	assert_int_equal(disk.syncs, MANY);
	/* the new folders, which no open file stands for */
	assert_in_range(disk.whole_syncs, 1, 9);
	outplace_close(&p);
}

/* Files are closed for others faster than the disk can follow. */
static void
what_is_closed_unsynced_is_synced_with_the_rest(void **state)
{
	struct outplace p;

	(void)state;
	outplace_open_many(&p, open_4);
	disk.sync_waits = true;
	give_many(&p, MANY);
	assert_int_equal(count(&p, O_OPEN_FILES), 4);
	assert_int_equal(count(&p, O_WRITTEN), MANY);
	disk.sync_waits = false;
	later(&p, 1100);
	tick_until_idle(&p);
	later(&p, 1100);
	tick_until_idle(&p);
	/* new folders want all of the disk synced, so only what is open is
	 * synced by itself */
	assert_int_equal(disk.syncs, 4);
	assert_in_range(disk.whole_syncs, 1, 3);
	/* and again, without new folders; what is with the syncer can be
	 * opened anew */
	disk.syncs = disk.whole_syncs = 0;
	disk.sync_waits = true;
	give_many(&p, 20);
	give_many(&p, 20);
	assert_file(&p, "h0/a", "0\n0\n0\n");
	disk.sync_waits = false;
	later(&p, 1100);
	tick_until_idle(&p);
	later(&p, 1100);
	tick_until_idle(&p);
	assert_in_range(disk.syncs, 8, 20);
	assert_in_range(disk.whole_syncs, 1, 3);
	assert_file(&p, "_other", NULL);
	outplace_close(&p);
}

static ino_t
inode_of(struct outplace *p, int number)
{
	char name[16];
	struct stat st;

	(void)snprintf(name, sizeof(name), "h%d/a", number);
	assert_int_equal(stat(at(p, name), &st), 0);
	return st.st_ino;
}

/* A disk that is too slow for all of them serves each in turn. */
static void
no_file_waits_for_its_sync_for_ever(void **state)
{
	struct outplace p;
	unsigned rounds = 0, syncs = 0;

	(void)state;
	outplace_open_many(&p, no_limit);
	for (; syncs < MANY; rounds++) {
		disk.sync_waits = true;
		give_many(&p, MANY);
		later(&p, 1000);
		disk.sync_waits = false;
		while (!output_is_idle(p.out))
			usleep(1000);
		syncs = disk.syncs;
	}
	assert_true(rounds > 1);
	for (int i = 0; i < MANY; i++) {
		ino_t inode = inode_of(&p, i);
		unsigned k = 0;

		while (k < syncs && disk.synced[k] != inode)
			k++;
		assert_true(k < syncs);
	}
	outplace_close(&p);
}

static void *
move_the_disk(void *arg)
{
	(void)arg;
	usleep(50000);
	disk.sync_waits = false;
	return NULL;
}

/* The syncer has it, and its queue is full: then, and only then, a file that
 * has to be closed is waited for. */
static void
nothing_is_closed_under_the_syncers_hands(void **state)
{
	struct outplace p;
	pthread_t thread;

	(void)state;
	outplace_open_many(&p, open_12);
	give_many(&p, 12);
	disk.sync_waits = true;
	later(&p, 1100);
	for (int i = 0; i < 3; i++)
		later(&p, 10); /* as many as it takes are with the syncer */
	assert_int_equal(pthread_create(&thread, NULL, move_the_disk, NULL), 0);
	give_many(&p, 40); /* all of the twelve are closed */
	assert_int_equal(pthread_join(thread, NULL), 0);
	tick_until_idle(&p);
	assert_int_equal(count(&p, O_WRITTEN), 52);
	/* the first one may have been for the new folders */
	for (int i = 0; i < 7; i++)
		assert_int_equal(disk.synced[i], inode_of(&p, i));
	outplace_close(&p); /* looks at disk.bad_syncs */
}

static void
never_and_always_mean_what_they_say(void **state)
{
	struct outplace p;

	(void)state;
	outplace_open_many(&p, open_4_and_never_sync);
	give_many(&p, 20);
	later(&p, 5000);
	tick_until_idle(&p);
	outplace_stop(&p);
	assert_int_equal(disk.syncs + disk.whole_syncs, 0);
	outplace_close(&p);

	outplace_open_many(&p, open_4_and_sync_always);
	for (unsigned i = 0; i < 20; i++) {
		unsigned before = disk.syncs + disk.whole_syncs;

		give_many(&p, 6);
		assert_in_range(
		    disk.syncs + disk.whole_syncs, before + 6, before + 14);
	}
	outplace_close(&p);
}

static void
a_deleted_file_comes_back_with_the_next_line(void **state)
{
	struct outplace p;

	(void)state;
	outplace_open_many(&p, NULL);
	give_runs(&p, "h/a 1\nh/b 2\n");
	assert_int_equal(unlink(at(&p, "h/a")), 0);
	assert_int_equal(unlink(at(&p, "h/b")), 0);
	assert_int_equal(rmdir(at(&p, "h")), 0);
	give_runs(&p, "h/a 3\n");
	assert_file(&p, "h/a", "3\n");
	assert_int_equal(count(&p, O_OPEN_FILES), 2);
	later(&p, 600);
	/* nobody writes to the other one: it is not made again */
	assert_int_equal(count(&p, O_OPEN_FILES), 1);
	assert_file(&p, "h/b", NULL);
	give_runs(&p, "h/b 4\n");
	assert_file(&p, "h/b", "4\n");
	outplace_close(&p);
}

static void
a_line_begun_is_begun_again_in_the_new_file(void **state)
{
	struct outplace p;

	(void)state;
	outplace_open_many(&p, NULL);
	disk.room = 6; /* "one\n" and "tw" */
	give_runs(&p, "a one\na two\nb three\na four\n");
	assert_int_equal(unlink(at(&p, "a")), 0);
	later(&p, 600); /* looks, and still full */
	disk.room = SIZE_MAX;
	later(&p, 300);
	until_written(&p);
	assert_file(&p, "a", "two\nfour\n");
	assert_file(&p, "b", "three\n");
	assert_int_equal(count(&p, O_WRITTEN), 4);
	assert_int_equal(count(&p, O_QUEUE_BYTES), 0);
	outplace_close(&p);
}

/* B12: the whole folder goes, and comes back. */
static void
the_folder_itself_is_made_again(void **state)
{
	struct outplace p;

	(void)state;
	outplace_open_many(&p, NULL);
	give_runs(&p, "a 1\n");
	assert_int_equal(unlink(at(&p, "a")), 0);
	assert_int_equal(rmdir(p.dir), 0);
	give_runs(&p, "a 2\nh/b 3\n");
	assert_file(&p, "a", "2\n");
	assert_file(&p, "h/b", "3\n");
	assert_int_equal(count(&p, O_OTHER), 0);
	outplace_close(&p);
}

/* Moved away: written to until SIGHUP, half a line ended there. */
static void
moved_files_are_written_to_until_reopened(void **state)
{
	struct outplace p;

	(void)state;
	outplace_open_many(&p, NULL);
	give_runs(&p, "h/a 1\nh/b 2\nc 3\n");
	assert_int_equal(rename(at(&p, "h"), at(&p, "moved")), 0);
	give_runs(&p, "h/a 4\n");
	disk.room = 1;
	give_runs(&p, "h/b 55\n");
	output_reopen(p.out);
	assert_int_equal(count(&p, O_OPEN_FILES), 2); /* one is not done */
	disk.room = SIZE_MAX;
	later(&p, 300);
	until_written(&p);
	give_runs(&p, "h/a 6\nh/b 7\nc 8\n");
	assert_file(&p, "moved/a", "1\n4\n");
	assert_file(&p, "moved/b", "2\n55\n");
	assert_file(&p, "h/a", "6\n");
	assert_file(&p, "h/b", "7\n");
	assert_file(&p, "c", "3\n8\n");
	outplace_close(&p);
}

/* The folder is moved away, and another is in its place. */
static void
reopening_finds_the_folder_by_its_path(void **state)
{
	struct outplace p;
	char away[80], command[200];

	(void)state;
	outplace_open_many(&p, NULL);
	give_runs(&p, "a 1\n");
	(void)snprintf(away, sizeof(away), "%s.away", p.dir);
	assert_int_equal(rename(p.dir, away), 0);
	give_runs(&p, "b 2\n");
	output_reopen(p.out);
	give_runs(&p, "a 3\n");
	assert_file(&p, "a", "3\n");
	assert_file(&p, "b", NULL);
	(void)snprintf(command, sizeof(command), "rm -r %s", away);
	assert_int_equal(system(command), 0);
	outplace_close(&p);
}

static void
all_open_files_rotate_when_told(void **state)
{
	struct outplace p;
	char text[64], name[16];

	(void)state;
	outplace_open_many(&p, no_limit);
	give_many(&p, MANY);
	disk.sync_waits = true;
	output_rotate(p.out); /* returns, though the disk stands still */
	assert_in_range(count(&p, O_ROTATIONS), 1, MANY - 1);
	disk.sync_waits = false;
	while (count(&p, O_ROTATIONS) < MANY)
		tick_until_idle(&p);
	output_rotate(p.out); /* they are empty now */
	tick_until_idle(&p);
	assert_int_equal(count(&p, O_ROTATIONS), MANY);
	for (int i = 0; i < MANY; i++) {
		(void)snprintf(name, sizeof(name), "h%d/a", i);
		assert_int_equal(read_all(&p, name, text), 2);
		assert_int_equal(atoi(text), i);
		assert_file(&p, name, "");
	}
	outplace_close(&p);
}

static void
daily(struct output_conf *c)
{
	c->rotate_every = 86400000;
}

static void
a_day_later_every_file_is_rotated_once(void **state)
{
	struct outplace p;

	(void)state;
	outplace_open_many(&p, daily);
	give_runs(&p, "h/a.log one\nh/b.log two\n");
	later(&p, 86400000);
	assert_int_equal(count(&p, O_ROTATIONS), 2);
	later(&p, 86400000);
	assert_int_equal(count(&p, O_ROTATIONS), 2); /* empty ones stay */
	give_runs(&p, "h/a.log three\n");
	later(&p, 600);
	assert_file(&p, "h/a.log", "three\n");
	assert_file(&p, "h/b.log", "");
	outplace_close(&p);
}

/* It was closed in the meantime, or is from before the start. */
static void
a_file_of_an_earlier_day_is_rotated_when_it_is_opened(void **state)
{
	struct outplace p;
	char text[256];
	struct timespec old[2] = { { .tv_sec = 1000000000 },
		{ .tv_sec = 1000000000 } };
	int fd;

	(void)state;
	outplace_open_many(&p, daily);
	assert_int_equal(mkdir(at(&p, "h"), 0700), 0);
	fd = open(at(&p, "h/a.log"), O_WRONLY | O_CREAT | O_CLOEXEC, 0600);
	assert_int_equal(write(fd, "old\nto", 6), 6);
	assert_int_equal(futimens(fd, old), 0);
	close(fd);
	give_runs(&p, "h/a.log new\n");
	assert_int_equal(count(&p, O_ROTATIONS), 1);
	assert_file(&p, "h/a.log", "new\n");
	assert_int_equal(read_all(&p, "h/a.log", text), 2);
	assert_string_equal(text, "old\nnew\n");
	outplace_close(&p);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(each_dirty_file_is_synced_once_a_period),
		cmocka_unit_test(
		    what_is_closed_unsynced_is_synced_with_the_rest),
		cmocka_unit_test(no_file_waits_for_its_sync_for_ever),
		cmocka_unit_test(nothing_is_closed_under_the_syncers_hands),
		cmocka_unit_test(never_and_always_mean_what_they_say),
		cmocka_unit_test(a_deleted_file_comes_back_with_the_next_line),
		cmocka_unit_test(a_line_begun_is_begun_again_in_the_new_file),
		cmocka_unit_test(the_folder_itself_is_made_again),
		cmocka_unit_test(moved_files_are_written_to_until_reopened),
		cmocka_unit_test(reopening_finds_the_folder_by_its_path),
		cmocka_unit_test(all_open_files_rotate_when_told),
		cmocka_unit_test(a_day_later_every_file_is_rotated_once),
		cmocka_unit_test(
		    a_file_of_an_earlier_day_is_rotated_when_it_is_opened),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
