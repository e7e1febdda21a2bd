/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * compose.h - writing a message: RFC 5424 section 6, RFC 3164 section 4.1
 *
 * What stays the same from message to message is prepared once.
 */
#ifndef WIRE_COMPOSE_H
#define WIRE_COMPOSE_H

#include <stdint.h>

#include "wire/slice.h"

enum { /* RFC 5424 section 6 */
	COMPOSE_HOST = 255,
	COMPOSE_APP = 48,
	COMPOSE_PROCID = 128,
	COMPOSE_MSGID = 32,
	COMPOSE_NAME = 32,
	COMPOSE_SEQUENCE_MAX = 2147483647 /* section 7.3.1 */
};

/* Elements that a message brings itself, so that ours stay away. */
enum { COMPOSE_META = 1, COMPOSE_TIME_QUALITY = 2, COMPOSE_ORIGIN = 4 };

enum compose_form { COMPOSE_5424, COMPOSE_3164, COMPOSE_3164_LOCAL };

struct compose {
	enum compose_form form; /* LOCAL: without a host name */
	bool pid;               /* RFC 3164: "TAG[PROCID]:" */
	char host[COMPOSE_HOST + 1], app[COMPOSE_APP + 1],
	    procid[COMPOSE_PROCID + 1]; /* fit for a header, or "-" */
	char origin[256];               /* "[origin ...]" or "" */
	int8_t synced;                  /* timeQuality: 0, 1; -1: none */
};

struct compose_msg {
	uint8_t pri;
	uint8_t own;       /* COMPOSE_META ...: which are in sd */
	int16_t offset;    /* minutes east of UTC */
	uint32_t usec;     /* 0..999999 */
	int64_t sec;       /* since 1970 */
	uint32_t sequence; /* 1..COMPOSE_SEQUENCE_MAX; 0: none */
	struct slice app;  /* instead of compose.app, when not empty */
	struct slice msgid, sd, text; /* sd: whole elements */
};

/*
 * Copies s to to, which holds max + 1 bytes: PRINTUSASCII stays, other bytes
 * become '_', what is too long is cut; nothing is "-" (RFC-22).
 */
void compose_word(struct slice s, char *to, size_t max);

/* The same for all of s, without the NUL. */
void compose_copy(struct slice s, char *to);

/* At most what compose() writes. */
size_t compose_room(const struct compose *c, const struct compose_msg *m);

/* Writes the message to out; returns its length. */
size_t compose(const struct compose *c, const struct compose_msg *m, char *out);

/* Writes n in decimal to out (20 bytes); returns the length. */
size_t compose_number(uint64_t n, char *out);

#endif
