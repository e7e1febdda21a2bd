/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * when.c - see when.h
 */
#include "route/when.h"

#include <string.h>

enum {
	DAY = 86400,
	QUARTER = 900,
	LEAP_GAP = 8, /* years between two 29ths of February, 1896-1904 */
	OFFSET_LIMIT = 1439, /* minutes: TIME-HOUR of an offset ends at 23 */
	FRACTION = 6         /* digits that RFC 5424 allows */
};

void
when_init(struct when *w)
{
	tzset(); /* localtime_r() need not */
	memset(w, 0, sizeof(*w));
	w->second = w->day = INT64_MIN;
}

static int64_t
floor_div(int64_t a, int64_t b)
{
	return a / b - (a % b < 0);
}

/* Days since 1970-01-01 in the Gregorian calendar, also before 1582. Years
 * begin in March here, so that the leap day is a year's last. */
static int64_t
days_of(int64_t year, unsigned month, unsigned day)
{
	int64_t y = month > 2 ? year : year - 1;
	int64_t era = floor_div(y, 400), yoe = y - era * 400;
	int64_t doy = (153 * ((month + 9) % 12) + 2) / 5 + day - 1;

	return era * 146097 + yoe * 365 + yoe / 4 - yoe / 100 + doy - 719468;
}

static bool
is_leap(int64_t year)
{
	return year % 4 == 0 && (year % 100 != 0 || year % 400 == 0);
}

static bool
is_day(int64_t year, unsigned month, unsigned day)
{
	static const uint8_t days[] = { 31, 29, 31, 30, 31, 30, 31, 31, 30, 31,
		30, 31 };

	if (month < 1 || month > 12 || day < 1 || day > days[month - 1])
		return false;
	return month != 2 || day < 29 || is_leap(year);
}

static char *
put2(char *out, unsigned v)
{
	out[0] = (char)('0' + v / 10 % 10);
	out[1] = (char)('0' + v % 10);
	return out + 2;
}

/* The digits most significant ones of nsec. */
static char *
put_fraction(char *out, uint32_t nsec, unsigned digits)
{
	if (digits == 0)
		return out;
	*out++ = '.';
	for (uint32_t unit = 100000000; digits > 0; digits--, unit /= 10)
		*out++ = (char)('0' + nsec / unit % 10);
	return out;
}

static char *
put_seconds(char *out, int64_t year, const struct stamp *t)
{
	out = put2(out, (unsigned)(year / 100));
	out = put2(out, (unsigned)(year % 100));
	*out++ = '-';
	out = put2(out, t->month);
	*out++ = '-';
	out = put2(out, t->day);
	*out++ = 'T';
	out = put2(out, t->hour);
	*out++ = ':';
	out = put2(out, t->minute);
	*out++ = ':';
	return put2(out, t->second);
}

/* The calendar date and time of t seconds since 1970, UTC. */
static struct stamp
civil(int64_t t, int64_t *year)
{
	int64_t day = floor_div(t, DAY), era, doe, yoe, doy, mp;
	unsigned rest = (unsigned)(t - day * DAY);
	struct stamp s = { .known = true };

	day += 719468; /* since 0000-03-01 */
	era = floor_div(day, 146097);
	doe = day - era * 146097;
	yoe = (doe - doe / 1460 + doe / 36524 - doe / 146096) / 365;
	doy = doe - (365 * yoe + yoe / 4 - yoe / 100);
	mp = (5 * doy + 2) / 153;
	s.day = (uint8_t)(doy - (153 * mp + 2) / 5 + 1);
	s.month = (uint8_t)(mp < 10 ? mp + 3 : mp - 9);
	*year = yoe + era * 400 + (s.month <= 2);
	s.hour = (uint8_t)(rest / 3600);
	s.minute = (uint8_t)(rest / 60 % 60);
	s.second = (uint8_t)(rest % 60);
	return s;
}

size_t
when_received(struct when *w, struct timespec received, char *out)
{
	struct stamp s;
	int64_t year;
	char *o;

	if (w->second != received.tv_sec) {
		s = civil(received.tv_sec, &year);
		put_seconds(w->text, year, &s);
		w->second = received.tv_sec;
	}
	memcpy(out, w->text, WHEN_SECONDS);
	o = put_fraction(
	    out + WHEN_SECONDS, (uint32_t)received.tv_nsec, FRACTION);
	*o++ = 'Z';
	return (size_t)(o - out);
}

