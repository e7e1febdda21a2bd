/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * test_strict.c - the quick way takes nothing that the patient one would not
 * take just so, and takes what is ordinary
 *
 * RFC-11 to RFC-22, RFC-25 to RFC-39
 */
#include "wire/strict.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>

#include <cmocka.h>

#include "wire/pri.h"
#include "wire/rfc5424.h"

#define COUNT(a) (sizeof(a) / sizeof((a)[0]))
#define TEXT                                                                 \
	"a text of more than sixty-four bytes, so that all ways of looking " \
	"for bytes that need an escape are gone, those of 64, 32 and 16"

static const char *const ordinary[] = {
	"<34>1 2003-10-11T22:14:15.003Z mymachine.example.com su - ID47 - " TEXT,
	"<0>1 2003-10-11T22:14:15.000003Z h a 1 - - " TEXT,
	"<165>1 2003-10-11T22:14:15.003+02:00 web01 nginx 4711 access "
	"[exampleSDID@32473 iut=\"3\" eventSource=\"a\\]b\"] " TEXT,
	"<191>1 2003-02-28T23:59:59-23:59 h a p m [x][y key=\"a value\"]",
	"<13>1 - - - - - - " TEXT,
	"<13>1 2003-10-11T22:14:15.003Z h#012 a# p m - " TEXT,
	"<13>1 2003-10-11T22:14:15.003Z h a p m - \xef\xbb\xbf"
	"caf\xc3\xa9 " TEXT,
	"<13>1 2003-10-11T22:14:15.003Z h a p m - caf\xe9 " TEXT,
	"<13>1 2003-10-11T22:14:15.003Z "
	"a-host-name-of-more-than.thirty-two-bytes.example.org "
	"an-app-name-of-more-than-thirty-two-bytes 123 msgid - " TEXT,
	"<13>1 2003-10-11T22:14:15Z h a p m - #101 \t" TEXT,
};

static void
assert_same(struct slice a, struct slice b)
{
	assert_int_equal(a.n, b.n);
	assert_true(a.n == 0 || a.p == b.p);
}

/* True when the quick way took it; then it is what the patient one says. */
static bool
compare(const char *text, size_t n, struct msg_cache *cache)
{
	struct msg_cache fresh = { .known = false };
	struct slice rest;
	char *copy = malloc(n + 1); /* its end is the end of the memory */
	struct msg quick, patient = { .pri = 0 };
	bool taken;

	assert_non_null(copy);
	memcpy(copy + 1, text, n);
	rest = slice_of(copy + 1, n);
	memset(&quick, 0xa5, sizeof(quick));
	taken = pri_take(&rest, &patient.pri) &&
	    strict_parse(rest, cache, &quick);
	if (taken) {
		assert_true(rfc5424_parse(rest, &fresh, &patient));
		assert_true(patient.valid && quick.valid);
		assert_int_equal(quick.form, MSG_RFC5424);
		assert_int_equal(quick.clean, patient.clean);
		assert_int_equal(quick.bom, patient.bom);
		assert_false(quick.sent.known);
		assert_same(quick.time, patient.time);
		assert_same(quick.host, patient.host);
		assert_same(quick.app, patient.app);
		assert_same(quick.procid, patient.procid);
		assert_same(quick.msgid, patient.msgid);
		assert_same(quick.sd, patient.sd);
		assert_same(quick.text, patient.text);
	}
	free(copy);
	return taken;
}

#ifdef __SSE2__
static void
ordinary_messages_are_taken(void **state)
{
	struct msg_cache cache = { .known = false };

	(void)state;
	for (int twice = 0; twice < 2; twice++) /* the cache is warm then */
		for (size_t i = 0; i < COUNT(ordinary); i++)
			assert_true(
			    compare(ordinary[i], strlen(ordinary[i]), &cache));
}
#endif

static void
cut_anywhere_they_are_the_same(void **state)
{
	struct msg_cache cache = { .known = false };

	(void)state;
	for (size_t i = 0; i < COUNT(ordinary); i++)
		for (size_t n = 0; n < strlen(ordinary[i]); n++)
			compare(ordinary[i], n, &cache);
}

