/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * nap.h - waiting a moment instead of being woken for each message
 *
 * At some ten thousand messages a second a thread spends its time on being
 * woken. When the last turns brought several messages and nothing is there
 * now, it sleeps for a moment (`latency`) and finds many at once. A lone
 * message never meets a nap, and what is held makes it a short one.
 */
#ifndef NAP_H
#define NAP_H

#include <stdbool.h>
#include <stdint.h>

#include "route/intake.h"

struct nap {
	uint64_t since; /* clock_ns(); when the window began */
	uint64_t taken; /* messages until then, */
	uint64_t local; /* and of these from unix sockets */
};

/* There is nothing to do just now: is it worth a nap? */
bool nap_is_due(struct nap *n, const struct intake *in);

/* Its length, ns. held: intake_flush() has left something, which would wait
 * until its end. */
uint64_t nap_length(const struct intake *in, bool held);

void nap_take(const struct intake *in, bool held);

#endif
