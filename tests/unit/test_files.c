/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * test_files.c - an output of many files: where lines go, how many files are
 * open, what a full disk does
 *
 * faults.md B1, B3, B4, B8, H2.
 */
#include <sys/stat.h>

#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "outplace.h"
#include "output/newest.h"

static void
open_3(struct output_conf *c)
{
	c->max_open_files = 3;
	c->max_new_files = 0;
}

static void
many_files(struct output_conf *c)
{
	c->max_new_files = 0;
	c->max_files = 1000;
}

static void
rotate_at_12(struct output_conf *c)
{
	c->rotate_size = 12;
}

static void
files_3(struct output_conf *c)
{
	c->max_files = 3;
}

static void
new_2(struct output_conf *c)
{
	c->max_new_files = 2;
}

static mode_t
mode_of(const char *path)
{
	struct stat st;

	assert_int_equal(lstat(path, &st), 0);
	return st.st_mode & 07777;
}

static void
lines_go_where_their_names_say(void **state)
{
	static const mode_t masks[] = { 0, 022, 077, 0777 };

	(void)state;
	for (size_t i = 0; i < sizeof(masks) / sizeof(masks[0]); i++) {
		struct outplace p;

		umask(022);
		outplace_open_many(&p, NULL);
		umask(masks[i]);
		give_runs(&p,
		    "h1/a.log one\n"
		    "h2/a.log two\n"
		    "h1/b.log three\n"
		    "h1/a.log four\n"
		    "deep/er/c.log five\n"
		    "top.log six\n");
		umask(022);
		assert_file(&p, "h1/a.log", "one\nfour\n");
		assert_file(&p, "h2/a.log", "two\n");
		assert_file(&p, "h1/b.log", "three\n");
		assert_file(&p, "deep/er/c.log", "five\n");
		assert_file(&p, "top.log", "six\n");
		assert_file(&p, "_other", NULL);
		assert_int_equal(mode_of(at(&p, "h1")), 0750);
		assert_int_equal(mode_of(at(&p, "deep/er")), 0750);
		assert_int_equal(mode_of(at(&p, "h1/a.log")), 0640);
		assert_int_equal(disk.writes, 5); /* one for a file */
		assert_int_equal(count(&p, O_WRITTEN), 6);
		assert_int_equal(count(&p, O_BYTES), 4 + 4 + 6 + 5 + 5 + 4);
		assert_int_equal(count(&p, O_OTHER), 0);
		assert_int_equal(count(&p, O_OPEN_FILES), 5);
		assert_int_equal(count(&p, O_QUEUE_BYTES), 0);
		assert_int_equal(p.written, 1);
		outplace_close(&p);
	}
}

/* What was there is appended to, the rest of a crash moved away. */
static void
files_of_an_earlier_life_go_on(void **state)
{
	struct outplace p;
	int fd;

	(void)state;
	outplace_open_many(&p, NULL);
	assert_int_equal(mkdir(at(&p, "h"), 0700), 0);
	fd = open(at(&p, "h/a.log"), O_WRONLY | O_CREAT | O_CLOEXEC, 0600);
	assert_int_equal(write(fd, "old\nto", 6), 6);
	close(fd);
	give_runs(&p, "h/a.log new\n");
	assert_file(&p, "h/a.log", "old\nnew\n");
	assert_file(&p, "h/a.log.torn", "to\n");
	outplace_close(&p);
}

static void
make(struct outplace *p, const char *name)
{
	int fd = open(at(p, name), O_WRONLY | O_CREAT | O_CLOEXEC, 0600);

	assert_int_not_equal(fd, -1);
	close(fd);
}

/* A4: the names that a rotation reserved, in all folders that the path can
 * name, and only where there is the live file. */
