/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * drive.h - the program that the system tests of the sender run
 */
#ifndef DRIVE_H
#define DRIVE_H

#include "syncline.h"

struct job {
	const char *name;
	const char *url;
	struct syncline_opts opts;
	int threads, count, timeout; /* of flush and close, ms */
	int pace;                    /* us between two messages */
	int severity;                /* -1: all of them in turn */
	int size;                    /* bytes of each text, at least */
};

/* What can be done; each returns an exit status. */
int drive_flood(const struct job *job);
int drive_fork(const struct job *job);
int drive_signals(const struct job *job);
int drive_descriptors(const struct job *job);
int drive_daemon(const struct job *job);
int drive_chroot(const struct job *job);
int drive_exit(const struct job *job);
int drive_openlog(const struct job *job);
int drive_opening(const struct job *job);
int drive_awaited(const struct job *job);
int drive_givenup(const struct job *job);
int drive_failing(const struct job *job);
int drive_later(const struct job *job);
int drive_missed(const struct job *job);
int drive_closed(const struct job *job);
int drive_paused(const struct job *job);
int drive_left(const struct job *job);
int drive_atexit(const struct job *job);
int drive_busy(const struct job *job);
int drive_leave(const struct job *job); /* as its name says */
int drive_record(const struct job *job);
int drive_loop(const struct job *job);
int drive_dropin(const struct job *job);
int drive_crash(const struct job *job);
int drive_long(const struct job *job);
int drive_refused(const struct job *job);
int drive_mask(const struct job *job);
int drive_reopen(const struct job *job);
int drive_close(const struct job *job); /* while it waits to try again */
int drive_storm(const struct job *job);
int drive_asked(const struct job *job);
int drive_sigsafe(const struct job *job);
int drive_pelt(const struct job *job); /* size 0: with an unsafe handler */

/* The handle of the job; ends the program when it cannot be opened. */
struct syncline *drive_open(const struct job *job);

/* Flushes, prints the statistics as JSON, closes; status 0 when all went. */
int drive_end(struct syncline *s, const struct job *job);

#endif
