/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * test_names.c - how many files messages may make: a day, a minute
 *
 * faults.md H2.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <time.h>

#include <cmocka.h>

#include "output/names.h"

enum { NOON = 1795348800, MINUTE = 60 * 1000 }; /* 2026-11-22T12:00:00Z */

static struct names *
must_make(void)
{
	struct err err;
	struct names *n = names_new(&err);

	assert_non_null(n);
	return n;
}

/* What batches do: ask, then admit. */
static enum names_verdict
name(struct names *n, uint64_t hash, uint64_t peer,
    const struct names_limits *limits, int64_t ms)
{
	if (names_know(n, hash, NOON))
		return NAMES_OK;
	return names_admit(n, hash, peer, false, limits, ms);
}

static void
a_day_has_so_many_names(void **state)
{
	const struct names_limits limits = { .files = 5000 };
	struct names *n = must_make();

	(void)state;
	for (uint64_t i = 0; i < 5000; i++) {
		assert_false(names_are_full(n, &limits));
		assert_int_equal(name(n, i * 8, 1, &limits, 0), NAMES_OK);
	}
	assert_true(names_are_full(n, &limits));
	assert_int_equal(name(n, 3, 1, &limits, 0), NAMES_TOO_MANY);
	assert_int_equal(
	    names_admit(n, 3, 1, true, &limits, 0), NAMES_TOO_MANY);
	/* those that are known stay so, whatever is asked for */
	for (uint64_t i = 0; i < 5000; i++)
		assert_int_equal(
		    name(n, i * 8, 1, &limits, 99 * MINUTE), NAMES_OK);
	assert_false(names_know(n, 3, NOON));
	names_free(n);
}

static void
a_minute_and_a_sender_have_so_many_new_names(void **state)
{
	const struct names_limits limits = { .files = 1000, .new_files = 3 };
	struct names *n = must_make();

	(void)state;
	for (uint64_t i = 1; i <= 3; i++)
		assert_int_equal(name(n, i, 1, &limits, 1000), NAMES_OK);
	assert_int_equal(name(n, 4, 1, &limits, 1000), NAMES_TOO_FAST);
	assert_int_equal(name(n, 2, 1, &limits, 1000), NAMES_OK);
	/* another sender has a minute of his own, old files cost nothing */
	assert_int_equal(name(n, 5, 2, &limits, 1000), NAMES_OK);
	assert_int_equal(names_admit(n, 6, 1, true, &limits, 1000), NAMES_OK);
	assert_int_equal(
	    name(n, 7, 1, &limits, 1000 + MINUTE - 1), NAMES_TOO_FAST);
	for (uint64_t i = 7; i <= 9; i++)
		assert_int_equal(
		    name(n, i, 1, &limits, 1000 + MINUTE), NAMES_OK);
	assert_int_equal(
	    name(n, 10, 1, &limits, 1000 + MINUTE), NAMES_TOO_FAST);
	names_free(n);
}

static void
no_limit_a_minute_is_none(void **state)
{
	const struct names_limits limits = { .files = 100000 };
	struct names *n = must_make();

	(void)state;
	for (uint64_t i = 0; i < 20000; i++)
		assert_int_equal(name(n, i, 1, &limits, 0), NAMES_OK);
	names_free(n);
}

/* However many send, the table of senders does not grow, and who sends all
 * the time is not forgotten for those who came before. */
static void
a_crowd_of_senders_fits_the_table(void **state)
{
	const struct names_limits limits = { .files = 1000000, .new_files = 2 };
	struct names *n = must_make();
	uint64_t hash = 1;

	(void)state;
	for (uint64_t peer = 1; peer < 100000; peer++)
		assert_int_equal(
		    name(n, hash++, peer, &limits, (int64_t)peer), NAMES_OK);
	assert_int_equal(name(n, hash++, 99999, &limits, 100000), NAMES_OK);
	assert_int_equal(
	    name(n, hash++, 99999, &limits, 100000), NAMES_TOO_FAST);
	names_free(n);
}

/* The local calendar decides, also where a day has 23 or 25 hours. */
static void
a_new_day_begins_anew(void **state)
{
	static const struct {
		const char *zone;
		time_t last; /* the last second of a day */
		int hours;   /* of the next one */
	} rows[] = {
		{ "UTC0", 1795391999, 24 },
		{ "EST5", 1795391999 + 5 * 3600, 24 },
		{ "CET-1CEST,M3.5.0,M10.5.0/3", 1774738799, 23 },
		{ "CET-1CEST,M3.5.0,M10.5.0/3", 1792879199, 25 },
	};
	const struct names_limits limits = { .files = 10, .new_files = 1 };

	(void)state;
	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		time_t last = rows[i].last, end;
		struct names *n;

		assert_int_equal(setenv("TZ", rows[i].zone, 1), 0);
		n = must_make();
		end = last + rows[i].hours * 3600;
		assert_false(names_know(n, 7, last));
		assert_int_equal(
		    names_admit(n, 7, 1, false, &limits, 0), NAMES_OK);
		assert_true(names_know(n, 7, last));
		assert_false(names_know(n, 7, last + 1));
		assert_int_equal(
		    names_admit(n, 7, 1, false, &limits, MINUTE), NAMES_OK);
		assert_true(names_know(n, 7, end));
		assert_false(names_know(n, 7, end + 1));
		/* the clock goes back */
		assert_int_equal(
		    names_admit(n, 7, 1, false, &limits, 2 * MINUTE), NAMES_OK);
		assert_false(names_know(n, 7, last));
		names_free(n);
	}
	unsetenv("TZ");
	tzset();
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_day_has_so_many_names),
		cmocka_unit_test(a_minute_and_a_sender_have_so_many_new_names),
		cmocka_unit_test(no_limit_a_minute_is_none),
		cmocka_unit_test(a_crowd_of_senders_fits_the_table),
		cmocka_unit_test(a_new_day_begins_anew),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
