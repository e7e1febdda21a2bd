/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * test_pattern.c - a regular expression and what it may cost
 */
#include "config/pattern.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>

#include <cmocka.h>

#define COUNT(a) (sizeof(a) / sizeof((a)[0]))
/* a slice in a table, where a compound literal is no constant */
#define L(s)                       \
	{                          \
		(s), sizeof(s) - 1 \
	}

enum { LONGEST = 65536, PATTERN_TEXT = 4096 };

static enum pattern_result
match(struct pattern_scratch *m, const char *text, struct slice s)
{
	enum pattern_result r;
	struct pattern *p;
	struct err err;

	p = pattern_new(text, &err);
	if (p == NULL)
		fail_msg("%s", err.text);
	r = pattern_match(p, m, s);
	pattern_free(p);
	return r;
}

static void
a_pattern_is_found_or_not(void **state)
{
	static const struct {
		const char *pattern;
		struct slice s;
		bool want;
	} rows[] = {
		{ "fail", L("login failed"), true },
		{ "^fail", L("login failed"), false },
		{ "Fail", L("login failed"), false },
		{ "(?i)Fail", L("login failed"), true },
		{ "failed|denied", L("access denied"), true },
		{ "", L(""), true },
		{ "^$", L(""), true },
		{ "a", L(""), false },
		{ "a\\x00b", L("a\0b"), true },
		{ "b", L("a\0b"), true },
		{ "^.$", L("\xc3\xa4"), true },
		{ "\xc3\xa4", L("h\xc3\xa4t"), true },
		{ "(?i)\xc3\x84", L("h\xc3\xa4t"), true },
		{ "^a.b", L("a\nb"), false },
		{ "(?s)^a.b", L("a\nb"), true },
		{ "(*UCP)^\\w$", L("\xc3\xa4"), true },
		{ "(\\w+) \\1", L("bye bye"), true },
		{ "(?=.*a)(?=.*b)", L("xbxa"), true },
		{ "(?<!un)known", L("unknown"), false },
		{ "^\\{\\d{1,3}\\}$", L("{123}"), true },
		{ "[0-9a-f]{64}", L("0123456789abcdef"), false },
	};

	for (size_t i = 0; i < COUNT(rows); i++) {
		print_message("  %s\n", rows[i].pattern);
		assert_int_equal(match(*state, rows[i].pattern, rows[i].s),
		    rows[i].want ? PATTERN_YES : PATTERN_NO);
	}
}

static void
what_is_no_utf8_matches_nothing_and_harms_nothing(void **state)
{
	static const struct {
		const char *pattern;
		struct slice s;
		bool want;
	} rows[] = {
		{ ".", L("\xff"), false },
		{ "a",
		    L("\xff\xff\xff"
		      "a"),
		    true },
		{ "a", L("a\xc3"), true },
		{ "a.b",
		    L("a\xff"
		      "b"),
		    false },
		{ "^a",
		    L("\xff"
		      "a"),
		    false },
		{ "\xc3", L("\xc3"), false },
		{ "[^a]", L("\xed\xa0\x80"), false },
		{ "a+", L("\xf0\x9f\x98"), false },
	};

	for (size_t i = 0; i < COUNT(rows); i++) {
		struct err err;
		struct pattern *p = pattern_new(rows[i].pattern, &err);

		print_message("  %zu\n", i);
		if (p == NULL) {
			assert_false(rows[i].want);
			continue;
		}
		assert_int_equal(pattern_match(p, *state, rows[i].s),
		    rows[i].want ? PATTERN_YES : PATTERN_NO);
		pattern_free(p);
	}
}

static void
what_is_no_pattern_is_refused(void **state)
{
	static const struct {
		const char *pattern, *want;
	} rows[] = {
		{ "(abc", "at offset 4, the end" },
		{ "a(b))c", "at offset 4, before \")c\"" },
		{ "[z-a]", "at offset" },
		{ "*a", "quantifier" },
		{ "a\\Cb", "\\C" },
		{ "(?<=a*)b", "lookbehind" },
		{ "\\1", "reference" },
		{ "(((a{1000}){1000}){1000}){1000}", "too large" },
	};
	struct err err;

	(void)state;
	for (size_t i = 0; i < COUNT(rows); i++) {
		print_message("  %s\n", rows[i].pattern);
		err.text[0] = '\0';
		assert_null(pattern_new(rows[i].pattern, &err));
		if (strstr(err.text, rows[i].want) == NULL)
			fail_msg("%s", err.text);
	}
}

