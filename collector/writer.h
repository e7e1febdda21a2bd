/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * writer.h - the one thread that writes, rotates and closes files
 */
#ifndef WRITER_H
#define WRITER_H

#include <stdatomic.h>
#include <stdbool.h>
#include <stddef.h>

#include "base/mailbox.h"
#include "base/metrics.h"
#include "config/config.h"

struct writer;
struct output;
struct output_settings;

/* Outputs that a reload brings, changes and takes away. */
struct writer_order {
	struct output **add; /* owned array; handed over */
	size_t adds;
	struct {
		struct output *output;            /* borrowed */
		struct output_settings *settings; /* handed over */
	} * renew;                                /* owned array */
	size_t renews;
	struct output **remove; /* owned array */
	size_t removes;
	/* borrowed; woken when it is done, which includes that those to be
	 * removed are closed, unless that takes longer than a second */
	struct mailbox *answer;
	atomic_bool done;
};

/* thread is the number of the writer's set of counters, thread + 1 that of
 * its syncer. The keeper is borrowed. NULL sets *err. */
struct keeper;
struct writer *writer_new(
    struct metrics *m, struct keeper *keeper, size_t thread, struct err *err);

/* Main thread: opens an output, which is the caller's until an order adds
 * it. slot: of its counters. NULL sets *err. */
struct output *writer_open(struct writer *w, const struct output_conf *conf,
    int slot, struct err *err);

/* Main thread: what another configuration of an output needs. */
struct output_settings *writer_settings(struct writer *w,
    const struct output_conf *conf, int slot, struct err *err);

/* Main thread, with no order under way: will it take so many more? */
bool writer_has_room(const struct writer *w, size_t adds);

/* The same: besides so many that are in use, are there others that were taken
 * away and still have something to write? */
bool writer_has_leaving(const struct writer *w, size_t used);

/*
 * Main thread, one order at a time: o is borrowed until o->done. Before the
 * start it is obeyed at once.
 */
void writer_obey(struct writer *w, struct writer_order *o);

/* -1 sets *err. ended is woken when the thread is done. */
int writer_start(struct writer *w, struct mailbox *ended, struct err *err);

/*
 * Main thread: asks the writer for a sign of life; and has it given one since,
 * or ended? It gives none while a system call keeps it.
 */
void writer_ask(struct writer *w);
bool writer_has_answered(const struct writer *w);

/* Where workers send blocks. */
struct mailbox *writer_inbox(struct writer *w);

/* Any thread. */
void writer_rotate(struct writer *w);
void writer_reopen(struct writer *w);

/* From now on an order is done at once, whatever is still being written. */
void writer_hurry(struct writer *w);

/* No more blocks will come: write what there is, sync, close, end. */
void writer_finish(struct writer *w);

/* Time is up: what cannot be written now is counted as dropped. */
void writer_give_up(struct writer *w);

/* True when the thread has ended, or was never started. */
bool writer_has_ended(const struct writer *w);

/* After the thread has ended. Accepts NULL. */
void writer_free(struct writer *w);

#endif
