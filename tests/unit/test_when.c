/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * test_when.c - what a sender left out of a time is filled in (F15, RFC-62)
 */
#include "route/when.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>

#include <cmocka.h>

#define COUNT(a) (sizeof(a) / sizeof((a)[0]))

#define BERLIN "CET-1CEST,M3.5.0,M10.5.0/3"

enum { ROUNDS = 20000 };

/* Month, day, time of a stamp as RFC 3164 has it. */
#define BSD(mo, d, h, mi, s)                                                   \
	.known = true, .month = (mo), .day = (d), .hour = (h), .minute = (mi), \
	.second = (s)

struct row {
	const char *why;
	const char *zone; /* its rule */
	int64_t received;
	struct stamp sent;
	const char *want;
};

static const struct row rows[] = {
	{ "no time: reception, UTC", BERLIN, 1795342500, { 0 },
	    "2026-11-22T10:15:00.123456Z" },
	{ "same year, local zone", "UTC0", 1795342500,
	    { BSD(11, 22, 10, 14, 59) }, "2026-11-22T10:14:59+00:00" },
	{ "Berlin in winter", BERLIN, 1795342500, { BSD(11, 22, 11, 15, 0) },
	    "2026-11-22T11:15:00+01:00" },
	{ "Berlin in summer", BERLIN, 1782900900, { BSD(7, 1, 12, 15, 0) },
	    "2026-07-01T12:15:00+02:00" },
	{ "half hours", "IST-5:30", 1782900900, { BSD(7, 1, 15, 45, 0) },
	    "2026-07-01T15:45:00+05:30" },
	{ "west, half hours", "NST3:30", 1782900900, { BSD(7, 1, 6, 45, 0) },
	    "2026-07-01T06:45:00-03:30" },
	{ "far east", "XXX-14", 1782900900, { BSD(7, 2, 0, 15, 0) },
	    "2026-07-02T00:15:00+14:00" },
	{ "no offset beyond 23:59", "XXX-24", 1782900900,
	    { BSD(7, 2, 10, 15, 0) }, "2026-07-02T10:15:00+23:59" },
	{ "last year's last second", BERLIN, 1798758001,
	    { BSD(12, 31, 23, 59, 59) }, "2026-12-31T23:59:59+01:00" },
	{ "December arrives in January", "UTC0", 1798761603,
	    { BSD(12, 31, 23, 59, 59) }, "2026-12-31T23:59:59+00:00" },
	{ "January arrives in December", "UTC0", 1798761598,
	    { BSD(1, 1, 0, 0, 1) }, "2027-01-01T00:00:01+00:00" },
	{ "five months old, over the year", "UTC0", 1801440000,
	    { BSD(9, 1, 0, 0, 0) }, "2026-09-01T00:00:00+00:00" },
	{ "seven months old is five to come", "UTC0", 1795305600,
	    { BSD(4, 22, 0, 0, 0) }, "2027-04-22T00:00:00+00:00" },
	{ "29 February in a leap year", "UTC0", 1709251200,
	    { BSD(2, 29, 23, 0, 0) }, "2024-02-29T23:00:00+00:00" },
	{ "29 February, nearest is past", "UTC0", 1740787200,
	    { BSD(2, 29, 1, 2, 3) }, "2024-02-29T01:02:03+00:00" },
	{ "29 February, nearest is to come", "UTC0", 1795305600,
	    { BSD(2, 29, 1, 2, 3) }, "2028-02-29T01:02:03+00:00" },
	{ "29 February about 2100, past", "UTC0", 4099766400,
	    { BSD(2, 29, 1, 2, 3) }, "2096-02-29T01:02:03+00:00" },
	{ "29 February about 2100, to come", "UTC0", 4133980800,
	    { BSD(2, 29, 1, 2, 3) }, "2104-02-29T01:02:03+00:00" },
	{ "31 April is in no year", "UTC0", 1795342500, { BSD(4, 31, 1, 2, 3) },
	    "2026-11-22T10:15:00.123456Z" },
	{ "29 February 2023 was not", "UTC0", 1795342500,
	    { BSD(2, 29, 1, 2, 3), .dated = true, .year = 2023 },
	    "2026-11-22T10:15:00.123456Z" },
	{ "29 February 1900 was not", "UTC0", 1795342500,
	    { BSD(2, 29, 1, 2, 3), .dated = true, .year = 1900 },
	    "2026-11-22T10:15:00.123456Z" },
	{ "29 February 2000 was", "UTC0", 1795342500,
	    { BSD(2, 29, 1, 2, 3), .dated = true, .year = 2000, .zoned = true },
	    "2000-02-29T01:02:03Z" },
	{ "month 0", "UTC0", 1795342500, { BSD(0, 1, 0, 0, 0) },
	    "2026-11-22T10:15:00.123456Z" },
	{ "month 13", "UTC0", 1795342500, { BSD(13, 1, 0, 0, 0) },
	    "2026-11-22T10:15:00.123456Z" },
	{ "day 0", "UTC0", 1795342500, { BSD(1, 0, 0, 0, 0) },
	    "2026-11-22T10:15:00.123456Z" },
	{ "F15: year 0", "UTC0", 1795342500,
	    { BSD(1, 1, 0, 0, 0), .dated = true, .year = 0 },
	    "0000-01-01T00:00:00+00:00" },
	{ "F15: year 0, zoned", "UTC0", 1795342500,
	    { BSD(2, 29, 0, 0, 0), .dated = true, .zoned = true,
		.offset = 1439 },
	    "0000-02-29T00:00:00+23:59" },
	{ "F15: year 9999", "UTC0", 1795342500,
	    { BSD(12, 31, 23, 59, 59), .dated = true, .year = 9999 },
	    "9999-12-31T23:59:59+00:00" },
	{ "F15: -23:59", "UTC0", 1795342500,
	    { BSD(12, 31, 23, 59, 59), .zoned = true, .offset = -1439 },
	    "2026-12-31T23:59:59-23:59" },
	{ "zone said", BERLIN, 1795342500,
	    { BSD(11, 22, 4, 15, 0), .zoned = true, .offset = -360 },
	    "2026-11-22T04:15:00-06:00" },
	{ "UTC said", BERLIN, 1795342500,
	    { BSD(11, 22, 10, 15, 0), .zoned = true }, "2026-11-22T10:15:00Z" },
	{ "year said, zone not", BERLIN, 1795342500,
	    { BSD(7, 22, 10, 15, 0), .dated = true, .year = 2020 },
	    "2020-07-22T10:15:00+02:00" },
	{ "one digit of fraction", "UTC0", 1795342500,
	    { BSD(11, 22, 10, 15, 0), .digits = 1, .nsec = 500000000 },
	    "2026-11-22T10:15:00.5+00:00" },
	{ "RFC-18: leading zeros", "UTC0", 1795342500,
	    { BSD(11, 22, 10, 15, 0), .digits = 3, .nsec = 3000000 },
	    "2026-11-22T10:15:00.003+00:00" },
	{ "RFC-16: six digits of nine", "UTC0", 1795342500,
	    { BSD(11, 22, 10, 15, 0), .digits = 9, .nsec = 123456789 },
	    "2026-11-22T10:15:00.123456+00:00" },
	{ "an hour that was not", BERLIN, 1774746900, { BSD(3, 29, 2, 15, 0) },
	    "2026-03-29T02:15:00+01:00" },
	{ "before it", BERLIN, 1774746900, { BSD(3, 29, 1, 59, 59) },
	    "2026-03-29T01:59:59+01:00" },
	{ "behind it", BERLIN, 1774746900, { BSD(3, 29, 3, 0, 0) },
	    "2026-03-29T03:00:00+02:00" },
	{ "an hour that came twice, first", BERLIN, 1792888260,
	    { BSD(10, 25, 2, 30, 0) }, "2026-10-25T02:30:00+02:00" },
	{ "an hour that came twice, second", BERLIN, 1792891860,
	    { BSD(10, 25, 2, 30, 0) }, "2026-10-25T02:30:00+01:00" },
	{ "before it", BERLIN, 1792888260, { BSD(10, 25, 1, 59, 59) },
	    "2026-10-25T01:59:59+02:00" },
	{ "behind it", BERLIN, 1792891860, { BSD(10, 25, 3, 0, 0) },
	    "2026-10-25T03:00:00+01:00" },
	{ "received in 1970", "UTC0", 0, { BSD(12, 31, 23, 59, 59) },
	    "1969-12-31T23:59:59+00:00" },
};

