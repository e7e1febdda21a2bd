/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * test_units.c - sizes and durations as people write them, both ways
 */
#include "config/units.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#define COUNT(a) (sizeof(a) / sizeof((a)[0]))

typedef int parser(const char *text, int64_t *out, struct err *err);

struct good {
	const char *text;
	int64_t value;
	const char *why;
};

struct bad {
	const char *text;
	const char *says; /* a part of the reason */
	const char *why;
};

static void
check_good(parser *parse, const struct good *rows, size_t n)
{
	struct err err;
	int64_t value;

	for (size_t i = 0; i < n; i++) {
		value = -7;
		if (parse(rows[i].text, &value, &err) == -1)
			fail_msg("\"%s\" (%s): %s", rows[i].text, rows[i].why,
			    err.text);
		if (value != rows[i].value)
			fail_msg("\"%s\" (%s) is %lld", rows[i].text,
			    rows[i].why, (long long)value);
	}
}

static void
check_bad(parser *parse, const struct bad *rows, size_t n)
{
	struct err err;
	int64_t value;

	for (size_t i = 0; i < n; i++) {
		value = -7;
		err.text[0] = '\0';
		if (parse(rows[i].text, &value, &err) != -1)
			fail_msg("\"%s\" (%s) was taken as %lld", rows[i].text,
			    rows[i].why, (long long)value);
		assert_int_equal(value, -7); /* untouched */
		if (strstr(err.text, rows[i].says) == NULL)
			fail_msg("\"%s\" (%s): %s", rows[i].text, rows[i].why,
			    err.text);
	}
}

static void
sizes_are_bytes_or_powers_of_1024(void **state)
{
	static const struct good rows[] = {
		{ "0", 0, "nothing" },
		{ "480", 480, "plain bytes" },
		{ "007", 7, "leading zeros are not octal" },
		{ "1K", 1024, "letter" },
		{ "64k", 65536, "case does not count" },
		{ "64KiB", 65536, "the long form" },
		{ "64kib", 65536, "the long form, either case" },
		{ "100M", INT64_C(104857600), "letter" },
		{ "1MiB", 1048576, "the long form" },
		{ "10g", INT64_C(10737418240), "beyond 32 bits" },
		{ "1GiB", INT64_C(1073741824), "the long form" },
		{ "1T", INT64_C(1099511627776), "letter" },
		{ "2TiB", INT64_C(2199023255552), "the long form" },
		{ "9223372036854775807", INT64_MAX, "the largest" },
		{ "8388607T", INT64_C(8388607) << 40, "the largest of T" },
	};

	(void)state;
	check_good(units_parse_size, rows, COUNT(rows));
}

static void
what_is_no_size_is_refused_with_the_cure(void **state)
{
	static const struct bad rows[] = {
		{ "", "no value", "empty" },
		{ "2X", "unknown unit \"X\"; sizes are bytes, or like 64K",
		    "unit" },
		{ "1KB", "unknown unit", "1000 or 1024? do not guess" },
		{ "1 K", "unknown unit", "space" },
		{ "1.5G", "unknown unit \".5G\"", "fraction" },
		{ "0x10", "unknown unit", "hexadecimal" },
		{ "-1", "must begin with a digit", "sign" },
		{ "+1", "must begin with a digit", "sign" },
		{ " 1", "must begin with a digit", "space before" },
		{ "K", "must begin with a digit", "unit alone" },
		{ "9223372036854775808", "too large", "one too many" },
		{ "92233720368547758070", "too large", "a digit too many" },
		{ "8388608T", "too large", "overflow by the unit" },
		{ "99999999999999999999999999K", "too large", "both" },
		{ "1Kx", "unknown unit", "rest" },
		{ "1ms", "unknown unit", "a duration" },
	};

	(void)state;
	check_bad(units_parse_size, rows, COUNT(rows));
}

static void
durations_have_a_unit(void **state)
{
	static const struct good rows[] = {
		{ "0", 0, "nothing needs no unit" },
		{ "0s", 0, "nothing with one" },
		{ "500ms", 500, "milliseconds" },
		{ "1s", 1000, "seconds" },
		{ "5m", 300000, "minutes" },
		{ "1h", 3600000, "hours" },
		{ "1d", 86400000, "days" },
		{ "1w", 604800000, "weeks" },
		{ "9223372036854775807ms", INT64_MAX, "the largest" },
	};

	(void)state;
	check_good(units_parse_duration, rows, COUNT(rows));
}

