/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * test_sdata.c - STRUCTURED-DATA (RFC-22, RFC-26 to RFC-36)
 */
#include "wire/sdata.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <time.h>

#include <cmocka.h>

#define COUNT(a) (sizeof(a) / sizeof((a)[0]))
/* a slice in a table, where a compound literal is no constant */
#define L(s)                       \
	{                          \
		(s), sizeof(s) - 1 \
	}
#define NAME_32 "aaaaaaaaaaaaaaaabbbbbbbbbbbbbbbb"

struct row {
	const char *what;
	struct slice in;
	size_t want;
};

static const struct row rows[] = {
	{ "NILVALUE", L("-"), 1 },
	{ "NILVALUE and MSG", L("- text"), 1 },
	{ "no parameter", L("[a@1]"), 5 },
	{ "one parameter", L("[a@1 k=\"v\"]"), 11 },
	{ "empty value", L("[a k=\"\"] text"), 8 },
	{ "two elements", L("[a k=\"v\"][b k=\"v\"] x"), 18 },
	{ "blank between: MSG (RFC-29)", L("[a] [b]"), 3 },
	{ "name twice (RFC-36)", L("[a k=\"1\" k=\"2\"]"), 15 },
	{ "SD-ID twice (RFC-30)", L("[a][a]"), 0 },
	{ "SD-ID twice, one between", L("[a][b][a x=\"1\"]"), 0 },
	{ "upper and lower case differ", L("[a][A]"), 6 },
	{ "one begins as the other", L("[a][ab]"), 7 },
	{ "escapes (RFC-32)", L("[a k=\"\\\" \\\\ \\]\"]"), 16 },
	{ "escaped quote at the end", L("[a k=\"x\\\"]"), 0 },
	{ "backslash at the end", L("[a k=\"x\\"), 0 },
	{ "other backslash (RFC-33)", L("[a k=\"C:\\n\"]"), 12 },
	{ "backslash before UTF-8", L("[a k=\"\\\xc3\xa4\"]"), 11 },
	{ "backslash before none", L("[a k=\"\\\xff\"]"), 0 },
	{ "bracket needs no escape", L("[a k=\"[\"]"), 9 },
	{ "equals sign in a value", L("[a k=\"=\"]"), 9 },
	{ "closing bracket does", L("[a k=\"]\"]"), 0 },
	{ "controls (RFC-34)", L("[a k=\"\n\0\x7f\"]"), 11 },
	{ "UTF-8", L("[a k=\"\xe2\x82\xac\xf0\x9f\x98\x80\"]"), 15 },
	{ "no UTF-8", L("[a k=\"\xff\xfe\"]"), 0 },
	{ "overlong (RFC-35)", L("[a k=\"\xc0\xaf\"]"), 0 },
	{ "SD-ID of 32", L("[" NAME_32 "]"), 34 },
	{ "SD-ID of 33", L("[" NAME_32 "c]"), 0 },
	{ "SD-ID of 33, parameter", L("[" NAME_32 "c k=\"v\"]"), 0 },
	{ "PARAM-NAME of 32", L("[a " NAME_32 "=\"v\"]"), 40 },
	{ "PARAM-NAME of 33", L("[a " NAME_32 "c=\"v\"]"), 0 },
	{ "no PARAM-NAME", L("[a =\"v\"]"), 0 },
	{ "no SD-ID", L("[]"), 0 },
	{ "blank for SD-ID", L("[ a]"), 0 },
	{ "quote in SD-ID", L("[a\"1]"), 0 },
	{ "equals sign in SD-ID", L("[a=1]"), 0 },
	{ "TAB in SD-ID", L("[a\tk=\"v\"]"), 0 },
	{ "DEL in SD-ID", L("[a\x7f]"), 0 },
	{ "UTF-8 in SD-ID", L("[\xc3\xa4]"), 0 },
	{ "UTF-8 in PARAM-NAME", L("[a \xc3\xa4=\"v\"]"), 0 },
	{ "single quotes", L("[a k='v']"), 0 },
	{ "no quotes", L("[a k=1]"), 0 },
	{ "colon for equals sign", L("[a k:\"v\"]"), 0 },
	{ "blank before ]", L("[a k=\"v\" ]"), 0 },
	{ "two blanks", L("[a  k=\"v\"]"), 0 },
	{ "no blank between", L("[a k=\"v\"l=\"w\"]"), 0 },
	{ "value not ended", L("[a k=\"v] text"), 0 },
	{ "element not ended", L("[a k=\"v\" text"), 0 },
	{ "second not ended", L("[a k=\"v\"][ text"), 0 },
	{ "cut off behind =", L("[a k="), 0 },
	{ "cut off behind the quote", L("[a k=\""), 0 },
	{ "cut off behind the value", L("[a k=\"v\""), 0 },
	{ "cut off behind the SD-ID", L("[a"), 0 },
	{ "a bracket alone", L("["), 0 },
	{ "JSON", L("{\"a\":1}"), 0 },
	{ "nothing", L(""), 0 },
};