static void
what_a_crash_left_goes_at_the_start(void **state)
{
	static const char *const goes[] = { "h/a-20261122T120000Z-000001",
		"h/a-b-20261122T120000Z-000007" };
	static const char *const stays[] = { "h/c-20261122T120000Z-000001",
		"h/a-20261122T120000Z-1", "h/empty",
		"h/i/j/a-20261122T120000Z-000001" };
	struct outplace p;
	int fd;

	(void)state;
	outplace_open_many(&p, NULL);
	for (size_t i = 0; i < 3; i++) {
		static const char *const folders[] = { "h", "h/i", "h/i/j" };

		assert_int_equal(mkdir(at(&p, folders[i]), 0700), 0);
	}
	make(&p, "h/a");
	make(&p, "h/a-b");
	make(&p, "h/i/j/a");
	for (size_t i = 0; i < 2; i++)
		make(&p, goes[i]);
	for (size_t i = 0; i < 4; i++)
		make(&p, stays[i]);
	fd = open(p.dir, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	assert_int_not_equal(fd, -1);
	newest_sweep(fd, 1);
	close(fd);
	for (size_t i = 0; i < 2; i++)
		assert_int_equal(access(at(&p, goes[i]), F_OK), -1);
	for (size_t i = 0; i < 4; i++)
		assert_int_equal(access(at(&p, stays[i]), F_OK), 0);
	outplace_close(&p);
}

/* In one block, or each of so many lines in one of its own, which are
 * written together. Returns how many blocks. */
static unsigned
give_in_blocks(struct outplace *p, const char *lines, size_t many)
{
	unsigned blocks = 0;
	char block[256];

	while (*lines != '\0') {
		const char *end = lines;

		for (size_t i = 0; i < many && *end != '\0'; i++)
			end = strchr(end, '\n') + 1;
		memcpy(block, lines, (size_t)(end - lines));
		block[end - lines] = '\0';
		queue_runs(p, block);
		blocks++;
		lines = end;
	}
	output_write(p->out);
	return blocks;
}

/* Every size of disk, in chunks of every size: whole, once, in order. */
static void
a_full_disk_neither_tears_nor_doubles_a_line(void **state)
{
	static const char lines[] =
	    "a first\nb second one\na 3\nc fourth line\n"
	    "b five\na six and the last\n";
	const size_t n = sizeof(lines) - 1 - 6 * 2;

	(void)state;
	for (size_t room = 0; room < 3 * n; room++)
		for (size_t chunk = 1; chunk < 8; chunk += 3) {
			size_t many = (size_t[]){ 99, 1, 2 }[room / n];
			unsigned blocks;
			struct outplace p;
			char text[256];

			outplace_open_many(&p, rotate_at_12);
			disk.room = room % n;
			disk.chunk = chunk;
			blocks = give_in_blocks(&p, lines, many);
			give_runs(&p, "b behind\n");
			assert_int_equal(count(&p, O_STALLED), 1);
			later(&p, 300); /* still full */
			disk.room = SIZE_MAX;
			later(&p, 300);
			until_written(&p);
			assert_int_equal(count(&p, O_STALLED), 0);
			read_all(&p, "a", text);
			assert_string_equal(
			    text, "first\n3\nsix and the last\n");
			read_all(&p, "b", text);
			assert_string_equal(text, "second one\nfive\nbehind\n");
			read_all(&p, "c", text);
			assert_string_equal(text, "fourth line\n");
			assert_int_equal(p.written, blocks + 1);
			assert_int_equal(count(&p, O_WRITTEN), 7);
			assert_int_equal(count(&p, O_BYTES), n + 7);
			assert_int_equal(count(&p, O_QUEUE_BYTES), 0);
			outplace_close(&p);
		}
}

/* Each file is written to once for all blocks that wait, up to 16 of them. */
static void
blocks_that_wait_are_written_together(void **state)
{
	char want[2][256] = { "", "" }, lines[64];
	struct outplace p;

	(void)state;
	outplace_open_many(&p, NULL);
	for (int i = 0; i < 17; i++) {
		(void)snprintf(lines, sizeof(lines), "a %d\nb %d\n", i, -i);
		queue_runs(&p, lines);
		(void)snprintf(lines, sizeof(lines), "%d\n", i);
		strcat(want[0], lines);
		(void)snprintf(lines, sizeof(lines), "%d\n", -i);
		strcat(want[1], lines);
	}
	output_write(p.out);
	assert_int_equal(disk.writes, 4);
	assert_file(&p, "a", want[0]);
	assert_file(&p, "b", want[1]);
	assert_int_equal(p.written, 17);
	assert_int_equal(count(&p, O_WRITTEN), 34);
	assert_int_equal(count(&p, O_QUEUE_BYTES), 0);
	outplace_close(&p);
}

/* So that each of many files still gets some lines with one write. */
static void
the_more_files_the_more_blocks_are_written_together(void **state)
{
	enum { FILES = 320, BLOCKS = FILES / 16 + 16 };
	struct outplace p;
	char lines[FILES * 16];
	size_t n = 0;

	(void)state;
	outplace_open_many(&p, many_files);
	for (int i = 0; i < FILES; i++)
		n += (size_t)snprintf(
		    lines + n, sizeof(lines) - n, "n%d x\n", i);
	give_runs(&p, lines);
	assert_int_equal(disk.writes, FILES);
	for (int i = 0; i < BLOCKS; i++)
		queue_runs(&p, "a 1\n");
	output_write(p.out);
	/* 20 of them, then 16 again: there was one file then */
	assert_int_equal(disk.writes, FILES + 2);
	assert_int_equal(p.written, 1 + BLOCKS);
	assert_int_equal(count(&p, O_WRITTEN), FILES + BLOCKS);
	outplace_close(&p);
}

/* Names that come round in turn would else find each just closed. */
static void
files_that_are_open_are_written_first(void **state)
{
	struct outplace p;

	(void)state;
	outplace_open_many(&p, open_3);
	give_runs(&p, "a 1\nb 1\nc 1\n");
	disk.room = 3 * 2;
	give_runs(&p, "d 2\nb 2\ne 2\na 2\nf 2\nc 2\n");
	assert_file(&p, "a", "1\n2\n");
	assert_file(&p, "b", "1\n2\n");
	assert_file(&p, "c", "1\n2\n");
	disk.room = SIZE_MAX;
	later(&p, 300);
	until_written(&p);
	assert_file(&p, "d", "2\n");
	assert_file(&p, "e", "2\n");
	assert_file(&p, "f", "2\n");
	assert_int_equal(count(&p, O_WRITTEN), 9);
	assert_in_range(count(&p, O_OPEN_FILES), 1, 3);
	outplace_close(&p);
}

/* The line begun, and no more, goes with a file that is deleted. */
static void
a_file_deleted_in_the_middle_of_some_blocks_goes_on(void **state)
{
	(void)state;
	for (size_t room = 3; room < 9; room++) {
		struct outplace p;

		outplace_open_many(&p, NULL);
		disk.room = room;
		give_in_blocks(&p, "a 11\nb 2\na 33\nc 5\na 44\n", 1);
		unlink(at(&p, "a"));
		disk.room = SIZE_MAX;
		later(&p, 300);
		until_written(&p);
		assert_file(&p, "a", room < 6 ? "33\n44\n" : "44\n");
		assert_file(&p, "b", "2\n");
		assert_file(&p, "c", "5\n");
		assert_int_equal(p.written, 5);
		assert_int_equal(count(&p, O_WRITTEN), 5);
		assert_int_equal(count(&p, O_QUEUE_BYTES), 0);
		outplace_close(&p);
	}
}

/* Thousands of files take long: others are not kept waiting, and signals and
 * time go on in between. */
static void
blocks_written_together_leave_others_their_turn(void **state)
{
	static const char lines[] = "a 1\nb 2\nc 3\nd 4\na 5\nb 6\nc 7\nd 8\n";
	struct outplace p;
	char text[64];

	(void)state;
	outplace_open_many(&p, NULL);
	disk.write_ms = 30;
	give_in_blocks(&p, lines, 2);
	assert_int_equal(disk.writes, 2);
	assert_int_equal(p.written, 0);
	assert_int_equal(count(&p, O_WRITTEN), 4);
	assert_int_equal(count(&p, O_STALLED), 0);
	output_rotate(p.out);
	give_runs(&p, "a 9\n"); /* the rest, and this one behind it */
	until_written(&p);
	assert_int_equal(p.written, 5);
	assert_int_equal(count(&p, O_WRITTEN), 9);
	assert_int_equal(read_all(&p, "a", text), 2);
	assert_string_equal(text, "1\n5\n9\n");
	assert_file(&p, "a", "9\n");
	assert_file(&p, "d", "4\n8\n");
	outplace_close(&p);
}

/* H2 in small: far more names than may be open. */
static void
no_more_are_open_than_allowed(void **state)
{
	enum { NAMES = 40, ROUNDS = 30, EACH = 50 };
	char lines[EACH * 32], want[NAMES][2048] = { "" };
	struct outplace p;
	unsigned random = 1, number = 0;
	uint64_t total = 0;

	(void)state;
	outplace_open_many(&p, open_3);
	for (int i = 0; i < ROUNDS; i++) {
		size_t n = 0;

		for (int k = 0; k < EACH; k++) {
			char line[16];
			size_t name;

			random = random * 1103515245 + 12345;
			name = random >> 16 & 7; /* some more often */
			if (k % 2 == 0)
				name = (random >> 16) % NAMES;
			(void)snprintf(line, sizeof(line), "%u\n", number++);
			strcat(want[name], line);
			n += (size_t)snprintf(lines + n, sizeof(lines) - n,
			    "h%zu/a %s", name, line);
		}
		give_runs(&p, lines);
		pool_reclaim(&p.pool);
		total += EACH;
		assert_in_range(count(&p, O_OPEN_FILES), 1, 3);
		if (i % 5 == 0)
			later(&p, 1100);
	}
	assert_int_equal(count(&p, O_WRITTEN), total);
	for (size_t i = 0; i < NAMES; i++) {
		char name[16];

		(void)snprintf(name, sizeof(name), "h%zu/a", i);
		assert_file(&p, name, want[i]);
	}
	outplace_close(&p);
}

/* Past max_files: _other, counted, in the order received. */
static void
too_many_names_share_a_file(void **state)
{
	struct outplace p;

	(void)state;
	outplace_open_many(&p, files_3);
	give_runs(&p, "a 1\nb 2\nc 3\nd 4\ne 5\na 6\nd 7\n");
	give_runs(&p, "d 8\nc 9\nf 10\n");
	assert_file(&p, "a", "1\n6\n");
	assert_file(&p, "c", "3\n9\n");
	assert_file(&p, "d", NULL);
	assert_file(&p, "_other", "4\n5\n7\n8\n10\n");
	assert_int_equal(count(&p, O_OTHER), 5);
	assert_int_equal(count(&p, O_WRITTEN), 10);
	outplace_close(&p);
}

static void
too_many_new_names_of_one_sender_share_a_file(void **state)
{
	struct outplace p;

	(void)state;
	outplace_open_many(&p, new_2);
	assert_int_equal(mkdir(at(&p, "old"), 0700), 0);
	close(open(at(&p, "old/a"), O_WRONLY | O_CREAT | O_CLOEXEC, 0600));
	give_runs(&p, "a 1\nb 2\nc 3\nold/a 4\n");
	p.peer = 2;
	give_runs(&p, "c 5\nd 6\ne 7\n");
	p.peer = 1;
	give_runs(&p, "c 8\nf 9\n");
	assert_file(&p, "_other", "3\n7\n9\n");
	assert_file(&p, "c", "5\n8\n");
	assert_file(&p, "old/a", "4\n");
	later(&p, 61000);
	give_runs(&p, "f 10\n");
	assert_file(&p, "f", "10\n");
	assert_int_equal(count(&p, O_OTHER), 3);
	outplace_close(&p);
}

/* Outputs with one folder have one file for all others: in turns. */
static void
two_outputs_share_the_other_file(void **state)
{
	struct outplace p;
	struct output *second;
	char text[256];

	(void)state;
	outplace_open_many(&p, files_3);
	second = outplace_another(&p);
	give_runs(&p, "a 1\nb 2\nc 3\nd 4\n");
	give_runs_to(&p, second, "e 5\nf 6\ng 7\nh 8\n");
	give_runs(&p, "d 9\n");
	give_runs_to(&p, second, "h 10\n");
	assert_file(&p, "_other", "4\n8\n9\n10\n");
	/* who rotates it does not leave the other one behind */
	output_rotate(p.out);
	give_runs_to(&p, second, "h 11\n");
	give_runs(&p, "d 12\n");
	assert_int_equal(read_all(&p, "_other", text), 2);
	assert_string_equal(text, "4\n8\n9\n10\n11\n12\n");
	assert_file(&p, "_other", "11\n12\n");
	syncer_stop(p.tools.syncer);
	p.tools.syncer = NULL;
	output_free(second);
	outplace_close(&p);
}

/* A stop with lines left: in files, in sorted groups, in later blocks. */
static void
what_is_left_at_the_end_is_counted(void **state)
{
	static const char lines[] = "a 1\nb 22\nc 333\na 4\nb 5\n";

	(void)state;
	for (size_t room = 0; room <= 25; room++) {
		struct outplace p;
		uint64_t written, dropped;
		unsigned blocks = 1;
		char text[64] = "";

		outplace_open_many(&p, NULL);
		disk.room = room % 13;
		p.own = 1; /* "1" counts as nothing */
		if (room < 13)
			give_runs(&p, lines);
		else
			blocks = give_in_blocks(&p, lines, 2);
		give_runs(&p, "d 6\ne 7\n");
		outplace_stop(&p);
		written = count(&p, O_WRITTEN);
		dropped = count(&p, O_DROPPED_STOP);
		assert_int_equal(written + dropped, 6);
		assert_int_equal(p.written, blocks + 1);
		assert_int_equal(count(&p, O_QUEUE_BYTES), 0);
		for (const char *f = "a\0b\0c\0d\0"; *f != '\0'; f += 2)
			if (access(at(&p, f), F_OK) == 0) {
				char one[64];

				read_all(&p, f, one); /* whole lines */
				strcat(text, one);
			}
		/* "1", "4"; "22", "5"; "333": what is whole counts */
		assert_int_equal(written,
		    (strchr(text, '4') != NULL) + (strchr(text, '2') != NULL) +
			(strchr(text, '5') != NULL) +
			(strchr(text, '3') != NULL));
		outplace_close(&p);
	}
}

/* A reload lowers a limit and names another counter. */
static void
settings_can_change_on_the_way(void **state)
{
	struct output_settings *set;
	struct outplace p;
	struct err err;
	int slot;

	(void)state;
	outplace_open_many(&p, NULL);
	give_runs(&p, "a 1\nb 2\nc 3\nd 4\n");
	disk.room = 2;
	give_runs(&p, "a 5\nb 6\nc 7\nd 8\n");
	p.conf.max_open_files = 2;
	p.conf.max_files = 4;
	p.conf.mode = 0604;
	p.conf.rotate_size = 4;
	slot = metrics_output_slot(p.metrics, "renamed");
	set = output_settings(&p.conf, metrics_output(p.metrics, 0, slot),
	    metrics_output(p.metrics, 1, slot), &err);
	assert_non_null(set);
	output_renew(p.out, set);
	assert_int_equal(count(&p, O_OPEN_FILES), 0);
	assert_int_equal(metrics_output_sum(p.metrics, slot, O_OPEN_FILES), 2);
	assert_int_equal(metrics_output_sum(p.metrics, slot, O_STALLED), 1);
	disk.room = SIZE_MAX;
	later(&p, 300);
	until_written(&p);
	give_runs(&p, "e 9\na 10\n");
	assert_file(&p, "_other", "9\n");
	assert_file(&p, "b", "2\n6\n");
	assert_file(&p, "a", "10\n");
	assert_int_equal(mode_of(at(&p, "a")), 0604);
	assert_int_equal(mode_of(at(&p, "b")), 0640);
	assert_int_equal(metrics_output_sum(p.metrics, slot, O_OPEN_FILES), 2);
	outplace_close(&p);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(lines_go_where_their_names_say),
		cmocka_unit_test(files_of_an_earlier_life_go_on),
		cmocka_unit_test(what_a_crash_left_goes_at_the_start),
		cmocka_unit_test(a_full_disk_neither_tears_nor_doubles_a_line),
		cmocka_unit_test(blocks_that_wait_are_written_together),
		cmocka_unit_test(
		    the_more_files_the_more_blocks_are_written_together),
		cmocka_unit_test(files_that_are_open_are_written_first),
		cmocka_unit_test(
		    a_file_deleted_in_the_middle_of_some_blocks_goes_on),
		cmocka_unit_test(
		    blocks_written_together_leave_others_their_turn),
		cmocka_unit_test(no_more_are_open_than_allowed),
		cmocka_unit_test(too_many_names_share_a_file),
		cmocka_unit_test(too_many_new_names_of_one_sender_share_a_file),
		cmocka_unit_test(two_outputs_share_the_other_file),
		cmocka_unit_test(what_is_left_at_the_end_is_counted),
		cmocka_unit_test(settings_can_change_on_the_way),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