static void
what_is_no_duration_is_refused_with_the_cure(void **state)
{
	static const struct bad rows[] = {
		{ "", "no value", "empty" },
		{ "5", "the unit is missing; durations are like 500ms",
		    "5 what?" },
		{ "5M", "unknown unit \"M\"", "months? minutes?" },
		{ "5min", "unknown unit", "not of the list" },
		{ "1h30m", "unknown unit", "two of them" },
		{ "-1s", "must begin with a digit", "sign" },
		{ "1.5s", "unknown unit", "fraction" },
		{ "9223372036854775807s", "too large", "overflow" },
		{ "99999999999999999999", "too large", "overflow" },
		{ "never", "must begin with a digit", "a word" },
	};

	(void)state;
	check_bad(units_parse_duration, rows, COUNT(rows));
}

static void
modes_are_octal(void **state)
{
	static const struct good good[] = {
		{ "0666", 0666, "as usual" },
		{ "640", 0640, "without the zero" },
		{ "0", 0, "nothing" },
	};
	static const struct bad bad[] = {
		{ "", "not an octal number", "empty" },
		{ "0688", "not an octal number", "digit" },
		{ "0o640", "not an octal number", "letter" },
		{ "u=rw", "not an octal number", "words" },
		{ "777777777", "not an octal number", "too long" },
	};

	(void)state;
	check_good(units_parse_octal, good, COUNT(good));
	check_bad(units_parse_octal, bad, COUNT(bad));
}

static void
numbers_are_digits_alone(void **state)
{
	static const struct good good[] = {
		{ "0", 0, "nothing" },
		{ "64", 64, "as usual" },
		{ "9223372036854775807", INT64_MAX, "the largest" },
	};
	static const struct bad bad[] = {
		{ "", "no value", "empty" },
		{ "1K", "not a whole number", "unit" },
		{ "-1", "must begin with a digit", "sign" },
		{ "9223372036854775808", "too large", "overflow" },
	};

	(void)state;
	check_good(units_parse_number, good, COUNT(good));
	check_bad(units_parse_number, bad, COUNT(bad));
}

static void
what_is_written_is_short_and_read_back(void **state)
{
	static const struct good sizes[] = {
		{ "0", 0, "nothing" },
		{ "480", 480, "no whole unit" },
		{ "1025", 1025, "no whole unit" },
		{ "64K", 65536, "unit" },
		{ "1M", 1 << 20, "the largest unit" },
		{ "1025M", INT64_C(1025) << 20, "no whole G" },
		{ "1T", INT64_C(1) << 40, "unit" },
		{ "9223372036854775807", INT64_MAX, "the longest text" },
	};
	static const struct good durations[] = {
		{ "0", 0, "nothing" },
		{ "1ms", 1, "unit" },
		{ "1500ms", 1500, "no whole second" },
		{ "5s", 5000, "unit" },
		{ "90s", 90000, "no whole minute" },
		{ "1w", 604800000, "the largest unit" },
		{ "8d", 691200000, "no whole week" },
	};
	char text[UNITS_TEXT];

	(void)state;
	for (size_t i = 0; i < COUNT(sizes); i++)
		assert_string_equal(
		    units_write_size(sizes[i].value, text), sizes[i].text);
	for (size_t i = 0; i < COUNT(durations); i++)
		assert_string_equal(
		    units_write_duration(durations[i].value, text),
		    durations[i].text);
	check_good(units_parse_size, sizes, COUNT(sizes));
	check_good(units_parse_duration, durations, COUNT(durations));
}

int
main(void)
{
	static const struct CMUnitTest tests[] = {
		cmocka_unit_test(sizes_are_bytes_or_powers_of_1024),
		cmocka_unit_test(what_is_no_size_is_refused_with_the_cure),
		cmocka_unit_test(durations_have_a_unit),
		cmocka_unit_test(what_is_no_duration_is_refused_with_the_cure),
		cmocka_unit_test(modes_are_octal),
		cmocka_unit_test(numbers_are_digits_alone),
		cmocka_unit_test(what_is_written_is_short_and_read_back),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
