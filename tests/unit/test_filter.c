/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * test_filter.c - does an output take this message?
 */
#include "route/filter.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>

#include <cmocka.h>

#include "wire/err.h"

#define COUNT(a) (sizeof(a) / sizeof((a)[0]))
/* a slice in a table, where a compound literal is no constant */
#define L(s)                       \
	{                          \
		(s), sizeof(s) - 1 \
	}

enum { LONG = 20000, ROUNDS = 20000, WORDS = 4 };

/* auth.warning and kern.emerg */
enum { AUTH_WARNING = 4 * 8 + 4, KERN_EMERG = 0 };

static void
a_pattern_stands_for_names(void **state)
{
	static const struct {
		const char *pattern;
		struct slice text;
		bool fold, want;
	} rows[] = {
		{ "nginx", L("nginx"), false, true },
		{ "nginx", L("nginx2"), false, false },
		{ "nginx", L("Nginx"), false, false },
		{ "nginx", L("NGINX"), true, true },
		{ "NGINX", L("nginx"), true, true },
		{ "nginx*", L("nginx"), false, true },
		{ "nginx*", L("nginx-proxy"), false, true },
		{ "*nginx", L("my-nginx"), false, true },
		{ "*nginx", L("nginx-"), false, false },
		{ "web-?", L("web-1"), false, true },
		{ "web-?", L("web-"), false, false },
		{ "web-?", L("web-12"), false, false },
		{ "?", L("\xc3\xa4"), false, false },
		{ "??", L("\xc3\xa4"), false, true },
		{ "*", L(""), false, true },
		{ "**", L("a"), false, true },
		{ "", L(""), false, true },
		{ "", L("a"), false, false },
		{ "?", L(""), false, false },
		{ "a*b*c", L("a-b-b-c"), false, true },
		{ "a*b*c", L("a-c-b"), false, false },
		{ "*ab", L("aab"), false, true },
		{ "*a?b", L("aaab"), false, true },
		{ "a*", L("a\0b"), false, true },
		{ "a", L("a\0b"), false, false },
		{ "a", L("a\0"), false, false },
		{ "[a]", L("a"), false, false },
		{ "[a]", L("[a]"), false, true },
		{ "\\*", L("\\anything"), false, true },
		{ "\xc3\x84", L("\xc3\xa4"), true, false },
		{ "@", L("`"), true, false },
	};

	(void)state;
	for (size_t i = 0; i < COUNT(rows); i++) {
		print_message("  %s\n", rows[i].pattern);
		assert_int_equal(
		    filter_glob(rows[i].pattern, rows[i].text, rows[i].fold),
		    rows[i].want);
	}
}

