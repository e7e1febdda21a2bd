/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * gauges.h - what an output adds to the gauges of its label
 *
 * Several outputs may have one label for a while: one that a reload took away
 * and that still writes, and the one in its place. Each adds what it has and
 * takes the same away again, so that the sum is right.
 */
#ifndef OUTPUT_GAUGES_H
#define OUTPUT_GAUGES_H

#include <stdint.h>

#include "base/metrics.h"

enum { GAUGES = 3 };

struct gauges {
	struct counters *at;    /* borrowed; NULL: nothing is shown yet */
	uint64_t value[GAUGES]; /* that this output added */
};

/* The writer's thread. */
void gauges_show(struct gauges *g, struct counters *at, uint64_t files,
    uint64_t queue, uint64_t stalled);
void gauges_withdraw(struct gauges *g);

#endif
