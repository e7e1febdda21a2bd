/* SPDX-License-Identifier: BSD-2-Clause */
#include "base/reserve.h"

#include <event2/event.h>
#include <malloc.h>
#include <stdatomic.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

/* RULE: variables of the whole file; libevent hands no object to these. */
static _Alignas(max_align_t) char memory[RESERVE_PIECES][RESERVE_PIECE];
/* RULE: the same. */
static atomic_bool taken[RESERVE_PIECES];

static void *
take(size_t n)
{
	if (n > RESERVE_PIECE)
		return NULL;
	for (size_t i = 0; i < RESERVE_PIECES; i++)
		if (!atomic_load_explicit(&taken[i], memory_order_relaxed) &&
		    !atomic_exchange(&taken[i], true))
			return memory[i];
	return NULL;
}

static bool
is_ours(const void *p)
{
	return (uintptr_t)p >= (uintptr_t)memory &&
	    (uintptr_t)p < (uintptr_t)memory + sizeof(memory);
}

void *
reserve_malloc(size_t n)
{
	void *p = malloc(n);

	if (p == NULL)
		p = take(n);
	return p;
}

void
reserve_free(void *p)
{
	if (is_ours(p))
		atomic_store(
		    &taken[((uintptr_t)p - (uintptr_t)memory) / RESERVE_PIECE],
		    false);
	else
		free(p);
}

/* A piece of the reserve. */
static void *
grow_ours(void *p, size_t n)
{
	void *q = n <= RESERVE_PIECE ? p : malloc(n);

	if (q != NULL && q != p) {
		memcpy(q, p, RESERVE_PIECE);
		reserve_free(p);
	}
	return q;
}

void *
reserve_realloc(void *p, size_t n)
{
	size_t had = p != NULL && !is_ours(p) ? malloc_usable_size(p) : 0;
	void *q;

	if (is_ours(p))
		return grow_ours(p, n);
	q = realloc(p, n);
	if (q != NULL)
		return q;
	q = take(n);
	if (q != NULL && had > 0) {
		memcpy(q, p, had < n ? had : n);
		free(p);
	}
	return q;
}

void
reserve_use(void)
{
	event_set_mem_functions(reserve_malloc, reserve_realloc, reserve_free);
}
