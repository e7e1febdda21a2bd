/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * test_pri.c - PRI (RFC-11 to RFC-13) and the names of RFC 5427 (RFC-146)
 */
#include "wire/pri.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#define COUNT(a) (sizeof(a) / sizeof((a)[0]))

struct row {
	const char *what;
	const char *in;
	int want; /* -1: there is none */
	const char *rest;
};

static const struct row rows[] = {
	{ "lowest", "<0>x", 0, "x" },
	{ "two digits", "<13>x", 13, "x" },
	{ "highest", "<191>1 -", 191, "1 -" },
	{ "nothing behind it", "<7>", 7, "" },
	{ "no digit", "<>x", -1, NULL },
	{ "above 191", "<192>x", -1, NULL },
	{ "three nines", "<999>x", -1, NULL },
	{ "four digits", "<0191>x", -1, NULL },
	{ "13 and 2 to the 32nd", "<4294967309>x", -1, NULL },
	{ "leading zero", "<013>x", -1, NULL },
	{ "two zeros", "<00>x", -1, NULL },
	{ "blank inside", "< 13>x", -1, NULL },
	{ "sign", "<-1>x", -1, NULL },
	{ "blank before", " <13>x", -1, NULL },
	{ "not closed", "<13", -1, NULL },
	{ "not closed, three digits", "<191", -1, NULL },
	{ "cut off", "<", -1, NULL },
	{ "nothing", "", -1, NULL },
};

static void
a_pri_is_taken_or_nothing_is_touched(void **state)
{
	(void)state;
	for (size_t i = 0; i < COUNT(rows); i++) {
		const struct row *r = &rows[i];
		struct slice in = slice_str(r->in);
		uint8_t pri = 77;
		bool taken = pri_take(&in, &pri);

		print_message("  %s\n", r->what);
		assert_int_equal(taken, r->want >= 0);
		assert_int_equal(pri, r->want >= 0 ? r->want : 77);
		assert_string_equal(in.p, r->want >= 0 ? r->rest : r->in);
		assert_int_equal(in.n, strlen(in.p));
	}
}

/* What stands behind the end is not looked at. */
static void
a_pri_that_is_cut_off_is_none(void **state)
{
	static const char text[] = "<191>1 -";

	(void)state;
	for (size_t n = 0; n < 5; n++) {
		struct slice in = slice_of(text, n);
		uint8_t pri = 77;

		assert_false(pri_take(&in, &pri));
		assert_int_equal(in.n, n);
	}
}

static void
names_are_those_of_rfc_5427(void **state)
{
	(void)state;
	assert_string_equal(pri_facility_name(0), "kern");
	assert_string_equal(pri_facility_name(9), "cron");
	assert_string_equal(pri_facility_name(10), "authpriv");
	assert_string_equal(pri_facility_name(13), "audit");
	assert_string_equal(pri_facility_name(15), "cron2");
	assert_string_equal(pri_facility_name(16), "local0");
	assert_string_equal(pri_facility_name(23), "local7");
	assert_string_equal(pri_severity_name(0), "emerg");
	assert_string_equal(pri_severity_name(3), "err");
	assert_string_equal(pri_severity_name(4), "warning");
	assert_string_equal(pri_severity_name(7), "debug");
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_pri_is_taken_or_nothing_is_touched),
		cmocka_unit_test(a_pri_that_is_cut_off_is_none),
		cmocka_unit_test(names_are_those_of_rfc_5427),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
