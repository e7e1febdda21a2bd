/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * sweep.h - goes through the rotated files of one output, and deletes
 *
 * What has to go goes at once; what is to be compressed is noted. The keeper's
 * thread.
 */
#ifndef OUTPUT_SWEEP_H
#define OUTPUT_SWEEP_H

#include <stdatomic.h>
#include <stdbool.h>
#include <stdint.h>

#include "output/keepplan.h"

struct sweep_tools {
	struct keep_plan *plan;
	const atomic_bool *stop;        /* ends it early */
	const struct keep_job *working; /* is compressed just now; NULL: none */
	bool let_go;                    /* and would have to go */
	int64_t now;                    /* seconds: for ages */
};

/* Is less free on the disk of its folder than it wants? */
bool sweep_lacks_room(const struct keep_output *o);

/* Sees to the output, and to when that is due again. */
void sweep_output(struct keep_output *o, struct sweep_tools *t);

/* The folder of the output; -1: errno. The caller closes it. */
int sweep_open(const struct keep_output *o);

/* Something failed on a file of the output; said when it begins. */
void sweep_say(struct keep_output *o, bool *fails, const char *what,
    const char *live, const char *why);

#endif
