/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * test_scan.c - what is clean, by the vectors as byte by byte
 */
#include "wire/scan.h"

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

struct row {
	const char *what;
	struct slice in;
	bool clean;
};

/* What stands first in each must be clean as a whole, or not clean at all. */
static const struct row rows[] = {
	{ "letter", L("a"), true },
	{ "space", L(" "), true },
	{ "tilde", L("~"), true },
	{ "TAB", L("\t"), true },
	{ "NUL", L("\0"), false },
	{ "LF", L("\n"), false },
	{ "CR", L("\r"), false },
	{ "ESC", L("\x1b"), false },
	{ "below space", L("\x1f"), false },
	{ "DEL", L("\x7f"), false },
	{ "hash", L("#"), true },
	{ "hash, two digits", L("#01"), true },
	{ "hash, an 8", L("#018"), true },
	{ "hash, three octal digits", L("#012"), false },
	{ "hash before one", L("##7"), true },
	{ "U+0080", L("\xc2\x80"), false },
	{ "U+0085 NEL", L("\xc2\x85"), false },
	{ "U+009F", L("\xc2\x9f"), false },
	{ "U+00A0", L("\xc2\xa0"), true },
	{ "U+061B", L("\xd8\x9b"), true },
	{ "U+061C", L("\xd8\x9c"), false },
	{ "U+07FF", L("\xdf\xbf"), true },
	{ "U+0800", L("\xe0\xa0\x80"), true },
	{ "U+200D", L("\xe2\x80\x8d"), true },
	{ "U+200E", L("\xe2\x80\x8e"), false },
	{ "U+200F", L("\xe2\x80\x8f"), false },
	{ "U+2010", L("\xe2\x80\x90"), true },
	{ "U+2027", L("\xe2\x80\xa7"), true },
	{ "U+2028", L("\xe2\x80\xa8"), false },
	{ "U+202E", L("\xe2\x80\xae"), false },
	{ "U+202F", L("\xe2\x80\xaf"), true },
	{ "U+2065", L("\xe2\x81\xa5"), true },
	{ "U+2066", L("\xe2\x81\xa6"), false },
	{ "U+2069", L("\xe2\x81\xa9"), false },
	{ "U+206A", L("\xe2\x81\xaa"), true },
	{ "U+D7FF", L("\xed\x9f\xbf"), true },
	{ "surrogate", L("\xed\xa0\x80"), false },
	{ "last surrogate", L("\xed\xbf\xbf"), false },
	{ "U+E000", L("\xee\x80\x80"), true },
	{ "byte order mark", L("\xef\xbb\xbf"), true },
	{ "U+10000", L("\xf0\x90\x80\x80"), true },
	{ "U+10FFFF", L("\xf4\x8f\xbf\xbf"), true },
	{ "U+110000", L("\xf4\x90\x80\x80"), false },
	{ "lead of five", L("\xf8\x88\x80\x80\x80"), false },
	{ "lead f8 as if of four", L("\xf8\x90\x80\x80"), false },
	{ "overlong of two", L("\xc0\xaf"), false },
	{ "overlong of two, c1", L("\xc1\xbf"), false },
	{ "overlong of three", L("\xe0\x9f\xbf"), false },
	{ "overlong of four", L("\xf0\x8f\xbf\xbf"), false },
	{ "continuation alone", L("\x80"), false },
	{ "cut off, of two", L("\xc3"), false },
	{ "cut off, of three", L("\xe2\x82"), false },
	{ "cut off, of four", L("\xf0\x9f\x98"), false },
	{ "broken by a letter", L("\xe2\x82z"), false },
	{ "byte ff", L("\xff"), false },
};

/* Each row at each place of a block of vectors, so that every path sees it. */
static void
every_row_is_judged_alike_at_every_place(void **state)
{
	enum { PLACES = 100, BEHIND = 40 };

	(void)state;
	for (size_t i = 0; i < COUNT(rows); i++) {
		const struct row *r = &rows[i];

		print_message("  %s\n", r->what);
		for (size_t at = 0; at < PLACES; at++) {
			for (size_t more = 0; more < BEHIND; more += 13) {
				size_t n = at + r->in.n + more;
				size_t want = r->clean ? n : at;
				char *buf = malloc(n); /* to the byte */

				assert_non_null(buf);
				memset(buf, 'x', n);
				memcpy(buf + at, r->in.p, r->in.n);
				assert_int_equal(
				    scan_clean(slice_of(buf, n)), want);
				assert_int_equal(
				    scan_clean_portable(slice_of(buf, n)),
				    want);
				free(buf);
			}
		}
	}
}

