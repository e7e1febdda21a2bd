/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * zone.c - what the clocks on the wall of a place say
 *
 * The calendar repeats every 400 years, weekdays included. So the changes of
 * a rule are written into the table for that long, once, and every question
 * is answered by one search in it.
 */
#include "base/zone.h"

#include <stdlib.h>

#include "base/civil.h"
#include "base/tzfile.h"
#include "base/tzrule.h"

enum {
	CYCLE_YEARS = 400,
	RULE_FIRST = 1800, /* years in which a table may hand over to a rule */
	RULE_LAST = 2500,
	RULE_ALONE = 1900, /* the year in which a rule without a table begins */
	REACH = 26 * 3600  /* no wall is further away from UTC, in seconds */
};

static const int64_t CYCLE = (int64_t)146097 * CIVIL_DAY;

struct zone {
	struct tztable table;
	bool cyclic;      /* a rule goes on behind the table */
	bool always;      /* and before it: there was no table */
	int64_t from, to; /* the cycle: what is beyond is mapped into it */
};

/* A time without a change. */
struct span {
	int64_t from, to; /* UTC, to is not in it */
	int32_t offset;
};

/* Adds the changes that a rule makes in a year, in their order. */
static bool
add_year(struct tztable *t, const struct tzrule *r, int64_t year)
{
	int64_t start = tzrule_start(r, year), end = tzrule_end(r, year);

	if (start < end)
		return tztable_add(t, start, r->offset[1]) &&
		    tztable_add(t, end, r->offset[0]);
	return tztable_add(t, end, r->offset[0]) &&
	    tztable_add(t, start, r->offset[1]);
}

/* Lets the rule go on where the table ends. */
static bool
add_rule(struct zone *z, const struct tzrule *r)
{
	struct tztable *t = &z->table;
	int64_t year = RULE_ALONE, last;

	if (t->n == 0) {
		t->first = r->offset[0];
		z->always = true;
	} else {
		last = t->at[t->n - 1];
		if (last >= civil_days(RULE_LAST, 1, 1) * CIVIL_DAY)
			return true; /* nobody lives to see the rule */
		year = civil_date(civil_floor(last, CIVIL_DAY)).year;
		if (year < RULE_FIRST)
			year = RULE_FIRST;
		if (!r->summer)
			t->offset[t->n - 1] = r->offset[0];
	}
	if (!r->summer)
		return true;
	z->from = civil_days(year + 1, 1, 1) * CIVIL_DAY;
	z->to = z->from + CYCLE;
	for (int64_t y = year; y <= year + CYCLE_YEARS + 2; y++)
		if (!add_year(t, r, y))
			return false;
	z->cyclic = true;
	return true;
}

/* A zone of that table, which it owns from now on, and rule (NULL: none). */
static struct zone *
make_zone(struct tztable *t, const struct tzrule *r, struct err *err)
{
	struct zone *z = calloc(1, sizeof(*z));

	if (z == NULL) {
		tztable_clear(t);
		(void)err_set(err, "out of memory");
		return NULL;
	}
	z->table = *t;
	if (r != NULL && !add_rule(z, r)) {
		zone_free(z);
		(void)err_set(err, "out of memory");
		return NULL;
	}
	return z;
}

void
zone_free(struct zone *z)
{
	if (z == NULL)
		return;
	tztable_clear(&z->table);
	free(z);
}

struct zone *
zone_of_rule(const char *text, struct err *err)
{
	struct tztable none = { .n = 0 };
	struct tzrule rule;

	if (!tzrule_parse(slice_str(text), &rule)) {
		(void)err_set(err, "is no rule of a zone");
		return NULL;
	}
	return make_zone(&none, &rule, err);
}

struct zone *
zone_of_file(struct slice file, struct err *err)
{
	struct tztable t;
	struct tzrule rule;
	struct slice text;

	if (tzfile_read(file, &t, &text, err) == -1)
		return NULL;
	if (text.n == 0)
		return make_zone(&t, NULL, err);
	if (!tzrule_parse(text, &rule)) {
		tztable_clear(&t);
		(void)err_set(
		    err, "is a damaged zone file: no rule at its end");
		return NULL;
	}
	return make_zone(&t, &rule, err);
}

/* How many changes lie at or before that instant. */
static size_t
changes_until(const struct tztable *t, int64_t at)
{
	size_t low = 0, high = t->n;

	while (low < high) {
		size_t mid = low + (high - low) / 2;

		if (t->at[mid] <= at)
			low = mid + 1;
		else
			high = mid;
	}
	return low;
}

static struct span
find(const struct zone *z, int64_t utc)
{
	const struct tztable *t = &z->table;
	struct span s = {
		.from = INT64_MIN, .to = INT64_MAX, .offset = t->first
	};
	int64_t shift = 0;
	size_t i;

	if (z->cyclic && (utc >= z->to || (z->always && utc < z->from)))
		shift = civil_floor(utc - z->from, CYCLE) * CYCLE;
	i = changes_until(t, utc - shift);
	if (i > 0) {
		s.from = t->at[i - 1] + shift;
		s.offset = t->offset[i - 1];
	}
	if (i < t->n)
		s.to = t->at[i] + shift;
	return s;
}

int32_t
zone_offset(const struct zone *z, int64_t utc)
{
	return find(z, utc).offset;
}

static bool
holds(struct span s, int64_t wall)
{
	return wall - s.offset >= s.from && wall - s.offset < s.to;
}

static int64_t
distance(int64_t a, int64_t b)
{
	return a > b ? a - b : b - a;
}

int32_t
zone_offset_of_wall(const struct zone *z, int64_t wall, int64_t near)
{
	struct span s = find(z, wall), early, late;

	/* nearly always: no change is within reach */
	if (wall - REACH >= s.from && wall + REACH < s.to)
		return s.offset;
	early = find(z, wall - REACH);
	late = find(z, wall + REACH);
	if (!holds(late, wall))
		return !holds(early, wall) && holds(s, wall) ? s.offset
							     : early.offset;
	if (!holds(early, wall))
		return late.offset;
	return distance(wall - late.offset, near) <
		distance(wall - early.offset, near)
	    ? late.offset
	    : early.offset;
}
