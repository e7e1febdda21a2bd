/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * test_escape.c - one message is one line, and can be had back (F9, F10)
 */
#include "wire/escape.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>

#include <cmocka.h>

#include "wire/scan.h"

#define COUNT(a) (sizeof(a) / sizeof((a)[0]))
/* a slice in a table, where a compound literal is no constant */
#define L(s)                       \
	{                          \
		(s), sizeof(s) - 1 \
	}

enum { ROUNDS = 20000, LONGEST = 80 };

struct row {
	const char *why;
	struct slice in, text, json;
};

static const struct row rows[] = {
	{ "nothing", L(""), L(""), L("") },
	{ "plain", L("abc {}~"), L("abc {}~"), L("abc {}~") },
	{ "longer than a vector", L("0123456789abcdefghijklmnopqrstuvwxyz"),
	    L("0123456789abcdefghijklmnopqrstuvwxyz"),
	    L("0123456789abcdefghijklmnopqrstuvwxyz") },
	{ "LF", L("a\nb"), L("a#012b"), L("a\\u000ab") },
	{ "CR, VT, FF, NUL, ESC", L("\r\v\f\0\033"), L("#015#013#014#000#033"),
	    L("\\u000d\\u000b\\u000c\\u0000\\u001b") },
	{ "TAB stays", L("a\tb"), L("a\tb"), L("a\\tb") },
	{ "DEL", L("\x7f"), L("#177"), L("\\u007f") },
	{ "quote and backslash", L("\"\\"), L("\"\\"), L("\\\"\\\\") },
	{ "a quote behind a vector of plain text",
	    L("0123456789abcdef0123\"56789abcdef"),
	    L("0123456789abcdef0123\"56789abcdef"),
	    L("0123456789abcdef0123\\\"56789abcdef") },
	{ "a backslash there", L("0123456789abcdef012345\\789abcdef"),
	    L("0123456789abcdef012345\\789abcdef"),
	    L("0123456789abcdef012345\\\\789abcdef") },
	{ "DEL and LF there",
	    L("0123456789abcdef0\x7f"
	      "23456789abcd\nf"),
	    L("0123456789abcdef0#17723456789abcd#012f"),
	    L("0123456789abcdef0\\u007f23456789abcd\\u000af") },
	{ "a slash needs none", L("a/b"), L("a/b"), L("a/b") },
	{ "#", L("#"), L("#"), L("#") },
	{ "# and two digits", L("#01"), L("#01"), L("#01") },
	{ "# and three octal digits", L("#012"), L("#043012"), L("#012") },
	{ "# and a digit that is not octal", L("#018"), L("#018"), L("#018") },
	{ "##012", L("##012"), L("##043012"), L("##012") },
	{ "#04 and LF", L("#04\n"), L("#04#012"), L("#04\\u000a") },
	{ "UTF-8 stays", L("\xc3\xa4\xe2\x82\xac\xf0\x9f\x98\x80"),
	    L("\xc3\xa4\xe2\x82\xac\xf0\x9f\x98\x80"),
	    L("\xc3\xa4\xe2\x82\xac\xf0\x9f\x98\x80") },
	{ "a byte order mark stays", L("\xef\xbb\xbf"), L("\xef\xbb\xbf"),
	    L("\xef\xbb\xbf") },
	{ "C1: NEL, CSI", L("\xc2\x85\xc2\x9b"), L("#302#205#302#233"),
	    L("\\u0085\\u009b") },
	{ "U+00A0 stays", L("\xc2\xa0"), L("\xc2\xa0"), L("\xc2\xa0") },
	{ "U+2028, U+2029", L("\xe2\x80\xa8\xe2\x80\xa9"),
	    L("#342#200#250#342#200#251"), L("\\u2028\\u2029") },
	{ "BiDi: U+202E, U+2066, U+061C", L("\xe2\x80\xae\xe2\x81\xa6\xd8\x9c"),
	    L("#342#200#256#342#201#246#330#234"), L("\\u202e\\u2066\\u061c") },
	{ "U+200E, U+200F, not U+200D",
	    L("\xe2\x80\x8d\xe2\x80\x8e\xe2\x80\x8f"),
	    L("\xe2\x80\x8d#342#200#216#342#200#217"),
	    L("\xe2\x80\x8d\\u200e\\u200f") },
	{ "RFC-42: not the shortest form", L("\xc0\x8a"), L("#300#212"),
	    L("\xef\xbf\xbd\xef\xbf\xbd") },
	{ "a surrogate", L("\xed\xa0\x80"), L("#355#240#200"),
	    L("\xef\xbf\xbd\xef\xbf\xbd\xef\xbf\xbd") },
	{ "beyond U+10FFFF", L("\xf4\x90\x80\x80"), L("#364#220#200#200"),
	    L("\xef\xbf\xbd\xef\xbf\xbd\xef\xbf\xbd\xef\xbf\xbd") },
	{ "a torn character", L("\xe2\x82"), L("#342#202"),
	    L("\xef\xbf\xbd\xef\xbf\xbd") },
	{ "a torn character, then text",
	    L("\xe2\x82"
	      "5"),
	    L("#342#2025"),
	    L("\xef\xbf\xbd\xef\xbf\xbd"
	      "5") },
	{ "Latin-1", L("gr\xfc\xdf"), L("gr#374#337"),
	    L("gr\xef\xbf\xbd\xef\xbf\xbd") },
};