static void
a_pattern_is_bounded(void **state)
{
	static char text[PATTERN_TEXT + 2];
	struct pattern *p;
	struct err err;

	(void)state;
	memset(text, 'a', PATTERN_TEXT);
	p = pattern_new(text, &err);
	assert_non_null(p);
	pattern_free(p);
	text[PATTERN_TEXT] = 'a';
	assert_null(pattern_new(text, &err));
	memset(text, '(', 150);
	memset(text + 150, ')', 150);
	text[300] = '\0';
	assert_null(pattern_new(text, &err));
}

/* A search that would take seconds ends; a harmless one next to it is not
 * disturbed. */
static void
a_search_is_bounded(void **state)
{
	static const char *const patterns[] = { "(a+)+[bc]", "a.*[bc]",
		"a[^b]*[\\])]", "(.*)(.*)(.*)(.*)[bc]", "(a|aa)+[bc]",
		"(a*)\\1[cd]", "(?:a|(?R)a)*[cd]", "\\X*[cd]",
		"(?=(.*))\\1[cd]", "[^b]{30000}[cd]", "(?:(?:a*)*)*[cd]" };
	char *text = malloc(LONGEST), with[64];

	assert_non_null(text);
	memset(text, 'a', LONGEST);
	for (size_t i = 0; i < COUNT(patterns); i++) {
		print_message("  %s\n", patterns[i]);
		assert_int_equal(
		    match(*state, patterns[i], slice_of(text, LONGEST)),
		    PATTERN_GAVE_UP);
		(void)snprintf(with, sizeof(with), "(*NO_JIT)%s", patterns[i]);
		assert_int_equal(match(*state, with, slice_of(text, LONGEST)),
		    PATTERN_GAVE_UP);
		assert_int_equal(match(*state, "aa+$", slice_of(text, LONGEST)),
		    PATTERN_YES);
	}
	free(text);
}

static void
usual_patterns_are_far_from_the_bound(void **state)
{
	static const char *const patterns[] = { "error", "error.*timeout",
		"\\d+ errors?", "(?i)error|warning|critical", "^\\w+: .*denied",
		"user=(\\w+) .*\\berror=\\d+", "(\\w+) \\1" };
	static const char words[] = "the quick brown fox jumps over 12 dogs, ";
	char *text = malloc(LONGEST);

	assert_non_null(text);
	for (size_t i = 0; i < LONGEST; i++)
		text[i] = words[i % (sizeof(words) - 1)];
	memcpy(text + LONGEST / 3, "error", 5);
	memcpy(text + LONGEST / 2, "error", 5);
	for (size_t i = 0; i < COUNT(patterns); i++) {
		print_message("  %s\n", patterns[i]);
		assert_int_not_equal(
		    match(*state, patterns[i], slice_of(text, LONGEST)),
		    PATTERN_GAVE_UP);
	}
	free(text);
}

static uint32_t
next_random(uint32_t *x)
{
	*x ^= *x << 13;
	*x ^= *x >> 17;
	*x ^= *x << 5;
	return *x;
}

static void
the_answer_does_not_depend_on_jit(void **state)
{
	static const char *const patterns[] = { "(a+)+b", "a.*[bc]$",
		"(?i)A[^b]*c", "(a|ab)(c|bcd)(d*)", "^(?:a?b?)*$", "(a)?\\1b",
		"(?<=a)b+|c{2,}", "\xc3\xa4.", "(a*)*\\1[cd]" };
	static const char some[] = "aaabcd\xc3\xa4\xff ";
	char with[64], text[200];
	uint32_t x = 2463534242;
	size_t n;

	for (int round = 0; round < 100; round++) {
		n = next_random(&x) % sizeof(text);
		for (size_t i = 0; i < n; i++)
			text[i] = some[next_random(&x) % (sizeof(some) - 1)];
		for (size_t i = 0; i < COUNT(patterns); i++) {
			(void)snprintf(
			    with, sizeof(with), "(*NO_JIT)%s", patterns[i]);
			assert_int_equal(
			    match(*state, patterns[i], slice_of(text, n)),
			    match(*state, with, slice_of(text, n)));
		}
	}
}

static int
set_up(void **state)
{
	struct err err;

	*state = pattern_scratch_new(&err);
	return *state != NULL ? 0 : -1;
}

static int
tear_down(void **state)
{
	pattern_scratch_free(*state);
	pattern_scratch_free(NULL);
	pattern_free(NULL);
	return 0;
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_pattern_is_found_or_not),
		cmocka_unit_test(
		    what_is_no_utf8_matches_nothing_and_harms_nothing),
		cmocka_unit_test(what_is_no_pattern_is_refused),
		cmocka_unit_test(a_pattern_is_bounded),
		cmocka_unit_test(a_search_is_bounded),
		cmocka_unit_test(usual_patterns_are_far_from_the_bound),
		cmocka_unit_test(the_answer_does_not_depend_on_jit),
	};

	return cmocka_run_group_tests(tests, set_up, tear_down);
}
