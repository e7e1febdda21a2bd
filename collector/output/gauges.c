/* SPDX-License-Identifier: BSD-2-Clause */
#include "output/gauges.h"

static const enum output_metric ids[GAUGES] = { O_OPEN_FILES, O_QUEUE_BYTES,
	O_STALLED };

/* A counter may go down, too: the sum wraps back. */
static void
change(struct gauges *g, unsigned i, uint64_t value)
{
	if (value != g->value[i])
		counter_add(g->at, ids[i], value - g->value[i]);
	g->value[i] = value;
}

void
gauges_show(struct gauges *g, struct counters *at, uint64_t files,
    uint64_t queue, uint64_t stalled)
{
	if (at != g->at)
		gauges_withdraw(g);
	g->at = at;
	change(g, 0, files);
	change(g, 1, queue);
	change(g, 2, stalled);
}

void
gauges_withdraw(struct gauges *g)
{
	for (unsigned i = 0; g->at != NULL && i < GAUGES; i++)
		change(g, i, 0);
	g->at = NULL;
}
