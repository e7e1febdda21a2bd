/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * rfc5424.h - a message in the form of RFC 5424, or nearly so
 */
#ifndef WIRE_RFC5424_H
#define WIRE_RFC5424_H

#include "wire/msg.h"

/* The longest that a field may be: section 6, octets. */
enum {
	RFC5424_HOSTNAME = 255,
	RFC5424_APP_NAME = 48,
	RFC5424_PROCID = 128,
	RFC5424_MSGID = 32
};

/*
 * Parses what follows the PRI. Returns false when there is no header of RFC
 * 5424 to be recognised; then what *m holds means nothing. Else every field of
 * *m is set but raw and pri, which are the caller's (and nothing is known of
 * sent), and valid says whether all of it was as the RFC demands.
 */
bool rfc5424_parse(struct slice rest, struct msg_cache *cache, struct msg *m);

#endif
