/* SPDX-License-Identifier: BSD-2-Clause */
#include "input/loss.h"

#include <inttypes.h>

#include "base/log.h"

static const struct {
	enum listener_metric id;
	const char *name, *cure;
} causes[LOSS_CAUSES] = {
	{ L_DROPPED_KERNEL, "kernel",
	    "the socket's buffer is full: raise receive_buffer" },
	{ L_DROPPED_MEMORY, "memory",
	    "an output is slower than what comes: raise --memory or see to "
	    "the disk" },
};

void
loss_look(struct loss *l, const char *listener, const struct counters *count,
    int64_t now, bool last)
{
	for (int i = 0; i < LOSS_CAUSES; i++) {
		uint64_t n = atomic_load_explicit(
		    &count->v[causes[i].id], memory_order_relaxed);
		bool rises = n != l->cause[i].seen;

		if (rises && l->cause[i].since == 0) {
			l->cause[i].since = now;
			l->cause[i].start = l->cause[i].seen;
			log_line(LOG_WARNING,
			    "listener %s: messages are "
			    "being lost (%s): %s",
			    listener, causes[i].name, causes[i].cure);
		}
		l->cause[i].seen = n;
		if (l->cause[i].since == 0 || (rises && !last))
			continue;
		log_line(LOG_WARNING,
		    "listener %s: %" PRIu64 " messages were "
		    "lost (%s) in %" PRId64 " ms",
		    listener, n - l->cause[i].start, causes[i].name,
		    now - l->cause[i].since);
		l->cause[i].since = 0;
	}
}
