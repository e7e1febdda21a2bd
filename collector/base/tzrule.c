/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * tzrule.c - a zone as a rule
 */
#include "base/tzrule.h"

#include "base/civil.h"

enum {
	HOUR = 3600,
	NAME_SHORTEST = 3,
	OFFSET_HOURS = 24,
	CHANGE_HOURS = 167,
	CHANGE_DEFAULT = 2 * HOUR
};

static bool
is_digit(char c)
{
	return c >= '0' && c <= '9';
}

static bool
is_letter(char c)
{
	return (c >= 'A' && c <= 'Z') || (c >= 'a' && c <= 'z');
}

static bool
take_byte(struct slice *s, char c)
{
	if (s->n == 0 || s->p[0] != c)
		return false;
	slice_skip(s, 1);
	return true;
}

/* Takes a number of at most three digits, within limits. */
static bool
take_number(struct slice *s, unsigned min, unsigned max, unsigned *out)
{
	unsigned v = 0;
	size_t i;

	for (i = 0; i < 3 && i < s->n && is_digit(s->p[i]); i++)
		v = v * 10 + (unsigned)(s->p[i] - '0');
	if (i == 0 || v < min || v > max)
		return false;
	slice_skip(s, i);
	*out = v;
	return true;
}

/* Takes "CET" or "<+03>". */
static bool
take_name(struct slice *s)
{
	bool quoted = take_byte(s, '<');
	size_t i = 0;

	while (i < s->n &&
	    (is_letter(s->p[i]) ||
		(quoted &&
		    (is_digit(s->p[i]) || s->p[i] == '+' || s->p[i] == '-'))))
		i++;
	slice_skip(s, i);
	return i >= NAME_SHORTEST && (!quoted || take_byte(s, '>'));
}

/* Takes "[+-]hh[:mm[:ss]]". */
static bool
take_time(struct slice *s, unsigned max_hours, int32_t *out)
{
	bool minus = take_byte(s, '-');
	unsigned hours, minutes = 0, seconds = 0;
	int32_t v;

	if (!minus)
		(void)take_byte(s, '+');
	if (!take_number(s, 0, max_hours, &hours))
		return false;
	if (take_byte(s, ':')) {
		if (!take_number(s, 0, 59, &minutes))
			return false;
		if (take_byte(s, ':') && !take_number(s, 0, 59, &seconds))
			return false;
	}
	v = (int32_t)(hours * HOUR + minutes * 60 + seconds);
	*out = minus ? -v : v;
	return true;
}

/* Takes ",M3.5.0/2", ",J60" or ",59". */
static bool
take_day(struct slice *s, struct tzrule_day *d)
{
	*d = (struct tzrule_day){ .time = CHANGE_DEFAULT };
	if (!take_byte(s, ','))
		return false;
	if (take_byte(s, 'M')) {
		d->kind = TZRULE_WEEK;
		if (!take_number(s, 1, 12, &d->month) || !take_byte(s, '.') ||
		    !take_number(s, 1, 5, &d->week) || !take_byte(s, '.') ||
		    !take_number(s, 0, 6, &d->day))
			return false;
	} else if (take_byte(s, 'J')) {
		d->kind = TZRULE_JULIAN;
		if (!take_number(s, 1, 365, &d->day))
			return false;
	} else {
		d->kind = TZRULE_DAY;
		if (!take_number(s, 0, 365, &d->day))
			return false;
	}
	return !take_byte(s, '/') || take_time(s, CHANGE_HOURS, &d->time);
}

/* Takes both changes; without them the C library thinks of the USA's. */
static bool
take_changes(struct slice *s, struct tzrule *r)
{
	struct slice usual = SLICE_LIT(",M3.2.0,M11.1.0");
	struct slice *from = s->n == 0 ? &usual : s;

	return take_day(from, &r->start) && take_day(from, &r->end);
}

bool
tzrule_parse(struct slice s, struct tzrule *r)
{
	struct tzrule got = { .summer = false };
	int32_t west;

	if (!take_name(&s) || !take_time(&s, OFFSET_HOURS, &west))
		return false;
	got.offset[0] = got.offset[1] = -west;
	if (s.n > 0) {
		got.summer = true;
		got.offset[1] += HOUR;
		if (!take_name(&s))
			return false;
		if (s.n > 0 && s.p[0] != ',') {
			if (!take_time(&s, OFFSET_HOURS, &west))
				return false;
			got.offset[1] = -west;
		}
		if (!take_changes(&s, &got) || s.n > 0)
			return false;
	}
	*r = got;
	return true;
}

/* The midnight at which that day begins on the wall. */
static int64_t
midnight(const struct tzrule_day *d, int64_t year)
{
	int64_t day, weekday;

	if (d->kind != TZRULE_WEEK) {
		day = civil_days(year, 1, 1) + d->day;
		if (d->kind == TZRULE_JULIAN &&
		    (d->day < 60 || !civil_is_leap(year)))
			day--;
		return day * CIVIL_DAY;
	}
	day = civil_days(year, d->month, 1);
	/* 1970 began on a Thursday */
	weekday = day + 4 - civil_floor(day + 4, 7) * 7;
	day += (d->day + 7 - weekday) % 7;
	for (unsigned week = 1; week < d->week; week++)
		if (civil_date(day + 7).month == d->month)
			day += 7;
	return day * CIVIL_DAY;
}

int64_t
tzrule_start(const struct tzrule *r, int64_t year)
{
	return midnight(&r->start, year) + r->start.time - r->offset[0];
}

int64_t
tzrule_end(const struct tzrule *r, int64_t year)
{
	return midnight(&r->end, year) + r->end.time - r->offset[1];
}
