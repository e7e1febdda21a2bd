/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * lane.h - the way from one worker to one output
 *
 * Lines are put into the block that is being filled, which goes to the
 * writer when it is full, or when the writer has nothing else from here.
 */
#ifndef ROUTE_LANE_H
#define ROUTE_LANE_H

#include <stdatomic.h>
#include <stdbool.h>

#include "wire/slice.h"

#include "base/metrics.h"
#include "base/pool.h"
#include "base/run.h"

struct lane {
	_Alignas(64) struct block *block; /* owned; NULL: none */
	struct pool *pool;                /* borrowed */
	struct mailbox *writer;           /* borrowed */
	struct counters *count;           /* borrowed; this thread's set */
	size_t run; /* the place of the last head in block; run.h */
	struct backlog backlog;
	bool runs;                             /* the output has many files */
	_Alignas(64) _Atomic uint64_t written; /* counted by the writer */
	void *output;                          /* borrowed; the writer's */
	struct lane *next;                     /* of those that leave */
	int slot;                              /* where count is of */
	uint64_t posted;                       /* blocks handed over */
	uint64_t handed; /* clock_ns() of lane_flush() when it did so last */
};

/* What is put: one line, its LF included. */
struct line {
	struct slice text;
	bool stream;       /* it came from a stream */
	bool own;          /* a message of our own: not counted as written */
	struct slice name; /* of its file, when the lane has runs */
	uint64_t peer;     /* then; see run.h */
};

struct lane *lane_new(void); /* NULL: no memory */

/* All of its blocks must have come back. Accepts NULL. */
void lane_free(struct lane *l);

/* Another block, of need bytes at least; NULL: no memory. */
struct block *lane_another(struct lane *l, size_t need);

/* What a line of n bytes may take of a block. */
static inline size_t
lane_need(const struct lane *l, size_t n, const struct line *of)
{
	return l->runs ? n + run_head_size(of->name) : n;
}

/* Is there room for n bytes of a line behind the others in the block? */
static inline bool
lane_fits(const struct lane *l, size_t n, const struct line *of)
{
	return l->block != NULL && block_room(l->block) >= lane_need(l, n, of);
}

/* Where they go, in another block if need be; NULL: no memory. */
static inline struct block *
lane_room(struct lane *l, size_t n, const struct line *of)
{
	return lane_fits(l, n, of) ? l->block
				   : lane_another(l, lane_need(l, n, of));
}

/* n bytes that are put behind the others in b are of that file. Returns how
 * many more that takes. */
size_t lane_add_run(
    struct lane *l, struct block *b, size_t n, const struct line *of);

/* n bytes of a line were put into b, which lane_room() gave. */
static inline void
lane_added(struct lane *l, struct block *b, size_t n, const struct line *of)
{
	size_t all = n;

	if (l->runs)
		all += lane_add_run(l, b, n, of);
	b->n += n;
	block_expect(b, n);
	b->messages += !of->own;
	l->backlog.n += all;
	if (of->stream) {
		b->stream_n += all;
		l->pool->stream_used += all;
	}
}

/* Copies a line; false: no memory. */
bool lane_put(struct lane *l, const struct line *line);

/* Something of it is with the writer. */
bool lane_in_flight(const struct lane *l);

/*
 * Hands over what the writer has time for, unless that was done less than
 * pace nanoseconds before now; true: something is left.
 */
bool lane_flush(struct lane *l, uint64_t now, uint64_t pace);

/* Hands over what there is. */
void lane_finish(struct lane *l);

#endif