static struct zone *
load(const char *rule)
{
	struct err err;
	struct zone *z = zone_of_rule(rule, &err);

	assert_non_null(z);
	return z;
}

static struct timespec
moment(int64_t sec)
{
	return (struct timespec){ .tv_sec = sec, .tv_nsec = 123456789 };
}

static void
assert_sent(struct when *w, const struct zone *zone, const struct row *r)
{
	char out[WHEN_TEXT];
	size_t n = when_sent(w, &r->sent, moment(r->received), zone, out);

	if (n != strlen(r->want) || memcmp(out, r->want, n) != 0)
		print_message("  got %.*s\n", (int)n, out);
	assert_int_equal(n, strlen(r->want));
	assert_memory_equal(out, r->want, n);
	assert_true(stamp_valid_5424(slice_of(out, n)));
}

static void
every_row(void **state)
{
	struct when w;

	(void)state;
	for (size_t i = 0; i < COUNT(rows); i++) {
		struct zone *zone = load(rows[i].zone);

		print_message("  %s\n", rows[i].why);
		when_init(&w);
		assert_sent(&w, zone, &rows[i]);
		assert_sent(&w, zone, &rows[i]);
		if (strcmp(rows[i].zone, "UTC0") == 0)
			assert_sent(&w, NULL, &rows[i]);
		zone_free(zone);
	}
}

