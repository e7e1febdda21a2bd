/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * strict.h - the quick way through a message that is right in every byte
 */
#ifndef WIRE_STRICT_H
#define WIRE_STRICT_H

#include "wire/msg.h"

/*
 * Takes rest, what follows the PRI, when that makes a valid message of RFC 5424
 * of an ordinary size; then *m is what rfc5424_parse() would have made of it,
 * but for raw and pri, which it leaves alone. False: nothing is said of the
 * message, which may still be valid (a short one, a rare shape), and the rest
 * of *m may have been written to.
 */
bool strict_parse(struct slice rest, struct msg_cache *cache, struct msg *m);

#endif
