/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * test_pathname.c - the name of a message's file, safe whatever the message
 * holds (H1, H5)
 */
#include "route/pathname.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>

#include <cmocka.h>

#include "base/zone.h"

#define COUNT(a) (sizeof(a) / sizeof((a)[0]))
/* a slice in a table, where a compound literal is no constant */
#define L(s)                       \
	{                          \
		(s), sizeof(s) - 1 \
	}

enum { MAX_MESSAGE = 65536, LONG = 60000, HASH = 16, VALUES = 85 };

/* 2026-11-22 23:15 UTC, the next day in Berlin */
enum { LATE = 1795389300 };

struct tools {
	struct formatter *formatter;
	struct zone *berlin;
};

static size_t
write_name(const struct tools *t, const struct template *template,
    const struct msg *m, char out[RUN_NAME_MAX])
{
	struct origin o = { .listener = SLICE_LIT("udp://*:514"),
		.local = true,
		.credentials = true,
		.pid = 4711 };
	struct record r = { .msg = m,
		.origin = &o,
		.received = { .tv_sec = LATE },
		.self = SLICE_LIT("self"),
		.zone = t->berlin };

	return pathname_write(t->formatter, template, &r, out);
}

static struct template *
make_template(const char *text)
{
	struct template *t;
	struct err err;

	t = template_new_path(text, &err);
	if (t == NULL)
		fail_msg("%s", err.text);
	return t;
}

static bool
is_hash(struct slice s)
{
	if (s.n < 1 + HASH || s.p[0] != '-')
		return false;
	for (size_t i = 1; i <= HASH; i++) {
		if (strchr("0123456789abcdef", s.p[i]) == NULL)
			return false;
	}
	return true;
}

/* '#' in want stands for a hash. */
static bool
is_as_wanted(struct slice got, const char *want)
{
	for (; *want != '\0'; want++) {
		if (*want == '#') {
			if (!is_hash(got))
				return false;
			slice_skip(&got, 1 + HASH);
		} else if (got.n == 0 || got.p[0] != *want) {
			return false;
		} else {
			slice_skip(&got, 1);
		}
	}
	return got.n == 0;
}

static void
a_message_has_a_file(void **state)
{
	static const struct {
		const char *template;
		struct slice host, app;
		const char *want;
	} rows[] = {
		{ "/l/%{hostname}/%{app_name}.log", L("web-1"), L("nginx"),
		    "web-1/nginx.log" },
		{ "/l/%{hostname}/%{app_name}.log", L("a.example"), L("A_b"),
		    "a.example/A_b.log" },
		{ "/l/h-%{hostname}/all.log", L("a"), L(""), "h-a/all.log" },
		{ "/l/%{hostname}-%{app_name}.log", L("web-1"), L("nginx"),
		    "web-1-nginx.log" },
		{ "/l/%{hostname}-%{app_name}.log", L("web-1"), L(""),
		    "web-1--.log" },
		{ "/l/%{facility}.%{severity}", L("a"), L("b"),
		    "authpriv.err" },
		{ "/l/%{app_name}-%{year}%{month}%{day}-%{hour}.log", L("a"),
		    L("b"), "b-20261123-00.log" },
		{ "/l/%{year}/%{month}", L("a"), L("b"), "2026/11" },
		{ "/l/%{hostname}-%{pid}-%{uid}", L("a"), L("b"), "a-4711-0" },
		{ "%{sd:a:b}", L("a"), L("b"), "-" },
		{ "/l/\xc3\xa4 %%-%{hostname}", L("a"), L("b"),
		    "\xc3\xa4 %-a" },
	};
	char out[RUN_NAME_MAX];
	struct template *t;
	struct slice got;

	for (size_t i = 0; i < COUNT(rows); i++) {
		struct msg m = { .form = MSG_RFC3164,
			.pri = 10 * 8 + 3,
			.host = rows[i].host,
			.app = rows[i].app };

		print_message("  %s\n", rows[i].want);
		t = make_template(rows[i].template);
		got = slice_of(out, write_name(*state, t, &m, out));
		if (!slice_eq(got, slice_str(rows[i].want)))
			fail_msg("got %.*s", (int)got.n, got.p);
		template_free(t);
	}
}

