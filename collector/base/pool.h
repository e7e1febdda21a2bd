/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * pool.h - blocks of finished lines, and the memory that they may use
 *
 * A block holds whole lines of one output. It has exactly one owner at any
 * time and therefore no lock and no reference count. It travels
 *
 *   being filled (worker) -- mailbox --> being written (writer)
 *                                   -- mailbox --> spare (the same worker)
 *
 * A pool belongs to one worker; only its mailbox is touched by the writer.
 */
#ifndef BASE_POOL_H
#define BASE_POOL_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/mailbox.h"

struct pool;

/* What a worker knows of one output. */
struct backlog {
	size_t n;     /* bytes put and not yet written */
	size_t files; /* as the last block with heads said */
};

struct block {
	struct letter letter;      /* first: a letter is its block */
	struct pool *home;         /* borrowed; where it returns to */
	_Atomic uint64_t *written; /* borrowed; counts blocks that are done */
	struct backlog *backlog;   /* borrowed; the worker's; or NULL */
	void *output;              /* the writer's; a token here */
	bool runs;                 /* its lines are of many files: run.h */
	uint32_t messages;         /* lines in data that count as written */
	int slot;                  /* of the counters that have them as taken */
	size_t stream_n;           /* bytes of n and heads for what came from
				      streams */
	size_t n, cap;             /* bytes of lines, bytes there are */
	size_t heads;              /* bytes used at the end of data; run.h */
	size_t files;              /* the writer's word: so many were written
				      to together, if it has heads */
	char data[];
};

struct pool {
	size_t block_size;  /* of an ordinary block's data */
	size_t share;       /* bytes that blocks may hold in all */
	size_t used;        /* bytes of all blocks that are not spare */
	size_t stream_used; /* lines of streams in them; block.stream_n */
	size_t spare_n;     /* bytes in spare blocks */
	struct block *spare;
	struct mailbox returns; /* from the writer */
};

/* The block behind it, where several wait; NULL: none. */
static inline struct block *
block_next(const struct block *b)
{
	return (struct block *)(void *)b->letter.next;
}

/*
 * n bytes were put into it, and as many will follow a little later. It was
 * last with the writer, so its lines are in another processor's cache. Where
 * the processors are far apart (450 ns for a line to go there and come back)
 * the worker stood still for an eighth of its time until it could store in
 * them; they are fetched meanwhile.
 */
static inline void
block_expect(const struct block *b, size_t n)
{
	enum { AHEAD = 1024, CACHE_LINE = 64 };
	size_t at = b->n + AHEAD;
	size_t end = at + (n < AHEAD ? n : AHEAD);

	for (; at < end && at < b->cap; at += CACHE_LINE)
		__builtin_prefetch(b->data + at, 1);
}

/* Bytes that are free. */
static inline size_t
block_room(const struct block *b)
{
	return b->cap - b->n - b->heads;
}

int pool_init(struct pool *p, size_t share, size_t block_size, struct err *err);

/* Frees the spare blocks; all others must have come back. */
void pool_clear(struct pool *p);

/*
 * A block of at least need bytes, or NULL when there is no memory. The share
 * is not enforced here: who calls looks at used before, because a stream
 * that has been read must be stored.
 */
struct block *pool_take(struct pool *p, size_t need);

/* Takes back what the writer returned. */
void pool_reclaim(struct pool *p);

/* The writer is done with it: counted, and back to where it came from. */
void block_return(struct block *b);

#endif
