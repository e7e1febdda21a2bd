/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * worker.h - a receiving thread: its event loop, sockets and memory
 */
#ifndef WORKER_H
#define WORKER_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/mailbox.h"
#include "base/metrics.h"
#include "config/config.h"
#include "input/conns.h"

struct worker;

/* thread: the number of its sets of counters. NULL sets *err. */
struct worker *worker_new(const struct config *conf, struct metrics *m,
    size_t thread, struct mailbox *writer, struct err *err);

/* Before the start: gives it a datagram socket, borrowed. -1 sets *err. */
int worker_add_dgram(
    struct worker *w, size_t listener, int fd, struct err *err);

/* -1 sets *err. ended is woken when the thread is done. */
int worker_start(struct worker *w, struct mailbox *ended, struct err *err);

/* Any thread: hands over a connection. */
void worker_give(struct worker *w, struct newcomer *n);

/* Connections it serves or has been given; any thread. */
size_t worker_load(const struct worker *w);

/* Read what the kernel holds, until clock_ms() says deadline; hand over
 * everything; end. */
void worker_stop(struct worker *w, int64_t deadline);

bool worker_has_ended(const struct worker *w);

/* After its end: bytes of streams that it could not read in time. */
uint64_t worker_unread(const struct worker *w);

/* Waits for the thread. */
void worker_join(struct worker *w);

/* After the writer has ended, too: blocks come back until then. Accepts
 * NULL. */
void worker_free(struct worker *w);

#endif