static void
with_any_byte_changed_gone_or_more_they_are_the_same(void **state)
{
	static const char odd[] =
	    " \0\t\n-#0159:;<>=[]\"\\.Z+T1\x7f\x80\xc3\xff";
	struct msg_cache cache = { .known = false };
	char text[512];

	(void)state;
	for (size_t i = 0; i < COUNT(ordinary); i++) {
		size_t n = strlen(ordinary[i]);

		assert_true(n + 1 < sizeof(text));
		for (size_t at = 0; at < n; at++)
			for (size_t k = 0; k < sizeof(odd) - 1; k++) {
				memcpy(text, ordinary[i], n);
				text[at] = odd[k];
				compare(text, n, &cache);
				memmove(text + at, text + at + 1, n - at - 1);
				compare(text, n - 1, &cache);
				memcpy(text + at + 1, ordinary[i] + at, n - at);
				text[at] = odd[k];
				compare(text, n + 1, &cache);
			}
	}
}

/* The names of the last message are known again, and nothing else is, up to
 * the 64 bytes that are kept. */
static void
names_are_known_when_each_byte_is_the_same(void **state)
{
	static const char front[] = "<13>1 2003-10-11T22:14:15.003Z ";
	static const char others[] = " -x#\x80";
	struct msg_cache cache = { .known = false };
	char text[256];

	(void)state;
	for (size_t host = 1; host < 70; host++) {
		size_t names = host + sizeof(" a 12 m ") - 1, n;

		n = (size_t)snprintf(text, sizeof(text),
		    "%s%0*d a 12 m - " TEXT, front, (int)host, 0);
		assert_true(n < sizeof(text));
		for (size_t i = 0; i < names; i++)
			for (size_t k = 0; k < sizeof(others) - 1; k++) {
				char *at = text + sizeof(front) - 1 + i;
				char was = *at;

				assert_true(compare(text, n, &cache));
				*at = others[k];
				compare(text, n, &cache);
				*at = was;
			}
		assert_true(compare(text, n, &cache));
	}
}

/* What an empty cache holds is no time. */
static void
before_the_first_time_none_is_known(void **state)
{
	struct msg_cache cache = { .known = false };
	char text[] = "<13>1 2003-10-11T22:14:15.003Z h a p m - " TEXT;

	(void)state;
	memcpy(text + 6, cache.stamp, STAMP_FRONT);
	assert_false(compare(text, sizeof(text) - 1, &cache));
}

/* RFC-19 to RFC-22: 255, 48, 128, 32 octets. */
static void
fields_at_their_limits_are_the_same(void **state)
{
	static const size_t limits[] = { 255, 48, 128, 32 };
	struct msg_cache cache = { .known = false };
	char text[1024];

	(void)state;
	for (size_t field = 0; field < COUNT(limits); field++)
		for (size_t n = limits[field] - 2; n < limits[field] + 3; n++) {
			char *to = text +
			    snprintf(text, sizeof(text),
				"<13>1 2003-10-11T22:14:15.003Z ");

			for (size_t i = 0; i < COUNT(limits); i++) {
				size_t len = i == field ? n : 1;

				memset(to, 'x', len);
				to[len] = ' ';
				to += len + 1;
			}
			memcpy(to, "- " TEXT, strlen("- " TEXT));
			to += strlen("- " TEXT);
			if (compare(text, (size_t)(to - text), &cache))
				assert_true(n <= limits[field]);
		}
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
#ifdef __SSE2__
		cmocka_unit_test(ordinary_messages_are_taken),
#endif
		cmocka_unit_test(cut_anywhere_they_are_the_same),
		cmocka_unit_test(
		    with_any_byte_changed_gone_or_more_they_are_the_same),
#ifdef __SSE2__
		cmocka_unit_test(names_are_known_when_each_byte_is_the_same),
#endif
		cmocka_unit_test(before_the_first_time_none_is_known),
		cmocka_unit_test(fields_at_their_limits_are_the_same),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
