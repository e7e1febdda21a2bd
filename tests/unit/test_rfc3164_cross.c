/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * test_rfc3164_cross.c - every time before every host before every tag
 *
 * RFC-112, RFC-113, RFC-121 and what was seen of real clients ("interop"):
 * the parts of a header are independent of each other, so each of them is
 * read alike whatever stands before and behind it, and when others are
 * missing.
 */
#include "wire/msg.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>

#include <cmocka.h>

#define COUNT(a) (sizeof(a) / sizeof((a)[0]))

enum { TEXT = 1024, NO_OFFSET = 9999 };

struct time_form {
	const char *in;
	int year;   /* 0: not said */
	int offset; /* minutes; NO_OFFSET: not said */
	int digits; /* of the fraction */
	bool unreal;
};

/* All of 5 April, 14:10:54. */
static const struct time_form times[] = {
	{ "Apr  5 14:10:54", 0, NO_OFFSET, 0, false },
	{ "Apr 05 14:10:54", 0, NO_OFFSET, 0, false },
	{ "Apr 5 14:10:54", 0, NO_OFFSET, 0, false },
	{ "Apr  5 14:10:54.123", 0, NO_OFFSET, 3, false },
	{ "Apr  5 14:10:54,123456", 0, NO_OFFSET, 6, false },
	{ "Apr  5 2024 14:10:54", 2024, NO_OFFSET, 0, false },
	{ "Apr  5 14:10:54 2024", 2024, NO_OFFSET, 0, false },
	{ "2024 Apr  5 14:10:54", 2024, NO_OFFSET, 0, false },
	{ "2024 Apr 5 14:10:54.1 UTC", 2024, 0, 1, false },
	{ "Apr  5 14:10:54 UTC", 0, 0, 0, false },
	{ "Apr  5 14:10:54 CEST", 0, 120, 0, false },
	{ "Apr  5 14:10:54 EST", 0, -300, 0, false },
	{ "Apr  5 14:10:54 2024 UTC", 2024, 0, 0, false },
	{ "Apr  5 14:10:54 UTC 2024", 2024, 0, 0, false },
	{ "Apr  5 2024 14:10:54.123 UTC", 2024, 0, 3, false },
	{ "Apr  5 14:10:54 +0200", 0, 120, 0, false },
	{ "Apr  5 14:10:54+02:00", 0, 120, 0, false },
	{ "Apr  5 14:10:54 -03:30", 0, -210, 0, false },
	{ "Apr  5 14:10:54 GMT+2", 0, 120, 0, false },
	{ "Apr  5 14:10:54.5Z", 0, 0, 1, false },
	{ "*Apr  5 14:10:54.123", 0, NO_OFFSET, 3, false },
	{ ".Apr  5 14:10:54", 0, NO_OFFSET, 0, false },
	{ "Fri Apr  5 14:10:54 2024", 2024, NO_OFFSET, 0, false },
	{ "Fri, 05 Apr 2024 14:10:54 +0000", 2024, 0, 0, false },
	{ "2024-04-05T14:10:54Z", 2024, 0, 0, false },
	{ "2024-04-05T14:10:54", 2024, NO_OFFSET, 0, false },
	{ "2024-04-05 14:10:54", 2024, NO_OFFSET, 0, false },
	{ "2024-04-05T14:10:54.123456+02:00", 2024, 120, 6, false },
	{ "2024-04-05T14:10:54.123456789-07:00", 2024, -420, 9, false },
	{ "2024-04-05 14:10:54,123", 2024, NO_OFFSET, 3, false },
	{ "2024-04-05 14:10:54 +0200", 2024, 120, 0, false },
	{ "2024/04/05 14:10:54", 2024, NO_OFFSET, 0, false },
	{ "1712326254.5", 2024, 0, 1, false },
	{ "Apr 31 14:10:54", 0, NO_OFFSET, 0, true },
	{ "Apr  5 24:10:54", 0, NO_OFFSET, 0, true },
	{ "2023-02-29T14:10:54Z", 0, NO_OFFSET, 0, true },
};

struct part {
	const char *in, *first, *second; /* a host; or a tag and its pid */
};

static const struct part hosts[] = {
	{ "h", "h", NULL },
	{ "web-01.example.net", "web-01.example.net", NULL },
	{ "my_host", "my_host", NULL },
	{ "1host", "1host", NULL },
	{ "192.0.2.255", "192.0.2.255", NULL },
	{ "2001:db8::1", "2001:db8::1", NULL },
	{ "::1", "::1", NULL },
	{ "fe80::1%eth0", "fe80::1%eth0", NULL },
	{ "::ffff:192.0.2.1", "::ffff:192.0.2.1", NULL },
	{ "[2001:db8::7]", "2001:db8::7", NULL },
	{ "-", "", NULL },
};

static const struct part tags[] = {
	{ "su: ", "su", "" },
	{ "su[7]: ", "su", "7" },
	{ "/usr/sbin/cron[12]: ", "/usr/sbin/cron", "12" },
	{ "docker/9f8e7d[345]: ", "docker/9f8e7d", "345" },
	{ "%ASA-6-302013: ", "%ASA-6-302013", "" },
	{ "postfix/smtpd[3]: ", "postfix/smtpd", "3" },
	{ "(squid-1)[12]: ", "(squid-1)", "12" },
	{ "a.b-c_d: ", "a.b-c_d", "" },
	{ "app[main-1]: ", "app", "main-1" },
	{ "app[]: ", "app", "" },
	{ "l4js[505]:", "l4js", "505" },
	{ "7zip: ", "7zip", "" },
};

