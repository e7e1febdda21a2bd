/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * output_parts.h - what output.c, output_write.c and hold.c share; nobody else
 * includes it
 */
#ifndef OUTPUT_OUTPUT_PARTS_H
#define OUTPUT_OUTPUT_PARTS_H

#include <stdbool.h>
#include <stdint.h>

#include "base/pool.h"
#include "output/files.h"
#include "output/gauges.h"
#include "output/output.h"
#include "output/pipeout.h"
#include "output/stall.h"
#include "wire/slice.h"

/* Blocks in their order, linked by letter.next. */
struct chain {
	struct block *first, *last; /* owned */
};

struct output {
	struct file_home home; /* owns the settings */
	/* one of these three it writes to: */
	bool standard;
	struct pipeout pipe;
	struct file file;
	struct files *files; /* owned; NULL: not many files */

	struct chain waiting; /* to be written */
	uint64_t queued;      /* bytes of all these blocks */
	uint64_t owed;        /* messages taken and not counted as written */
	size_t passed;        /* of the first's bytes, those that are written */
	size_t done;          /* of what is written just now: see below */

	/* of many files: the first blocks are written together, sorted, in one
	 * batch or several */
	size_t together;      /* blocks; 0: not begun */
	size_t sorted;        /* of these, how many are in batches */
	struct run_walk scan; /* of the next one of them, what is */
	struct batch batch;   /* that is written just now */
	size_t group;         /* of these, the one that is */
	size_t largest;       /* of these batches: how many files it has */
	size_t names;         /* the same of those that were written before */

	/* of hold.c */
	struct chain held; /* written; kept until a sync goes well */
	size_t safe;       /* of the first's bytes, those that are synced */
	size_t held_safe;  /* of the first one held */
	size_t again;      /* waiting blocks that were written before, to a
			    * file that failed */

	struct stall stall;
	bool behind;       /* one that stalls has what is to be written first */
	int64_t behind_at; /* clock_ms(): since when something waits for it; 0:
			      nothing does */
	struct gauges gauges;
	int64_t busy_at; /* clock_ms(): since when the reader takes nothing; 0:
			    it does */
	int64_t look_at;
};

static inline struct slice
block_text(const struct block *b)
{
	return slice_of(b->data, b->n);
}

/* So many messages are another slot's: what is taken there is written here. */
void output_move_taken(const struct output *o, int from, int to, uint64_t n);

/* Brings the gauges up to date. */
void output_show(struct output *o);

/* The one file, when it was deleted, is made again, before anything more goes
 * into what nobody can read; one whose sync failed is replaced. False: not
 * now, and the output stalls. */
bool output_have_file(struct output *o);

/*
 * Its file system takes no more writes (EROFS), not even into what is open:
 * all of it is closed, so that it can be unmounted, repaired and mounted
 * again. What was begun is begun again then.
 */
void output_let_go(struct output *o);

/* Is it back? False: not yet, and the output stalls. Only that file system is
 * looked for: what is below its mount point gets nothing. */
bool output_come_back(struct output *o);

/* SIGHUP: what is there now is taken instead. */
void output_take_other(struct output *o);

/* That many messages were written for the first time. */
void output_count(struct output *o, uint64_t messages, bool other);

/* The group, with lines, that is to be written to next; NULL: all of the batch
 * is written. */
struct group *output_group(struct output *o);

/* Its lines are written, as far as it goes: left messages are not. */
void output_end_lines(struct output *o, struct group *g, uint64_t left);

/* Written, or given up: the first block, or those that were written together,
 * go back, or are held. */
void output_pass(struct output *o);

/* Many files: chooses the blocks that are written together, unless they are
 * already. */
void output_gather(struct output *o);

/* None of those is written yet: they are chosen and sorted again. */
static inline void
output_scatter(struct output *o)
{
	o->together = o->sorted = 0;
	o->group = o->batch.groups;
}

/* The one file was rotated: all that was written before is on the disk. */
void hold_cut(struct output *o);

/*
 * Between two blocks: one sync for all that is held. When it fails, what is
 * held is to be written again, and when that happens again the output stalls.
 */
void hold_settle(struct output *o);

/* Nothing is held any more. */
void hold_release(struct output *o);

/* While there is something to be written again: this group is. */
bool hold_wants(const struct output *o, const struct group *g);

#endif
