/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * test_ageclock.c - a clock that is set makes no file old at once
 */
#include "output/ageclock.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#define ROWS(a) (sizeof(a) / sizeof((a)[0]))

enum { DAY = 86400, T = 1000 * DAY };

/* Looks after so many seconds, at a wall clock that is that much wrong. */
struct look {
	int64_t boot, wrong;
	int64_t says; /* that much wrong */
	int64_t step;
};

static void
play(const char *why, const struct look *l, size_t n)
{
	struct ageclock c = { 0 };

	for (size_t i = 0; i < n; i++) {
		int64_t step;
		int64_t now = ageclock_now(
		    &c, T + l[i].boot + l[i].wrong, l[i].boot, &step);

		if (now != T + l[i].boot + l[i].says || step != l[i].step)
			fail_msg("%s: look %zu says %lld, step %lld", why, i,
			    (long long)(now - T - l[i].boot), (long long)step);
	}
}

static void
a_step_forward_counts_later(void **state)
{
	static const struct look forward[] = {
		{ 0, 0, 0, 0 },
		{ 60, DAY, 0, DAY },
		{ 120, DAY, 0, 0 },
		{ 60 + AGECLOCK_HOLD - 1, DAY, 0, 0 },
		{ 60 + AGECLOCK_HOLD, DAY, DAY, 0 },
		{ 2 * AGECLOCK_HOLD, DAY, DAY, 0 },
	};
	static const struct look and_back[] = {
		{ 0, 0, 0, 0 },
		{ 60, DAY, 0, DAY },
		{ 120, 0, 0, -DAY },
		{ 2 * AGECLOCK_HOLD, 0, 0, 0 },
		{ 2 * AGECLOCK_HOLD + 1, 30 * DAY, 0, 30 * DAY },
	};
	static const struct look twice[] = {
		{ 0, 0, 0, 0 },
		{ 1, DAY, 0, DAY },
		{ AGECLOCK_HOLD, 2 * DAY, 0, DAY },
		{ AGECLOCK_HOLD + 2, 2 * DAY, 0, 0 },
		{ 2 * AGECLOCK_HOLD, 2 * DAY, 2 * DAY, 0 },
	};

	(void)state;
	play("forward", forward, ROWS(forward));
	play("and back", and_back, ROWS(and_back));
	play("twice", twice, ROWS(twice));
}

static void
others_count_at_once(void **state)
{
	static const struct look back[] = {
		{ 0, 0, 0, 0 },
		{ 60, -DAY, -DAY, -DAY },
		{ 120, -DAY, -DAY, 0 },
	};
	static const struct look drift[] = {
		{ 0, 0, 0, 0 },
		{ 60, 30, 30, 0 },
		{ 120, 60, 60, 0 },
		{ 180, 90, 90, 0 },
		{ 240, 30, 30, 0 },
	};

	(void)state;
	play("back", back, ROWS(back));
	play("drift", drift, ROWS(drift));
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_step_forward_counts_later),
		cmocka_unit_test(others_count_at_once),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