/* Into memory of the exact size promised, so that a sanitizer sees more. */
static void
assert_escaped(size_t (*escape)(struct slice, char *), size_t growth,
    struct slice in, struct slice want)
{
	char *exact = malloc(in.n + 1), *out = malloc(in.n * growth + 1);

	assert_non_null(exact);
	assert_non_null(out);
	memcpy(exact + 1, in.p, in.n);
	assert_int_equal(escape(slice_of(exact + 1, in.n), out + 1), want.n);
	assert_memory_equal(out + 1, want.p, want.n);
	free(exact);
	free(out);
}

static void
every_row(void **state)
{
	(void)state;
	for (size_t i = 0; i < COUNT(rows); i++) {
		const struct row *r = &rows[i];

		print_message("  %s\n", r->why);
		assert_escaped(escape_text, ESCAPE_TEXT_GROWTH, r->in, r->text);
		assert_escaped(escape_json, ESCAPE_JSON_GROWTH, r->in, r->json);
		assert_escaped(
		    escape_json_portable, ESCAPE_JSON_GROWTH, r->in, r->json);
	}
}

static uint32_t
next_random(uint32_t *x)
{
	*x ^= *x << 13;
	*x ^= *x >> 17;
	*x ^= *x << 5;
	return *x;
}

/* Bytes and pieces that meet every rule, in random order. */
static size_t
make_text(uint32_t *x, char *out)
{
	static const char *const pieces[] = { "#", "0", "1", "7", "8", "a", " ",
		"\n", "\t", "\xc3\xa4", "\xe2\x82\xac", "\xc2\x85",
		"\xe2\x80\xae", "\xe2\x80", "\xff", "\x7f", "\xf0\x9f\x98\x80",
		"\"", "\\", "0123456789abcdefghij" };
	size_t n = 0, want = next_random(x) % LONGEST, len;

	while (n < want) {
		if (next_random(x) % 8 == 0) {
			out[n++] = (char)next_random(x);
			continue;
		}
		len = next_random(x) % COUNT(pieces);
		memcpy(out + n, pieces[len], strlen(pieces[len]));
		n += strlen(pieces[len]);
	}
	return n;
}

static size_t
unescape(const char *p, size_t n, char *out)
{
	size_t o = 0;

	for (size_t i = 0; i < n; i++) {
		if (scan_is_octal(slice_of(p + i, n - i))) {
			out[o++] = (char)((p[i + 1] - '0') << 6 |
			    (p[i + 2] - '0') << 3 | (p[i + 3] - '0'));
			i += 3;
		} else {
			out[o++] = p[i];
		}
	}
	return o;
}

static void
assert_safe(struct slice s)
{
	uint32_t code;
	size_t n;

	for (; s.n > 0; slice_skip(&s, n)) {
		n = scan_char(s, &code);
		assert_int_not_equal(n, 0);
		assert_false(scan_is_unsafe(code));
	}
}

static void
an_escaped_text_is_safe_and_can_be_had_back(void **state)
{
	char in[LONGEST + 40], out[sizeof(in) * ESCAPE_JSON_GROWTH];
	char back[sizeof(out)];
	uint32_t x = 2463534242;
	size_t n, m;

	(void)state;
	for (int i = 0; i < ROUNDS; i++) {
		n = make_text(&x, in);
		m = escape_text(slice_of(in, n), out);
		assert_true(m <= n * ESCAPE_TEXT_GROWTH);
		assert_safe(slice_of(out, m));
		assert_int_equal(unescape(out, m, back), n);
		assert_memory_equal(back, in, n);
		m = escape_json(slice_of(in, n), out);
		assert_true(m <= n * ESCAPE_JSON_GROWTH);
		assert_safe(slice_of(out, m));
		assert_int_equal(memchr(out, '\t', m) == NULL, true);
		assert_int_equal(
		    escape_json_portable(slice_of(in, n), back), m);
		assert_memory_equal(back, out, m);
	}
}

