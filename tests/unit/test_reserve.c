/* SPDX-License-Identifier: BSD-2-Clause */
/* test_reserve.c - what is there when there is no memory (faults.md E4) */
#include <setjmp.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "base/reserve.h"

static bool none; /* no memory */

void *__real_malloc(size_t n);
void *__wrap_malloc(size_t n);
void *__real_realloc(void *p, size_t n);
void *__wrap_realloc(void *p, size_t n);

void *
__wrap_malloc(size_t n)
{
	return none ? NULL : __real_malloc(n);
}

void *
__wrap_realloc(void *p, size_t n)
{
	return none ? NULL : __real_realloc(p, n);
}

static void
small_pieces_are_there_and_come_back(void **state)
{
	char *p[RESERVE_PIECES + 1];

	(void)state;
	none = true;
	for (int round = 0; round < 2; round++) {
		for (size_t i = 0; i < RESERVE_PIECES; i++) {
			p[i] = reserve_malloc(RESERVE_PIECE);
			assert_non_null(p[i]);
			assert_int_equal((uintptr_t)p[i] % 16, 0);
			memset(p[i], (int)(i % 251), RESERVE_PIECE);
		}
		assert_null(reserve_malloc(1));
		for (size_t i = 0; i < RESERVE_PIECES; i++) {
			assert_int_equal(p[i][0], (char)(i % 251));
			assert_int_equal(
			    p[i][RESERVE_PIECE - 1], (char)(i % 251));
			reserve_free(p[i]);
		}
	}
	assert_null(reserve_malloc(RESERVE_PIECE + 1));
	none = false;
	reserve_free(NULL);
}

static void
what_it_holds_moves_along(void **state)
{
	char *p, *q;

	(void)state;
	p = reserve_malloc(100);
	assert_non_null(p);
	strcpy(p, "text");
	none = true;
	q = reserve_realloc(p, 200); /* into the reserve */
	assert_non_null(q);
	assert_string_equal(q, "text");
	assert_ptr_equal(reserve_realloc(q, RESERVE_PIECE), q);
	assert_null(reserve_realloc(q, RESERVE_PIECE + 1));
	assert_string_equal(q, "text");
	none = false;
	p = reserve_realloc(q, 2 * RESERVE_PIECE); /* and out of it */
	assert_non_null(p);
	assert_string_equal(p, "text");
	none = true;
	assert_null(reserve_realloc(p, 3 * RESERVE_PIECE));
	assert_string_equal(p, "text");
	none = false;
	reserve_free(p);
	none = true;
	p = reserve_realloc(NULL, 10);
	none = false;
	assert_non_null(p);
	reserve_free(p);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(small_pieces_are_there_and_come_back),
		cmocka_unit_test(what_it_holds_moves_along),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
