/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * test_step.c - the clock on the wall was set (fault J5)
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "base/clock.h"
#include "base/step.h"

enum { WALL = 1000000 }; /* of a wall clock that nobody set, at 0 */

/* What is told at that moment, when the wall clock is off by so much. */
static int64_t
look(struct step *s, int64_t now, int64_t off)
{
	return step_look(s, (struct step_clocks){ now, WALL + now + off, now });
}

static void
each_step_is_told_once(void **state)
{
	static const struct {
		int64_t now, off, told;
	} rows[] = {
		{ 0, 0, 0 },
		{ 1000, 0, 0 },
		{ 2000, 3600000, 3600000 },
		{ 3000, 3600000, 0 },
		{ 4000, 0, -3600000 },
		{ 5000, 0, 0 },
		{ 6000, 2001, 2001 },
		{ 7000, 4001, 0 }, /* 2 s are none */
		{ 8000, 2001, 0 },
		{ 9000, 0, -2001 },
		{ 100000000, 0, 0 }, /* a process that was stopped */
		{ 100001000, INT64_C(366000000000), INT64_C(366000000000) },
	};
	struct step s = { 0 };

	(void)state;
	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++)
		assert_int_equal(
		    look(&s, rows[i].now, rows[i].off), rows[i].told);
}

/* 500 ppm is what adjtime(3) does at most; a whole day of it is no step. */
static void
slewing_is_no_step(void **state)
{
	struct step s = { 0 };

	(void)state;
	for (int64_t t = 0; t < INT64_C(86400) * 1000; t += 1000)
		assert_int_equal(look(&s, t, t / 2000), 0);
	assert_false(step_was_within(&s, 0, INT64_MAX));
}

static void
a_pause_between_the_clocks_is_no_step(void **state)
{
	struct step s = { 0 };

	(void)state;
	assert_int_equal(look(&s, 0, 0), 0);
	assert_int_equal(
	    step_look(&s, (struct step_clocks){ 1000, WALL + 1000, 61000 }), 0);
	assert_int_equal(look(&s, 62000, 0), 0);
	/* and a step is only put off by it */
	assert_int_equal(
	    step_look(&s, (struct step_clocks){ 63000, WALL + 68000, 64000 }),
	    0);
	assert_int_equal(look(&s, 65000, 5000), 5000);
}

static void
it_is_remembered(void **state)
{
	struct step s = { 0 };

	(void)state;
	(void)look(&s, 1000, 0);
	assert_false(step_was_within(&s, 1000, 60000));
	(void)look(&s, 2000, -5000);
	assert_true(step_was_within(&s, 2000, 60000));
	assert_true(step_was_within(&s, 61999, 60000));
	assert_false(step_was_within(&s, 62000, 60000));
	(void)look(&s, 3000, -5000);
	assert_false(step_was_within(&s, 62000, 60000));
}

static void
the_clocks_are_those_of_the_system(void **state)
{
	int64_t before = clock_ms(), wall = clock_wall();
	struct step_clocks c = step_read();

	(void)state;
	assert_true(c.before >= before && c.after >= c.before);
	assert_true(c.after <= clock_ms());
	assert_true(c.wall / 1000 >= wall && c.wall / 1000 <= clock_wall());
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(each_step_is_told_once),
		cmocka_unit_test(slewing_is_no_step),
		cmocka_unit_test(a_pause_between_the_clocks_is_no_step),
		cmocka_unit_test(it_is_remembered),
		cmocka_unit_test(the_clocks_are_those_of_the_system),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
