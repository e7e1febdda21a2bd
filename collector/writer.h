/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * writer.h - the one thread that writes, rotates and closes files
 */
#ifndef WRITER_H
#define WRITER_H

#include <stdbool.h>

#include "base/mailbox.h"
#include "base/metrics.h"
#include "config/config.h"

struct writer;

/*
 * Opens every output; no thread yet. thread is the number of the writer's
 * set of counters, thread + 1 that of its syncer. NULL sets *err.
 */
struct writer *writer_new(const struct config *conf, struct metrics *m,
    size_t thread, struct err *err);

/* -1 sets *err. ended is woken when the thread is done. */
int writer_start(struct writer *w, struct mailbox *ended, struct err *err);

/* Where workers send blocks. */
struct mailbox *writer_inbox(struct writer *w);

/* Any thread. */
void writer_rotate(struct writer *w);
void writer_reopen(struct writer *w);

/* No more blocks will come: write what there is, sync, close, end. */
void writer_finish(struct writer *w);

/* Time is up: what cannot be written now is counted as dropped. */
void writer_give_up(struct writer *w);

/* True when the thread has ended, or was never started. */
bool writer_has_ended(const struct writer *w);

/* After the thread has ended. Accepts NULL. */
void writer_free(struct writer *w);

#endif
