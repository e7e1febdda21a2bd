/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * quick3164.h - the quick way through what most senders of RFC 3164 send
 */
#ifndef WIRE_QUICK3164_H
#define WIRE_QUICK3164_H

#include "wire/msg.h"

/*
 * Takes rest, what follows the PRI, when it is "Oct 11 22:14:15 host tag: text"
 * or "… tag[pid]: text", the time being the one before, and the names what
 * nobody could take for anything else; then *m is what rfc3164_parse() would
 * have made of it, but for raw and pri, which it leaves alone, and for clean
 * and plain, which it knows. False: nothing is said of the message, and *m is
 * as it was.
 */
bool quick3164_parse(struct slice rest, const struct msg_hints *hints,
    const struct msg_cache *cache, struct msg *m);

/* Remembers the time of a message that rfc3164_parse() has read. */
void quick3164_remember(
    struct slice rest, const struct msg *m, struct msg_cache *cache);

#endif