static void
nothing_is_clean(void **state)
{
	(void)state;
	assert_int_equal(scan_clean(slice_of(NULL, 0)), 0);
	assert_int_equal(scan_clean_portable(slice_of(NULL, 0)), 0);
	assert_int_equal(scan_utf8(slice_of(NULL, 0)), 0);
}

/* A xorshift, so that a failure can be repeated. */
static uint32_t
next_random(uint32_t *seed)
{
	*seed ^= *seed << 13;
	*seed ^= *seed >> 17;
	*seed ^= *seed << 5;
	return *seed;
}

static void
vectors_and_bytes_agree_on_anything(void **state)
{
	enum { LENGTH = 200, ROUNDS = 20000 };
	uint32_t seed = 20260101;
	char buf[LENGTH];

	(void)state;
	for (int round = 0; round < ROUNDS; round++) {
		size_t n = next_random(&seed) % LENGTH, i = 0;

		memset(buf, 'a', sizeof(buf));
		for (int j = 0; j < 8; j++) {
			const struct row
			    *r = &rows[next_random(&seed) % COUNT(rows)];

			i = next_random(&seed) % (LENGTH - 8);
			if (r->clean || next_random(&seed) % 4 == 0)
				memcpy(buf + i, r->in.p, r->in.n);
		}
		assert_int_equal(scan_clean(slice_of(buf, n)),
		    scan_clean_portable(slice_of(buf, n)));
	}
}

/* The table of RFC 3629 section 4 by brute force. */
static void
every_code_point_is_read_back(void **state)
{
	char b[4];

	(void)state;
	for (uint32_t c = 0x80; c <= 0x10ffff; c++) {
		size_t n = c < 0x800 ? 2 : c < 0x10000 ? 3 : 4;
		uint32_t got = 0;
		bool surrogate = c >= 0xd800 && c <= 0xdfff;

		for (size_t i = n - 1; i > 0; i--)
			b[i] = (char)(0x80 | ((c >> (6 * (n - 1 - i))) & 0x3f));
		b[0] = (char)((0xf00U >> n) | (c >> (6 * (n - 1))));
		assert_int_equal(
		    scan_char(slice_of(b, n), &got), surrogate ? 0 : n);
		assert_int_equal(got, surrogate ? 0 : c);
		assert_int_equal(scan_utf8(slice_of(b, n)), surrogate ? 0 : n);
		assert_int_equal(scan_char(slice_of(b, n - 1), &got), 0);
	}
}

static void
utf8_is_scanned_up_to_what_is_none(void **state)
{
	(void)state;
	assert_int_equal(scan_utf8(SLICE_LIT("plain and longer than 8")), 23);
	assert_int_equal(scan_utf8(SLICE_LIT("abcdefgh\xc3\xa4\n\x7f")), 12);
	assert_int_equal(scan_utf8(SLICE_LIT("abcdefgh\xc3")), 8);
	assert_int_equal(scan_utf8(SLICE_LIT("ab\xff"
					     "abcdefgh")),
	    2);
	assert_int_equal(scan_utf8(SLICE_LIT("\xe2\x80\xa8\xc0\x80")), 3);
}

static void
what_a_person_can_see_holds_no_escape(void **state)
{
	static const struct {
		const char *text;
		size_t n;
	} visible[] = {
		{ "", 0 },
		{ "plain #123 \t x", 14 },
		{ "a\x01z", 1 },
		{ "a\x7f", 1 },
		{ "gr\xc3\xb6\xc3\x9f", 6 },
		{ "a\xc2\x85", 1 },
		{ "a\xe2\x80\xae", 1 },
		{ "a\xc3", 1 },
		{ "a\xff", 1 },
	};

	(void)state;
	for (size_t i = 0; i < sizeof(visible) / sizeof(visible[0]); i++)
		assert_int_equal(
		    scan_visible(slice_str(visible[i].text)), visible[i].n);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(what_a_person_can_see_holds_no_escape),
		cmocka_unit_test(every_row_is_judged_alike_at_every_place),
		cmocka_unit_test(nothing_is_clean),
		cmocka_unit_test(vectors_and_bytes_agree_on_anything),
		cmocka_unit_test(every_code_point_is_read_back),
		cmocka_unit_test(utf8_is_scanned_up_to_what_is_none),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
