/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * stamp.h - timestamps of syslog messages, as they are written
 *
 * RFC 5424 section 6.2.3 (a profile of RFC 3339) and RFC 3164 section 4.1.2
 * in the forms that senders really use. A stamp says what was written, no
 * more: a year or a zone that the sender left out is not invented here.
 */
#ifndef WIRE_STAMP_H
#define WIRE_STAMP_H

#include <stdbool.h>
#include <stdint.h>

#include "wire/slice.h"

struct stamp {
	/* all but the fraction, without a gap: stamp_same() */
	bool known; /* false: there is no timestamp, nothing else counts */
	bool dated; /* the year was said */
	bool zoned; /* the offset from UTC was said */
	uint8_t month, day, hour, minute, second; /* 1-12 1-31 0-23 0-59 0-59 */
	int16_t year;                             /* 0..9999 */
	int16_t offset; /* minutes east of UTC, -1439..1439 */
	uint32_t nsec;  /* 0..999999999 */
	uint8_t digits; /* of the fraction, as written, 0..9 (more are cut) */
};

/* Do both say the same, their fractions apart? */
static inline bool
stamp_same(const struct stamp *a, const struct stamp *b)
{
	_Static_assert(offsetof(struct stamp, nsec) == 12, "there is no gap");
	return memcmp(a, b, offsetof(struct stamp, nsec)) == 0;
}

enum { STAMP_FRONT = 19 }; /* bytes of "2003-10-11T22:14:15" */

/*
 * True when s is, as a whole, a TIMESTAMP of RFC 5424 section 6.2.3 other
 * than NILVALUE: T and Z upper case, offset mandatory, at most six digits of
 * fraction, a day that the month has, no leap second (RFC-15 to RFC-17).
 */
bool stamp_valid_5424(struct slice s);

/*
 * The second half of that question: true when s is what may follow the first
 * STAMP_FRONT bytes. For those who have seen the front before.
 */
bool stamp_valid_rest(struct slice s);

/*
 * Takes a TIMESTAMP of RFC 5424 from the whole of s into *t. Returns false,
 * and leaves *t alone, when stamp_valid_5424() would say no.
 */
bool stamp_parse_5424(struct slice s, struct stamp *t);

/*
 * Takes a timestamp as RFC 3164 senders write it from the front of *in, with
 * what belongs to it (year before or after, fraction, zone, ISO 8601 form);
 * the end, a blank, a TAB or a colon follows, and is not taken. A date or time
 * of the right shape that cannot be (30 February, 24:00:00) is taken too, with
 * known = false in *t. Returns false, and touches neither argument, when *in
 * does not start with a timestamp.
 */
bool stamp_take_3164(struct slice *in, struct stamp *t);

#endif