/* H1 */
static void
a_hostile_name_becomes_a_harmless_one(void **state)
{
	static const struct {
		const char *why;
		struct slice app;
		const char *want; /* of "/l/%{app_name}" */
	} rows[] = {
		{ "nothing", L(""), "-" },
		{ "this folder", L("."), "_#" },
		{ "the one above", L(".."), "_.#" },
		{ "hidden", L(".a"), "_a#" },
		{ "up", L("../../x"), "_._.._x#" },
		{ "absolute", L("/etc/x"), "_etc_x#" },
		{ "in and up", L("a/../../b"), "a_.._.._b#" },
		{ "NUL", L("a\0b"), "a_b#" },
		{ "NUL alone", L("\0"), "_#" },
		{ "percent", L("%2e%2e%2f"), "_2e_2e_2f#" },
		{ "a slash look-alike, U+2215",
		    L("a\xe2\x88\x95"
		      "b"),
		    "a___b#" },
		{ "a slash in five bytes", L("\xc0\xaf"), "__#" },
		{ "newline", L("a\nb"), "a_b#" },
		{ "blank", L("a b"), "a_b#" },
		{ "tilde", L("~root"), "_root#" },
		{ "an option", L("-rf"), "-rf" },
		{ "a device elsewhere", L("con"), "con" },
		{ "backslash", L("a\\b"), "a_b#" },
		{ "dots behind", L("a.."), "a.." },
		{ "where too many go", L("_other"), "_other#" },
		{ "nearly so", L("_others"), "_others" },
		{ "torn", L("x.torn"), "x.torn#" },
		{ "compressed", L("x.gz"), "x.gz#" },
		{ "compressed", L("x.zst"), "x.zst#" },
		{ "temporary", L("x.tmp"), "x.tmp#" },
		{ "rotated", L("x-20261122T101500Z-000001"),
		    "x-20261122T101500Z-000001#" },
		{ "rotated very often", L("x-20261122T101500Z-1000001"),
		    "x-20261122T101500Z-1000001#" },
		{ "nearly rotated", L("x-20261122T101500Z-00001"),
		    "x-20261122T101500Z-00001" },
		{ "nearly rotated, too", L("x-2026112T101500Z-000001"),
		    "x-2026112T101500Z-000001" },
		{ "like one with a hash", L("x-0123456789abcdef"),
		    "x-0123456789abcdef#" },
		{ "like a hash alone", L("-0123456789abcdef"),
		    "-0123456789abcdef#" },
		{ "nearly so", L("x-0123456789abcdeg"), "x-0123456789abcdeg" },
		{ "nearly so", L("x-123456789abcdef"), "x-123456789abcdef" },
	};
	struct template *t = make_template("/l/%{app_name}");
	char out[RUN_NAME_MAX];
	struct slice got;

	for (size_t i = 0; i < COUNT(rows); i++) {
		struct msg m = { .form = MSG_RFC3164, .app = rows[i].app };

		print_message("  %s\n", rows[i].why);
		got = slice_of(out, write_name(*state, t, &m, out));
		if (!is_as_wanted(got, rows[i].want))
			fail_msg("got %.*s", (int)got.n, got.p);
	}
	template_free(t);
}

