/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * test_zone.c - zones by their rules, from files good and bad
 *
 * The C library knows one zone at a time; what it says is what we must say.
 */
#include "base/zone.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include <cmocka.h>

#include "base/civil.h"

#define COUNT(a) (sizeof(a) / sizeof((a)[0]))

#define BERLIN "CET-1CEST,M3.5.0,M10.5.0/3"

enum { HALF_DAY = 43200, RANDOM = 20000 };

static struct zone *
load(const char *name)
{
	struct err err;
	struct zone *z = zone_load(name, &err);

	if (z == NULL)
		fail_msg("%s %s", name, err.text);
	return z;
}

static long
libc_offset(int64_t utc)
{
	time_t t = (time_t)utc;
	struct tm tm;

	assert_non_null(localtime_r(&t, &tm));
	return tm.tm_gmtoff;
}

static void
expect_offset(const struct zone *z, const char *name, int64_t utc)
{
	int32_t offset = zone_offset(z, utc), back;
	long want = libc_offset(utc);

	if (offset != want)
		fail_msg("%s at %lld: %d, not %ld", name, (long long)utc,
		    offset, want);
	/* Received at that very moment, the wall says when it was. */
	back = zone_offset_of_wall(z, utc + offset, utc);
	if (back != offset)
		fail_msg("%s, wall at %lld: %d, not %ld", name, (long long)utc,
		    back, want);
}

static uint64_t
next_random(uint64_t *x)
{
	*x ^= *x << 13;
	*x ^= *x >> 7;
	*x ^= *x << 17;
	return *x;
}

/* Until 2110 twice a day, around each change to the second, and
 * anywhere until the year 9999. */
static void
compare_with_libc(const struct zone *z, const char *name, int64_t first)
{
	const int64_t last = civil_days(2110, 1, 1) * CIVIL_DAY;
	const int64_t end = civil_days(9999, 12, 1) * CIVIL_DAY;
	uint64_t x = 88172645463325252U;
	int64_t low, high, mid, t;

	for (t = first; t < last; t += HALF_DAY) {
		expect_offset(z, name, t);
		low = t;
		high = t + HALF_DAY;
		if (libc_offset(low) == libc_offset(high))
			continue;
		while (high - low > 1) {
			mid = low + (high - low) / 2;
			if (libc_offset(mid) == libc_offset(low))
				low = mid;
			else
				high = mid;
		}
		for (int i = -2; i <= 2; i++)
			expect_offset(z, name, low + i);
	}
	for (int i = 0; i < RANDOM; i++) {
		t = (int64_t)(next_random(&x) % (uint64_t)(end - first));
		expect_offset(z, name, first + t);
	}
}

static void
rules_say_what_the_c_library_says(void **state)
{
	static const char *const rules[] = { BERLIN, "UTC0", "IST-5:30",
		"NST3:30NDT,M3.2.0,M11.1.0", "EST5EDT",
		"<+1030>-10:30<+11>-11,M10.1.0,M4.1.0",
		"AEST-10AEDT,M10.1.0,M4.1.0/3", "AAA3BBB,J60/0,J300",
		"AAA3BBB,59/0:30,299/23:59:59", "AAA-3BBB-4:30,J32,J335/1",
		"EET-2EEST,M3.4.4/50,M10.4.4/50",
		"<-02>2<-01>,M3.5.0/-1,M10.5.0/0", "IST-1GMT0,M10.5.0,M3.5.0/1",
		"XXX-24", "XXX24" };

	(void)state;
	for (size_t i = 0; i < COUNT(rules); i++) {
		struct zone *z = load(rules[i]);

		assert_int_equal(setenv("TZ", rules[i], 1), 0);
		tzset();
		/* before 1970 it knows no summer time of a rule */
		compare_with_libc(
		    z, rules[i], civil_days(1970, 1, 3) * CIVIL_DAY);
		zone_free(z);
	}
	assert_int_equal(unsetenv("TZ"), 0);
}

