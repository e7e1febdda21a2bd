/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * backoff.h - how long to wait before the next attempt; pure
 *
 * Each wait is twice the one before, up to a limit, and of each a random half
 * is taken off, so that many senders do not come back in the same moment.
 */
#ifndef BACKOFF_H
#define BACKOFF_H

#include <stdint.h>

struct backoff {
	int64_t min, max, next; /* ms */
};

static inline void
backoff_init(struct backoff *b, int64_t min, int64_t max)
{
	b->min = min;
	b->max = max > min ? max : min;
	b->next = b->min;
}

static inline void
backoff_reset(struct backoff *b)
{
	b->next = b->min;
}

/* The wait that begins now, ms: between half of next and next. */
static inline int64_t
backoff_take(struct backoff *b, uint32_t random)
{
	int64_t half = b->next / 2;
	int64_t wait = b->next - (half > 0 ? (int64_t)random % (half + 1) : 0);

	b->next = b->next > b->max / 2 ? b->max : b->next * 2;
	return wait;
}

#endif
