/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * when.h - times as RFC 5424 section 6.2.3 writes them
 *
 * Senders of RFC 3164 leave out the year and the zone. What is missing is
 * filled in here: the year that brings the time nearest to its reception,
 * and the zone of this machine.
 */
#ifndef ROUTE_WHEN_H
#define ROUTE_WHEN_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <time.h>

#include "wire/stamp.h"

enum {
	WHEN_TEXT = 32,    /* bytes of 2026-11-22T10:15:00.123456+01:00 */
	WHEN_SECONDS = 19, /* of those up to the seconds */
	WHEN_ZONES = 16    /* a power of two */
};

/* The local offset in one quarter of an hour of local time: asking the C
 * library takes a lock, and for most messages the answer is the last one. */
struct when_zone {
	bool known;
	int64_t quarter;   /* since 1970 of the clock on the wall */
	int32_t offset[2]; /* seconds east; they differ in an hour that comes
			      twice */
};

/* What is remembered between messages: one per thread. */
struct when {
	int64_t second; /* of text */
	char text[WHEN_SECONDS];
	int64_t day; /* of year; since 1970 */
	int64_t year;
	struct when_zone zone[WHEN_ZONES];
};

void when_init(struct when *w);

/* Both write at most WHEN_TEXT bytes to out and return their number. */

/* Microseconds, UTC, "Z". */
size_t when_received(struct when *w, struct timespec received, char *out);

/*
 * The time that a message states, with at most six digits of fraction (as
 * many as the sender gave); the time of reception when it states none or one
 * that the calendar does not have.
 */
size_t when_sent(struct when *w, const struct stamp *sent,
    struct timespec received, char *out);

#endif
