/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * resolve.h - looking up names without waiting for it
 *
 * getaddrinfo(3) may take half a minute where the name servers are dead, and
 * cannot be interrupted. So each look-up is a thread of its own; who no longer
 * wants to know the answer leaves it behind.
 */
#ifndef RESOLVE_H
#define RESOLVE_H

#include <netdb.h>

#include "target.h"

struct resolve;

/* Addresses need no thread: they are there at once. NULL: no memory, no
 * thread, or with only_address: it is a name (errno: EBUSY). */
struct resolve *resolve_start(const struct target *t, bool only_address);

/* False: not yet. *found is the result's, NULL when there is none: *err. */
bool resolve_done(
    struct resolve *r, const struct addrinfo **found, struct err *err);

/* The result is gone with it, or the thread frees it later. r may be NULL. */
void resolve_drop(struct resolve *r);

#endif