static void
files_say_what_the_c_library_says(void **state)
{
	static const char *const names[] = { "Europe/Berlin", "Etc/UTC",
		"America/New_York", "America/St_Johns", "America/Caracas",
		"Africa/Casablanca", "Africa/Monrovia", "Pacific/Apia",
		"Pacific/Kwajalein", "Asia/Kathmandu", "Asia/Gaza",
		"Europe/Dublin", "Australia/Lord_Howe", "Antarctica/Troll",
		"America/Argentina/Buenos_Aires" };

	(void)state;
	if (access("/usr/share/zoneinfo/Europe/Berlin", R_OK) == -1)
		skip();
	for (size_t i = 0; i < COUNT(names); i++) {
		struct zone *z = load(names[i]);

		assert_int_equal(setenv("TZ", names[i], 1), 0);
		tzset();
		compare_with_libc(
		    z, names[i], civil_days(1850, 1, 1) * CIVIL_DAY);
		zone_free(z);
	}
	assert_int_equal(unsetenv("TZ"), 0);
}

struct wall_row {
	const char *why, *zone;
	int64_t wall, near;
	int32_t offset;
};

static const struct wall_row wall_rows[] = {
	{ "winter", BERLIN, 1798758000, 1798758000, 3600 },
	{ "an hour left out: the offset before", BERLIN, 1774751400, 1774749600,
	    3600 },
	{ "twice, received in the first", BERLIN, 1792895400, 1792888260,
	    7200 },
	{ "twice, received in the second", BERLIN, 1792895400, 1792891860,
	    3600 },
	{ "twice, received a year before", BERLIN, 1792895400, 1761359400,
	    7200 },
	{ "twice, received a year behind", BERLIN, 1792895400, 1824431400,
	    3600 },
	{ "the year 0", BERLIN, -62162208000, 0, 3600 },
	{ "a summer of the year 9999", BERLIN, 253386921600, 0, 7200 },
	{ "summer all the year", "EST5EDT,0/0,J365/25", 1798758000, 0, -14400 },
	{ "summer at New Year", "EST5EDT,0/0,J365/25", 1798761600, 0, -14400 },
};

static void
the_wall_is_asked_for_its_offset(void **state)
{
	(void)state;
	for (size_t i = 0; i < COUNT(wall_rows); i++) {
		const struct wall_row *r = &wall_rows[i];
		struct zone *z = load(r->zone);
		int32_t got = zone_offset_of_wall(z, r->wall, r->near);

		if (got != r->offset)
			fail_msg("%s: %d", r->why, got);
		zone_free(z);
	}
}

static void
what_is_no_rule_is_refused(void **state)
{
	static const char *const bad[] = { "", "C", "CET", "CE-1", "CET-",
		"CET-25", "CET-1:60", "CET-1:00:60", "CET-1CEST,",
		"CET-1CEST,M3.5.0", "CET-1CEST,M3.5.0,", "CET-1CEST,M13.5.0,J1",
		"CET-1CEST,M0.5.0,J1", "CET-1CEST,M3.6.0,J1",
		"CET-1CEST,M3.0.0,J1", "CET-1CEST,M3.5.7,J1", "CET-1CEST,J0,J1",
		"CET-1CEST,J366,J1", "CET-1CEST,366,J1", "CET-1CEST,J1/168,J1",
		"CET-1CEST,J1,J2 ", "CET-1CEST,J1,J2,J3", "<+3>-3", "<+03-3",
		"+03-3", "CET-1CEST,J0001,J2", "CET-1,J1,J2" };
	struct err err;

	(void)state;
	for (size_t i = 0; i < COUNT(bad); i++)
		if (zone_of_rule(bad[i], &err) != NULL)
			fail_msg("\"%s\" was taken", bad[i]);
}

/* A file in the making. */
struct bytes {
	char at[1024];
	size_t n;
};

static void
put(struct bytes *b, uint64_t v, unsigned width)
{
	for (unsigned i = width; i > 0; i--)
		b->at[b->n++] = (char)(v >> (8 * (i - 1)));
}

/* A block with two types, +1 h and +2 h, and these changes to one and the
 * other. */
static void
put_block(struct bytes *b, char version, unsigned width, const int64_t *at,
    unsigned n)
{
	memcpy(b->at + b->n, "TZif", 4);
	b->at[b->n + 4] = version;
	memset(b->at + b->n + 5, 0, 15);
	b->n += 20;
	put(b, 0, 4); /* UT or local */
	put(b, 0, 4); /* standard or wall */
	put(b, 0, 4); /* leap seconds */
	put(b, n, 4);
	put(b, 2, 4);
	put(b, 4, 4);
	for (unsigned i = 0; i < n; i++)
		put(b, (uint64_t)at[i], width);
	for (unsigned i = 0; i < n; i++)
		put(b, i % 2 == 0, 1);
	for (uint64_t hours = 1; hours <= 2; hours++) {
		put(b, hours * 3600, 4);
		put(b, hours == 2, 1);
		put(b, 0, 1);
	}
	memcpy(b->at + b->n, "XYZ", 4);
	b->n += 4;
}

