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
#include "input/conns.h"
#include "input/dgram.h"
#include "route/intake.h"
#include "route/plan.h"

struct worker;

enum order_kind {
	ORDER_SWITCH, /* from now on another plan */
	ORDER_SAY     /* put a message of our own among the others */
};

/* What the main thread wants of a worker; made with calloc(3), freed by the
 * worker. */
struct order {
	struct newcomer head; /* first; its fd is -1: no connection */
	enum order_kind kind;
	char *text; /* owned; what to say */

	const struct plan *plan;    /* borrowed; the new one, */
	const struct plan *old;     /* and until now */
	size_t *map;                /* owned; old number of a listener to its
				       new one; SIZE_MAX: it is gone */
	struct intake_parts parts;  /* owned */
	struct worker_socket *more; /* owned; datagram sockets to serve, too */
	size_t mores;
	_Atomic size_t *left;   /* borrowed; workers that have not switched */
	struct mailbox *answer; /* borrowed; woken by the last one */
};

struct worker_socket {
	size_t listener;
	int fd;              /* borrowed */
	struct dgram *dgram; /* owned until it serves */
};

/* thread: the number of its sets of counters. NULL sets *err. */
struct worker *worker_new(const struct plan *plan, struct metrics *m,
    size_t thread, struct mailbox *writer, struct err *err);

/* Before the start: gives it a datagram socket, borrowed. -1 sets *err. */
int worker_add_dgram(
    struct worker *w, size_t listener, int fd, struct err *err);

/* -1 sets *err. ended is woken when the thread is done. */
int worker_start(struct worker *w, struct mailbox *ended, struct err *err);

/* Any thread: hands over a connection, an order. */
void worker_give(struct worker *w, struct newcomer *n);
void worker_order(struct worker *w, struct order *o);

/* NULL: no memory. */
struct order *order_new(enum order_kind kind);
void order_free(struct order *o); /* accepts NULL */

/* Datagram sockets that one worker serves at most. */
enum { WORKER_DGRAMS_MAX = 256 };

/* Connections it serves or has been given; main thread. */
size_t worker_load(const struct worker *w);

/* Read what the kernel holds, until clock_ms() says deadline; hand over
 * everything; end. */
void worker_stop(struct worker *w, int64_t deadline);

bool worker_has_ended(const struct worker *w);

/* After its end: bytes of streams that it could not read in time. */
uint64_t worker_unread(const struct worker *w);

/* After its end: one more message of our own. */
void worker_say_last(struct worker *w, const char *text);

/* Waits for the thread. */
void worker_join(struct worker *w);

/* After the writer has ended, too: blocks come back until then. Accepts
 * NULL. */
void worker_free(struct worker *w);

#endif