/* What the words mean, without any thought of time. */
static bool
slow_glob(const char *pattern, struct slice text)
{
	if (*pattern == '\0')
		return text.n == 0;
	if (*pattern == '*') {
		for (size_t i = 0; i <= text.n; i++) {
			if (slow_glob(
				pattern + 1, slice_of(text.p + i, text.n - i)))
				return true;
		}
		return false;
	}
	return text.n > 0 && (*pattern == '?' || *pattern == text.p[0]) &&
	    slow_glob(pattern + 1, slice_of(text.p + 1, text.n - 1));
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
a_pattern_means_what_it_means_slowly(void **state)
{
	char pattern[8], text[12];
	uint32_t x = 2463534242;
	size_t n, m;

	(void)state;
	for (int round = 0; round < ROUNDS; round++) {
		n = next_random(&x) % (sizeof(pattern) - 1);
		for (size_t i = 0; i < n; i++)
			pattern[i] = "ab*?"[next_random(&x) % 4];
		pattern[n] = '\0';
		m = next_random(&x) % sizeof(text);
		for (size_t i = 0; i < m; i++)
			text[i] = "ab"[next_random(&x) % 2];
		assert_int_equal(filter_glob(pattern, slice_of(text, m), false),
		    slow_glob(pattern, slice_of(text, m)));
	}
}

/* Backtracking into each star would take longer than the sun burns. */
static void
a_pattern_of_stars_is_soon_done(void **state)
{
	char *text = malloc(LONG);

	(void)state;
	assert_non_null(text);
	memset(text, 'a', LONG);
	assert_false(filter_glob(
	    "*a*a*a*a*a*a*a*a*a*a*a*a*a*a*a*b", slice_of(text, LONG), false));
	free(text);
}

struct row {
	const char *why;
	uint32_t facilities;
	uint8_t severities;
	const char *app[WORDS], *host[WORDS], *match;
	bool want;
};

/* The message: auth.warning, sshd on web-1, "login failed" */
static const struct row rows[] = {
	{ .why = "no condition", .want = true },
	{ .why = "facility", .facilities = 1 << 4, .want = true },
	{ .why = "other facility", .facilities = 1 << 3 },
	{ .why = "severity", .severities = 0x1f, .want = true },
	{ .why = "more severe ones", .severities = 0x0f },
	{ .why = "app", .app = { "sshd" }, .want = true },
	{ .why = "app in another case", .app = { "SSHD" } },
	{ .why = "app of several", .app = { "su", "ssh*" }, .want = true },
	{ .why = "other apps", .app = { "su", "login" } },
	{ .why = "not the app", .app = { "!sshd" } },
	{ .why = "not other apps", .app = { "!su", "!login" }, .want = true },
	{ .why = "some, but not all", .app = { "s*", "!sshd" } },
	{ .why = "the exception first", .app = { "!sshd", "s*" } },
	{ .why = "some, and another exception",
	    .app = { "s*", "!su" },
	    .want = true },
	{ .why = "others, and another exception", .app = { "c*", "!su" } },
	{ .why = "host", .host = { "web-?" }, .want = true },
	{ .why = "host in another case", .host = { "WEB-1" }, .want = true },
	{ .why = "all hosts but this", .host = { "web-*", "!web-1" } },
	{ .why = "match", .match = "fail(ed|ure)$", .want = true },
	{ .why = "no match", .match = "^failed" },
	{ .why = "match is on MSG alone", .match = "sshd" },
	{ .why = "everything",
	    .facilities = 1 << 4,
	    .severities = 0x1f,
	    .app = { "sshd" },
	    .host = { "web-1" },
	    .match = "login",
	    .want = true },
	{ .why = "all must hold: facility",
	    .facilities = 1 << 3,
	    .severities = 0x1f,
	    .app = { "sshd" },
	    .host = { "web-1" },
	    .match = "login" },
	{ .why = "all must hold: match",
	    .facilities = 1 << 4,
	    .severities = 0x1f,
	    .app = { "sshd" },
	    .host = { "web-1" },
	    .match = "logout" },
};

static struct texts
make_texts(const char *const words[WORDS])
{
	struct texts t = { .text = (char **)(uintptr_t)words };

	while (t.n < WORDS && words[t.n] != NULL)
		t.n++;
	return t;
}

static enum filter_result
ask(struct pattern_scratch *s, const struct row *row, const struct record *r)
{
	struct choice c = { .facilities = row->facilities,
		.severities = row->severities,
		.app = make_texts(row->app),
		.host = make_texts(row->host) };
	enum filter_result result;
	struct err err;

	if (row->match != NULL) {
		c.match = pattern_new(row->match, &err);
		assert_non_null(c.match);
	}
	result = filter_ask(&c, r, s);
	pattern_free(c.match);
	return result;
}

static void
a_message_is_taken_when_all_conditions_hold(void **state)
{
	struct msg m = { .form = MSG_RFC3164,
		.pri = AUTH_WARNING,
		.host = L("web-1"),
		.app = L("sshd"),
		.text = L("login failed") };
	struct origin o = { .local = true };
	struct record r = { .msg = &m, .origin = &o };

	for (size_t i = 0; i < COUNT(rows); i++) {
		print_message("  %s\n", rows[i].why);
		assert_int_equal(ask(*state, &rows[i], &r),
		    rows[i].want ? FILTER_YES : FILTER_NO);
	}
}

static void
what_a_message_does_not_say_is_a_dash_or_the_peer(void **state)
{
	static const struct {
		struct row row;
		bool distrust;
	} cases[] = {
		{ { .why = "no app", .app = { "-" }, .want = true }, false },
		{ { .why = "any app", .app = { "*" }, .want = true }, false },
		{ { .why = "an app", .app = { "?*d" } }, false },
		{ { .why = "the peer", .host = { "self" }, .want = true },
		    false },
		{ { .why = "no host", .host = { "-" } }, false },
		{ { .why = "not believed", .host = { "self" }, .want = true },
		    true },
		{ { .why = "not believed, but said", .host = { "web*" } },
		    true },
		{ { .why = "kern.emerg has both bits 0",
		      .facilities = 1,
		      .severities = 1,
		      .want = true },
		    false },
		{ { .why = "an empty MSG", .match = "^$", .want = true },
		    false },
	};
	struct msg m = {
		.form = MSG_RFC5424, .valid = true, .pri = KERN_EMERG
	};
	struct origin o = { .local = true };
	struct record r = {
		.msg = &m, .origin = &o, .self = SLICE_LIT("self")
	};

	for (size_t i = 0; i < COUNT(cases); i++) {
		print_message("  %s\n", cases[i].row.why);
		o.distrust = cases[i].distrust;
		m.host = o.distrust ? SLICE_LIT("web-1") : slice_of(NULL, 0);
		assert_int_equal(ask(*state, &cases[i].row, &r),
		    cases[i].row.want ? FILTER_YES : FILTER_NO);
	}
}

static void
a_search_that_is_given_up_is_told(void **state)
{
	static const struct row row = { .match = "(a+)+[bc]" };
	char *text = malloc(LONG);
	struct msg m = { .form = MSG_RAW, .text = { text, LONG } };
	struct origin o = { .local = true };
	struct record r = { .msg = &m, .origin = &o };

	assert_non_null(text);
	memset(text, 'a', LONG);
	assert_int_equal(ask(*state, &row, &r), FILTER_GAVE_UP);
	free(text);
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
	return 0;
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_pattern_stands_for_names),
		cmocka_unit_test(a_pattern_means_what_it_means_slowly),
		cmocka_unit_test(a_pattern_of_stars_is_soon_done),
		cmocka_unit_test(a_message_is_taken_when_all_conditions_hold),
		cmocka_unit_test(
		    what_a_message_does_not_say_is_a_dash_or_the_peer),
		cmocka_unit_test(a_search_that_is_given_up_is_told),
	};

	return cmocka_run_group_tests(tests, set_up, tear_down);
}
