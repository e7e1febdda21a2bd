/* SPDX-License-Identifier: BSD-2-Clause */
#include "output/period.h"

#include "base/civil.h"
#include "base/zone.h"

enum {
	MONDAY = 4,        /* 1970-01-05, in days */
	REACH = 2 * 86400, /* further than any zone is from UTC */
	STEPS = REACH / 60 /* of catching up with a wall that was set back */
};

/* The wall was set forward between from and to: when? */
static int64_t
find_change(const struct zone *z, int64_t from, int64_t to)
{
	int32_t after = zone_offset(z, to);

	while (to - from > 1) {
		int64_t mid = from + (to - from) / 2;

		if (zone_offset(z, mid) == after)
			to = mid;
		else
			from = mid;
	}
	return to;
}

/* The first instant when the wall shows that time, or a later one because it
 * is left out. */
static int64_t
first_at(const struct zone *z, int64_t wall)
{
	int64_t at = wall - zone_offset_of_wall(z, wall, wall - REACH);
	int64_t past = at + zone_offset(z, at) - wall;

	return past > 0 ? find_change(z, at - past, at) : at;
}

/* What the wall shows when the period begins in which it shows that time. */
static int64_t
begin_of(int64_t every, int64_t wall)
{
	int64_t day = civil_floor(wall, CIVIL_DAY), days = every / CIVIL_DAY;

	if (days > 0) {
		day = civil_floor(day - MONDAY, days) * days + MONDAY;
		return day * CIVIL_DAY;
	}
	wall -= day * CIVIL_DAY;
	return day * CIVIL_DAY + wall / every * every;
}

/* The same of the next one: the last of a day may be shorter. */
static int64_t
next_begin(int64_t every, int64_t begin)
{
	int64_t midnight = (civil_floor(begin, CIVIL_DAY) + 1) * CIVIL_DAY;

	if (every >= CIVIL_DAY)
		return begin + every / CIVIL_DAY * CIVIL_DAY;
	return begin + every < midnight ? begin + every : midnight;
}

struct period
period_around(int64_t every, const struct zone *z, int64_t at)
{
	int64_t begin = begin_of(every, at + zone_offset(z, at));
	int64_t next = next_begin(every, begin);
	struct period p = { first_at(z, begin), first_at(z, next) };

	/* the wall was set back: what it shows had begun before */
	for (int i = 0; p.to <= at && i < STEPS; i++) {
		next = next_begin(every, next);
		p.from = p.to;
		p.to = first_at(z, next);
	}
	return p;
}

bool
period_is_over(
    struct period *p, int64_t every, const struct zone *z, int64_t now)
{
	struct period here;

	if (now >= p->from)
		return now >= p->to;
	here = period_around(every, z, now);
	if (here.to < p->from)
		*p = here;
	return false;
}
