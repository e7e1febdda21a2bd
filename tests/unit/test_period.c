/* SPDX-License-Identifier: BSD-2-Clause */
/* test_period.c - when a file has had its time, and clocks that step */
#include "output/period.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>

#include <cmocka.h>

#include "base/civil.h"
#include "base/zone.h"

#define ROWS(a) (sizeof(a) / sizeof((a)[0]))

#define BERLIN    "CET-1CEST,M3.5.0,M10.5.0/3"
#define NEW_YORK  "EST5EDT,M3.2.0,M11.1.0"
#define LORD_HOWE "<+1030>-10:30<+11>-11,M10.1.0,M4.1.0"
#define KOLKATA   "IST-5:30"
#define HAVANA    "CST5CDT,M3.2.0/0,M11.1.0/1"
#define ST_JOHNS  "NST3:30NDT,M3.2.0/0:01,M11.1.0/0:01"
#define UTC       "UTC0"

enum { MINUTE = 60, HOUR = 3600, DAY = 86400 };

static struct zone *
zone(const char *rule)
{
	struct err err;
	struct zone *z = zone_of_rule(rule, &err);

	if (z == NULL)
		fail_msg("%s: %s", rule, err.text);
	return z;
}

/* An instant by its digits: 20260329012959 UTC. */
static int64_t
at(int64_t digits)
{
	int64_t time = digits % 1000000, date = digits / 1000000;

	return civil_days(date / 10000, (unsigned)(date / 100 % 100),
		   (unsigned)(date % 100)) *
	    CIVIL_DAY +
	    time / 10000 * HOUR + time / 100 % 100 * MINUTE + time % 100;
}

static void
a_period_begins_where_the_wall_shows_it(void **state)
{
	static const struct {
		const char *rule;
		int64_t every, now, from, to;
	} rows[] = {
		{ UTC, DAY, 20261124120000, 20261124000000, 20261125000000 },
		{ UTC, DAY, 20261124000000, 20261124000000, 20261125000000 },
		{ UTC, DAY, 20261123235959, 20261123000000, 20261124000000 },
		{ UTC, 7 * DAY, 20261124120000, 20261123000000,
		    20261130000000 },
		{ UTC, MINUTE, 20261124120059, 20261124120000, 20261124120100 },
		{ UTC, 7 * HOUR, 20261124220000, 20261124210000,
		    20261125000000 },
		{ UTC, DAY, 20380119031408, 20380119000000, 20380120000000 },
		{ UTC, HOUR, 20380119031407, 20380119030000, 20380119040000 },
		{ UTC, DAY, 19691231235959, 19691231000000, 19700101000000 },
		{ KOLKATA, DAY, 20261124183000, 20261124183000,
		    20261125183000 },
		{ KOLKATA, HOUR, 20261124182959, 20261124173000,
		    20261124183000 },
		/* days of 23 and 25 hours */
		{ BERLIN, DAY, 20260329120000, 20260328230000, 20260329220000 },
		{ BERLIN, DAY, 20261025120000, 20261024220000, 20261025230000 },
		{ NEW_YORK, DAY, 20260308120000, 20260308050000,
		    20260309040000 },
		{ NEW_YORK, DAY, 20261101120000, 20261101040000,
		    20261102050000 },
		/* half an hour */
		{ LORD_HOWE, DAY, 20261004000000, 20261003133000,
		    20261004130000 },
		{ LORD_HOWE, DAY, 20260405000000, 20260404130000,
		    20260405133000 },
		/* an hour that is left out, and what would begin in it */
		{ BERLIN, HOUR, 20260329005959, 20260329000000,
		    20260329010000 },
		{ BERLIN, HOUR, 20260329010000, 20260329010000,
		    20260329020000 },
		{ BERLIN, 150 * MINUTE, 20260329005959, 20260328230000,
		    20260329010000 },
		{ BERLIN, 150 * MINUTE, 20260329011000, 20260329010000,
		    20260329030000 },
		/* an hour that comes twice begins once */
		{ BERLIN, HOUR, 20261025003000, 20261025000000,
		    20261025020000 },
		{ BERLIN, HOUR, 20261025013000, 20261025000000,
		    20261025020000 },
		{ BERLIN, 30 * MINUTE, 20261025003000, 20261025003000,
		    20261025020000 },
		{ BERLIN, 30 * MINUTE, 20261025010000, 20261025003000,
		    20261025020000 },
		{ BERLIN, MINUTE, 20261025010000, 20261025005900,
		    20261025020000 },
		{ NEW_YORK, HOUR, 20261101060000, 20261101050000,
		    20261101070000 },
		{ LORD_HOWE, 15 * MINUTE, 20260404150000, 20260404144500,
		    20260404153000 },
		/* midnight is left out, comes twice, is undone */
		{ HAVANA, DAY, 20260308120000, 20260308050000, 20260309040000 },
		{ HAVANA, DAY, 20261101050000, 20261101040000, 20261102050000 },
		{ ST_JOHNS, DAY, 20261101023030, 20261101023000,
		    20261102033000 },
		{ ST_JOHNS, DAY, 20261101030000, 20261101023000,
		    20261102033000 },
	};

	(void)state;
	for (size_t i = 0; i < ROWS(rows); i++) {
		struct zone *z = zone(rows[i].rule);
		struct period p = period_around(
		    rows[i].every, z, at(rows[i].now));

		zone_free(z);
		if (p.from != at(rows[i].from) || p.to != at(rows[i].to))
			fail_msg("%zu: %lld..%lld, not %lld..%lld", i,
			    (long long)p.from, (long long)p.to,
			    (long long)at(rows[i].from),
			    (long long)at(rows[i].to));
	}
}