static void
put_text(struct bytes *b, const char *text)
{
	memcpy(b->at + b->n, text, strlen(text));
	b->n += strlen(text);
}

static void
expect_file(const struct bytes *b, int64_t utc, int32_t offset)
{
	struct err err = { "" };
	struct zone *z = zone_of_file(slice_of(b->at, b->n), &err);

	if (z == NULL)
		fail_msg("%s", err.text);
	assert_int_equal(zone_offset(z, utc), offset);
	zone_free(z);
}

static void
expect_bad_file(const struct bytes *b, const char *says)
{
	struct err err = { "" };

	assert_null(zone_of_file(slice_of(b->at, b->n), &err));
	if (strstr(err.text, says) == NULL)
		fail_msg("%s, not %s", err.text, says);
}

static void
each_version_of_a_file_is_read(void **state)
{
	const int64_t at[] = { -1000, 0, 1000 }, one[] = { 5 };
	struct bytes b = { .n = 0 };

	(void)state;
	put_block(&b, '\0', 4, at, 3);
	expect_file(&b, -1001, 3600);
	expect_file(&b, -1000, 7200);
	expect_file(&b, 999, 3600);
	expect_file(&b, 1000, 7200);
	expect_file(&b, 253402300799, 7200);
	for (char version = '2'; version <= '4'; version++) {
		b.n = 0;
		put_block(&b, version, 4, one, 1); /* not looked at */
		put_block(&b, version, 8, at, 3);
		put_text(&b, "\n\n");
		expect_file(&b, -1000, 7200);
		expect_file(&b, 253402300799, 7200);
		b.n -= 2;
		put_text(&b, "\nABC-7\n");
		expect_file(&b, 999, 3600);
		expect_file(&b, 1000, 25200);
	}
	b.n = 0;
	put_block(&b, '2', 4, one, 0);
	put_block(&b, '2', 8, one, 0);
	put_text(&b, "\nABC-7DEF,M3.5.0,M10.5.0\n"); /* no change but these */
	expect_file(&b, 1795342500, 25200);
	expect_file(&b, 1782900900, 28800);
}

static void
a_damaged_file_is_refused(void **state)
{
	const int64_t at[] = { -1000, 0, 1000 }, twice[] = { 7, 7 };
	struct bytes good = { .n = 0 }, b;
	struct err err;

	(void)state;
	put_block(&good, '\0', 4, at, 3);
	b = good;
	b.at[0] = 't';
	expect_bad_file(&b, "no zone file");
	b = good;
	b.at[32] = '\xff'; /* the number of changes */
	expect_bad_file(&b, "too short");
	b = good;
	b.at[39] = 0; /* the number of types */
	expect_bad_file(&b, "no first offset");
	b = good;
	b.at[31] = 1; /* leap seconds, without the bytes */
	expect_bad_file(&b, "too short");
	b.n += 8;
	expect_bad_file(&b, "leap seconds");
	b = good;
	b.at[44 + 12] = 2;
	expect_bad_file(&b, "that of change 0");
	b = good;
	b.at[44 + 15] = '\x7f'; /* 68 years */
	expect_bad_file(&b, "no first offset");
	b.n = 0;
	put_block(&b, '\0', 4, twice, 2);
	expect_bad_file(&b, "change 1 is not behind");
	b = good;
	b.at[4] = '2';
	expect_bad_file(&b, "too short");
	put_block(&b, '2', 8, at, 3);
	expect_bad_file(&b, "too short");
	put_text(&b, "\nABC");
	expect_bad_file(&b, "too short");
	put_text(&b, "\n");
	expect_bad_file(&b, "no rule at its end");
	/* however it is cut, nothing behind it is read */
	for (size_t n = 0; n < b.n; n++) {
		char *copy = malloc(n + 1);

		memcpy(copy + 1, b.at, n);
		assert_null(zone_of_file(slice_of(copy + 1, n), &err));
		free(copy);
	}
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(rules_say_what_the_c_library_says),
		cmocka_unit_test(files_say_what_the_c_library_says),
		cmocka_unit_test(the_wall_is_asked_for_its_offset),
		cmocka_unit_test(what_is_no_rule_is_refused),
		cmocka_unit_test(each_version_of_a_file_is_read),
		cmocka_unit_test(a_damaged_file_is_refused),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
