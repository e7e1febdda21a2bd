/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * test_ring.c - every record comes out once, whole, in the order of its thread
 */
#include "ring.h"

#include <pthread.h>
#include <sched.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>

#include <cmocka.h>

enum { SIZE = 4096, THREADS = 4, EACH = 20000 };

struct place {
	struct ring_ends ends;
	_Alignas(8) char data[SIZE];
	struct ring ring;
};

static struct place *
new_place(bool lowest)
{
	struct place *p = aligned_alloc(64, (sizeof(*p) + 63) / 64 * 64);

	assert_non_null(p);
	(void)memset(p, 0, sizeof(*p));
	ring_init(&p->ring, &p->ends, p->data, SIZE, lowest);
	return p;
}

static bool
put(struct ring *r, const char *text, unsigned severity)
{
	uint64_t used;
	char *to = ring_reserve(r, strlen(text), severity, &used);

	if (to == NULL)
		return false;
	(void)memcpy(to, text, strlen(text));
	ring_commit(r, to);
	return true;
}

static void
what_goes_in_comes_out_in_order(void **state)
{
	struct place *p = new_place(false);
	struct slice got;
	char text[64];

	(void)state;
	assert_false(ring_peek(&p->ring, &got));
	for (int i = 0; i < 1000; i++) { /* several times round */
		(void)snprintf(text, sizeof(text), "%d %.*s", i, i % 50,
		    "--------------------------------------------------");
		assert_true(put(&p->ring, text, 0));
		assert_true(ring_peek(&p->ring, &got));
		assert_true(slice_eq(got, slice_str(text)));
		ring_pop(&p->ring);
		assert_false(ring_peek(&p->ring, &got));
	}
	assert_int_equal(ring_used(&p->ring), 0);
	free(p);
}

static void
a_record_that_is_not_complete_holds_up_the_reader_alone(void **state)
{
	struct place *p = new_place(false);
	uint64_t used;
	struct slice got;
	char *open = ring_reserve(&p->ring, 3, 0, &used);

	(void)state;
	assert_true(put(&p->ring, "second", 0));
	assert_false(ring_peek(&p->ring, &got));
	(void)memcpy(open, "1st", 3);
	ring_commit(&p->ring, open);
	assert_true(ring_peek(&p->ring, &got));
	assert_true(slice_eq(got, SLICE_LIT("1st")));
	ring_pop(&p->ring);
	assert_true(ring_peek(&p->ring, &got));
	assert_true(slice_eq(got, SLICE_LIT("second")));
	free(p);
}

/* Fills the ring with this severity; how full it is then, in percent. */
static uint64_t
fill(struct ring *r, unsigned severity)
{
	while (put(r, "12345678", severity))
		;
	return ring_used(r) * 100 / r->size;
}

static void
the_least_severe_are_refused_first(void **state)
{
	struct place *p = new_place(true);

	(void)state;
	assert_in_range(fill(&p->ring, 7), 68, 70);
	assert_in_range(fill(&p->ring, 6), 68, 70);
	assert_in_range(fill(&p->ring, 5), 83, 85);
	assert_in_range(fill(&p->ring, 4), 83, 85);
	assert_in_range(fill(&p->ring, 3), 99, 100);
	assert_false(put(&p->ring, "x", 0));
	free(p);
	p = new_place(false);
	assert_in_range(fill(&p->ring, 7), 99, 100);
	free(p);
}

struct producer {
	struct ring *ring;
	uint32_t number;
};

static void *
produce(void *arg)
{
	struct producer *p = arg;
	uint64_t used;

	for (uint32_t i = 0; i < EACH;) {
		size_t n = 8 + (i % 30);
		char *to = ring_reserve(p->ring, n, 0, &used);

		if (to == NULL) {
			(void)sched_yield();
			continue;
		}
		(void)memset(to, (int)i, n);
		(void)memcpy(to, &p->number, 4);
		(void)memcpy(to + 4, &i, 4);
		ring_commit(p->ring, to);
		i++;
	}
	return NULL;
}

static void
many_threads_lose_and_mix_nothing(void **state)
{
	struct place *p = new_place(false);
	struct producer producers[THREADS];
	pthread_t threads[THREADS];
	uint32_t next[THREADS] = { 0 }, who, number;
	struct slice got;

	(void)state;
	for (uint32_t i = 0; i < THREADS; i++) {
		producers[i] = (struct producer){ &p->ring, i };
		assert_int_equal(
		    pthread_create(&threads[i], NULL, produce, &producers[i]),
		    0);
	}
	for (int i = 0; i < THREADS * EACH;) {
		if (!ring_peek(&p->ring, &got)) {
			(void)sched_yield();
			continue;
		}
		(void)memcpy(&who, got.p, 4);
		(void)memcpy(&number, got.p + 4, 4);
		assert_in_range(who, 0, THREADS - 1);
		assert_int_equal(number, next[who]);
		assert_int_equal(got.n, 8 + (number % 30));
		for (size_t j = 8; j < got.n; j++)
			assert_int_equal((uint8_t)got.p[j], (uint8_t)number);
		next[who]++;
		ring_pop(&p->ring);
		i++;
	}
	for (int i = 0; i < THREADS; i++)
		assert_int_equal(pthread_join(threads[i], NULL), 0);
	assert_false(ring_peek(&p->ring, &got));
	free(p);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(what_goes_in_comes_out_in_order),
		cmocka_unit_test(
		    a_record_that_is_not_complete_holds_up_the_reader_alone),
		cmocka_unit_test(the_least_severe_are_refused_first),
		cmocka_unit_test(many_threads_lose_and_mix_nothing),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
