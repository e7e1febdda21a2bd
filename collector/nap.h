/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * nap.h - waiting a moment instead of being woken for each message
 *
 * At some ten thousand messages a second a thread spends its time on being
 * woken. When the last turns brought several messages and nothing is there
 * now, it sleeps for a moment (`latency`) and finds many at once. A lone
 * message never meets a nap, and what is held makes it a short one; so does a
 * flood, of which less than `latency` brings enough.
 */
#ifndef NAP_H
#define NAP_H

#include <stdbool.h>
#include <stdint.h>

#include "route/intake.h"

struct nap {
	uint64_t since;  /* clock_ns(); when the window began */
	uint64_t taken;  /* messages until then, */
	uint64_t local;  /* and of these from unix sockets */
	uint64_t length; /* ns; of the nap that nap_after() wants */
};

enum nap_next {
	NAP_LOOK,  /* look again at once */
	NAP_SLEEP, /* nap_take(), then look */
	NAP_WAIT   /* until something comes */
};

/* What follows a look at all sockets that brought so many bytes; now is what
 * clock_ns() says. shaking: handshakes are due, which do not wait. */
enum nap_next nap_after(struct nap *n, const struct intake *in, uint64_t now,
    uint64_t bytes, bool shaking);

/* Its length, ns. held: intake_flush() has left something, which would wait
 * until its end. */
uint64_t nap_length(const struct nap *n, bool held);

void nap_take(const struct nap *n, bool held);

#endif
