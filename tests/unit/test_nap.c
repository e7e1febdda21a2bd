/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * test_nap.c - a nap is as long as `latency`, but not while lines are held
 */
#include "nap.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "base/clock.h"

enum { MS = 1000000 };

static void
what_is_held_makes_it_short(void **state)
{
	static const struct {
		int64_t latency; /* ms */
		uint64_t free, held;
	} rows[] = {
		{ 1, 1 * MS, 1 * MS },
		{ 2, 2 * MS, 2 * MS },
		{ 3, 3 * MS, 2 * MS },
		{ 1000, UINT64_C(1000) * MS, 2 * MS },
	};

	(void)state;
	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		struct config c = { .latency = rows[i].latency };
		struct intake in = { .conf = &c };

		assert_int_equal(nap_length(&in, false), rows[i].free);
		assert_int_equal(nap_length(&in, true), rows[i].held);
	}
}

static void
it_is_due_after_several_messages_that_could_wait(void **state)
{
	struct config c = { .latency = 1000 };
	struct intake in = { .conf = &c };
	struct nap n = { .since = clock_ns() };

	(void)state;
	in.taken = 7;
	assert_false(nap_is_due(&n, &in));
	in.taken = 8;
	assert_true(nap_is_due(&n, &in));
	assert_false(nap_is_due(&n, &in)); /* nothing since */
	in.taken = 20;
	in.taken_local = 1; /* whose sender may wait for us */
	assert_false(nap_is_due(&n, &in));
	c.latency = 0;
	in.taken_local = 0;
	assert_false(nap_is_due(&n, &in));
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(what_is_held_makes_it_short),
		cmocka_unit_test(
		    it_is_due_after_several_messages_that_could_wait),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
