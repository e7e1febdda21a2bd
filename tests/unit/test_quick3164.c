/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * test_quick3164.c - the quick way reads nothing otherwise than the patient
 * one, and reads what is ordinary
 *
 * RFC-109 to RFC-120
 */
#include "wire/quick3164.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>

#include <cmocka.h>

#include "wire/rfc3164.h"
#include "wire/scan.h"

#define COUNT(a) (sizeof(a) / sizeof((a)[0]))
#define B        "Oct 11 22:14:15 "

static const char *const ordinary[] = {
	B "mymachine su: 'su root' failed for lonvick on /dev/pts/8",
	B "web01.example.org nginx[4711]: GET / 200",
	B "web-1 postfix/smtpd[1]: connect from unknown",
	B "last message: repeated",
	B "h a: \xef\xbb\xbf"
	  "caf\xc3\xa9",
	B "est app[99]: a zone is no host",
	B "err err: a severity",
};

/* What may follow one of them, or stand in its place, and is not ordinary. */
static const char *const odd[] = {
	B "EST web01 app: text",
	B "2003 web01 app: text",
	B "+02:00 web01 app: text",
	B ": text",
	B "10.0.0.1 app: text",
	B "fe80::1 app: text",
	B "web01 text alone",
	B "app: text",
	B "app[1]: text",
	B "web01 : app: text",
	B "web01 app[main]: text",
	B "web01 app:text",
	B "web01 app : text",
	B "web01 info app[1]: text",
	B "web01 1234: text",
	B "web01 12: Oct 11 22:14:15 text",
	B "web01 a.b/c: text",
	B "aa:bb:cc:dd:ee:ff app: text",
	B "web01 aa:bb:cc:dd:ee:ff text",
	B "last message repeated 3 times",
	B "web01 last message repeated 3 times",
	"Oct 11 22:14:15: web01 app: text",
	"Oct 11 22:14:15.003 web01 app: text",
	"Oct  1 22:14:15 web01 app: text",
	"1 2003-10-11T22:14:15Z web01 app: text",
	"",
	B,
};

static struct msg_cache
warm(void)
{
	const struct msg_hints hints = { .local = false };
	struct msg_cache cache = { .known = false };
	struct slice in = slice_str(B "h a: t");
	struct msg m = { .pri = 13 };

	rfc3164_parse(in, &hints, &m);
	quick3164_remember(in, &m, &cache);
	assert_true(cache.bsd_known);
	return cache;
}

static void
assert_same(struct slice a, struct slice b)
{
	assert_int_equal(a.n, b.n);
	assert_true(a.n == 0 || a.p == b.p);
}

static bool
compare(const char *text, size_t n, const struct msg_cache *cache)
{
	const struct msg_hints hints = { .self = SLICE_LIT("web01") };
	struct msg quick, patient = { .pri = 13 };
	char *copy = malloc(n + 1); /* its end is the end of the memory */
	struct slice rest;
	bool taken;

	assert_non_null(copy);
	memcpy(copy + 1, text, n);
	rest = slice_of(copy + 1, n);
	memset(&quick, 0xa5, sizeof(quick));
	taken = quick3164_parse(rest, &hints, cache, &quick);
	if (taken) {
		rfc3164_parse(rest, &hints, &patient);
		assert_int_equal(quick.form, patient.form);
		assert_false(quick.valid);
		assert_true(quick.plain);
		assert_int_equal(
		    quick.clean, scan_clean_portable(rest) == rest.n);
		assert_int_equal(quick.bom, patient.bom);
		assert_same(quick.time, patient.time);
		assert_same(quick.host, patient.host);
		assert_same(quick.app, patient.app);
		assert_same(quick.procid, patient.procid);
		assert_same(quick.msgid, patient.msgid);
		assert_same(quick.sd, patient.sd);
		assert_same(quick.text, patient.text);
		assert_true(patient.sent.known && quick.sent.known);
		assert_false(patient.sent.dated || patient.sent.zoned);
		assert_int_equal(quick.sent.second, patient.sent.second);
		assert_int_equal(quick.sent.day, patient.sent.day);
		assert_int_equal(quick.sent.month, patient.sent.month);
	}
	free(copy);
	return taken;
}

