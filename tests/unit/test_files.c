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

static void
open_3(struct output_conf *c)
{
	c->max_open_files = 3;
	c->max_new_files = 0;
}

static void
rotate_at_12(struct output_conf *c)
{
	c->rotate_size = 12;
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

/* Every size of disk, in chunks of every size: whole, once, in order. */
static void
a_full_disk_neither_tears_nor_doubles_a_line(void **state)
{
	static const char lines[] =
	    "a first\nb second one\na 3\nc fourth line\n"
	    "b five\na six and the last\n";
	const size_t n = sizeof(lines) - 1 - 6 * 2;

	(void)state;
	for (size_t room = 0; room < n; room++)
		for (size_t chunk = 1; chunk < 8; chunk += 3) {
			struct outplace p;
			char text[256];

			outplace_open_many(&p, rotate_at_12);
			disk.room = room;
			disk.chunk = chunk;
			give_runs(&p, lines);
			give_runs(&p, "b behind\n");
			assert_int_equal(count(&p, O_STALLED), 1);
			later(&p, 300); /* still full */
			disk.room = SIZE_MAX;
			later(&p, 300);
			assert_int_equal(count(&p, O_STALLED), 0);
			read_all(&p, "a", text);
			assert_string_equal(
			    text, "first\n3\nsix and the last\n");
			read_all(&p, "b", text);
			assert_string_equal(text, "second one\nfive\nbehind\n");
			read_all(&p, "c", text);
			assert_string_equal(text, "fourth line\n");
			assert_int_equal(p.written, 2);
			assert_int_equal(count(&p, O_WRITTEN), 7);
			assert_int_equal(count(&p, O_BYTES), n + 7);
			assert_int_equal(count(&p, O_QUEUE_BYTES), 0);
			outplace_close(&p);
		}
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

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(lines_go_where_their_names_say),
		cmocka_unit_test(files_of_an_earlier_life_go_on),
		cmocka_unit_test(a_full_disk_neither_tears_nor_doubles_a_line),
		cmocka_unit_test(no_more_are_open_than_allowed),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
