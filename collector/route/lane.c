/* SPDX-License-Identifier: BSD-2-Clause */
#include "route/lane.h"

#include <stdlib.h>

#include "base/run.h"

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
		l->block->queued = &l->queued;
		l->block->runs = l->runs;
	}
	return l->block;
}

/* Does the block's last run go to the same file? */
static bool
continues_run(const struct lane *l, const struct line *line)
{
	struct run_head h;

	if (l->block == NULL || l->block->n == 0)
		return false;
	memcpy(&h, l->block->data + l->run, sizeof(h));
	return h.name_n == line->name.n &&
	    memcmp(l->block->data + l->run + sizeof(h), line->name.p,
		line->name.n) == 0;
}

/* Behind the last run when it is of the same file, else as a new one. */
static bool
put_run(struct lane *l, const struct line *line)
{
	struct run_head h = { .name_n = (uint32_t)line->name.n,
		.peer = line->peer };
	size_t n = line->text.n, head = sizeof(h) + line->name.n;
	struct block *b = lane_room(l, n + head);
	bool same = continues_run(l, line);
	char *to;

	if (b == NULL)
		return false;
	to = b->data + b->n;
	if (!same) {
		l->run = b->n;
		memcpy(to + sizeof(h), line->name.p, line->name.n);
		to += head;
		n += head;
	} else {
		memcpy(&h, b->data + l->run, sizeof(h));
	}
	h.bytes += (uint32_t)line->text.n;
	h.messages += !line->own;
	memcpy(b->data + l->run, &h, sizeof(h));
	memcpy(to, line->text.p, line->text.n);
	lane_added(l, b, n, line);
	return true;
}

bool
lane_put(struct lane *l, const struct line *line)
{
	struct block *b;

	if (l->runs)
		return put_run(l, line);
	b = lane_room(l, line->text.n);
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
