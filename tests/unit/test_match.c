/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * test_match.c - which names a path with fields can give
 */
#include "output/match.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#define ROWS(a) (sizeof(a) / sizeof((a)[0]))

static void
names_are_recognized(void **state)
{
	static const struct {
		const char *path, *name;
		bool met;
	} rows[] = {
		{ "/l/%{hostname}", "web", true },
		{ "/l/%{hostname}", "-", true },
		{ "/l/%{hostname}", "w e", false },
		{ "/l/%{hostname}", "w\n", false },
		{ "/l/%{hostname}", "", false },
		{ "/l/%{hostname}", ".web", false },
		{ "/l/%{hostname}", "a/b", false },
		{ "/l/%{hostname}", "_other", true },
		{ "/l/%{hostname}.log", "web.log", true },
		{ "/l/%{hostname}.log", ".log", false },
		{ "/l/%{hostname}.log", "web.log.log", true },
		{ "/l/%{hostname}.log", "web.log.gz", false },
		{ "/l/%{hostname}.log", "web.lo", false },
		{ "/l/x-%{hostname}.log", "x-.log", false },
		{ "/l/x-%{hostname}.log", "x-a.log", true },
		{ "/l/x-%{hostname}.log", "xa.log", false },
		{ "/l/%{hostname}/%{app_name}.log", "h/a.log", true },
		{ "/l/%{hostname}/%{app_name}.log", "h", false },
		{ "/l/%{hostname}/%{app_name}.log", "h/a/b.log", false },
		{ "/l/%{hostname}/%{app_name}.log", "/a.log", false },
		{ "/l/%{hostname}/%{app_name}.log", "_other", true },
		{ "/l/%{hostname}/%{app_name}.log", "h/_other", false },
		{ "/l/%{hostname}/x/a.log", "h/x/a.log", true },
		{ "/l/%{hostname}/x/a.log", "h/y/a.log", false },
		{ "/l/%{year}-%{month}/a", "2026-11/a", true },
		{ "/l/%{year}-%{month}/a", "2026-1/a", false },
		{ "/l/%{year}-%{month}/a", "202x-11/a", false },
		{ "/l/%{hostname}-%{year}.log", "a-b-2026.log", true },
		{ "/l/%{hostname}-%{year}.log", "a-b-20261.log", false },
		{ "/l/%{hostname}%{app_name}", "a", false },
		{ "/l/%{hostname}%{app_name}", "ab", true },
		{ "/l/%{hostname}aa%{app_name}b", "xaaaab", true },
		{ "/l/%{hostname}aa%{app_name}b", "aaab", false },
		{ "/l/ä%{hostname}", "äx", true },
	};

	(void)state;
	for (size_t i = 0; i < ROWS(rows); i++) {
		struct err err;
		struct template *t = template_new_path(rows[i].path, &err);
		struct match *m;
		size_t n = strlen(rows[i].name);
		char *exact = malloc(n + 1); /* sanitizers see its end */

		assert_non_null(t);
		assert_non_null(exact);
		m = match_new(t);
		template_free(t); /* it has a copy of its own */
		assert_non_null(m);
		memcpy(exact, rows[i].name, n);
		if (match_name(m, slice_of(exact, n)) != rows[i].met)
			fail_msg("%s: %s", rows[i].path, rows[i].name);
		free(exact);
		match_free(m);
	}
}

static void
a_long_component_is_none(void **state)
{
	struct err err;
	struct template *t = template_new_path("/l/%{hostname}", &err);
	struct match *m = match_new(t);
	char name[TEMPLATE_COMPONENT + 1];

	(void)state;
	memset(name, 'a', sizeof(name));
	assert_true(match_name(m, slice_of(name, sizeof(name) - 1)));
	assert_false(match_name(m, slice_of(name, sizeof(name))));
	match_free(m);
	template_free(t);
}

static void
it_knows_folders_and_fields(void **state)
{
	struct err err;
	struct template *t = template_new_path(
	    "/l/%{hostname}/%{year}-%{pri}/a", &err);
	struct match *m = match_new(t);

	(void)state;
	assert_int_equal(match_folders(m), 2);
	assert_int_equal(match_fields(m), 3);
	assert_true(match_part(m, 1, SLICE_LIT("2026-13")));
	assert_false(match_part(m, 1, SLICE_LIT("2026-")));
	match_free(m);
	match_free(NULL);
	template_free(t);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(names_are_recognized),
		cmocka_unit_test(a_long_component_is_none),
		cmocka_unit_test(it_knows_folders_and_fields),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
