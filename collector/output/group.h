/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * group.h - the runs of some blocks, sorted by file
 *
 * Lines of many files come in the order received (base/run.h). Here those of
 * one file are put together, in their order, so that each file is written to
 * once for all blocks that wait and not once a message. The blocks themselves
 * stay as they are. Time is linear, memory fixed, and touched only as far as
 * it is used: what is too much for one batch makes several.
 *
 *   batch_begin() nothing is in it
 *   batch_scan()  for each block: which names are there?
 *   (the caller says which of them go to the file for all others)
 *   batch_sort()  groups, to be written in their order
 *   batch_next()  for each group: lines, until there are no more
 */
#ifndef OUTPUT_GROUP_H
#define OUTPUT_GROUP_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/run.h"
#include "output/hash.h"
#include "wire/slice.h"

enum { BATCH_NAMES = 16384, BATCH_RUNS = 131072 };

struct batch_name {
	struct slice text; /* a view of a block */
	uint64_t hash;
	uint64_t peer; /* of the first run */
	bool other;    /* the caller's word */
};

/* What one file gets. */
struct group {
	struct slice name; /* a view of a block */
	uint64_t hash;
	bool other;          /* the file for all others; no name then */
	bool asked, skipped; /* the caller's own */
	uint32_t rest, last; /* runs; batch_next()'s own */
	struct slice lines;  /* whole ones: of batch_next() */
	uint32_t messages;   /* of them, those that count as written */
};

struct batch {
	struct batch_name *name; /* owned; names of them */
	size_t names;
	struct group *group; /* owned; groups of them */
	size_t groups;
	struct batch_work *work; /* owned */
};

int batch_init(struct batch *b); /* -1: no memory */
void batch_clear(struct batch *b);

/* Empties it, for other blocks. */
void batch_begin(struct batch *b);

/*
 * Adds runs, as many as there is room for and at least one to an empty batch,
 * and moves *walk behind them. The names are in the order in which they come;
 * there are no groups as yet. The block must stay as long as they are used.
 * False: not all.
 */
bool batch_scan(
    struct batch *b, const struct hash_key *key, struct run_walk *walk);

/* Makes the groups of what was scanned, in the order of their first lines,
 * none of which they have yet. */
void batch_sort(struct batch *b);

/* The next lines of a group, with their number of messages, which are good
 * until the next call for any. False: it had all. */
bool batch_next(struct batch *b, struct group *g);

/* The messages of all runs to come that count as written. */
uint64_t batch_count(struct run_walk w);

#endif
