/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * civil.c - dates of the Gregorian calendar and days since 1970
 *
 * Years begin in March here, so that the leap day is a year's last; eras are
 * the 400 years after which the calendar repeats.
 */
#include "base/civil.h"

enum {
	ERA_YEARS = 400,
	ERA_DAYS = 146097,
	EPOCH = 719468 /* days from 0000-03-01 to 1970-01-01 */
};

int64_t
civil_days(int64_t year, unsigned month, unsigned day)
{
	int64_t y = month > 2 ? year : year - 1;
	int64_t era = civil_floor(y, ERA_YEARS), yoe = y - era * ERA_YEARS;
	int64_t doy = (153 * ((month + 9) % 12) + 2) / 5 + day - 1;

	return era * ERA_DAYS + yoe * 365 + yoe / 4 - yoe / 100 + doy - EPOCH;
}

struct civil
civil_date(int64_t days)
{
	int64_t day = days + EPOCH, era = civil_floor(day, ERA_DAYS);
	unsigned doe = (unsigned)(day - era * ERA_DAYS);
	unsigned yoe = (doe - doe / 1460 + doe / 36524 - doe / 146096) / 365;
	unsigned doy = doe - (365 * yoe + yoe / 4 - yoe / 100);
	unsigned mp = (5 * doy + 2) / 153;
	struct civil c;

	c.day = doy - (153 * mp + 2) / 5 + 1;
	c.month = mp < 10 ? mp + 3 : mp - 9;
	c.year = yoe + era * ERA_YEARS + (c.month <= 2);
	return c;
}

bool
civil_is_leap(int64_t year)
{
	return year % 4 == 0 && (year % 100 != 0 || year % 400 == 0);
}

bool
civil_is_day(int64_t year, unsigned month, unsigned day)
{
	static const uint8_t days[] = { 31, 29, 31, 30, 31, 30, 31, 31, 30, 31,
		30, 31 };

	if (month < 1 || month > 12 || day < 1 || day > days[month - 1])
		return false;
	return month != 2 || day < 29 || civil_is_leap(year);
}
