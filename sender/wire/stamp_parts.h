/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * stamp_parts.h - what timestamps of either RFC are made of; for stamp*.c only
 *
 * Inline, because the strict ones are read once a message.
 */
#ifndef WIRE_STAMP_PARTS_H
#define WIRE_STAMP_PARTS_H

#include "wire/stamp.h"
#include "wire/word.h"

enum { STAMP_NSEC = 9 }; /* digits of a nanosecond */

/* Two digits; what is none sets bits in *bad. */
static inline unsigned
stamp_two(const char *p, unsigned *bad)
{
	unsigned tens = (unsigned)p[0] - '0', ones = (unsigned)p[1] - '0';

	*bad |= (unsigned)(tens > 9) | (unsigned)(ones > 9);
	return tens * 10 + ones;
}

static inline unsigned
stamp_days(unsigned month, unsigned year)
{
	static const uint8_t days[16] = { 0, 31, 28, 31, 30, 31, 30, 31, 31, 30,
		31, 30, 31, 0, 0, 0 };
	bool leap = year % 4 == 0 && (year % 100 != 0 || year % 400 == 0);

	return days[month & 15] + (unsigned)(month == 2 && leap);
}

/* hh:mm:ss */
static inline void
stamp_time(const char *p, struct stamp *t, unsigned *bad)
{
	t->hour = (uint8_t)stamp_two(p, bad);
	t->minute = (uint8_t)stamp_two(p + 3, bad);
	t->second = (uint8_t)stamp_two(p + 6, bad);
	*bad |= (unsigned)(p[2] ^ ':') | (unsigned)(p[5] ^ ':');
}

/* yyyy-mm-dd?hh:mm:ss, and no exits on the way: nearly all are good. */
static inline bool
stamp_front(const char *p, struct stamp *t)
{
	unsigned bad = 0;

	t->year = (int16_t)(stamp_two(p, &bad) * 100);
	t->year = (int16_t)(t->year + (int16_t)stamp_two(p + 2, &bad));
	t->month = (uint8_t)stamp_two(p + 5, &bad);
	t->day = (uint8_t)stamp_two(p + 8, &bad);
	bad |= (unsigned)(p[4] ^ '-') | (unsigned)(p[7] ^ '-');
	stamp_time(p + 11, t, &bad);
	t->dated = true;
	return bad == 0;
}

/* Whether date and time can be; without a year February has 29 days. */
static inline bool
stamp_possible(const struct stamp *t)
{
	unsigned year = t->dated ? (unsigned)t->year : 2000;

	return t->day >= 1 && t->month <= 12 &&
	    t->day <= stamp_days(t->month, year) && t->hour <= 23 &&
	    t->minute <= 59 && t->second <= 59;
}

/* The length of the digits that s starts with, their value as nanoseconds. */
static inline size_t
stamp_fraction(struct slice s, struct stamp *t)
{
	uint32_t nsec = 0;
	size_t i;

	for (i = 0; i < s.n && word_is_digit(s.p[i]); i++)
		if (i < STAMP_NSEC)
			nsec = nsec * 10 + (uint32_t)(s.p[i] - '0');
	t->digits = (uint8_t)(i < STAMP_NSEC ? i : STAMP_NSEC);
	for (size_t j = i; j < STAMP_NSEC; j++)
		nsec *= 10;
	t->nsec = nsec;
	return i;
}

static inline bool
stamp_offset(struct stamp *t, char sign, unsigned hours, unsigned minutes)
{
	int offset = (int)(hours * 60 + minutes);

	if (hours > 23 || minutes > 59)
		return false;
	t->offset = (int16_t)(sign == '-' ? -offset : offset);
	t->zoned = true;
	return true;
}

#endif
