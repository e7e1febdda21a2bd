/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * test_hold_many.c - what is held of many files is written once more though
 * its files are others by then
 *
 * faults.md B5, B6.
 */
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "outplace.h"

enum { LONG = 100000 /* more than is put together with other lines */ };

static void
always(struct output_conf *c)
{
	c->sync = SYNC_ALWAYS;
}

static void
go_on(struct outplace *p)
{
	for (int i = 0; i < 4; i++) {
		later(p, 600);
		output_write(p->out);
	}
}

/* A file's lines can take several writes, and the first one makes it another
 * file: it was deleted, or something odd has its name now. */
static void
all_pieces_are_written_again(void **state)
{
	static char lines[LONG + 64], text[LONG + 64];

	memset(text, 'x', LONG);
	memcpy(text + LONG, "\n2\n3\n", sizeof("\n2\n3\n"));
	(void)snprintf(
	    lines, sizeof(lines), "a %.*s\na 2\na 3\n", (int)LONG, text);
	for (int odd = 0; odd < 2; odd++) {
		struct outplace p;

		(void)state;
		outplace_open_many(&p, always);
		disk.sync_fails = 1;
		give_runs(&p, lines);
		assert_int_equal(unlink(at(&p, "a")), 0);
		if (odd)
			assert_int_equal(symlink("elsewhere", at(&p, "a")), 0);
		go_on(&p);
		assert_file(&p, odd ? "_other" : "a", text);
		assert_int_equal(count(&p, O_WRITTEN), 3);
		outplace_close(&p);
	}
}

/* It has a file of its own when it is written again. */
static void
what_went_to_other_is_written_again(void **state)
{
	struct outplace p;

	(void)state;
	outplace_open_many(&p, always);
	assert_int_equal(symlink("elsewhere", at(&p, "b")), 0);
	disk.sync_fails = 1;
	give_runs(&p, "b 1\n");
	assert_int_equal(unlink(at(&p, "b")), 0);
	go_on(&p);
	assert_file(&p, "b", "1\n");
	assert_int_equal(count(&p, O_WRITTEN), 1);
	outplace_close(&p);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(all_pieces_are_written_again),
		cmocka_unit_test(what_went_to_other_is_written_again),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