/* What is ours is seen in the whole of a name. */
static void
a_name_is_not_put_together_either(void **state)
{
	static const struct {
		const char *template;
		struct slice host, app;
		const char *want;
	} rows[] = {
		{ "/l/%{hostname}.%{app_name}", L("x"), L("torn"), "x.torn#" },
		{ "/l/_%{app_name}", L("x"), L("other"), "_other#" },
		{ "/l/%{hostname}-%{app_name}", L("x-20261122T101500Z"),
		    L("000001"), "x-20261122T101500Z-000001#" },
		{ "/l/%{hostname}-%{app_name}", L("x"), L("0123456789abcdef"),
		    "x-0123456789abcdef#" },
		{ "/l/%{hostname}/%{app_name}", L("_other"), L("a"),
		    "_other#/a" },
		{ "/l/%{hostname}.log", L("x.torn"), L("a"), "x.torn.log" },
		{ "/l/%{hostname}.log", L("a-0123456789abcdef"), L("a"),
		    "a-0123456789abcdef#.log" },
		{ "/l/%{hostname}-%{year}.log", L("a/b"), L("a"),
		    "a_b#-2026.log" },
		{ "/l/%{hostname}-%{app_name}.log", L("a"), L("b-c"),
		    "a-b-c#.log" },
		{ "/l/%{hostname}-%{app_name}.log", L("a-b"), L("c"),
		    "a-b-c.log" },
		{ "/l/%{hostname}%{app_name}", L("a"), L("b"), "ab#" },
	};
	char out[RUN_NAME_MAX];
	struct template *t;
	struct slice got;

	for (size_t i = 0; i < COUNT(rows); i++) {
		struct msg m = { .form = MSG_RFC3164,
			.host = rows[i].host,
			.app = rows[i].app };

		print_message("  %s\n", rows[i].want);
		t = make_template(rows[i].template);
		got = slice_of(out, write_name(*state, t, &m, out));
		if (!is_as_wanted(got, rows[i].want))
			fail_msg("got %.*s", (int)got.n, got.p);
		template_free(t);
	}
}

static void
a_long_value_is_cut_to_its_share(void **state)
{
	static const struct {
		const char *template;
		size_t app_n, host_n, want;
	} rows[] = {
		{ "%{app_name}", 100, 1, 100 },
		{ "%{app_name}", 101, 1, 100 },
		{ "%{app_name}", 300, 1, 100 },
		{ "%{app_name}", LONG, 1, 100 },
		{ "%{app_name}.log", 96, 1, 100 },
		{ "%{app_name}.log", 97, 1, 100 },
		{ "%{app_name}-%{year}%{month}%{day}%{hour}", LONG, 1, 100 },
		{ "12345678901234567890%{hostname}%{app_name}", LONG, LONG,
		    99 },
		{ "%{app_name}_%{hostname}", 90, 9, 100 },
		{ "%{app_name}_%{hostname}", 90, 10, 41 + 1 + 10 + 17 },
		{ "%{facility}%{severity}%{app_name}", LONG, 1, 94 },
	};
	char out[RUN_NAME_MAX], *text = malloc(LONG);
	struct template *t;
	size_t n;

	assert_non_null(text);
	memset(text, 'x', LONG);
	for (size_t i = 0; i < COUNT(rows); i++) {
		struct msg m = { .form = MSG_RFC3164,
			.host = { text, rows[i].host_n },
			.app = { text, rows[i].app_n } };

		print_message("  %s %zu\n", rows[i].template, rows[i].app_n);
		t = make_template(rows[i].template);
		n = write_name(*state, t, &m, out);
		assert_int_equal(n, rows[i].want);
		template_free(t);
	}
	free(text);
}

static void
values_that_differ_late_have_different_files(void **state)
{
	char a[RUN_NAME_MAX], b[RUN_NAME_MAX], *text = malloc(LONG);
	struct template *t = make_template("%{app_name}");
	struct msg m = { .form = MSG_RFC3164, .app = { text, LONG } };
	size_t an, bn;

	assert_non_null(text);
	memset(text, 'x', LONG);
	an = write_name(*state, t, &m, a);
	text[LONG - 1] = 'y';
	bn = write_name(*state, t, &m, b);
	assert_int_equal(an, bn);
	assert_memory_not_equal(a, b, an);
	text[LONG - 1] = 'x';
	m.app.n--;
	bn = write_name(*state, t, &m, b);
	assert_memory_not_equal(a, b, an);
	m.app.n++;
	bn = write_name(*state, t, &m, b);
	assert_int_equal(an, bn);
	assert_memory_equal(a, b, an); /* always the same */
	template_free(t);
	free(text);
}