static const char *const texts[] = { "x", "two words", "a: b[3]: c",
	"{\"k\": 1}", "#012 \t\x07", "Gr\xc3\xb6\xc3\237e", "" };

static void
assert_slice(struct slice got, const char *want)
{
	assert_int_equal(got.n, strlen(want));
	assert_memory_equal(got.p, want, got.n);
}

static void
assert_time(const struct stamp *t, const struct time_form *want)
{
	assert_int_equal(t->known, !want->unreal);
	if (want->unreal)
		return;
	assert_int_equal(t->month, 4);
	assert_int_equal(t->day, 5);
	assert_int_equal(t->hour, 14);
	assert_int_equal(t->minute, 10);
	assert_int_equal(t->second, 54);
	assert_int_equal(t->digits, want->digits);
	assert_int_equal(t->dated, want->year != 0);
	if (want->year != 0)
		assert_int_equal(t->year, want->year);
	assert_int_equal(t->zoned, want->offset != NO_OFFSET);
	if (want->offset != NO_OFFSET)
		assert_int_equal(t->offset, want->offset);
}

/* Reads a copy that ends where the message ends. host and tag may be NULL. */
static void
check(const char *in, bool local, const struct time_form *time,
    const struct part *host, const struct part *tag, const char *text)
{
	const struct msg_hints hints = { .local = local,
		.self = SLICE_LIT("web01") };
	struct msg_cache cache = { .known = false };
	size_t n = strlen(in);
	char *copy = malloc(n);
	struct msg m;

	assert_non_null(copy);
	memcpy(copy, in, n);
	msg_parse(slice_of(copy, n), &hints, &cache, &m);
	assert_int_equal(m.form, MSG_RFC3164);
	assert_int_equal(m.pri, 13);
	assert_time(&m.sent, time);
	assert_slice(m.host, host != NULL ? host->first : "");
	assert_slice(m.app, tag != NULL ? tag->first : "");
	assert_slice(m.procid, tag != NULL ? tag->second : "");
	assert_slice(m.text, text);
	free(copy);
}

static void
each_with_each(const struct time_form *time, const char *text)
{
	char in[TEXT];

	for (size_t t = 0; t < COUNT(tags); t++) {
		for (size_t h = 0; h < COUNT(hosts); h++) {
			(void)snprintf(in, sizeof(in), "<13>%s %s %s%s",
			    time->in, hosts[h].in, tags[t].in, text);
			check(in, false, time, &hosts[h], &tags[t], text);
		}
		(void)snprintf(
		    in, sizeof(in), "<13>%s %s%s", time->in, tags[t].in, text);
		check(in, false, time, NULL, &tags[t], text);
		check(in, true, time, NULL, &tags[t], text);
		(void)snprintf(in, sizeof(in), "<13>%s web01 %s%s", time->in,
		    tags[t].in, text);
		check(in, true, time, &(struct part){ "", "web01", NULL },
		    &tags[t], text);
		/* an empty host */
		(void)snprintf(
		    in, sizeof(in), "<13>%s  %s%s", time->in, tags[t].in, text);
		check(in, false, time, NULL, &tags[t], text);
	}
}

static void
time_host_and_tag_are_read_in_every_combination(void **state)
{
	(void)state;
	for (size_t i = 0; i < COUNT(times); i++) {
		print_message("  %s\n", times[i].in);
		for (size_t j = 0; j < COUNT(texts); j++)
			each_with_each(&times[i], texts[j]);
	}
}

static void
a_text_without_a_tag_stays_whole(void **state)
{
	static const char text[] = "some words of text";
	char in[TEXT];

	(void)state;
	for (size_t i = 0; i < COUNT(times); i++)
		for (size_t h = 0; h < COUNT(hosts); h++) {
			(void)snprintf(in, sizeof(in), "<13>%s %s %s",
			    times[i].in, hosts[h].in, text);
			check(in, false, &times[i], &hosts[h], NULL, text);
		}
}

static void
an_ident_of_syslog_holds_colons_up_to_its_number(void **state)
{
	static const struct part idents[] = {
		{ "celery:beat[7]: x", "celery:beat", "7" },
		{ "a:b:c[7]: x", "a:b:c", "7" },
		{ "Foo::Bar[7]: x", "Foo::Bar", "7" },
	};
	static const struct part blank = { "", "su", "" },
				 elsewhere = { "", "celery", "" };
	char in[TEXT];

	(void)state;
	for (size_t i = 0; i < COUNT(idents); i++) {
		(void)snprintf(
		    in, sizeof(in), "<13>Apr  5 14:10:54 %s", idents[i].in);
		check(in, true, &times[0], NULL, &idents[i], "x");
	}
	check("<13>Apr  5 14:10:54 su: beat[7]: x", true, &times[0], NULL,
	    &blank, "beat[7]: x");
	check("<13>Apr  5 14:10:54 celery:beat[7]: x", false, &times[0], NULL,
	    &elsewhere, "beat[7]: x");
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(
		    time_host_and_tag_are_read_in_every_combination),
		cmocka_unit_test(a_text_without_a_tag_stays_whole),
		cmocka_unit_test(
		    an_ident_of_syslog_holds_colons_up_to_its_number),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
