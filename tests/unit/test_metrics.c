/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * test_metrics.c - what threads count apart is read as one sum
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>

#include <cmocka.h>

#include "base/metrics.h"

static void
sums_are_over_threads_and_not_over_subjects(void **state)
{
	struct metrics *m = metrics_new(3);

	(void)state;
	assert_non_null(m);
	assert_int_equal(metrics_listener_slot(m, "a"), 0);
	assert_int_equal(metrics_listener_slot(m, "b"), 1);
	assert_int_equal(metrics_output_slot(m, "b"), 0);
	assert_int_equal(metrics_output_slot(m, "c"), 1);
	for (size_t t = 0; t < 3; t++) {
		counter_add(metrics_listener(m, t, 0), L_RECEIVED, 10);
		counter_add(metrics_listener(m, t, 1), L_RECEIVED, 1);
		counter_add(metrics_output(m, t, 1), O_WRITTEN, 7);
	}
	assert_int_equal(metrics_listener_sum(m, 0, L_RECEIVED), 30);
	assert_int_equal(metrics_listener_sum(m, 1, L_RECEIVED), 3);
	assert_int_equal(metrics_listener_sum(m, 1, L_EMPTY), 0);
	assert_int_equal(metrics_output_sum(m, 0, O_WRITTEN), 0);
	assert_int_equal(metrics_output_sum(m, 1, O_WRITTEN), 21);
	metrics_free(m);
}

static void
a_gauge_is_set_and_not_added(void **state)
{
	struct metrics *m = metrics_new(1);

	(void)state;
	assert_non_null(m);
	assert_int_equal(metrics_output_slot(m, "a"), 0);
	counter_set(metrics_output(m, 0, 0), O_STALLED, 1);
	counter_set(metrics_output(m, 0, 0), O_STALLED, 0);
	assert_int_equal(metrics_output_sum(m, 0, O_STALLED), 0);
	metrics_free(m);
}

static void
each_time_falls_into_its_bucket(void **state)
{
	static const struct {
		uint64_t ns;
		size_t bucket;
	} rows[] = {
		{ 0, 0 },
		{ 100000, 0 },
		{ 100001, 1 },
		{ 1000000, 1 },
		{ 4000000, 2 },
		{ 10000000, 3 },
		{ 60000000, 5 },
		{ 900000000, 6 },
		{ 9000000000, 7 },
		{ 11000000000, SYNC_BUCKETS },
	};
	struct metrics *m = metrics_new(1);
	uint64_t sum = 0;

	(void)state;
	assert_non_null(m);
	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		uint64_t before = m->sync.bucket[rows[i].bucket];

		metrics_sync_took(m, rows[i].ns);
		sum += rows[i].ns;
		assert_int_equal(m->sync.bucket[rows[i].bucket], before + 1);
	}
	assert_int_equal(m->sync.nanoseconds, sum);
	metrics_free(m);
}

/* A reload takes a listener away and brings it back: sums stay true, and a
 * thread's pointer to its set stays good. */
static void
a_label_keeps_its_slot(void **state)
{
	struct metrics *m = metrics_new(1);
	struct counters *c;
	char label[16];

	(void)state;
	assert_non_null(m);
	assert_int_equal(metrics_listener_slot(m, "first"), 0);
	c = metrics_listener(m, 0, 0);
	for (int i = 1; i < SLOTS_MAX; i++) {
		(void)snprintf(label, sizeof(label), "%d", i);
		assert_int_equal(metrics_listener_slot(m, label), i);
	}
	assert_int_equal(metrics_listener_slot(m, "one too many"), -1);
	assert_int_equal(metrics_listener_slot(m, "first"), 0);
	assert_ptr_equal(metrics_listener(m, 0, 0), c);
	metrics_free(m);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(sums_are_over_threads_and_not_over_subjects),
		cmocka_unit_test(a_gauge_is_set_and_not_added),
		cmocka_unit_test(a_label_keeps_its_slot),
		cmocka_unit_test(each_time_falls_into_its_bucket),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
