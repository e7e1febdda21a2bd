/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * when.h - times as the formats write them
 *
 * Senders of RFC 3164 leave out the year and the zone. What is missing is
 * filled in here: the year that brings the time nearest to its reception,
 * and the zone that the configuration names for such senders.
 */
#ifndef ROUTE_WHEN_H
#define ROUTE_WHEN_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <time.h>

#include "wire/stamp.h"

#include "base/zone.h"

enum {
	WHEN_TEXT = 32,    /* bytes of 2026-11-22T10:15:00.123456+01:00 */
	WHEN_SECONDS = 19, /* of those up to the seconds */
	WHEN_BSD = 15      /* of Nov  2 10:15:00 */
};

/* An hour of the calendar on the wall. */
struct when_date {
	int year;
	unsigned month, day, hour; /* 1-12, 1-31, 0-23 */
};

/* The last time that a message stated: many are of one second. */
struct when_sent {
	bool known;
	struct stamp sent;       /* but for its fraction */
	int64_t received;        /* seconds */
	const struct zone *zone; /* borrowed; compared only */
	int32_t offset;          /* that came of it, minutes east */
	char text[WHEN_SECONDS];
};

/* What is remembered between messages: one per thread. */
struct when {
	struct timespec received; /* of text */
	char text[WHEN_TEXT];
	struct when_sent last;
	int64_t day; /* of year; since 1970 */
	int64_t year;
	int64_t hour; /* of date; since 1970 */
	struct when_date date;
};

void when_init(struct when *w);

/* For a reload: another zone may be at the address of one before. */
void when_forget(struct when *w);

/*
 * All write to out and return the number of bytes, at most WHEN_TEXT. A zone
 * that is NULL is UTC.
 */

/* Microseconds, UTC, "Z". */
size_t when_received(struct when *w, struct timespec received, char *out);

/*
 * The time that a message states, with at most six digits of fraction (as
 * many as the sender gave); the time of reception when it states none or one
 * that the calendar does not have. The zone is that of senders who name none.
 */
size_t when_sent(struct when *w, const struct stamp *sent,
    struct timespec received, const struct zone *zone, char *out);

/* The same, but UTC is "+00:00" and not "Z". */
size_t when_iso(struct when *w, const struct stamp *sent,
    struct timespec received, const struct zone *zone, char *out);

/*
 * The same time as a clock of the zone local shows it, the sender's zone being
 * as above: "Nov  2 10:15:00", WHEN_BSD bytes.
 */
size_t when_bsd(struct when *w, const struct stamp *sent,
    struct timespec received, const struct zone *sender,
    const struct zone *local, char *out);

/* The hour of reception on the wall. */
struct when_date when_date(
    struct when *w, struct timespec received, const struct zone *local);

#endif
