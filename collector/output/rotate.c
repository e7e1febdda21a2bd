/* SPDX-License-Identifier: BSD-2-Clause */
/* rotate.c - the pure part of rotation: names, and what still fits */
#include "output/rotate.h"

#include <inttypes.h>
#include <stdio.h>
#include <string.h>

enum {
	STAMP_LEN = 16, /* YYYYMMDDTHHMMSSZ */
	NUMBER_MIN = 6, /* digits */
	NUMBER_MAX = 18
};

bool
rotate_name(char *out, const char *live, const struct rotated *r)
{
	const time_t first = -62167219200, last = 253402300799;
	time_t t = r->stamp < first ? first : r->stamp > last ? last : r->stamp;
	struct tm tm;
	int n;

	if (gmtime_r(&t, &tm) == NULL)
		return false;
	n = snprintf(out, NAME_MAX + 1,
	    "%s-%04d%02d%02dT%02d%02d%02dZ-%06" PRIu64, live, tm.tm_year + 1900,
	    tm.tm_mon + 1, tm.tm_mday, tm.tm_hour, tm.tm_min, tm.tm_sec,
	    r->number);
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

/* Only what rotate_name() writes: timegm() would make 3 March of 31 February.
 */
static bool
parse_stamp(const char *s, time_t *out)
{
	static const size_t at[] = { 0, 4, 6, 9, 11, 13 };
	static const size_t len[] = { 4, 2, 2, 2, 2, 2 };
	uint64_t v[6];
	struct tm tm = { 0 }, back;
	time_t t;

	if (strnlen(s, STAMP_LEN) < STAMP_LEN || s[8] != 'T' || s[15] != 'Z')
		return false;
	for (size_t i = 0; i < 6; i++) {
		if (!take_digits(s + at[i], len[i], &v[i]))
			return false;
	}
	tm.tm_year = (int)v[0] - 1900;
	tm.tm_mon = (int)v[1] - 1;
	tm.tm_mday = (int)v[2];
	tm.tm_hour = (int)v[3];
	tm.tm_min = (int)v[4];
	tm.tm_sec = (int)v[5];
	t = timegm(&tm);
	if (gmtime_r(&t, &back) == NULL || back.tm_mon != (int)v[1] - 1 ||
	    back.tm_mday != (int)v[2] || back.tm_hour != (int)v[3] ||
	    back.tm_min != (int)v[4] || back.tm_sec != (int)v[5])
		return false;
	*out = t;
	return true;
}

bool
rotate_parse(const char *entry, const char *live, struct rotated *r)
{
	size_t n = strlen(live);
	struct rotated found;

	if (strncmp(entry, live, n) != 0 || entry[n] != '-')
		return false;
	entry += n + 1;
	if (!parse_stamp(entry, &found.stamp) || entry[STAMP_LEN] != '-')
		return false;
	entry += STAMP_LEN + 1;
	n = strspn(entry, "0123456789");
	if (n < NUMBER_MIN || n > NUMBER_MAX ||
	    (n > NUMBER_MIN && entry[0] == '0'))
		return false;
	if (!take_digits(entry, n, &found.number))
		return false;
	entry += n;
	if (*entry != '\0' && strcmp(entry, ".gz") != 0 &&
	    strcmp(entry, ".zst") != 0)
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
