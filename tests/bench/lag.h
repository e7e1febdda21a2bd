/* SPDX-License-Identifier: BSD-2-Clause */
/* lag.h - the two sides of lag: one thread sends, the other one looks */
#ifndef BENCH_LAG_H
#define BENCH_LAG_H

#include "follow.h"
#include "histogram.h"
#include "load.h"
#include "mark.h"

#include <stdatomic.h>

struct lag {
	struct load load;

	/* the sender's */
	struct histogram late; /* after the time that the rate gives */
	atomic_bool sent;      /* all that will be */

	/* the watcher's */
	struct follow follow;
	struct histogram delays;
	struct histogram looks; /* from one look to the next */
	uint64_t *known;        /* a bit for each message */
	uint64_t seen, doubled, damaged;
	struct mark mark;
	char *buffer;
	size_t length;
};

/* Thread of the sender; arg: struct lag. */
void *lag_send(void *arg);

#endif
