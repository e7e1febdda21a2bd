/* SPDX-License-Identifier: BSD-2-Clause */
/* test_repair.c - what a crash tore is moved away (faults.md 4.3, I3) */
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "logplace.h"

/* faults.md 4.3: what a crash tore is kept, apart; sizes around the blocks
 * in which the file is read backwards. */
static void
a_torn_tail_is_moved_away_whole(void **state)
{
	static const size_t sizes[] = { 0, 1, 2, 100, 16383, 16384, 16385,
		32767, 32768, 32769, 100000 };
	const size_t most = 200001;
	char *text = malloc(most), *got = malloc(most);

	(void)state;
	assert_non_null(text);
	assert_non_null(got);
	for (size_t i = 0; i < ROWS(sizes); i++) {
		for (size_t k = 0; k < ROWS(sizes); k++) {
			size_t whole = sizes[i], tail = sizes[k];
			struct logfile f;
			struct err err;
			uint64_t repaired = 77;
			int fd;

			for (size_t b = 0; b < whole + tail; b++)
				text[b] = (char)('a' + (b * 7 + b / 251) % 26);
			if (whole > 0)
				text[whole - 1] = '\n';
			put("a.log", text, whole + tail);
			(void)unlink("a.log.torn");
			if (logfile_open(
				&f, "a.log", &usual, &repaired, &err) == -1)
				fail_msg("%s", err.text);
			assert_int_equal(repaired, tail);
			assert_int_equal(f.size, whole);
			assert_false(f.torn);
			must_append(&f, "next\n");
			logfile_close(&f);

			fd = open("a.log", O_RDONLY | O_CLOEXEC);
			assert_int_equal(read(fd, got, most), whole + 5);
			assert_memory_equal(got, text, whole);
			assert_memory_equal(got + whole, "next\n", 5);
			close(fd);
			assert_int_equal(exists("a.log.torn"), tail > 0);
			if (tail == 0)
				continue;
			fd = open("a.log.torn", O_RDONLY | O_CLOEXEC);
			assert_int_equal(read(fd, got, most), tail + 1);
			assert_memory_equal(got, text + whole, tail);
			assert_int_equal(got[tail], '\n');
			close(fd);
			assert_int_equal(mode_of("a.log.torn"), 0640);
		}
	}
	free(text);
	free(got);
}

static void
torn_tails_collect_line_by_line(void **state)
{
	struct logfile f;
	struct err err;
	uint64_t n;

	(void)state;
	put_text("a.log", "one\ntw");
	assert_int_equal(logfile_open(&f, "a.log", &usual, &n, &err), 0);
	assert_int_equal(n, 2);
	logfile_close(&f);
	put_text("a.log", "one\nthre");
	assert_int_equal(logfile_open(&f, "a.log", &usual, &n, &err), 0);
	logfile_close(&f);
	assert_text("a.log", "one\n");
	assert_text("a.log.torn", "tw\nthre\n");

	/* a crash while it was written */
	put_text("a.log.torn", "tw\nth");
	put_text("a.log", "thre");
	assert_int_equal(logfile_open(&f, "a.log", &usual, &n, &err), 0);
	logfile_close(&f);
	assert_text("a.log", "");
	assert_text("a.log.torn", "tw\nth\nthre\n");
}

static void
a_repair_that_fails_takes_nothing(void **state)
{
	(void)state;
	put_text("a.log", "one\ntwo-torn");
	fake.most = 3;
	fake.limited = true;
	for (fake.room = 0; fake.room < 9;) {
		long room = fake.room;

		must_not_open("a.log", "a.log.torn: ");
		assert_text("a.log", "one\ntwo-torn");
		assert_false(exists("a.log.torn"));
		fake.room = room + 1;
	}
	put_text("a.log.torn", "before\n");
	fake.room = 5;
	must_not_open("a.log", "No space left on device");
	assert_text("a.log.torn", "before\n");

	fake.limited = false;
	fake.sync_fails = true;
	must_not_open("a.log", "Input/output error");
	assert_text("a.log", "one\ntwo-torn");
	assert_text("a.log.torn", "before\n");
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		PLACE_TEST(a_torn_tail_is_moved_away_whole),
		PLACE_TEST(torn_tails_collect_line_by_line),
		PLACE_TEST(a_repair_that_fails_takes_nothing),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
