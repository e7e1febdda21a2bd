/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * plan.h - a configuration in use: what its parts are at run time
 *
 * Immutable. A reload makes another one; the old one goes when every thread
 * has said that it uses the new one.
 */
#ifndef ROUTE_PLAN_H
#define ROUTE_PLAN_H

#include "base/metrics.h"
#include "config/config.h"

struct plan {
	struct config *conf; /* owned */
	int *listener_slot;  /* owned; of counters, by listener */
	int *output_slot;    /* owned; of counters, by output */
	void **output; /* owned array of the writer's objects, by output */
	size_t drops;  /* outputs with when_full: drop */
	uint64_t generation; /* 1, and one more with each reload */
};

/* Takes conf over. NULL sets *err, and conf is the caller's still. The outputs
 * are NULL as yet. */
struct plan *plan_new(struct config *conf, struct metrics *m, struct err *err);
void plan_free(struct plan *p); /* accepts NULL */

/* The number of the output with that object; SIZE_MAX: there is none. */
size_t plan_find_output(const struct plan *p, const void *output);

/* How much of what streams bring may wait for the writer, of a worker's share
 * of memory; bytes. files: so many are written to at the moment. */
size_t plan_stream_high(const struct plan *p, size_t share, size_t files);

#endif
