/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * test_losses.c - a loss is told when it begins and when it ends
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "losses.h"

enum { KERNEL, MEMORY, RATE, FULL };

struct place {
	struct metrics *metrics;
	struct losses losses;
	char text[LOSS_TEXT];
};

static void
open_place(struct place *p)
{
	*p = (struct place){ .metrics = metrics_new(1) };
	assert_non_null(p->metrics);
	assert_int_equal(metrics_listener_slot(p->metrics, "quiet"), 0);
	assert_int_equal(metrics_listener_slot(p->metrics, "loud"), 1);
	assert_int_equal(metrics_output_slot(p->metrics, "pipe"), 0);
}

static void
close_place(struct place *p)
{
	losses_clear(&p->losses);
	metrics_free(p->metrics);
}

static void
lose(struct place *p, int slot, uint64_t n)
{
	counter_add(metrics_listener(p->metrics, 0, slot), L_DROPPED_KERNEL, n);
}

static bool
look(struct place *p, int cause, int64_t now, bool last)
{
	p->text[0] = '\0';
	return losses_look(&p->losses, cause, p->metrics, now, last, p->text);
}

static void
nothing_is_said_while_nothing_is_lost(void **state)
{
	struct place p;

	(void)state;
	open_place(&p);
	for (int i = 0; i < LOSS_CAUSES; i++)
		assert_false(look(&p, i, 1000, false));
	close_place(&p);
}

static void
begin_and_end_are_told_once(void **state)
{
	struct place p;

	(void)state;
	open_place(&p);
	lose(&p, 0, 1);
	lose(&p, 1, 4);
	assert_true(look(&p, KERNEL, 1000, false));
	assert_non_null(strstr(p.text,
	    "listener loud: messages are being lost "
	    "(kernel)"));
	lose(&p, 1, 5);
	assert_false(look(&p, KERNEL, 2000, false));
	assert_true(look(&p, KERNEL, 3000, false));
	assert_string_equal(
	    p.text, "10 messages were lost (kernel) in 2000 ms");
	assert_false(look(&p, KERNEL, 4000, false));
	lose(&p, 0, 1);
	assert_true(look(&p, KERNEL, 5000, false));
	assert_non_null(strstr(p.text, "listener quiet"));
	close_place(&p);
}

static void
the_last_look_ends_what_goes_on(void **state)
{
	struct place p;

	(void)state;
	open_place(&p);
	lose(&p, 1, 1);
	assert_true(look(&p, KERNEL, 1000, false));
	lose(&p, 1, 1);
	assert_true(look(&p, KERNEL, 1500, true));
	assert_string_equal(p.text, "2 messages were lost (kernel) in 500 ms");
	close_place(&p);
}

static void
a_loss_seen_only_at_the_end_is_told_with_its_count(void **state)
{
	struct place p;

	(void)state;
	open_place(&p);
	lose(&p, 1, 3);
	assert_true(look(&p, KERNEL, 1000, true));
	assert_string_equal(p.text, "3 messages were lost (kernel) in 0 ms");
	close_place(&p);
}

static void
an_output_is_named_as_one(void **state)
{
	struct place p;

	(void)state;
	open_place(&p);
	counter_add(metrics_output(p.metrics, 0, 0), O_DROPPED_FULL, 2);
	assert_false(look(&p, KERNEL, 1000, false));
	assert_true(look(&p, FULL, 1000, false));
	assert_non_null(strstr(p.text, "output pipe: "));
	close_place(&p);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(nothing_is_said_while_nothing_is_lost),
		cmocka_unit_test(begin_and_end_are_told_once),
		cmocka_unit_test(the_last_look_ends_what_goes_on),
		cmocka_unit_test(
		    a_loss_seen_only_at_the_end_is_told_with_its_count),
		cmocka_unit_test(an_output_is_named_as_one),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
