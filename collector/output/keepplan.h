/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * keepplan.h - what the keeper was told: every output, and whose files are
 * whose
 *
 * Made by the main thread from a configuration, of which it keeps nothing;
 * then the keeper's. All outputs are in it, those without limits too: their
 * files are not another's to delete.
 */
#ifndef OUTPUT_KEEPPLAN_H
#define OUTPUT_KEEPPLAN_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/metrics.h"
#include "config/config.h"
#include "output/marks.h"
#include "output/match.h"
#include "output/retain.h"
#include "output/rotate.h"
#include "wire/err.h"

/* A rotated file that waits to be compressed, or to be compared with its
 * compressed form, because a crash left both. */
struct keep_job {
	char *live; /* owned; below the folder */
	struct rotated file;
	enum packing twin; /* PACK_NONE: compress it */
};

enum { KEEP_JOBS = 64 /* known at one time; the next sweep finds more */ };

struct keep_output {
	char *path;          /* owned; as configured; NULL: no files */
	char *folder;        /* owned; of the file, or of the many */
	const char *name;    /* of the one file, in path; NULL: many */
	struct match *match; /* owned; of the many */
	char *place;         /* owned; folder without links, once known */
	struct retain_limits limits;
	uint64_t free; /* keep_free */
	enum packing packing;
	struct counters *count; /* borrowed; the keeper's set */
	int slot;               /* of its counters, and of wake-ups */
	size_t rank;            /* fields of path: who has fewer comes first */

	/* of keeper.c and sweep.c; times are clock_ms() */
	struct keep_job job[KEEP_JOBS];
	size_t jobs, done;    /* known; and those that were taken */
	struct marks foreign; /* compressed forms that are others' */
	struct marks failed;  /* files that could not be compressed */
	int64_t failed_at;    /* tries those again; INT64_MAX: none */
	int64_t sweep_at;     /* INT64_MAX: when it is woken */
	int64_t not_before;   /* so as not to sweep all the time */
	int64_t free_at;      /* looks how much is free */
	int64_t retry_at;     /* compresses again, after an error */
	int64_t pause;        /* for a file that somebody holds */
	bool met;             /* what a crash left was seen to */
	bool due, woken;      /* by the writer; and not swept since */
	bool stalled;         /* the writer has no room */
	bool list_fails, pack_fails, delete_fails, lacks_room; /* was said */
};

struct keep_plan {
	size_t n;
	struct keep_output output[];
};

/* slot: numbers of counters, by output. NULL sets *err. */
struct keep_plan *keep_plan_new(const struct config *conf, const int *slot,
    struct metrics *m, size_t thread, struct err *err);
void keep_plan_free(struct keep_plan *p); /* accepts NULL */

void keep_forget_jobs(struct keep_output *o);

/* Does it limit what is kept, or compress? */
bool keep_wants(const struct keep_output *o);

/* Looks for folders that were not there before. */
void keep_plan_find_places(struct keep_plan *p);

/*
 * Are the rotated files of the live file o's, whose name below the folder is
 * live? Of several outputs that could have it the one with the fewest fields
 * has it, and of those the first. A live file of its own is never a rotated
 * one of another: entry is the whole name.
 */
bool keep_owns(
    const struct keep_plan *p, const struct keep_output *o, const char *live);
bool keep_is_live(
    const struct keep_plan *p, const struct keep_output *o, const char *entry);

#endif
