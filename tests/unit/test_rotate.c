/* SPDX-License-Identifier: BSD-2-Clause */
/* test_rotate.c - names of rotated files, and what still fits into one */
#include "output/rotate.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#define ROWS(a) (sizeof(a) / sizeof((a)[0]))

static void
a_name_says_when_and_which(void **state)
{
	static const struct {
		struct rotated r;
		const char *name, *why;
	} rows[] = {
		{ { .number = 1, .stamp = 0 }, "a.log-19700101T000000Z-000001",
		    "the epoch" },
		{ { .number = 999999, .stamp = 1795342500 },
		    "a.log-20261122T101500Z-999999",
		    "the last number of six digits" },
		{ { .number = 1000000, .stamp = 1795342500 },
		    "a.log-20261122T101500Z-1000000",
		    "more digits when needed" },
		{ { .number = 7, .stamp = 1709164799 },
		    "a.log-20240228T235959Z-000007",
		    "the second before a leap day" },
		{ { .number = 7, .stamp = 253402300800 },
		    "a.log-99991231T235959Z-000007",
		    "a year of five digits would break the form" },
		{ { .number = 7, .stamp = -62167219201 },
		    "a.log-00000101T000000Z-000007", "so would a sign" },
	};

	(void)state;
	for (size_t i = 0; i < ROWS(rows); i++) {
		char name[NAME_MAX + 1];
		struct rotated back = { 0 };

		assert_true(rotate_name(name, "a.log", &rows[i].r));
		assert_string_equal(name, rows[i].name);
		assert_true(rotate_parse(name, "a.log", &back));
		assert_int_equal(back.number, rows[i].r.number);
		if (i < 4)
			assert_int_equal(back.stamp, rows[i].r.stamp);
	}
}

static void
a_name_too_long_is_refused(void **state)
{
	char live[NAME_MAX + 1], name[NAME_MAX + 1];
	struct rotated r = { .number = 1 };
	const size_t most = NAME_MAX - strlen("-19700101T000000Z-000001");

	(void)state;
	memset(live, 'x', sizeof(live));
	live[most] = '\0';
	assert_true(rotate_name(name, live, &r));
	assert_int_equal(strlen(name), NAME_MAX);
	live[most] = 'x';
	live[most + 1] = '\0';
	assert_false(rotate_name(name, live, &r));
}

static void
only_our_names_are_taken_for_rotated_files(void **state)
{
	static const struct {
		const char *entry;
		bool ours;
		uint64_t number;
		const char *why;
	} rows[] = {
		{ "a-20261122T101500Z-000042", true, 42, "plain" },
		{ "a-20261122T101500Z-000042.gz", true, 42, "compressed" },
		{ "a-20261122T101500Z-000042.zst", true, 42, "compressed" },
		{ "a-20261122T101500Z-1000000", true, 1000000, "7 digits" },
		{ "a-20261122T101500Z-999999999999999999", true,
		    999999999999999999, "18 digits" },
		{ "a-20240229T000000Z-000000", true, 0, "a leap day" },
		{ "a-20261122T101500Z-1000000000000000000", false, 0,
		    "19 digits: the number after it must not wrap" },
		{ "a-20261122T101500Z-99999999999999999999", false, 0,
		    "more than 64 bits" },
		{ "a-20261122T101500Z-0000042", false, 0, "7 digits from 0" },
		{ "a-20261122T101500Z-00042", false, 0, "five digits" },
		{ "a-20261122T101500Z-", false, 0, "no number" },
		{ "a-20261122T101500Z-000042.bz2", false, 0, "other suffix" },
		{ "a-20261122T101500Z-000042.zst.tmp", false, 0, "unfinished" },
		{ "a-20261122T101500Z-000042x", false, 0, "rest" },
		{ "a-20261122T101500Z-+00042", false, 0, "sign" },
		{ "a-20261122T101500-000042", false, 0, "no Z" },
		{ "a-20261122 101500Z-000042", false, 0, "no T" },
		{ "a-20261122T101500Z.000042", false, 0, "no hyphen" },
		{ "a-20261322T101500Z-000042", false, 0, "month 13" },
		{ "a-20260022T101500Z-000042", false, 0, "month 0" },
		{ "a-20260231T101500Z-000042", false, 0, "31 February" },
		{ "a-20260229T101500Z-000042", false, 0, "no leap year" },
		{ "a-20261122T241500Z-000042", false, 0, "hour 24" },
		{ "a-20261122T106000Z-000042", false, 0, "minute 60" },
		{ "a-20261122T101560Z-000042", false, 0, "second 60" },
		{ "a-2026112", false, 0, "cut in the stamp" },
		{ "a-20261122T101500Z", false, 0, "cut behind the stamp" },
		{ "a-", false, 0, "cut behind the name" },
		{ "a", false, 0, "the live file" },
		{ "a.torn", false, 0, "a torn tail" },
		{ "", false, 0, "nothing" },
		{ "ab-20261122T101500Z-000042", false, 0, "longer name" },
		{ "b-20261122T101500Z-000042", false, 0, "other name" },
	};

	(void)state;
	for (size_t i = 0; i < ROWS(rows); i++) {
		size_t n = strlen(rows[i].entry) + 1;
		char *exact = malloc(n); /* so that sanitizers see its end */
		struct rotated r = { .number = 5, .stamp = 6 };

		assert_non_null(exact);
		memcpy(exact, rows[i].entry, n);
		if (rotate_parse(exact, "a", &r) != rows[i].ours)
			fail_msg("%s: %s", rows[i].entry, rows[i].why);
		assert_int_equal(r.number, rows[i].ours ? rows[i].number : 5);
		if (!rows[i].ours)
			assert_int_equal(r.stamp, 6);
		free(exact);
	}
}

