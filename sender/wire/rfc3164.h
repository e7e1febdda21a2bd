/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * rfc3164.h - a message as senders have always written it
 */
#ifndef WIRE_RFC3164_H
#define WIRE_RFC3164_H

#include "wire/msg.h"

/*
 * Parses what follows the PRI. Never fails: what is not recognised is text,
 * whole. Sets form, time, sent, host, app, procid, text and bom of *m, whose
 * other fields the caller has set or zeroed.
 */
void rfc3164_parse(
    struct slice rest, const struct msg_hints *hints, struct msg *m);

#endif
