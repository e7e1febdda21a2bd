/* SPDX-License-Identifier: BSD-2-Clause */
/* rotate.c - the pure part of rotation: names, and what still fits */
#include "output/rotate.h"

#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#include "base/civil.h"

enum {
	STAMP_LEN = 16, /* YYYYMMDDTHHMMSSZ */
	NUMBER_MIN = 6, /* digits */
	NUMBER_MAX = 18
};

const char *const rotate_ends[PACKINGS] = { "", ".gz", ".zst" };

bool
rotate_name(char *out, const char *live, const struct rotated *r)
{
	const time_t first = -62167219200, last = 253402300799;
	time_t t = r->stamp < first ? first : r->stamp > last ? last : r->stamp;
	int64_t day = civil_floor(t, CIVIL_DAY);
	unsigned s = (unsigned)(t - day * CIVIL_DAY);
	struct civil c = civil_date(day);
	int n;

	n = snprintf(out, NAME_MAX + 1,
	    "%s-%04" PRId64 "%02u%02uT%02u%02u%02uZ-%06" PRIu64 "%s", live,
	    c.year, c.month, c.day, s / 3600, s / 60 % 60, s % 60, r->number,
	    rotate_ends[r->packing]);
	return n > 0 && n <= NAME_MAX;
}

/* Reads exactly n digits. */
static bool
take_digits(const char *s, size_t n, uint64_t *out)
{
	uint64_t v = 0;

	for (size_t i = 0; i < n; i++) {
		if (s[i] < '0' || s[i] > '9')
			return false;
		v = v * 10 + (uint64_t)(s[i] - '0');
	}
	*out = v;
	return true;
}

/* Only what rotate_name() writes: there is no 31 February. */
static bool
parse_stamp(const char *s, time_t *out)
{
	static const size_t at[] = { 0, 4, 6, 9, 11, 13 };
	static const size_t len[] = { 4, 2, 2, 2, 2, 2 };
	uint64_t v[6];

	if (strnlen(s, STAMP_LEN) < STAMP_LEN || s[8] != 'T' || s[15] != 'Z')
		return false;
	for (size_t i = 0; i < 6; i++) {
		if (!take_digits(s + at[i], len[i], &v[i]))
			return false;
	}
	if (!civil_is_day((int64_t)v[0], (unsigned)v[1], (unsigned)v[2]) ||
	    v[3] > 23 || v[4] > 59 || v[5] > 59)
		return false;
	*out = (time_t)(civil_days(
			    (int64_t)v[0], (unsigned)v[1], (unsigned)v[2]) *
		CIVIL_DAY +
	    (int64_t)(v[3] * 3600 + v[4] * 60 + v[5]));
	return true;
}

/* What a name ends with says how it is stored; its length without that. */
static size_t
split_end(const char *entry, size_t n, enum packing *packing)
{
	*packing = PACK_NONE;
	for (enum packing p = PACK_GZIP; p < PACKINGS; p++) {
		size_t end = strlen(rotate_ends[p]);

		if (n <= end ||
		    memcmp(entry + n - end, rotate_ends[p], end) != 0)
			continue;
		*packing = p;
		return n - end;
	}
	return n;
}

size_t
rotate_split(const char *entry, bool temporary, struct rotated *r)
{
	size_t n = strlen(entry), tail = sizeof(".tmp") - 1, digits = 0;
	struct rotated found;

	if (temporary) {
		if (entry[0] != '.' || n <= tail + 1 ||
		    strcmp(entry + n - tail, ".tmp") != 0)
			return 0;
		entry++;
		n -= tail + 1;
	}
	n = split_end(entry, n, &found.packing);
	if (temporary && found.packing == PACK_NONE)
		return 0;
	while (digits < n && entry[n - digits - 1] >= '0' &&
	    entry[n - digits - 1] <= '9')
		digits++;
	if (digits < NUMBER_MIN || digits > NUMBER_MAX ||
	    n <= digits + STAMP_LEN + 2 ||
	    (digits > NUMBER_MIN && entry[n - digits] == '0'))
		return 0;
	n -= digits;
	if (!take_digits(entry + n, digits, &found.number))
		return 0;
	n -= STAMP_LEN + 2;
	if (entry[n] != '-' || entry[n + 1 + STAMP_LEN] != '-' ||
	    !parse_stamp(entry + n + 1, &found.stamp))
		return 0;
	*r = found;
	return n;
}

bool
rotate_parse(const char *entry, const char *live, struct rotated *r)
{
	size_t n = strlen(live);
	struct rotated found;

	if (strncmp(entry, live, n) != 0 ||
	    rotate_split(entry, false, &found) != n)
		return false;
	*r = found;
	return true;
}

size_t
rotate_fit(const char *data, size_t n, uint64_t room)
{
	const char *lf;

	if (n > room)
		n = (size_t)room;
	if (n == 0)
		return 0;
	lf = memrchr(data, '\n', n);
	return lf == NULL ? 0 : (size_t)(lf - data) + 1;
}