static void
what_is_remembered_is_not_confused(void **state)
{
	struct zone *berlin = load(BERLIN), *utc = load("UTC0");
	struct when w;

	(void)state;
	when_init(&w);
	for (size_t i = 0; i < COUNT(rows) * COUNT(rows); i++) {
		const struct row *a = &rows[i / COUNT(rows)];
		const struct row *b = &rows[i % COUNT(rows)];

		if (strcmp(a->zone, BERLIN) == 0)
			assert_sent(&w, berlin, a);
		if (strcmp(b->zone, "UTC0") == 0)
			assert_sent(&w, utc, b);
	}
	zone_free(berlin);
	zone_free(utc);
}

static uint32_t
next_random(uint32_t *x)
{
	*x ^= *x << 13;
	*x ^= *x >> 17;
	*x ^= *x << 5;
	return *x;
}

/* A clock on the wall shows t; what is written must be the instant t. */
static void
assert_instant(struct when *w, const struct zone *zone, time_t t)
{
	struct timespec received = { .tv_sec = t, .tv_nsec = 5000 };
	struct stamp sent = { .known = true }, back = { .known = false };
	char out[WHEN_TEXT];
	struct tm tm;
	size_t n;

	assert_non_null(localtime_r(&t, &tm));
	sent.month = (uint8_t)(tm.tm_mon + 1);
	sent.day = (uint8_t)tm.tm_mday;
	sent.hour = (uint8_t)tm.tm_hour;
	sent.minute = (uint8_t)tm.tm_min;
	sent.second = (uint8_t)tm.tm_sec;
	n = when_sent(w, &sent, received, zone, out);
	assert_true(stamp_parse_5424(slice_of(out, n), &back));
	assert_int_equal(back.year, tm.tm_year + 1900);
	assert_int_equal(back.offset, tm.tm_gmtoff / 60);
	assert_int_equal(timegm(&tm) - back.offset * 60, t);

	n = when_received(w, received, out);
	assert_true(stamp_parse_5424(slice_of(out, n), &back));
	assert_int_equal(back.digits, 6);
	assert_int_equal(back.nsec, 5000);
	tm = (struct tm){ .tm_year = back.year - 1900,
		.tm_mon = back.month - 1,
		.tm_mday = back.day,
		.tm_hour = back.hour,
		.tm_min = back.minute,
		.tm_sec = back.second };
	assert_int_equal(timegm(&tm), t);
}

static void
local_times_are_the_instants_they_were(void **state)
{
	static const char *const zones[] = { BERLIN, "UTC0", "IST-5:30",
		"<+1030>-10:30<+11>-11,M10.1.0,M4.1.0",
		"EST5EDT,M3.2.0,M11.1.0" };
	uint32_t x = 2463534242;
	struct zone *zone;
	struct when w;

	(void)state;
	for (size_t i = 0; i < COUNT(zones); i++) {
		assert_int_equal(setenv("TZ", zones[i], 1), 0);
		tzset();
		zone = load(zones[i]);
		when_init(&w);
		for (int n = 0; n < ROUNDS; n++)
			assert_instant(&w, zone, (time_t)next_random(&x));
		/* each minute of the year, the hours that come twice, too */
		for (int n = 0; n < 527040; n++)
			assert_instant(&w, zone, 1767225600 + n * 60);
		zone_free(zone);
	}
}

