/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * msg.h - one log message, parsed but not copied
 *
 * Parsing never fails: what cannot be understood is kept whole, as text,
 * because a collector that refuses what it does not understand loses the
 * most interesting messages. The order is strict RFC 5424, then the shapes
 * of RFC 3164 as real clients send them, then plain text.
 */
#ifndef WIRE_MSG_H
#define WIRE_MSG_H

#include <stdbool.h>
#include <stdint.h>

#include "wire/slice.h"
#include "wire/stamp.h"

enum msg_form {
	MSG_RFC5424, /* section 6: header, STRUCTURED-DATA, MSG */
	MSG_RFC3164, /* a legal PRI, then whatever of section 4.1 is there */
	MSG_RAW      /* no legal PRI: everything is text */
};

enum { MSG_PRI_DEFAULT = 13, MSG_PRI_MAX = 191 }; /* RFC 3164 4.3.3, 5424 */

/*
 * Every slice points into raw and lives as long as raw's bytes. A field that
 * the message does not have (also: NILVALUE "-") is an empty slice.
 */
struct msg {
	struct slice raw;  /* as received, framing removed and trimmed */
	struct slice time; /* the timestamp's bytes, as sent */
	struct slice host, app, procid, msgid;
	struct slice sd;   /* STRUCTURED-DATA with its brackets, when valid */
	struct slice text; /* MSG, without a byte order mark */
	struct stamp sent; /* filled for MSG_RFC3164, and for MSG_RFC5424 only
			      by msg_stamp(): the fast path does not need it */
	enum msg_form form;
	uint8_t pri; /* MSG_PRI_DEFAULT when the message has none */
	bool valid;  /* strictly RFC 5424: may be passed on byte for byte */
	bool clean;  /* no byte of raw needs an escape (see escape.h) */
	bool plain;  /* host, app, procid and msgid are PRINTUSASCII without a
			'#', and as long as RFC 5424 allows; false may also
			mean: not looked at */
	bool bom;    /* a byte order mark stood before text */
};

/* What the parser may know of the way a message came. */
struct msg_hints {
	bool local;        /* from a unix socket: the first word is no host */
	struct slice self; /* our own host name */
};

enum {
	MSG_BSD_TIME = 15, /* bytes of "Oct 11 22:14:15" */
	MSG_NAMES = 64     /* of "HOSTNAME APP-NAME PROCID MSGID " */
};

/* What the last good times and names were: one per thread, zeroed at start. */
struct msg_cache {
	char names[MSG_NAMES]; /* of RFC 5424, and what came behind them */
	uint8_t names_n;       /* bytes of them */
	uint64_t names_mask;   /* a bit for each; 0: none */
	struct msg_span {
		uint8_t at, n;
	} host, app, procid, msgid; /* where they stand in names */
	char stamp[STAMP_FRONT];    /* of RFC 5424, up to the seconds */
	bool known;
	bool bsd_known;
	char bsd[MSG_BSD_TIME]; /* of RFC 3164, without year or zone */
	struct stamp bsd_sent;
};

/* Never fails. The hints and the cache may not be NULL. */
void msg_parse(struct slice raw, const struct msg_hints *hints,
    struct msg_cache *cache, struct msg *m);

/* What the sender says of the time, for any form; known = false: nothing. */
struct stamp msg_stamp_5424(const struct msg *m);
static inline struct stamp
msg_stamp(const struct msg *m)
{
	return m->form == MSG_RFC5424 ? msg_stamp_5424(m) : m->sent;
}

static inline unsigned
msg_facility(const struct msg *m)
{
	return m->pri >> 3;
}

static inline unsigned
msg_severity(const struct msg *m)
{
	return m->pri & 7U;
}

#endif
