/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * test_frame_edges.c - datagrams, and what frame.h promises to its callers
 */
#include "wire/frame.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>

#include <cmocka.h>

#define COUNT(a) (sizeof(a) / sizeof((a)[0]))
/* a slice in a table, where a compound literal is no constant */
#define L(s)                       \
	{                          \
		(s), sizeof(s) - 1 \
	}

enum { MAX = 16 };

struct counted {
	const char *why;
	enum frame_mode mode;
	struct slice in;
	bool want;
};

static const struct counted counted[] = {
	{ "count", FRAME_AUTO, L("10 <1>a"), true },
	{ "line", FRAME_AUTO, L("<1>a"), false },
	{ "may be either", FRAME_AUTO, L("10 "), false },
	{ "digits, octet", FRAME_OCTET, L("10"), true },
	{ "count, lf", FRAME_LF, L("10 <1>a"), false },
	{ "rest of a counted one", FRAME_AUTO, L("99 <1>45678901234567890"),
	    true },
	{ "rest of a line", FRAME_AUTO, L("<1>45678901234567890"), false },
	{ "nothing", FRAME_AUTO, L(""), false },
	{ "digits known to be text", FRAME_AUTO, L("10 x"), false },
};

static void
an_unfinished_frame_is_known_to_be_counted(void **state)
{
	(void)state;
	for (size_t i = 0; i < COUNT(counted); i++) {
		const struct counted *r = &counted[i];
		struct slice in = r->in, msg;
		struct framer f;

		print_message("  %s\n", r->why);
		framer_init(&f, MAX, r->mode);
		while (frame_next(&f, &in, &msg) != FRAME_MORE)
			;
		assert_int_equal(frame_is_counted(&f, in), r->want);
	}
}

/* What makes a sender of single bytes cost no more than another. */
static void
no_byte_of_a_line_is_searched_twice(void **state)
{
	enum { LONG = 5000 };
	char *line = malloc(LONG);
	struct framer f;

	(void)state;
	assert_non_null(line);
	memset(line, 'x', LONG);
	for (int known = 0; known < 2; known++) {
		framer_init(&f, LONG, known ? FRAME_NUL : FRAME_AUTO);
		for (size_t n = 1; n <= LONG; n++) {
			struct slice in = slice_of(line, n), msg;

			assert_int_equal(frame_next(&f, &in, &msg), FRAME_MORE);
			assert_int_equal(f.scanned, n);
		}
	}
	free(line);
}

static void
a_full_buffer_is_never_more(void **state)
{
	static const struct slice fronts[] = { L("<1>"), L("9"),
		L("999999999 "), L("999999999 <"), L("16 <"), L("17 <"),
		L("<\nx\n123456789 "), L("1\r\n"), L("xxxxxxxxxxxxxxxx\r"),
		L("xxxxxxxxxxxxxxxxx\n"), L("x\nxxxxxxxxxxxxxxx\n") };
	static const char fills[] = { 'x', '1', '\n', '\r', '\0', ' ', '<' };
	char buf[FRAME_ROOM(MAX)];

	(void)state;
	for (size_t i = 0; i < COUNT(fronts) * COUNT(fills) * 4; i++) {
		struct slice front = fronts[i / 4 / COUNT(fills)];
		struct slice in = slice_of(buf, sizeof(buf)), msg;
		struct framer f;

		memset(buf, fills[i / 4 % COUNT(fills)], sizeof(buf));
		memcpy(buf, front.p, front.n);
		framer_init(&f, MAX, (enum frame_mode)(i % 4));
		if (frame_next(&f, &in, &msg) == FRAME_MORE)
			assert_true(in.n < sizeof(buf));
	}
}

struct datagram {
	const char *why;
	struct slice in;
	enum frame_status status;
	struct slice want;
};

static const struct datagram datagrams[] = {
	{ "F14: empty", L(""), FRAME_OK, L("") },
	{ "RFC-93: one message, LF inside", L("<1>a\n<2>b"), FRAME_OK,
	    L("<1>a\n<2>b") },
	{ "LF", L("<1>a\n"), FRAME_OK, L("<1>a") },
	{ "NUL", L("<1>a\0"), FRAME_OK, L("<1>a") },
	{ "LF NUL, CR LF, any mix", L("<1>a\r\n\n\0\r\n\0"), FRAME_OK,
	    L("<1>a") },
	{ "a CR without LF stays", L("<1>a\r"), FRAME_OK, L("<1>a\r") },
	{ "a CR before NUL stays", L("<1>a\r\0"), FRAME_OK, L("<1>a\r") },
	{ "nothing but delimiters", L("\n\0\r\n"), FRAME_OK, L("") },
	{ "F14: a colon", L(":"), FRAME_OK, L(":") },
	{ "F14: a space", L(" "), FRAME_OK, L(" ") },
	{ "a count that fits", L("4 <1>a"), FRAME_OK, L("<1>a") },
	{ "a count that fits, LF in it", L("5 <1>a\n"), FRAME_OK, L("<1>a") },
	{ "too small", L("3 <1>a"), FRAME_OK, L("3 <1>a") },
	{ "too big", L("5 <1>a"), FRAME_OK, L("5 <1>a") },
	{ "no count", L("04 <1>a"), FRAME_OK, L("04 <1>a") },
	{ "a number of a text that fits", L("5 items"), FRAME_OK,
	    L("5 items") },
	{ "digits", L("123"), FRAME_OK, L("123") },
	{ "max", L("<1>4567890123456\n\n\n\n"), FRAME_OK,
	    L("<1>4567890123456") },
	{ "max + 1", L("<1>45678901234567"), FRAME_CUT, L("<1>4567890123456") },
	{ "max + 2, ends with a character", L("<1>45678901234\xc3\xa4\xc3\xa4"),
	    FRAME_CUT, L("<1>45678901234\xc3\xa4") },
	{ "counted, max", L("16 <1>4567890123456"), FRAME_OK,
	    L("<1>4567890123456") },
	{ "counted, max + 1", L("17 <1>45678901234567"), FRAME_CUT,
	    L("<1>4567890123456") },
};

static void
a_datagram_is_one_message(void **state)
{
	(void)state;
	for (size_t i = 0; i < COUNT(datagrams); i++) {
		const struct datagram *r = &datagrams[i];
		char *exact = malloc(r->in.n + 1);
		struct slice msg;

		print_message("  %s\n", r->why);
		assert_non_null(exact);
		memcpy(exact + 1, r->in.p, r->in.n);
		assert_int_equal(
		    frame_datagram(slice_of(exact + 1, r->in.n), MAX, &msg),
		    r->status);
		assert_int_equal(msg.n, r->want.n);
		assert_memory_equal(msg.p, r->want.p, r->want.n);
		free(exact);
	}
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(an_unfinished_frame_is_known_to_be_counted),
		cmocka_unit_test(no_byte_of_a_line_is_searched_twice),
		cmocka_unit_test(a_full_buffer_is_never_more),
		cmocka_unit_test(a_datagram_is_one_message),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
