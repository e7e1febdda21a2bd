/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * test_pool.c - blocks are counted while they are away and used again
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "base/pool.h"

enum { SIZE = 4096, SHARE = 4 * SIZE };

static struct block *
take(struct pool *p, size_t need, _Atomic uint64_t *written)
{
	struct block *b = pool_take(p, need);

	assert_non_null(b);
	b->written = written;
	return b;
}

static void
a_block_is_used_until_it_is_reclaimed(void **state)
{
	_Atomic uint64_t written = 0;
	struct pool p;
	struct block *b;
	struct err err;

	(void)state;
	assert_int_equal(pool_init(&p, SHARE, SIZE, &err), 0);
	b = take(&p, 1, &written);
	assert_int_equal(b->cap, SIZE);
	assert_int_equal(p.used, SIZE);
	block_return(b);
	assert_int_equal(written, 1);
	assert_int_equal(p.used, SIZE);
	pool_reclaim(&p);
	assert_int_equal(p.used, 0);
	assert_ptr_equal(pool_take(&p, SIZE), b); /* the spare one */
	b->written = &written;
	block_return(b);
	pool_clear(&p);
}

static void
a_long_line_gets_a_block_of_its_own(void **state)
{
	_Atomic uint64_t written = 0;
	struct pool p;
	struct block *b;
	struct err err;

	(void)state;
	assert_int_equal(pool_init(&p, SHARE, SIZE, &err), 0);
	b = take(&p, SIZE + 1, &written);
	assert_int_equal(b->cap, SIZE + 1);
	block_return(b);
	pool_reclaim(&p);
	assert_int_equal(p.used, 0);
	assert_int_equal(p.spare_n, 0); /* not kept: nobody would fit it */
	pool_clear(&p);
}

static void
spare_memory_is_bounded(void **state)
{
	enum { BIG = 1024 * 1024, MANY = 12 };
	_Atomic uint64_t written = 0;
	struct block *b[MANY];
	struct pool p;
	struct err err;

	(void)state;
	assert_int_equal(pool_init(&p, (size_t)MANY * BIG, BIG, &err), 0);
	for (int i = 0; i < MANY; i++)
		b[i] = take(&p, 1, &written);
	assert_int_equal(p.used, (size_t)MANY * BIG);
	for (int i = 0; i < MANY; i++)
		block_return(b[i]);
	pool_reclaim(&p);
	assert_int_equal(p.used, 0);
	assert_in_range(p.spare_n, BIG, 8 * BIG);
	pool_clear(&p);
}

/* What is under way to an output is known without asking the writer. */
static void
what_comes_back_is_queued_no_more(void **state)
{
	_Atomic uint64_t written = 0;
	struct backlog at = { 0 };
	struct block *a, *b;
	struct pool p;
	struct err err;

	(void)state;
	assert_int_equal(pool_init(&p, SHARE, SIZE, &err), 0);
	a = take(&p, 1, &written);
	a->backlog = &at;
	a->n = 100;
	b = take(&p, 1, &written);
	b->backlog = &at;
	b->n = 23;
	at.n = 123;
	block_return(a);
	assert_int_equal(at.n, 123);
	pool_reclaim(&p);
	assert_int_equal(at.n, 23);
	a = take(&p, 1, &written);
	assert_null(a->backlog); /* used again, and nobody's as yet */
	block_return(a);
	block_return(b);
	pool_clear(&p);
	assert_int_equal(at.n, 0);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_block_is_used_until_it_is_reclaimed),
		cmocka_unit_test(a_long_line_gets_a_block_of_its_own),
		cmocka_unit_test(spare_memory_is_bounded),
		cmocka_unit_test(what_comes_back_is_queued_no_more),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
