/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * keeper.h - the thread that deletes and compresses rotated files
 *
 * It yields to all others. Nobody waits for it and nothing is queued for it:
 * who rotates a file, or finds the disk full, says so, and the keeper finds in
 * the folder what there is to do. So nothing is lost when it is slow, has
 * crashed, or cannot be started: rotation goes on without it.
 */
#ifndef OUTPUT_KEEPER_H
#define OUTPUT_KEEPER_H

#include <stdbool.h>
#include <stddef.h>

#include "base/mailbox.h"
#include "base/metrics.h"
#include "output/keepplan.h"
#include "wire/err.h"

/* Why it is woken. */
enum { KEEPER_ROTATED = 1, KEEPER_STALLED = 2 };

struct keeper;

/* No thread yet. NULL sets *err. */
struct keeper *keeper_new(struct err *err);

/* Main thread: what counts from now on. Handed over. */
void keeper_give(struct keeper *k, struct keep_plan *p);

/* Main thread, at the start and once a second: starts the thread, and again
 * when that failed. ended is woken when the thread is done. */
void keeper_look(struct keeper *k, struct mailbox *ended);

/* Any thread; never waits. slot: of the output's counters. Accepts NULL. */
void keeper_wake(struct keeper *k, int slot, unsigned why);

/* Main thread, once a stop has begun: a compression is broken off, no other
 * is begun; deleting goes on, for the writer may need the room. */
void keeper_hush(struct keeper *k);

/* Main thread: ends it. keeper_has_ended(): also when it never was. */
void keeper_stop(struct keeper *k);
bool keeper_has_ended(const struct keeper *k);

/* Waits for the thread. Accepts NULL. */
void keeper_free(struct keeper *k);

#endif