/* Files are found again after an upgrade and on another machine. */
static void
a_hash_never_changes(void **state)
{
	struct template *t = make_template("%{app_name}");
	struct msg m = { .form = MSG_RFC3164, .app = L("a/b c/d e/f") };
	char out[RUN_NAME_MAX + 1];

	out[write_name(*state, t, &m, out)] = '\0';
	assert_string_equal(out, "a_b_c_d_e_f-4bdfdfe570f20032");
	template_free(t);
}

struct pair {
	char name[RUN_NAME_MAX];
	size_t n, host, app;
};

static int
compare_pairs(const void *a, const void *b)
{
	const struct pair *x = a, *y = b;

	if (x->n != y->n)
		return x->n < y->n ? -1 : 1;
	return memcmp(x->name, y->name, x->n);
}

/* Every value of up to three of four bytes. */
static void
make_values(char values[VALUES][4])
{
	static const char bytes[] = "a-/.";
	size_t n = 0;

	memset(values, 0, (size_t)VALUES * 4);
	n++; /* "" */
	for (size_t i = 0; i < VALUES && n < VALUES; i++) {
		for (size_t k = 0; k < 4; k++, n++) {
			memcpy(values[n], values[i], 4);
			values[n][strlen(values[i])] = bytes[k];
		}
	}
}

/* H5 */
static void
equal_names_are_of_equal_values(void **state)
{
	static const char *const templates[] = {
		"%{hostname}-%{app_name}.log",
		"%{hostname}%{app_name}",
		"%{hostname}--%{app_name}",
		"-%{hostname}.%{year}-%{app_name}.",
		"%{hostname}%{year}%{app_name}",
		"%{hostname}a%{app_name}",
		"%{hostname}/%{app_name}",
		"%{hostname}-%{pid}-%{app_name}",
	};
	struct pair *pairs = calloc((size_t)VALUES * VALUES, sizeof(*pairs));
	char values[VALUES][4];
	size_t n;

	assert_non_null(pairs);
	make_values(values);
	for (size_t i = 0; i < COUNT(templates); i++) {
		struct template *t = make_template(templates[i]);

		print_message("  %s\n", templates[i]);
		n = 0;
		/* an empty app is a "-", too; an empty host another one */
		for (size_t h = 1; h < VALUES; h++) {
			for (size_t a = 1; a < VALUES; a++, n++) {
				struct msg m = { .form = MSG_RFC3164,
					.host = slice_str(values[h]),
					.app = slice_str(values[a]) };

				pairs[n].host = h;
				pairs[n].app = a;
				pairs[n].n = write_name(
				    *state, t, &m, pairs[n].name);
			}
		}
		qsort(pairs, n, sizeof(*pairs), compare_pairs);
		for (size_t k = 1; k < n; k++)
			assert_int_not_equal(
			    compare_pairs(&pairs[k - 1], &pairs[k]), 0);
		template_free(t);
	}
	free(pairs);
}

static int
set_up(void **state)
{
	static struct tools t;
	struct err err;

	t.formatter = formatter_new(MAX_MESSAGE);
	t.berlin = zone_load("CET-1CEST,M3.5.0,M10.5.0/3", &err);
	*state = &t;
	return t.formatter != NULL && t.berlin != NULL ? 0 : -1;
}

static int
tear_down(void **state)
{
	struct tools *t = *state;

	formatter_free(t->formatter);
	zone_free(t->berlin);
	return 0;
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_message_has_a_file),
		cmocka_unit_test(a_hostile_name_becomes_a_harmless_one),
		cmocka_unit_test(a_name_is_not_put_together_either),
		cmocka_unit_test(a_long_value_is_cut_to_its_share),
		cmocka_unit_test(values_that_differ_late_have_different_files),
		cmocka_unit_test(a_hash_never_changes),
		cmocka_unit_test(equal_names_are_of_equal_values),
	};

	return cmocka_run_group_tests(tests, set_up, tear_down);
}
