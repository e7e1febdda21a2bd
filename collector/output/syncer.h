/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * syncer.h - the thread that waits for the disk, so that the writer need not
 *
 * fdatasync(2) takes as long as the disk likes. Jobs are done one after the
 * other in the order given, so a file that is handed over for closing is
 * closed after every sync that was asked of it before.
 */
#ifndef OUTPUT_SYNCER_H
#define OUTPUT_SYNCER_H

#include <stdbool.h>

#include "base/metrics.h"
#include "wire/err.h"

struct syncer;

/* One file to sync, or the last act of one that was rotated away. */
struct sync_job {
	int fd; /* handed over with close, else borrowed */
	bool sync, close;
	int dirfd;        /* handed over; synced and closed; -1: none */
	const char *path; /* borrowed from the configuration; for the log */
	struct counters *count; /* borrowed; this thread's set */
	_Atomic bool *busy;     /* borrowed; set false afterwards; or NULL */
};

/* Starts the thread. NULL sets *err. */
struct syncer *syncer_start(struct metrics *m, struct err *err);

/* Writer: waits only while eight jobs are waiting. */
void syncer_ask(struct syncer *s, const struct sync_job *job);

/* Does what was asked, ends the thread, frees. Accepts NULL. */
void syncer_stop(struct syncer *s);

/* fdatasync(2), timed and counted; also for who waits by himself. -1: it
 * failed, was logged and counted. */
int sync_now(
    struct metrics *m, const char *path, int fd, struct counters *count);

#endif
