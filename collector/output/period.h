/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * period.h - the pure part of rotation by time: when a file has had its time
 *
 * A period begins when the clock on the wall shows a multiple of its length
 * since midnight for the first time, and at each midnight; one of whole days
 * at the midnight of each so many days, counted from Monday, 5 January 1970.
 * So what the wall shows twice when summer time ends begins one period only,
 * and what it leaves out begins when the wall is set forward.
 */
#ifndef OUTPUT_PERIOD_H
#define OUTPUT_PERIOD_H

#include <stdbool.h>
#include <stdint.h>

struct zone;

/* Seconds since 1970, UTC; to is the first one of the next period. All zero:
 * none is known. */
struct period {
	int64_t from, to;
};

/*
 * The period in which that instant lies: every is its length in seconds, from
 * a minute on; whole days when it is longer than one.
 */
struct period period_around(int64_t every, const struct zone *z, int64_t at);

/*
 * Is what was written in *p over? A clock that was set back into the period
 * before *p changes nothing: *p is rotated at its end, not also at its
 * beginning again. Set back further it moves *p to the period of now.
 */
bool period_is_over(
    struct period *p, int64_t every, const struct zone *z, int64_t now);

#endif
