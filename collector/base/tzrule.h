/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * tzrule.h - a zone as a rule: "CET-1CEST,M3.5.0,M10.5.0/3"
 *
 * The form of the variable TZ in POSIX, with the additions of RFC 8536
 * section 3.3.1: the hours of a change may be negative and up to 167.
 */
#ifndef BASE_TZRULE_H
#define BASE_TZRULE_H

#include <stdbool.h>
#include <stdint.h>

#include "wire/slice.h"

/* The day of a change. */
struct tzrule_day {
	enum {
		TZRULE_JULIAN, /* "J60": day 1..365, no 29 February */
		TZRULE_DAY,    /* "59": day 0..365, with it */
		TZRULE_WEEK    /* "M3.5.0": the last Sunday of March */
	} kind;
	unsigned month, week, day;
	int32_t time; /* seconds behind that day's midnight on the wall */
};

struct tzrule {
	int32_t offset[2]; /* seconds east of UTC: standard, summer */
	bool summer;       /* there is one; else start and end say nothing */
	struct tzrule_day start, end;
};

/* Takes the rule that is the whole of s. False, *r untouched: it is none. */
bool tzrule_parse(struct slice s, struct tzrule *r);

/* When summer time starts and ends in that year: seconds since 1970, UTC. */
int64_t tzrule_start(const struct tzrule *r, int64_t year);
int64_t tzrule_end(const struct tzrule *r, int64_t year);

#endif
