/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * output.h - one output: blocks in, files (or standard output) written
 *
 * Takes blocks, writes them in order, has its files rotated, reopened and
 * synced. When a write fails it stalls: it keeps what it has and what comes,
 * tries again, and says when that began and when it ended. Made in the main
 * thread, then owned by the writer thread.
 */
#ifndef OUTPUT_OUTPUT_H
#define OUTPUT_OUTPUT_H

#include <stdbool.h>
#include <stdint.h>

#include "base/metrics.h"
#include "base/pool.h"
#include "config/config.h"
#include "output/syncer.h"

/* What every output of the writer needs. */
struct output_tools {
	struct metrics *metrics;
	size_t thread; /* the writer's, in these */
	struct syncer *syncer;
};

struct output;

/*
 * Opens what conf describes, of which it keeps a copy of its own. count is
 * the writer's set of counters, sync_count the syncer's; both and tools are
 * borrowed. NULL sets *err.
 */
struct output *output_new(const struct output_conf *conf,
    struct counters *count, struct counters *sync_count,
    const struct output_tools *tools, struct err *err);

/* A reload: the same path with other settings (limits, times, modes of new
 * files). Hands over what output_settings() made, which cannot fail here. */
struct output_settings;
struct output_settings *output_settings(const struct output_conf *conf,
    struct counters *count, struct counters *sync_count, struct err *err);
void output_settings_free(struct output_settings *s); /* accepts NULL */
void output_renew(struct output *o, struct output_settings *s);

/* Who is to know of files that are rotated and of full disks. Borrowed. */
struct keeper;
void output_keep(struct output *o, struct keeper *k, int slot);

/* The block is the output's until it is written. */
void output_take(struct output *o, struct block *b);

/* Writes what it has, as far as that goes now; what takes long is gone on
 * with in the next call, so that other outputs have their turn. */
void output_write(struct output *o);

/* A stop, the last thing before the syncer ends: what should be written once
 * more, because the disk does not sync, is written though it still may not. */
void output_put_back(struct output *o);

/* Nothing waits to be written. */
bool output_is_empty(const struct output *o);

/* What time brings: retries, syncs, a deleted file. Returns the clock_ms() of
 * the next call, of output_write() too; INT64_MAX: none is needed. */
int64_t output_tick(struct output *o);

/* Instead of both: its turn comes after that of first. */
void output_wait_behind(struct output *o, const struct output *first);

/*
 * SIGUSR1: its files are rotated, but for empty ones. Of many files those that
 * are open; what was closed for others stays as it is.
 */
void output_rotate(struct output *o);

/* SIGHUP: files that were moved away are written to no more. */
void output_reopen(struct output *o);

/*
 * Syncs (unless that is off), closes and frees; accepts NULL. Blocks that
 * are left are returned unwritten and counted as dropped. Nothing of it may
 * be with the syncer: output_is_idle(), or the syncer has stopped.
 */
void output_free(struct output *o);

/* Empty, and the syncer has none of its descriptors. */
bool output_is_idle(const struct output *o);

/* Do both have the same path? */
bool output_is_at(const struct output *a, const struct output *b);

#endif