/* The offset of a year's last hours belongs to the year, too. */
static void
the_year_is_that_of_the_senders_wall(void **state)
{
	static const struct row wall_rows[] = {
		{ "New Year in Auckland, not yet in UTC",
		    "NZST-12NZDT,M9.5.0,M4.1.0/3", 1798718400,
		    { BSD(1, 1, 1, 0, 0) }, "2027-01-01T01:00:00+13:00" },
		{ "half a year to the hour", "XXX-12", 1782043200,
		    { BSD(12, 21, 6, 0, 0) }, "2026-12-21T06:00:00+12:00" },
	};
	struct when w;

	(void)state;
	for (size_t i = 0; i < COUNT(wall_rows); i++) {
		struct zone *zone = load(wall_rows[i].zone);

		when_init(&w);
		assert_sent(&w, zone, &wall_rows[i]);
		zone_free(zone);
	}
}

static void
two_zones_do_not_mix(void **state)
{
	struct zone *berlin = load(BERLIN), *india = load("IST-5:30");
	struct row r = { "", "", 1795342500, { BSD(11, 22, 11, 15, 0) },
		"2026-11-22T11:15:00+01:00" };
	struct row s = { "", "", 1795342500, { BSD(11, 22, 11, 15, 0) },
		"2026-11-22T11:15:00+05:30" };
	struct when w;

	(void)state;
	when_init(&w);
	for (int i = 0; i < 3; i++) {
		assert_sent(&w, berlin, &r);
		assert_sent(&w, india, &s);
	}
	zone_free(berlin);
	zone_free(india);
}

/* One that differs from the last in any field is made anew. */
static void
each_field_of_a_time_is_compared(void **state)
{
	static const struct stamp stamps[] = {
		{ BSD(11, 22, 10, 15, 0) },
		{ BSD(12, 22, 10, 15, 0) },
		{ BSD(11, 23, 10, 15, 0) },
		{ BSD(11, 22, 11, 15, 0) },
		{ BSD(11, 22, 10, 16, 0) },
		{ BSD(11, 22, 10, 15, 1) },
		{ BSD(11, 22, 10, 15, 0), .zoned = true },
		{ BSD(11, 22, 10, 15, 0), .zoned = true, .offset = 60 },
		{ BSD(11, 22, 10, 15, 0), .zoned = true, .offset = -60 },
		{ BSD(11, 22, 10, 15, 0), .dated = true, .year = 2001 },
		{ BSD(11, 22, 10, 15, 0), .dated = true, .year = 2257 },
	};
	const struct timespec received = { .tv_sec = 1795342500 };
	const size_t n = sizeof(stamps) / sizeof(stamps[0]);
	char text[2][WHEN_TEXT];
	struct when w, fresh;

	(void)state;
	when_init(&w);
	for (size_t i = 0; i < n * n; i++) {
		const struct stamp *before = &stamps[i / n];
		const struct stamp *now = &stamps[i % n];
		size_t a, b;

		when_init(&fresh);
		when_sent(&w, before, received, NULL, text[0]);
		a = when_sent(&w, now, received, NULL, text[0]);
		b = when_sent(&fresh, now, received, NULL, text[1]);
		assert_int_equal(a, b);
		assert_memory_equal(text[0], text[1], a);
	}
}

static void
iso_has_an_offset_always(void **state)
{
	static const struct {
		struct stamp sent;
		const char *want;
	} iso_rows[] = {
		{ { 0 }, "2026-11-22T10:15:00.123456+00:00" },
		{ { BSD(11, 22, 10, 15, 0), .zoned = true },
		    "2026-11-22T10:15:00+00:00" },
		{ { BSD(11, 22, 4, 15, 0), .zoned = true, .offset = -360 },
		    "2026-11-22T04:15:00-06:00" },
		{ { BSD(11, 22, 11, 15, 0), .digits = 2, .nsec = 70000000 },
		    "2026-11-22T11:15:00.07+01:00" },
		{ { BSD(2, 30, 11, 15, 0) },
		    "2026-11-22T10:15:00.123456+00:00" },
	};
	struct zone *zone = load(BERLIN);
	char out[WHEN_TEXT];
	struct when w;
	size_t n;

	(void)state;
	when_init(&w);
	for (size_t i = 0; i < COUNT(iso_rows); i++) {
		n = when_iso(
		    &w, &iso_rows[i].sent, moment(1795342500), zone, out);
		assert_int_equal(n, strlen(iso_rows[i].want));
		assert_memory_equal(out, iso_rows[i].want, n);
	}
	zone_free(zone);
}

struct bsd_row {
	const char *why, *sender, *local; /* NULL: the very same zone */
	struct stamp sent;
	const char *want;
};