static void
structured_data_is_measured_or_refused(void **state)
{
	(void)state;
	for (size_t i = 0; i < COUNT(rows); i++) {
		const struct row *r = &rows[i];
		char *copy = malloc(r->in.n); /* to the byte */

		print_message("  %s\n", r->what);
		memcpy(copy, r->in.p, r->in.n);
		assert_int_equal(sdata_span(slice_of(copy, r->in.n)), r->want);
		free(copy);
	}
}

static void
assert_slice(struct slice got, const char *want)
{
	assert_int_equal(got.n, strlen(want));
	assert_memory_equal(got.p, want, got.n);
}

static void
a_walk_meets_everything_in_order(void **state)
{
	struct slice sd = SLICE_LIT("[one][two a=\"1\" a=\"\" b=\"x\\\"\\]\"]");
	struct slice id, params;
	struct sdata_param p;

	(void)state;
	assert_true(sdata_next(&sd, &id, &params));
	assert_slice(id, "one");
	assert_int_equal(params.n, 0);
	assert_false(sdata_next_param(&params, &p));

	assert_true(sdata_next(&sd, &id, &params));
	assert_slice(id, "two");
	assert_true(sdata_next_param(&params, &p));
	assert_slice(p.name, "a");
	assert_slice(p.value, "1");
	assert_true(sdata_next_param(&params, &p));
	assert_slice(p.name, "a");
	assert_slice(p.value, "");
	assert_true(sdata_next_param(&params, &p));
	assert_slice(p.name, "b");
	assert_slice(p.value, "x\\\"\\]");
	assert_false(sdata_next_param(&params, &p));

	assert_false(sdata_next(&sd, &id, &params));
	assert_int_equal(sd.n, 0);
}

static void
an_empty_walk_ends_at_once(void **state)
{
	struct slice sd = slice_of(NULL, 0), id, params = sd;
	struct sdata_param p;

	(void)state;
	assert_false(sdata_next(&sd, &id, &params));
	assert_false(sdata_next_param(&params, &p));
}

static void
only_three_escapes_are_resolved(void **state)
{
	static const struct {
		const char *what, *in, *want;
	} cases[] = {
		{ "none", "plain", "plain" },
		{ "all three", "q \\\" b \\\\ s \\] e", "q \" b \\ s ] e" },
		{ "another (RFC-33)", "C:\\new\\\\x", "C:\\new\\x" },
		{ "two and a quote", "\\\\\\\"", "\\\"" },
		{ "the last byte", "x\\", "x\\" },
		{ "nothing", "", "" },
	};
	char out[64];

	(void)state;
	for (size_t i = 0; i < COUNT(cases); i++) {
		size_t n = sdata_unescape(slice_str(cases[i].in), out);

		print_message("  %s\n", cases[i].what);
		assert_slice(slice_of(out, n), cases[i].want);
	}
}

/* count elements "[x0]" "[x1]" …, whose last one is written as id says. */
static size_t
make_many(char *buf, size_t size, unsigned count, unsigned last)
{
	size_t n = 0;

	for (unsigned i = 0; i < count; i++)
		n += (size_t)snprintf(
		    buf + n, size - n, "[x%x]", i + 1 < count ? i : last);
	return n;
}

/* RFC-30, for a handful, for one table full, and for several passes. */
static void
no_sd_id_stands_twice_among_many(void **state)
{
	static const unsigned counts[] = { 8, 9, 10, 100, 5000, 50000 };
	enum { SIZE = 1024 * 1024 };
	char *buf = malloc(SIZE);
	clock_t start = clock();

	(void)state;
	for (size_t i = 0; i < COUNT(counts); i++) {
		unsigned count = counts[i];
		size_t n;

		print_message("  %u\n", count);
		n = make_many(buf, SIZE, count, count - 1);
		assert_int_equal(sdata_span(slice_of(buf, n)), n);
		n = make_many(buf, SIZE, count, 0);
		assert_int_equal(sdata_span(slice_of(buf, n)), 0);
		n = make_many(buf, SIZE, count, count - 2);
		assert_int_equal(sdata_span(slice_of(buf, n)), 0);
	}
	/* comparing each with each would take more than a minute */
	assert_true((clock() - start) / CLOCKS_PER_SEC < 10);
	free(buf);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(structured_data_is_measured_or_refused),
		cmocka_unit_test(a_walk_meets_everything_in_order),
		cmocka_unit_test(an_empty_walk_ends_at_once),
		cmocka_unit_test(only_three_escapes_are_resolved),
		cmocka_unit_test(no_sd_id_stands_twice_among_many),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