/* Without a hole and without an overlap, over both changes of a year. */
static void
periods_follow_each_other(void **state)
{
	static const char *const rules[] = { UTC, BERLIN, NEW_YORK, LORD_HOWE,
		KOLKATA, HAVANA, ST_JOHNS };
	static const int64_t lengths[] = { 15 * MINUTE, 150 * MINUTE, HOUR,
		7 * HOUR, DAY, 7 * DAY };

	(void)state;
	for (size_t i = 0; i < ROWS(rules) * ROWS(lengths); i++) {
		struct zone *z = zone(rules[i / ROWS(lengths)]);
		int64_t every = lengths[i % ROWS(lengths)];
		int64_t t = at(20260101000000);
		struct period p = period_around(every, z, t), next;

		for (; t < at(20270101000000); t += 5 * MINUTE) {
			next = period_around(every, z, t);
			if (t >= p.to)
				assert_int_equal(next.from, p.to);
			else
				assert_int_equal(next.from, p.from);
			assert_true(next.from <= t && t < next.to);
			p = next;
		}
		zone_free(z);
	}
}

/* What a file does: true when it is rotated at that time. */
static bool
look(struct period *p, int64_t every, const struct zone *z, int64_t now)
{
	if (!period_is_over(p, every, z, now))
		return false;
	*p = period_around(every, z, now);
	return true;
}

static void
a_clock_that_steps_rotates_once(void **state)
{
	static const struct {
		int64_t every, from, step;
		unsigned rotated; /* until a day and an hour later */
	} rows[] = {
		{ DAY, 20261124120000, 0, 1 },
		{ DAY, 20261124120000, -HOUR, 1 },
		{ DAY, 20261124120000, DAY, 2 },
		/* back over midnight: not a second time */
		{ DAY, 20261124003000, -HOUR, 1 },
		/* much further back: it goes on from there */
		{ DAY, 20261124120000, -3 * DAY, 1 },
		{ HOUR, 20261124120000, -HOUR, 23 },
		{ HOUR, 20261124123000, -3 * HOUR, 25 },
		{ DAY, 20380119120000, -4000 * (int64_t)DAY, 1 },
		{ DAY, 20261124120000, 4000 * (int64_t)DAY, 2 },
	};

	(void)state;
	for (size_t i = 0; i < ROWS(rows); i++) {
		struct zone *z = zone(UTC);
		int64_t t = at(rows[i].from);
		struct period p = period_around(rows[i].every, z, t);
		unsigned rotated = 0;

		t += rows[i].step;
		for (int64_t end = t + DAY + HOUR; t < end; t += MINUTE)
			rotated += look(&p, rows[i].every, z, t);
		zone_free(z);
		if (rotated != rows[i].rotated)
			fail_msg("%zu: %u", i, rotated);
	}
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_period_begins_where_the_wall_shows_it),
		cmocka_unit_test(periods_follow_each_other),
		cmocka_unit_test(a_clock_that_steps_rotates_once),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
