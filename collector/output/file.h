/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * file.h - an output that writes to a file or to standard output
 *
 * Takes blocks, writes them in order, rotates, reopens and has it synced.
 * When a write fails it stalls: it keeps what it has and what comes, tries
 * again, and says when that began and when it ended. Owned by the writer
 * thread.
 */
#ifndef OUTPUT_FILE_H
#define OUTPUT_FILE_H

#include <stdbool.h>
#include <stdint.h>

#include "base/metrics.h"
#include "base/pool.h"
#include "config/config.h"
#include "output/logfile.h"
#include "output/pipeout.h"
#include "output/syncer.h"

/* What every output of the writer needs. */
struct output_tools {
	struct metrics *metrics;
	struct syncer *syncer;
};

struct output {
	const struct output_conf *conf;   /* borrowed */
	struct counters *count;           /* borrowed; the writer's set */
	struct counters *sync_count;      /* borrowed; the syncer's set */
	const struct output_tools *tools; /* borrowed */
	bool standard;       /* standard output: no file, no rotation */
	struct pipeout pipe; /* then */
	int64_t busy_at;     /* since when it takes nothing more; 0: it does */
	struct logfile file;
	struct block *first; /* owned, linked by letter.next; being written */
	struct block *last;
	size_t done;     /* bytes of first that are written */
	uint64_t queued; /* bytes waiting, first's included */
	bool stalled;
	int64_t stalled_at, retry_at; /* clock_ms() */
	int64_t sync_at, look_at, rotate_at;
	_Atomic bool syncing;        /* the syncer has the live file */
	bool dirty;                  /* written to since the last sync */
	bool rotate_fails;           /* and it was said */
	bool reopen_due, rotate_due; /* as soon as the line begun is whole */
};

/* -1 sets *err. */
int output_open(struct output *o, const struct output_conf *conf,
    struct counters *count, struct counters *sync_count,
    const struct output_tools *tools, struct err *err);

/* Syncs (unless that is off) and closes; blocks that are left are returned
 * unwritten and counted as dropped. The syncer must have stopped: it may
 * hold the live file's descriptor. */
void output_close(struct output *o);

/* The block is the output's until it is written. */
void output_take(struct output *o, struct block *b);

/* Writes what it has, as far as that goes now. */
void output_write(struct output *o);

/* What time brings: retries, syncs, a deleted file. Returns the clock_ms() of
 * the next call, INT64_MAX: none is needed. */
int64_t output_tick(struct output *o);

void output_rotate(struct output *o); /* SIGUSR1 */
void output_reopen(struct output *o); /* SIGHUP */

#endif
