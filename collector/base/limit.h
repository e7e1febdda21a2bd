/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * limit.h - so many messages a second from each sender, and no more
 *
 * Each sender may save up one second's worth. The table has a fixed size;
 * when more send than it holds, whoever sent least recently is forgotten and
 * begins anew. One per worker and listener; no locks.
 */
#ifndef BASE_LIMIT_H
#define BASE_LIMIT_H

#include <stdbool.h>
#include <stdint.h>

#include "wire/err.h"

#include "base/who.h"

enum { LIMIT_SENDERS = 4096 };

struct limit;

/* rate: messages a second, above 0. NULL sets *err. */
struct limit *limit_new(int64_t rate, struct err *err);
void limit_free(struct limit *l); /* accepts NULL */

/* The rate from now on; what senders saved up is cut to it. */
void limit_set_rate(struct limit *l, int64_t rate);

/* May that sender have one more message taken, at clock_ms() now? True takes
 * it off what the sender has left. Costs the same whoever sends. */
bool limit_take(struct limit *l, const struct who *w, int64_t now);

#endif
