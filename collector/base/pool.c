/* SPDX-License-Identifier: BSD-2-Clause */
#include "base/pool.h"

#include <stdlib.h>

/* Spare blocks beyond this are given back to the system. */
enum { SPARE_MAX = 8 * 1024 * 1024 };

int
pool_init(struct pool *p, size_t share, size_t block_size, struct err *err)
{
	*p = (struct pool){ .share = share, .block_size = block_size };
	return mailbox_init(&p->returns, err);
}

static void
keep_or_free(struct pool *p, struct block *b)
{
	p->used -= b->cap;
	p->stream_used -= b->stream_n;
	if (b->backlog != NULL) {
		b->backlog->n -= b->n + b->heads;
		if (b->heads > 0)
			b->backlog->files = b->files;
	}
	if (b->cap != p->block_size || p->spare_n + b->cap > SPARE_MAX) {
		free(b);
		return;
	}
	b->letter.next = p->spare != NULL ? &p->spare->letter : NULL;
	p->spare = b;
	p->spare_n += b->cap;
}

void
pool_reclaim(struct pool *p)
{
	struct letter *l = mailbox_take(&p->returns);

	while (l != NULL) {
		struct letter *next = l->next;

		keep_or_free(p, (struct block *)(void *)l);
		l = next;
	}
}

void
pool_clear(struct pool *p)
{
	pool_reclaim(p);
	while (p->spare != NULL) {
		struct block *b = p->spare;

		p->spare = (struct block *)(void *)b->letter.next;
		free(b);
	}
	mailbox_clear(&p->returns);
}

struct block *
pool_take(struct pool *p, size_t need)
{
	size_t cap = need > p->block_size ? need : p->block_size;
	struct block *b = p->spare;

	if (cap == p->block_size && b != NULL) {
		p->spare = (struct block *)(void *)b->letter.next;
		p->spare_n -= b->cap;
	} else {
		b = malloc(sizeof(*b) + cap);
		if (b == NULL)
			return NULL;
		b->cap = cap;
		b->home = p;
	}
	p->used += cap;
	b->backlog = NULL;
	b->output = NULL;
	b->runs = false;
	b->n = b->heads = b->files = 0;
	b->messages = 0;
	b->slot = 0;
	b->stream_n = 0;
	return b;
}

void
block_return(struct block *b)
{
	struct pool *home = b->home;
	_Atomic uint64_t *written = b->written;

	mailbox_post(&home->returns, &b->letter);
	/* after the post: who sees the count finds the block in the mailbox */
	atomic_fetch_add_explicit(written, 1, memory_order_release);
}
