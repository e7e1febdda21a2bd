/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * peers.h - how many connections each sender has, listener by listener
 *
 * The main thread counts a connection in when it accepts it, or its worker
 * when a proxy has named the sender; the worker that closes it counts it out.
 */
#ifndef BASE_PEERS_H
#define BASE_PEERS_H

#include <stddef.h>
#include <stdint.h>

#include "wire/err.h"

#include "base/who.h"

struct peers;

/* The connections of one address, or user, to one listener. */
struct peer;

struct peers *peers_new(struct err *err); /* NULL sets *err */

/* Accepts NULL. Nobody may hold a peer any more. */
void peers_free(struct peers *p);

/*
 * Counts one more connection of that sender to the listener with that slot of
 * metrics; peer_leave() is due when it is closed. NULL, and nothing is
 * counted: errno is EUSERS when there are max already, else ENOMEM. Any
 * thread.
 */
struct peer *peers_enter(
    struct peers *p, int slot, const struct who *w, uint64_t max);

/* That connection is closed; any thread. Accepts NULL. The peer may not be
 * touched from then on. */
void peer_leave(struct peer *peer);

/* How many senders are remembered, those without connections included; while
 * no other thread enters any. */
size_t peers_count(const struct peers *p);

#endif
