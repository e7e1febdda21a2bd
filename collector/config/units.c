/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * units.c - sizes and durations as people write them, both ways
 */
#include "config/units.h"

#include <inttypes.h>
#include <stdbool.h>
#include <stdio.h>
#include <string.h>
#include <strings.h>

struct unit {
	const char *suffix;
	int64_t factor;
};

/* Ascending; of two with the same factor the first is the one we write. */
static const struct unit sizes[] = {
	{ "", 1 },
	{ "K", 1 << 10 },
	{ "KiB", 1 << 10 },
	{ "M", 1 << 20 },
	{ "MiB", 1 << 20 },
	{ "G", 1 << 30 },
	{ "GiB", 1 << 30 },
	{ "T", INT64_C(1) << 40 },
	{ "TiB", INT64_C(1) << 40 },
	{ NULL, 0 },
};

enum {
	SECOND = 1000,
	MINUTE = 60 * SECOND,
	HOUR = 60 * MINUTE,
	DAY = 24 * HOUR,
	WEEK = 7 * DAY
};

static const struct unit durations[] = {
	{ "ms", 1 },
	{ "s", SECOND },
	{ "m", MINUTE },
	{ "h", HOUR },
	{ "d", DAY },
	{ "w", WEEK },
	{ NULL, 0 },
};

static const char size_hint[] =
    "sizes are bytes, or like 64K, 100M, 10G (or 64KiB, 100MiB, 10GiB)";
static const char duration_hint[] = "durations are like 500ms, 1s, 5m, 1h, 1d";

/*
 * Takes the digits at the front of text, moves *text behind them. strtoll()
 * would also take spaces, signs and much else.
 */
static int
take_digits(const char **text, int64_t *out, const char *hint, struct err *err)
{
	const char *p = *text;
	int64_t n = 0;

	if (*p == '\0')
		return err_set(err, "no value; %s", hint);
	if (*p < '0' || *p > '9')
		return err_set(err, "must begin with a digit; %s", hint);
	for (; *p >= '0' && *p <= '9'; p++) {
		if (__builtin_mul_overflow(n, 10, &n) ||
		    __builtin_add_overflow(n, *p - '0', &n))
			return err_set(err, "too large; %s", hint);
	}
	*text = p;
	*out = n;
	return 0;
}

static const struct unit *
find_unit(const struct unit *units, const char *suffix, bool fold)
{
	for (; units->suffix != NULL; units++) {
		if (fold ? strcasecmp(units->suffix, suffix) == 0
			 : strcmp(units->suffix, suffix) == 0)
			return units;
	}
	return NULL;
}

int
units_parse_number(const char *text, int64_t *out, struct err *err)
{
	int64_t n = 0;

	if (take_digits(&text, &n, "a whole number is wanted", err) == -1)
		return -1;
	if (*text != '\0')
		return err_set(err, "not a whole number");
	*out = n;
	return 0;
}

int
units_parse_size(const char *text, int64_t *bytes, struct err *err)
{
	const struct unit *unit;
	int64_t n = 0;

	if (take_digits(&text, &n, size_hint, err) == -1)
		return -1;
	unit = find_unit(sizes, text, true);
	if (unit == NULL)
		return err_set(
		    err, "unknown unit \"%.20s\"; %s", text, size_hint);
	if (__builtin_mul_overflow(n, unit->factor, &n))
		return err_set(err, "too large; %s", size_hint);
	*bytes = n;
	return 0;
}

int
units_parse_duration(const char *text, int64_t *msec, struct err *err)
{
	const struct unit *unit;
	int64_t n = 0;

	if (take_digits(&text, &n, duration_hint, err) == -1)
		return -1;
	if (*text == '\0') {
		if (n != 0)
			return err_set(
			    err, "the unit is missing; %s", duration_hint);
		*msec = 0;
		return 0;
	}
	/* Case counts: M would be a month or a million to somebody. */
	unit = find_unit(durations, text, false);
	if (unit == NULL)
		return err_set(
		    err, "unknown unit \"%.20s\"; %s", text, duration_hint);
	if (__builtin_mul_overflow(n, unit->factor, &n))
		return err_set(err, "too large; %s", duration_hint);
	*msec = n;
	return 0;
}

int
units_parse_octal(const char *text, int64_t *out, struct err *err)
{
	size_t digits = strspn(text, "01234567");
	int64_t n = 0;

	/* Eight digits cannot overflow, and no mode has more. */
	if (digits == 0 || digits > 8 || text[digits] != '\0')
		return err_set(err, "not an octal number; modes are like 0640");
	for (; *text != '\0'; text++)
		n = n * 8 + (*text - '0');
	*out = n;
	return 0;
}

static char *
write_units(const struct unit *units, int64_t n, char *to)
{
	const struct unit *best = &units[0];

	for (; n != 0 && units->suffix != NULL; units++) {
		if (units->factor > best->factor && n % units->factor == 0)
			best = units;
	}
	(void)snprintf(
	    to, UNITS_TEXT, "%" PRId64 "%s", n / best->factor, best->suffix);
	return to;
}

char *
units_write_size(int64_t bytes, char *to)
{
	return write_units(sizes, bytes, to);
}

char *
units_write_duration(int64_t msec, char *to)
{
	static const struct unit none[] = { { "", 1 }, { NULL, 0 } };

	if (msec == 0)
		return write_units(none, 0, to);
	return write_units(durations, msec, to);
}
