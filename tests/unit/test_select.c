/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * test_select.c - the words of an output's conditions
 */
#include "config/select.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "wire/err.h"

#define COUNT(a) (sizeof(a) / sizeof((a)[0]))

static void
facilities_have_words(void **state)
{
	static const struct {
		const char *word;
		uint32_t with, without;
	} rows[] = {
		{ "kern", 1 << 0, 0 },
		{ "auth", 1 << 4, 0 },
		{ "authpriv", 1 << 10, 0 },
		{ "local7", 1 << 23, 0 },
		{ "!auth", 0, 1 << 4 },
		{ "security", 1 << 4, 0 },
		{ "alert", 1 << 14, 0 },
		{ "clock", 1 << 15, 0 },
		{ "AUTH", 1 << 4, 0 },
		{ "0", 1 << 0, 0 },
		{ "23", 1 << 23, 0 },
		{ "!23", 0, 1 << 23 },
		{ "*", 0xffffff, 0 },
	};
	uint32_t with, without;
	struct err err;

	(void)state;
	for (size_t i = 0; i < COUNT(rows); i++) {
		print_message("  %s\n", rows[i].word);
		with = without = 1 << 1; /* what is there already stays */
		assert_int_equal(
		    select_facility(rows[i].word, &with, &without, &err), 0);
		assert_int_equal(with, rows[i].with | 1 << 1);
		assert_int_equal(without, rows[i].without | 1 << 1);
	}
}

static void
what_is_no_facility_is_refused(void **state)
{
	static const struct {
		const char *word, *want;
	} rows[] = {
		{ "autpriv", "did you mean \"authpriv\"" },
		{ "lokal3", "did you mean \"local3\"" },
		{ "!lokal3", "did you mean \"local3\"" },
		{ "somewhere", "0 to 23" },
		{ "24", "0 to 23" },
		{ "01", "0 to 23" },
		{ "-1", "no such" },
		{ "", "no such" },
		{ "!", "no such" },
		{ "!!auth", "no such" },
		{ "!*", "no message" },
		{ " auth", "no such" },
		{ "auth,authpriv", "no such" },
		{ "99999999999999999999", "0 to 23" },
	};
	uint32_t with = 0, without = 0;
	struct err err;

	(void)state;
	for (size_t i = 0; i < COUNT(rows); i++) {
		print_message("  %s\n", rows[i].word);
		err.text[0] = '\0';
		assert_int_equal(
		    select_facility(rows[i].word, &with, &without, &err), -1);
		if (strstr(err.text, rows[i].want) == NULL)
			fail_msg("%s", err.text);
	}
	assert_int_equal(with | without, 0);
}

static void
severities_have_words(void **state)
{
	static const struct {
		const char *word;
		uint8_t mask;
	} rows[] = {
		{ "emerg", 0x01 },
		{ "warning", 0x1f },
		{ "debug", 0xff },
		{ "=info", 0x40 },
		{ "=emerg", 0x01 },
		{ "!warning", 0xe0 },
		{ "!=info", 0xbf },
		{ "*", 0xff },
		{ "warn", 0x1f },
		{ "error", 0x0f },
		{ "panic", 0x01 },
		{ "Warning", 0x1f },
		{ "4", 0x1f },
		{ "=7", 0x80 },
		{ "!0", 0xfe },
	};
	uint8_t mask;
	struct err err;

	(void)state;
	for (size_t i = 0; i < COUNT(rows); i++) {
		print_message("  %s\n", rows[i].word);
		mask = 0;
		assert_int_equal(select_severity(rows[i].word, &mask, &err), 0);
		assert_int_equal(mask, rows[i].mask);
	}
}

static void
what_is_no_severity_is_refused(void **state)
{
	static const struct {
		const char *word, *want;
	} rows[] = {
		{ "warnig", "did you mean \"warning\"" },
		{ "=inf", "did you mean \"info\"" },
		{ "8", "0 to 7" },
		{ "", "no such" },
		{ "!", "no such" },
		{ "=", "no such" },
		{ "=!info", "no such" },
		{ "!debug", "no message" },
		{ "!*", "no message" },
		{ "=*", "one severity" },
		{ ">=warning", "no such" },
	};
	uint8_t mask = 0x55;
	struct err err;

	(void)state;
	for (size_t i = 0; i < COUNT(rows); i++) {
		print_message("  %s\n", rows[i].word);
		err.text[0] = '\0';
		assert_int_equal(
		    select_severity(rows[i].word, &mask, &err), -1);
		if (strstr(err.text, rows[i].want) == NULL)
			fail_msg("%s", err.text);
	}
	assert_int_equal(mask, 0x55);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(facilities_have_words),
		cmocka_unit_test(what_is_no_facility_is_refused),
		cmocka_unit_test(severities_have_words),
		cmocka_unit_test(what_is_no_severity_is_refused),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
