/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * test_tail.c - an unfinished frame is kept whole, and costs what it holds
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "input/tail.h"

static void
the_sum_follows_what_is_held(void **state)
{
	size_t sum = 0;
	struct tail a = { .sum = &sum, .max = 1 << 20 },
		    b = { .sum = &sum, .max = 1 << 20 };

	(void)state;
	assert_true(tail_keep(&a, SLICE_LIT("unfinished")));
	assert_int_equal(sum, a.cap);
	assert_true(tail_keep(&b, SLICE_LIT("x")));
	assert_int_equal(sum, a.cap + b.cap);
	assert_true(tail_keep(&a, slice_of(NULL, 0)));
	assert_int_equal(sum, b.cap);
	assert_null(a.p);
	tail_drop(&b);
	assert_int_equal(sum, 0);
	tail_drop(&b); /* twice does no harm */
}

static void
the_rest_of_itself_moves_to_the_front(void **state)
{
	size_t sum = 0;
	struct tail t = { .sum = &sum, .max = 1 << 20 };

	(void)state;
	assert_true(tail_keep(&t, SLICE_LIT("taken rest")));
	assert_true(tail_keep(&t, slice_of(t.p + 6, 4)));
	assert_int_equal(t.n, 4);
	assert_memory_equal(t.p, "rest", 4);
	tail_drop(&t);
}

static void
it_grows_at_most_twofold(void **state)
{
	size_t sum = 0;
	struct tail t = { .sum = &sum, .max = 1 << 20 };

	(void)state;
	for (size_t need = 1; need < 1 << 20; need = need * 3 / 2 + 1) {
		assert_true(tail_grow(&t, need));
		assert_in_range(t.cap, need, need * 2 > 256 ? need * 2 : 256);
	}
	tail_drop(&t);
	assert_int_equal(sum, 0);
}

static void
it_never_holds_more_than_its_maximum(void **state)
{
	size_t sum = 0;
	struct tail t = { .sum = &sum, .max = 1000 };

	(void)state;
	assert_true(tail_grow(&t, 600));
	assert_int_equal(t.cap, 1000);
	assert_true(tail_grow(&t, 1000));
	assert_false(tail_grow(&t, 1001));
	assert_int_equal(sum, 1000);
	tail_drop(&t);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(the_sum_follows_what_is_held),
		cmocka_unit_test(the_rest_of_itself_moves_to_the_front),
		cmocka_unit_test(it_grows_at_most_twofold),
		cmocka_unit_test(it_never_holds_more_than_its_maximum),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