static void
what_needs_no_escape_is_not_changed(void **state)
{
	char in[LONGEST + 40], out[sizeof(in) * ESCAPE_TEXT_GROWTH];
	uint32_t x = 88172645;
	size_t n, span;

	(void)state;
	for (int i = 0; i < ROUNDS; i++) {
		n = make_text(&x, in);
		span = escape_span(slice_of(in, n));
		assert_true(span <= n);
		escape_text(slice_of(in, n), out);
		assert_memory_equal(in, out, span);
		if (span < n)
			assert_int_equal(out[span], '#');
	}
}

/* Any byte at any place of a text of any length that makes a difference to
 * vectors; out is of the size promised, to the byte. */
static void
vectors_say_what_bytes_say(void **state)
{
	enum { LONG = 100 };
	char *in = malloc(LONG), want[LONG * ESCAPE_JSON_GROWTH], *exact;

	(void)state;
	assert_non_null(in);
	for (size_t n = 1; n <= LONG; n++)
		for (size_t at = 0; at<n; at += n - at> 40 ? 3 : 1)
			for (int c = 0; c < 256; c += c < 0x80 ? 1 : 5) {
				/* its end is the end of the memory */
				struct slice s = slice_of(in + LONG - n, n);
				size_t m;

				for (size_t i = 0; i < n; i++)
					in[LONG - n + i] = (char)(' ' + i % 2);
				in[LONG - n + at] = (char)c;
				in[LONG - n + at / 2] ^= (char)(c % 3);
				m = escape_json_portable(s, want);
				exact = malloc(n * ESCAPE_JSON_GROWTH);
				assert_non_null(exact);
				assert_int_equal(escape_json(s, exact), m);
				assert_memory_equal(exact, want, m);
				free(exact);
			}
	free(in);
}

struct cut {
	const char *why;
	struct slice in;
	size_t want;
};

static const struct cut cuts[] = {
	{ "nothing", L(""), 0 },
	{ "ASCII", L("abc"), 3 },
	{ "whole, 2 bytes", L("a\xc3\xa4"), 3 },
	{ "whole, 3 bytes", L("a\xe2\x82\xac"), 4 },
	{ "whole, 4 bytes", L("\xf0\x9f\x98\x80"), 4 },
	{ "1 of 2", L("a\xc3"), 1 },
	{ "1 of 3", L("a\xe2"), 1 },
	{ "2 of 3", L("a\xe2\x82"), 1 },
	{ "1 of 4", L("a\xf0"), 1 },
	{ "2 of 4", L("a\xf0\x9f"), 1 },
	{ "3 of 4", L("a\xf0\x9f\x98"), 1 },
	{ "nothing but a torn one", L("\xf0\x9f\x98"), 0 },
	{ "continuations only", L("\x80\x80\x80\x80\x80"), 5 },
	{ "one continuation", L("\x80"), 1 },
	{ "2 of 3, not the shortest form", L("a\xe0\x80"), 3 },
	{ "2 of 3, a surrogate", L("a\xed\xa0"), 3 },
	{ "2 of 4, not the shortest form", L("a\xf0\x80"), 3 },
	{ "2 of 4, beyond U+10FFFF", L("a\xf4\x90"), 3 },
	{ "no first byte of any", L("a\xc0"), 2 },
	{ "no first byte of any", L("a\xff"), 2 },
	{ "one continuation too many", L("\xc3\xa4\x80"), 3 },
};

static void
a_cut_leaves_no_torn_character(void **state)
{
	(void)state;
	for (size_t i = 0; i < COUNT(cuts); i++) {
		char *exact = malloc(cuts[i].in.n + 1);

		print_message("  %s\n", cuts[i].why);
		assert_non_null(exact);
		memcpy(exact + 1, cuts[i].in.p, cuts[i].in.n);
		assert_int_equal(
		    escape_whole(slice_of(exact + 1, cuts[i].in.n)),
		    cuts[i].want);
		free(exact);
	}
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(every_row),
		cmocka_unit_test(an_escaped_text_is_safe_and_can_be_had_back),
		cmocka_unit_test(what_needs_no_escape_is_not_changed),
		cmocka_unit_test(vectors_say_what_bytes_say),
		cmocka_unit_test(a_cut_leaves_no_torn_character),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
