/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * civil.h - dates of the Gregorian calendar and days since 1970
 *
 * Before 1582, too, as RFC 3339 wants it. The C library's gmtime_r() does the
 * same for one second; messages want it without the call.
 */
#ifndef BASE_CIVIL_H
#define BASE_CIVIL_H

#include <stdbool.h>
#include <stdint.h>

enum { CIVIL_DAY = 86400 }; /* seconds */

struct civil {
	int64_t year;
	unsigned month, day; /* 1-12, 1-31 */
};

/* Days since 1970-01-01; negative before. */
int64_t civil_days(int64_t year, unsigned month, unsigned day);

/* The other way. */
struct civil civil_date(int64_t days);

bool civil_is_leap(int64_t year);

/* Whether the calendar has that day. */
bool civil_is_day(int64_t year, unsigned month, unsigned day);

/* a / b rounded down; b is positive. */
static inline int64_t
civil_floor(int64_t a, int64_t b)
{
	return a / b - (a % b < 0);
}

#endif
