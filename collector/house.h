/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * house.h - what runs: the threads, the sockets, the plan in use
 *
 * Owned by the engine, changed by it and by reload.c, in the main thread.
 */
#ifndef HOUSE_H
#define HOUSE_H

#include <event2/event.h>

#include "acceptor.h"
#include "activation.h"
#include "admin.h"
#include "base/metrics.h"
#include "listeners.h"
#include "route/plan.h"
#include "worker.h"
#include "writer.h"

struct house {
	struct event_base *base;
	struct metrics *metrics;
	struct plan *plan;
	struct activation activation;
	struct listeners listeners;
	struct acceptor_tools tools; /* the workers are in it */
	struct writer *writer;
	struct keeper *keeper;
	struct admin *admin;               /* NULL: off */
	size_t descriptors;                /* their limit */
	size_t dgrams[CONFIG_WORKERS_MAX]; /* datagram sockets of each worker */
	size_t next_worker;                /* gets the next one */
};

/* In this order. Each returns -1 and sets *err; house_clear() is due in any
 * case. house_init() takes conf over. */
int house_init(struct house *h, struct config *conf, struct err *err);
int house_listen(struct house *h, struct err *err);  /* binds everything */
int house_furnish(struct house *h, struct err *err); /* files, threads to be */
int house_start(struct house *h, struct mailbox *ended, struct err *err);

/* Is one of the hosts to listen on a name, which has to be looked up? */
bool house_asks_for_names(const struct house *h);

void house_announce(const struct house *h); /* "listening on", "ready" */

/* Joins the threads, which have been told to stop, and frees everything. */
void house_clear(struct house *h);

/* Opens output i of the plan; and what it needs when it is open already.
 * NULL sets *err. */
struct output *house_open_output(
    struct house *h, const struct plan *plan, size_t i, struct err *err);
struct output_settings *house_settings(
    struct house *h, const struct plan *plan, size_t i, struct err *err);

/* What is kept of rotated files, by the plan. NULL sets *err. */
struct keep_plan *house_keep_plan(
    struct house *h, const struct plan *plan, struct err *err);

/* The worker for one more datagram socket; SIZE_MAX: all have as many as they
 * can. */
size_t house_choose_worker(struct house *h);

#endif