static const struct bsd_row bsd_rows[] = {
	{ "no time: reception", "UTC0", BERLIN, { 0 }, "Nov 22 11:15:00" },
	{ "the same wall", BERLIN, NULL, { BSD(11, 2, 10, 15, 0) },
	    "Nov  2 10:15:00" },
	{ "an hour that was not, the same wall", BERLIN, NULL,
	    { BSD(3, 29, 2, 15, 0) }, "Mar 29 02:15:00" },
	{ "another wall", "IST-5:30", BERLIN, { BSD(11, 22, 15, 45, 1) },
	    "Nov 22 11:15:01" },
	{ "the zone is said", BERLIN, NULL,
	    { BSD(11, 22, 4, 15, 0), .zoned = true, .offset = -360 },
	    "Nov 22 11:15:00" },
	{ "summer there, summer here", "NST3:30NDT,M3.2.0,M11.1.0", BERLIN,
	    { BSD(7, 1, 6, 45, 0) }, "Jul  1 11:15:00" },
	{ "over New Year", "UTC0", BERLIN, { BSD(12, 31, 23, 30, 0) },
	    "Jan  1 00:30:00" },
	{ "no such day", BERLIN, NULL, { BSD(4, 31, 0, 0, 0) },
	    "Nov 22 11:15:00" },
	{ "F15: the year 9999", "UTC0", BERLIN,
	    { BSD(12, 31, 23, 59, 59), .dated = true, .year = 9999 },
	    "Jan  1 00:59:59" },
	{ "F15: the year 0", BERLIN, "UTC0",
	    { BSD(1, 1, 0, 0, 0), .dated = true }, "Dec 31 23:00:00" },
};

static void
bsd_is_what_the_wall_here_shows(void **state)
{
	char out[WHEN_TEXT];
	struct when w;

	(void)state;
	for (size_t i = 0; i < COUNT(bsd_rows); i++) {
		const struct bsd_row *r = &bsd_rows[i];
		struct zone *sender = load(r->sender), *local = sender;
		size_t n;

		print_message("  %s\n", r->why);
		if (r->local != NULL)
			local = load(r->local);
		when_init(&w);
		n = when_bsd(
		    &w, &r->sent, moment(1795342500), sender, local, out);
		assert_int_equal(n, WHEN_BSD);
		assert_memory_equal(out, r->want, WHEN_BSD);
		if (local != sender)
			zone_free(local);
		zone_free(sender);
	}
}

static void
assert_date(
    struct when *w, const struct zone *zone, int64_t t, struct when_date want)
{
	struct when_date got = when_date(w, moment(t), zone);

	assert_int_equal(got.year, want.year);
	assert_int_equal(got.month, want.month);
	assert_int_equal(got.day, want.day);
	assert_int_equal(got.hour, want.hour);
}

static void
dates_are_those_of_the_wall_here(void **state)
{
	struct zone *berlin = load(BERLIN), *india = load("IST-5:30");
	struct when w;

	(void)state;
	when_init(&w);
	for (int i = 0; i < 2; i++) {
		assert_date(&w, berlin, 1795342500,
		    (struct when_date){ 2026, 11, 22, 11 });
		assert_date(&w, NULL, 1795342500,
		    (struct when_date){ 2026, 11, 22, 10 });
		assert_date(&w, india, 1795342500,
		    (struct when_date){ 2026, 11, 22, 15 });
		assert_date(&w, berlin, 1798757999,
		    (struct when_date){ 2026, 12, 31, 23 });
		assert_date(&w, berlin, 1798758000,
		    (struct when_date){ 2027, 1, 1, 0 });
		assert_date(&w, NULL, 0, (struct when_date){ 1970, 1, 1, 0 });
		assert_date(
		    &w, NULL, -1, (struct when_date){ 1969, 12, 31, 23 });
	}
	zone_free(berlin);
	zone_free(india);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(every_row),
		cmocka_unit_test(what_is_remembered_is_not_confused),
		cmocka_unit_test(local_times_are_the_instants_they_were),
		cmocka_unit_test(the_year_is_that_of_the_senders_wall),
		cmocka_unit_test(two_zones_do_not_mix),
		cmocka_unit_test(each_field_of_a_time_is_compared),
		cmocka_unit_test(iso_has_an_offset_always),
		cmocka_unit_test(bsd_is_what_the_wall_here_shows),
		cmocka_unit_test(dates_are_those_of_the_wall_here),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