/* Seconds since 1970 of a clock that shows this date and time. */
static int64_t
wall_of(int64_t year, const struct stamp *t)
{
	int64_t minutes = (int64_t)t->hour * 60 + t->minute;

	return days_of(year, t->month, t->day) * DAY + minutes * 60 + t->second;
}

static int64_t
distance(int64_t a, int64_t b)
{
	return a > b ? a - b : b - a;
}

/*
 * The year that brings t nearest to its reception; -1: no year has that day.
 * The zone is left out of account: it would matter to a message that is half
 * a year old to the hour.
 */
static int64_t
nearest_year(struct when *w, const struct stamp *t, int64_t received)
{
	int64_t day = floor_div(received, DAY), best = -1, best_far = 0, far;

	if (w->day != day) {
		(void)civil(received, &w->year);
		w->day = day;
	}
	if (is_day(w->year, t->month, t->day) &&
	    distance(wall_of(w->year, t), received) <= (int64_t)182 * DAY)
		return w->year;
	for (int64_t y = w->year - LEAP_GAP; y <= w->year + LEAP_GAP; y++) {
		if (y < 0 || y > 9999 || !is_day(y, t->month, t->day))
			continue;
		far = distance(wall_of(y, t), received);
		if (best == -1 || far < best_far) {
			best = y;
			best_far = far;
		}
	}
	return best;
}

static int32_t
offset_at(int64_t t)
{
	time_t at = (time_t)t;
	struct tm tm;

	return localtime_r(&at, &tm) != NULL ? (int32_t)tm.tm_gmtoff : 0;
}

/*
 * What offset does a clock on the wall here have when it shows this? Zones
 * change at quarters of an hour, so one answer holds for a quarter.
 */
static void
look_up(struct when_zone *z, int64_t quarter)
{
	int64_t wall = quarter * QUARTER;
	int32_t before = offset_at(wall - DAY), after = offset_at(wall + DAY);
	bool is_before = offset_at(wall - before) == before;
	bool is_after = offset_at(wall - after) == after;

	z->known = true;
	z->quarter = quarter;
	/* an hour that does not exist is one of the clock not yet set */
	z->offset[0] = is_before || !is_after ? before : after;
	z->offset[1] = is_after ? after : z->offset[0];
}

static int32_t
local_offset(struct when *w, int64_t wall, int64_t received)
{
	int64_t quarter = floor_div(wall, QUARTER);
	struct when_zone *z = &w->zone[(uint64_t)quarter % WHEN_ZONES];
	bool second;

	if (!z->known || z->quarter != quarter)
		look_up(z, quarter);
	if (z->offset[0] == z->offset[1])
		return z->offset[0];
	second = distance(wall - z->offset[1], received) <
	    distance(wall - z->offset[0], received);
	return z->offset[second];
}

static char *
put_offset(char *out, int32_t minutes)
{
	unsigned v;

	if (minutes > OFFSET_LIMIT)
		minutes = OFFSET_LIMIT;
	if (minutes < -OFFSET_LIMIT)
		minutes = -OFFSET_LIMIT;
	v = (unsigned)(minutes < 0 ? -minutes : minutes);
	*out++ = minutes < 0 ? '-' : '+';
	out = put2(out, v / 60);
	*out++ = ':';
	return put2(out, v % 60);
}

size_t
when_sent(struct when *w, const struct stamp *sent, struct timespec received,
    char *out)
{
	int64_t year = sent->year, now = received.tv_sec;
	unsigned digits = sent->digits;
	char *o;

	if (!sent->known)
		return when_received(w, received, out);
	if (!sent->dated)
		year = nearest_year(w, sent, now);
	if (year < 0 || !is_day(year, sent->month, sent->day))
		return when_received(w, received, out);

	o = put_seconds(out, year, sent);
	o = put_fraction(o, sent->nsec, digits < FRACTION ? digits : FRACTION);
	if (!sent->zoned)
		o = put_offset(
		    o, local_offset(w, wall_of(year, sent), now) / 60);
	else if (sent->offset == 0)
		*o++ = 'Z';
	else
		o = put_offset(o, sent->offset);
	return (size_t)(o - out);
}
