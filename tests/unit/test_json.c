/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * test_json.c - STRUCTURED-DATA as JSON: grouped, unescaped, in linear time
 */
#include "route/json.h"

#include <arpa/inet.h>

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>

#include <cmocka.h>

#include "wire/scan.h"

#define COUNT(a) (sizeof(a) / sizeof((a)[0]))
/* a slice in a table, where a compound literal is no constant */
#define L(s)                       \
	{                          \
		(s), sizeof(s) - 1 \
	}

enum { MAX_MESSAGE = 65536 };

struct fixture {
	struct json json;
	struct when when;
};

/* The object, in memory of the size that was promised to suffice; to be
 * freed. */
static struct slice
render(struct fixture *fx, const struct msg *m)
{
	struct origin o = { .local = true, .listener = SLICE_LIT("l") };
	struct record r = { .msg = m, .origin = &o };
	size_t bound = json_bound(&r), n;
	char *out = malloc(bound);

	assert_non_null(out);
	n = json_write(&fx->json, &fx->when, &r, out);
	assert_true(n <= bound);
	return slice_of(out, n);
}

static void
free_line(struct slice s)
{
	free((char *)(uintptr_t)s.p);
}

struct sd_row {
	const char *why;
	struct slice sd;
	const char *want;
};

static const struct sd_row sd_rows[] = {
	{ "no parameter", L("[a]"), "{\"a\":{}}" },
	{ "an empty value", L("[a b=\"\"]"), "{\"a\":{\"b\":\"\"}}" },
	{ "RFC-36: a name repeats", L("[a b=\"1\" c=\"2\" b=\"3\" b=\"\"]"),
	    "{\"a\":{\"b\":[\"1\",\"3\",\"\"],\"c\":\"2\"}}" },
	{ "the same name in two elements", L("[a b=\"1\"][c b=\"2\"]"),
	    "{\"a\":{\"b\":\"1\"},\"c\":{\"b\":\"2\"}}" },
	{ "names differ in case and length",
	    L("[a b=\"1\" B=\"2\" bb=\"3\" b=\"4\"]"),
	    "{\"a\":{\"b\":[\"1\",\"4\"],\"B\":\"2\",\"bb\":\"3\"}}" },
	{ "RFC-32: escapes are resolved", L("[a b=\"\\\"\\\\\\]\"]"),
	    "{\"a\":{\"b\":\"\\\"\\\\]\"}}" },
	{ "RFC-33: any other backslash stays", L("[a b=\"c:\\n\"]"),
	    "{\"a\":{\"b\":\"c:\\\\n\"}}" },
	{ "RFC-34: control characters, UTF-8",
	    L("[a b=\"\x01\n\xc3\xa4\xe2\x80\xae\"]"),
	    "{\"a\":{\"b\":\"\\u0001\\u000a\xc3\xa4\\u202e\"}}" },
	{ "a name with a backslash", L("[\\ \\=\"1\"]"),
	    "{\"\\\\\":{\"\\\\\":\"1\"}}" },
};

static void
structured_data_becomes_an_object(void **state)
{
	(void)state;
	for (size_t i = 0; i < COUNT(sd_rows); i++) {
		struct msg m = {
			.form = MSG_RFC5424, .valid = true, .sd = sd_rows[i].sd
		};
		struct slice got;
		const char *sd;

		print_message("  %s\n", sd_rows[i].why);
		got = render(*state, &m);
		sd = memmem(got.p, got.n, "\"sd\":", 5);
		assert_non_null(sd);
		assert_memory_equal(
		    sd + 5, sd_rows[i].want, strlen(sd_rows[i].want));
		free_line(got);
		/* clean ones must fit their smaller bound, too */
		m.clean = scan_clean(m.sd) == m.sd.n;
		free_line(render(*state, &m));
	}
}

/* F7: as many as a message holds, of a hundred names. */
static void
ten_thousand_parameters_are_grouped(void **state)
{
	enum { PARAMS = 10000, NAMES = 100 };
	char *sd = malloc(MAX_MESSAGE), want[32];
	struct msg m = {
		.form = MSG_RFC5424, .valid = true, .text = SLICE_LIT("x")
	};
	struct slice got;
	size_t n = 2;

	assert_non_null(sd);
	memcpy(sd, "[a", 2);
	for (int i = 0; i < PARAMS; i++) {
		memcpy(sd + n, " ", 1);
		sd[n + 1] = (char)('a' + i % NAMES / 10);
		sd[n + 2] = (char)('0' + i % 10);
		memcpy(sd + n + 3, "=\"\"", 3);
		n += 6;
	}
	sd[n++] = ']';
	m.sd = slice_of(sd, n);
	got = render(*state, &m);
	for (int i = 0; i < NAMES; i++) {
		snprintf(
		    want, sizeof(want), "\"%c%d\":[", 'a' + i / 10, i % 10);
		assert_non_null(memmem(got.p, got.n, want, strlen(want)));
	}
	n = 0;
	for (size_t i = 0; i + 1 < got.n; i++)
		n += got.p[i] == '"' && got.p[i + 1] == ',' &&
		    got.p[i - 1] == '"';
	assert_int_equal(n, PARAMS - NAMES);
	free_line(got);
	free(sd);
}