static void
ordinary_messages_are_taken(void **state)
{
	const struct msg_cache cache = warm();

	(void)state;
	for (size_t i = 0; i < COUNT(ordinary); i++)
		assert_true(compare(ordinary[i], strlen(ordinary[i]), &cache));
	for (size_t i = 0; i < COUNT(odd); i++)
		compare(odd[i], strlen(odd[i]), &cache);
}

static void
of_local_senders_and_before_the_first_time_nothing_is_taken(void **state)
{
	const struct msg_hints local = { .local = true }, remote = { 0 };
	const struct msg_cache none = { .known = false }, cache = warm();
	struct slice in = slice_str(ordinary[0]);
	struct msg m;

	(void)state;
	assert_false(quick3164_parse(in, &local, &cache, &m));
	assert_false(quick3164_parse(in, &remote, &none, &m));
}

static void
only_a_bare_time_is_remembered(void **state)
{
	static const char *const in[] = { "Oct 11 22:14:15 2003 h a: t",
		"Oct 11 22:14:15 CET h a: t", "Oct 11 22:14:15.1 h a: t",
		"Oct 11 22:14:60 h a: t", "Feb 30 22:14:15 h a: t",
		"20031011T221415 h a: t", "h a: t", "*Oct 11 22:14:15 h a: t" };
	const struct msg_hints hints = { .local = false };

	(void)state;
	for (size_t i = 0; i < COUNT(in); i++) {
		struct msg_cache cache = { .known = false };
		struct msg m = { .pri = 13 };

		rfc3164_parse(slice_str(in[i]), &hints, &m);
		quick3164_remember(slice_str(in[i]), &m, &cache);
		assert_false(cache.bsd_known);
	}
}

static void
changed_anywhere_they_are_the_same(void **state)
{
	static const char bytes[] =
	    " \0\t:[]-./_0159azAZ<>=\"{@%*+\x7f\xc3\xef";
	const struct msg_cache cache = warm();
	char text[256];

	(void)state;
	for (size_t i = 0; i < COUNT(ordinary); i++) {
		size_t n = strlen(ordinary[i]);

		assert_true(n + 1 < sizeof(text));
		for (size_t at = 0; at < n; at++) {
			compare(ordinary[i], at, &cache);
			for (size_t k = 0; k < sizeof(bytes) - 1; k++) {
				memcpy(text, ordinary[i], n);
				text[at] = bytes[k];
				compare(text, n, &cache);
				memmove(text + at, text + at + 1, n - at - 1);
				compare(text, n - 1, &cache);
				memcpy(text + at + 1, ordinary[i] + at, n - at);
				text[at] = bytes[k];
				compare(text, n + 1, &cache);
			}
		}
	}
}

/* Names of 128 bytes end what rfc3164.c looks at. */
static void
long_names_are_the_same(void **state)
{
	const struct msg_cache cache = warm();
	char text[1024];

	(void)state;
	for (size_t host = 1; host < 270; host += host < 90 ? 17 : 1)
		for (size_t tag = 1; tag < 140; tag += tag < 40 ? 13 : 1) {
			size_t n = MSG_BSD_TIME + 1;

			memcpy(text, B, n);
			memset(text + n, 'h', host);
			text[n += host] = ' ';
			memset(text + ++n, 't', tag);
			n += tag;
			memset(text + n, '1', tag);
			text[n] = '[';
			n += tag;
			memcpy(text + n, "]: x", 4);
			compare(text, n + 4, &cache);
			memcpy(text + n - tag, ": x", 3);
			compare(text, n - tag + 3, &cache);
		}
	for (size_t pid = 1; pid < 140; pid++) {
		size_t n = MSG_BSD_TIME + 1;

		memcpy(text, B "h t[", n + 4);
		memset(text + n + 4, '1', pid);
		memcpy(text + n + 4 + pid, "]: x", 4);
		compare(text, n + 8 + pid, &cache);
	}
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(ordinary_messages_are_taken),
		cmocka_unit_test(
		    of_local_senders_and_before_the_first_time_nothing_is_taken),
		cmocka_unit_test(only_a_bare_time_is_remembered),
		cmocka_unit_test(changed_anywhere_they_are_the_same),
		cmocka_unit_test(long_names_are_the_same),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
