/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * losses.h - a message when messages begin to be lost, and one when it ends
 *
 * The counters tell how many at any time. The messages, at most one a second
 * and cause, tell whoever reads the logs that there is something to look at:
 * they go to standard error and, as messages of our own, to the outputs.
 */
#ifndef LOSSES_H
#define LOSSES_H

#include <stdbool.h>
#include <stdint.h>

#include "base/metrics.h"

enum { LOSS_CAUSES = 4, LOSS_TEXT = 512 };

struct losses {
	struct loss {
		uint64_t seen;  /* the sum of the counters a second ago, */
		uint64_t start; /* and when it began to rise; */
		int64_t since;  /* clock_ms(); 0: it does not rise */
		uint64_t *each; /* owned; the counters of a second ago */
		size_t n;
	} cause[LOSS_CAUSES];
};

void losses_clear(struct losses *l);

/*
 * Looks at one cause, 0 to LOSS_CAUSES - 1; call it once a second, and at the
 * end of all (last), when what still goes on ends too. True: there is
 * something to say, and it is in text.
 */
bool losses_look(struct losses *l, int cause, const struct metrics *m,
    int64_t now, bool last, char text[LOSS_TEXT]);

#endif
