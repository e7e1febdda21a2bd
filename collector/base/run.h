/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * run.h - lines of one file in a block of an output with many files
 *
 * The lines of such a block stand at its front, as in any other. What says
 * which file they are for grows from its end: for each run of lines a head,
 * and the file's name before it.
 *
 *   data                                                         data + cap
 *   | lines of run 0 | of run 1 | of run 2 |  room  |name 2|head 2|...|head 0|
 *
 * So the writer sorts without touching a line: what one thread has written
 * comes slowly to another, and heads that are scattered come one by one.
 */
#ifndef BASE_RUN_H
#define BASE_RUN_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/pool.h"
#include "wire/slice.h"

enum { RUN_NAME_MAX = 1024 };

/* May lie at any address: copied in and out. */
struct run_head {
	uint32_t bytes;    /* of the lines */
	uint32_t messages; /* of them, those that count as written */
	uint32_t name_n;   /* 1..RUN_NAME_MAX; no NUL behind it */
	uint64_t peer;     /* stands for the sender's address: who makes how
			      many new files */
};

/* Views of a block. */
struct run {
	struct slice name; /* of the file, below the output's folder */
	struct slice lines;
	uint32_t messages;
	uint64_t peer;
};

/* What of a block was read: of its heads, and of its lines. */
struct run_walk {
	const struct block *block;
	size_t heads, lines;
};

/* How much of a block one more run takes beside its lines. */
static inline size_t
run_head_size(struct slice name)
{
	return sizeof(struct run_head) + name.n;
}

/* Adds a head of n bytes of lines, which are behind the others or soon will
 * be; there is room. Returns its place, for run_grow(). */
size_t run_add(
    struct block *b, struct slice name, size_t n, bool counts, uint64_t peer);

/* n bytes more of the last run, whose head is at that place. */
void run_grow(struct block *b, size_t place, size_t n, bool counts);

/* The name of the run whose head is at that place. */
struct slice run_name(const struct block *b, size_t place);

static inline struct run_walk
run_first(const struct block *b)
{
	return (struct run_walk){ .block = b };
}

/* The next run, first to last; false: there is none. */
bool run_next(struct run_walk *w, struct run *r);

#endif
