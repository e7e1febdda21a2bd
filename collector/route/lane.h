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

struct lane {
	_Alignas(64) struct block *block; /* owned; NULL: none */
	struct pool *pool;                /* borrowed */
	struct mailbox *writer;           /* borrowed */
	struct counters *count;           /* borrowed; this thread's set */
	size_t run;      /* where in block the last run begins */
	size_t queued;   /* bytes put and not yet written */
	uint64_t posted; /* blocks handed over */
	bool runs;       /* the output has many files */
	_Alignas(64) _Atomic uint64_t written; /* counted by the writer */
	void *output;                          /* borrowed; the writer's */
	struct lane *next;                     /* of those that leave */
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

/* The same as lane_room() when the block being filled is full. */
struct block *lane_another(struct lane *l, size_t need);

/* Room for need bytes behind the others in the block; NULL: no memory. */
static inline struct block *
lane_room(struct lane *l, size_t need)
{
	if (l->block != NULL && l->block->cap - l->block->n >= need)
		return l->block;
	return lane_another(l, need);
}

/* n bytes of a line were put into b, which lane_room() gave. */
static inline void
lane_added(struct lane *l, struct block *b, size_t n, const struct line *of)
{
	b->n += n;
	b->messages += !of->own;
	l->queued += n;
	if (of->stream) {
		b->stream_n += n;
		l->pool->stream_used += n;
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
