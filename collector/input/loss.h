/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * loss.h - a sentence when messages begin to be lost, and one when it ends
 *
 * The counters tell how many at any time; the sentences, at most one a second
 * and cause, tell whoever reads standard error that there is something to
 * look at. One per worker and listener.
 */
#ifndef INPUT_LOSS_H
#define INPUT_LOSS_H

#include <stdbool.h>
#include <stdint.h>

#include "base/metrics.h"

enum { LOSS_CAUSES = 2 };

struct loss {
	struct {
		uint64_t seen;  /* the counter a second ago */
		uint64_t start; /* and when it began to rise; */
		int64_t since;  /* clock_ms(); 0: it does not rise */
	} cause[LOSS_CAUSES];
};

/* Looks at the counters of one worker's listener, once a second and at the
 * end of all (last), when what still goes on ends too. */
void loss_look(struct loss *l, const char *listener,
    const struct counters *count, int64_t now, bool last);

#endif
