/* SPDX-License-Identifier: BSD-2-Clause */
#include "route/lane.h"

#include <stddef.h>
#include <stdlib.h>
#include <string.h>

enum { CACHE_LINE = 64 };

_Static_assert(offsetof(struct lane, runs) < CACHE_LINE,
    "what each message asks for is in one line of the cache");

struct lane *
lane_new(void)
{
	struct lane *l = aligned_alloc(_Alignof(struct lane), sizeof(*l));

	if (l != NULL)
		memset(l, 0, sizeof(*l));
	return l;
}

void
lane_free(struct lane *l)
{
	if (l == NULL)
		return;
	free(l->block);
	free(l);
}

void
lane_finish(struct lane *l)
{
	struct block *b = l->block;

	if (b == NULL)
		return;
	l->block = NULL;
	l->posted++;
	b->slot = l->slot;
	counter_add(l->count, O_TAKEN, b->messages);
	mailbox_send(l->writer, &b->letter);
}

struct block *
lane_another(struct lane *l, size_t need)
{
	struct pool *p = l->pool;

	lane_finish(l);
	/* a block that is warm in the cache beats a new one */
	if (p->spare == NULL || p->used + need > p->share)
		pool_reclaim(p);
	l->block = pool_take(p, need);
	if (l->block != NULL) {
		l->block->output = l->output;
		l->block->written = &l->written;
		l->block->backlog = &l->backlog;
		l->block->runs = l->runs;
	}
	return l->block;
}

size_t
lane_add_run(struct lane *l, struct block *b, size_t n, const struct line *of)
{
	if (b->heads > 0 && slice_eq(run_name(b, l->run), of->name)) {
		run_grow(b, l->run, n, !of->own);
		return 0;
	}
	l->run = run_add(b, of->name, n, !of->own, of->peer);
	return run_head_size(of->name);
}

bool
lane_put(struct lane *l, const struct line *line)
{
	struct block *b = lane_room(l, line->text.n, line);

	if (b == NULL)
		return false;
	memcpy(b->data + b->n, line->text.p, line->text.n);
	lane_added(l, b, line->text.n, line);
	return true;
}

bool
lane_in_flight(const struct lane *l)
{
	return l->posted !=
	    atomic_load_explicit(&l->written, memory_order_acquire);
}

bool
lane_flush(struct lane *l, uint64_t now, uint64_t pace)
{
	if (l->block == NULL)
		return false;
	if (lane_in_flight(l) || now - l->handed < pace)
		return true;
	l->handed = now;
	lane_finish(l);
	return false;
}
