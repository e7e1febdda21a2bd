/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * syncer.h - the thread that waits for the disk, so that the writer need not
 *
 * fdatasync(2) takes as long as the disk likes. Jobs are done one after the
 * other in the order given, so a file that is handed over for closing is
 * closed after every sync that was asked of it before. One thread asks.
 */
#ifndef OUTPUT_SYNCER_H
#define OUTPUT_SYNCER_H

#include <stdbool.h>
#include <stdint.h>

#include "base/metrics.h"
#include "wire/err.h"

struct syncer;

/* What became of the syncs of a file; the syncer writes it. */
struct verdict {
	_Atomic uint64_t failed; /* number of the last job that failed, or 0 */
};

/* One file to sync, or the last act of one that is left. */
struct sync_job {
	int fd; /* handed over with close, else borrowed */
	bool sync, close;
	bool whole;              /* sync everything on the disk that fd is on */
	int dirfd;               /* handed over; synced and closed; -1: none */
	const char *path;        /* for the log; copied */
	struct counters *count;  /* borrowed; this thread's set */
	struct verdict *verdict; /* from malloc(); handed over with close, else
				    borrowed; or NULL */
	uint64_t number;         /* the syncer's */
};

/* Starts the thread. NULL sets *err. */
struct syncer *syncer_start(struct metrics *m, struct err *err);

/* Waits only while eight jobs are waiting. Returns the job's number, which
 * is never 0. */
uint64_t syncer_ask(struct syncer *s, const struct sync_job *job);

/* The same without waiting. 0: not now, and nothing was handed over. */
uint64_t syncer_try(struct syncer *s, const struct sync_job *job);

/* One more job would not have to wait. */
bool syncer_has_room(struct syncer *s);

/* The same, after a wait of some milliseconds for it. */
bool syncer_waits_for_room(struct syncer *s);

/* The number that the next job will have. */
uint64_t syncer_next(const struct syncer *s);

/* True when the job of that number, and all before it, are done. */
bool syncer_has_done(const struct syncer *s, uint64_t number);

/* Waits until it is so. Accepts NULL: the syncer has stopped. */
void syncer_wait(const struct syncer *s, uint64_t number);

/* Does what was asked, ends the thread, frees. Accepts NULL. */
void syncer_stop(struct syncer *s);

/* fdatasync(2), timed and counted; also for who waits by himself. -1: it
 * failed, was counted, and logged unless path is NULL. */
int sync_now(
    struct metrics *m, const char *path, int fd, struct counters *count);

/* The same for everything on the disk that fd is on. */
int sync_whole_now(
    struct metrics *m, const char *path, int fd, struct counters *count);

#endif