/* The live name is all that stands before the last stamp and number. */
static void
the_name_of_the_live_file_is_found(void **state)
{
	static const struct {
		const char *entry;
		bool temporary;
		size_t n;
		enum packing packing;
	} rows[] = {
		{ "a.log-20261122T101500Z-000042", false, 5, PACK_NONE },
		{ "a.log-20261122T101500Z-000042.gz", false, 5, PACK_GZIP },
		{ "a-20261122T101500Z-000042.zst", false, 1, PACK_ZSTD },
		{ "-20261122T101500Z-000042", false, 0, PACK_NONE },
		{ "20261122T101500Z-000042", false, 0, PACK_NONE },
		{ "a-20261122T101500Z-000001-20261122T101500Z-000002", false,
		    25, PACK_NONE },
		{ "--20261122T101500Z-000042", false, 1, PACK_NONE },
		{ "a\n-20261122T101500Z-000042", false, 2, PACK_NONE },
		{ "a-20261122T101500Z-000042.gz.zst", false, 0, PACK_NONE },
		{ ".gz", false, 0, PACK_NONE },
		{ ".a-20261122T101500Z-000042.gz.tmp", true, 1, PACK_GZIP },
		{ ".ab-20261122T101500Z-000042.zst.tmp", true, 2, PACK_ZSTD },
		{ ".a-20261122T101500Z-000042.tmp", true, 0, PACK_NONE },
		{ "a-20261122T101500Z-000042.gz.tmp", true, 0, PACK_NONE },
		{ ".-20261122T101500Z-000042.gz.tmp", true, 0, PACK_NONE },
		{ ".a-20261122T101500Z-000042.gz", true, 0, PACK_NONE },
		{ ".tmp", true, 0, PACK_NONE },
		{ ".", true, 0, PACK_NONE },
		{ "", true, 0, PACK_NONE },
		{ "", false, 0, PACK_NONE },
	};

	(void)state;
	for (size_t i = 0; i < ROWS(rows); i++) {
		struct rotated r = { .packing = PACK_NONE };
		char *exact = strdup(rows[i].entry);

		assert_non_null(exact);
		if (rotate_split(exact, rows[i].temporary, &r) != rows[i].n ||
		    r.packing != rows[i].packing)
			fail_msg("row %zu: %s", i, rows[i].entry);
		free(exact);
	}
}

static void
whole_lines_are_fitted_into_the_room(void **state)
{
	static const struct {
		const char *data;
		uint64_t room;
		size_t fit;
		const char *why;
	} rows[] = {
		{ "ab\ncd\n", 6, 6, "all of it, exactly" },
		{ "ab\ncd\n", UINT64_MAX, 6, "no limit" },
		{ "ab\ncd\n", 5, 3, "the second line lacks a byte" },
		{ "ab\ncd\n", 3, 3, "the first, exactly" },
		{ "ab\ncd\n", 2, 0, "the first is too long" },
		{ "ab\ncd\n", 0, 0, "no room" },
		{ "ab\ncd", 9, 3, "the rest of a line does not count" },
		{ "abcd", 9, 0, "no line at all" },
		{ "", 9, 0, "nothing" },
		{ "\n\n\n", 2, 2, "empty lines" },
	};

	(void)state;
	for (size_t i = 0; i < ROWS(rows); i++) {
		size_t n = strlen(rows[i].data);

		if (rotate_fit(rows[i].data, n, rows[i].room) != rows[i].fit)
			fail_msg("row %zu: %s", i, rows[i].why);
	}
	assert_int_equal(rotate_fit(NULL, 0, 10), 0);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_name_says_when_and_which),
		cmocka_unit_test(a_name_too_long_is_refused),
		cmocka_unit_test(only_our_names_are_taken_for_rotated_files),
		cmocka_unit_test(the_name_of_the_live_file_is_found),
		cmocka_unit_test(whole_lines_are_fitted_into_the_room),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