/* render() looks at the bound; without these, what every object holds would
 * hide one that is too small. */
static void
what_grows_most_fits_the_bound(void **state)
{
	enum { LONG = 6000 };
	static const char fills[] = { '"', '\\', '\t', '\n', '\x7f', '\xff' };
	char *p = malloc(LONG);
	struct msg m = { .form = MSG_RFC5424, .valid = true };

	assert_non_null(p);
	for (size_t i = 0; i < COUNT(fills); i++) {
		memset(p, fills[i], LONG);
		m.text = slice_of(p, LONG);
		m.clean = scan_clean(m.text) == LONG;
		free_line(render(*state, &m));
	}
	m.text.n = 0;
	for (int i = 0; i < LONG / 4; i++) {
		p[4 * i] = '[';
		p[4 * i + 1] = (char)('a' + i / 26 % 26);
		p[4 * i + 2] = (char)('a' + i % 26);
		p[4 * i + 3] = ']';
	}
	m.sd = slice_of(p, LONG);
	m.clean = true;
	free_line(render(*state, &m));
	free(p);
}

/* Renders raw, received then, of that listener and peer, as *j would. */
static struct slice
object_of(struct json *j, const char *raw, int second, int way, char *out)
{
	static const char *const listeners[] = { "l", "tcp://127.0.0.1:1" };
	struct msg_hints hints = { .self = SLICE_LIT("self") };
	struct msg_cache cache = { .known = false };
	struct origin o = { .distrust = (way & 4) != 0 };
	struct record r = { .origin = &o, .self = SLICE_LIT("self") };
	struct sockaddr_in *in = (struct sockaddr_in *)(void *)&o.addr;
	struct when w;
	struct msg m;

	when_init(&w);
	o.listener = slice_str(listeners[way & 1]);
	in->sin_family = AF_INET;
	in->sin_addr.s_addr = htonl(INADDR_LOOPBACK + (unsigned)(way & 2));
	r.received = (struct timespec){ second, 1000 * second };
	r.msg = &m;
	msg_parse(slice_str(raw), &hints, &cache, &m);
	return slice_of(out, json_write(j, &w, &r, out));
}

/* What of the last object is used again is used only where it is the same. */
static void
no_object_depends_on_the_one_before(void **state)
{
#define T "2026-11-29T10:00:00Z "
	static const char *const raw[] = {
		"<13>1 " T "host app 1 id - text",
		"<13>1 " T "host app 1 id - other text",
		"<14>1 " T "host app 1 id - text",
		"<13>1 - host app 1 id - text",
		"<13>1 " T "host app 1 i - text",
		"<13>1 " T "host app 2 id - text",
		"<13>1 " T "- app 1 id - text",
		"<13>1 " T "host app 1 id [x k=\"v\"] text",
		"<13>1 " T "host app 1 id [x k=\"v\"]",
		"<13>1 " T "host app 1 id [x k=\"w\"] text",
		"<13>1 " T "host app 1 id - \xef\xbb\xbftext",
		"<13>1 " T "host app 1 id -",
		"<13>1 " T "host app 1 id [broken text",
		"<13>Oct 11 22:14:15 host app[1]: text",
		"text",
	};
	enum { N = sizeof(raw) / sizeof(raw[0]), WAYS = 8, CHANGES = 5 };
	struct json used, fresh;
	char a[4096], b[4096];

	(void)state;
	assert_true(json_init(&used, MAX_MESSAGE));
	assert_true(json_init(&fresh, MAX_MESSAGE));
	for (int i = 0; i < N * N * WAYS * CHANGES; i++) {
		/* each behind each other one; one thing changes in between */
		int way = i / N / N % WAYS, change = i / N / N / WAYS;
		int other = change < 3 ? way ^ 1 << change : way;
		int second = change == 3 ? 2 : 1;
		struct slice x, y;

		(void)object_of(&used, raw[i % N], 1, way, a);
		x = object_of(&used, raw[i / N % N], second, other, a);
		json_forget(&fresh);
		y = object_of(&fresh, raw[i / N % N], second, other, b);
		assert_true(slice_eq(x, y));
	}
	json_clear(&fresh);
	json_clear(&used);
#undef T
}

static int
set_up(void **state)
{
	struct fixture *fx = calloc(1, sizeof(*fx));

	*state = fx;
	if (fx == NULL)
		return -1;
	when_init(&fx->when);
	return json_init(&fx->json, MAX_MESSAGE) ? 0 : -1;
}

static int
tear_down(void **state)
{
	struct fixture *fx = *state;

	json_clear(&fx->json);
	free(fx);
	return 0;
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(structured_data_becomes_an_object),
		cmocka_unit_test(ten_thousand_parameters_are_grouped),
		cmocka_unit_test(what_grows_most_fits_the_bound),
		cmocka_unit_test(no_object_depends_on_the_one_before),
	};

	return cmocka_run_group_tests(tests, set_up, tear_down);
}
