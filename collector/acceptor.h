/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * acceptor.h - takes connections of one listening socket, in the main thread
 *
 * Each goes to the worker with the fewest. Out of descriptors it does not
 * spin and closes nothing: connections wait in the kernel, and the same
 * object goes on with the same listener a moment later.
 */
#ifndef ACCEPTOR_H
#define ACCEPTOR_H

#include <event2/event_struct.h>

#include <stdbool.h>
#include <stddef.h>

#include "base/metrics.h"
#include "base/peers.h"
#include "route/plan.h"
#include "worker.h"

/* What all acceptors share; owned by the engine. */
struct acceptor_tools {
	const struct plan *plan; /* borrowed; the one in use */
	struct metrics *metrics;
	struct peers *peers; /* owned */
	size_t thread;       /* of the main thread's counters */
	struct worker **worker;
	size_t workers;
	size_t fds_max; /* connections that the descriptor limit leaves room
			   for */
};

struct acceptor {
	struct event readable, resume;
	int fd;                       /* borrowed from its socket_set */
	size_t listener;              /* its number in the plan */
	struct acceptor_tools *tools; /* borrowed */
	bool told;          /* of the descriptors, until they suffice again */
	bool told_max;      /* of max_connections */
	int64_t refused_at; /* when a peer was complained of */
};

/* Connections that all listeners have open; that one has. */
uint64_t acceptor_open_in_all(const struct acceptor_tools *t);
uint64_t acceptor_open(const struct acceptor_tools *t, size_t listener);

/* -1 sets *err. */
int acceptor_start(
    struct acceptor *a, struct event_base *base, struct err *err);

/* Stops; what waits in the kernel is left there. */
void acceptor_forget(struct acceptor *a);

/* Takes what waits in the kernel, and stops. */
void acceptor_stop(struct acceptor *a);

#endif
