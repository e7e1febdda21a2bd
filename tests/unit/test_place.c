/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * test_place.c - two spellings of one place, and two places
 */
#include "config/place.h"

#include <limits.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <unistd.h>

#include <cmocka.h>

#define COUNT(a) (sizeof(a) / sizeof((a)[0]))

struct pair {
	const char *a, *b;
	bool same;
};

static const struct pair paths[] = {
	{ "x", "x", true },
	{ "x", "./x", true },
	{ "x/y", "x//./y", true },
	{ "x/y", "x/y/", true },
	{ "/a/b", "//a/b", true },
	{ "/a/b", "/./a//b/.", true },
	{ "x", "y", false },
	{ "x", "x/y", false },
	{ "x", "xx", false },
	{ "/a/b", "/a", false },
	{ "-", "./-", false },
	{ "-", "-", true },
	/* a link may stand before ".." */
	{ "a/../x", "x", false },
	{ "a/../x", "a//../x", true },
	{ "/x/%{hostname}/y", "/x/./%{hostname}/y", true },
};

static const struct pair hosts[] = {
	{ "*", "*", true },
	{ "A.example.net", "a.EXAMPLE.net", true },
	{ "::1", "0:0::1", true },
	{ "::1", "::2", false },
	{ "127.0.0.1", "127.0.0.2", false },
	{ "*", "0.0.0.0", false },
};

static const struct pair shared[] = {
	{ "*", "127.0.0.1", true },
	{ "*", "::1", true },
	{ "*", "a.example.net", true },
	{ "*", "0.0.0.0", true },
	{ "0.0.0.0", "127.0.0.1", true },
	{ "::", "::1", true },
	{ "0::0", "fe80::1%lo", true },
	{ "0.0.0.0", "::", false },
	{ "0.0.0.0", "::1", false },
	{ "0.0.0.0", "a.example.net", false },
	{ "::", "127.0.0.1", false },
	{ "127.0.0.1", "127.0.0.2", false },
};

static void
spellings_of_a_path_are_told_from_other_paths(void **state)
{
	char here[PATH_MAX], absolute[PATH_MAX + 8];

	(void)state;
	for (size_t i = 0; i < COUNT(paths); i++) {
		const struct pair *p = &paths[i];

		print_message("  %s %s\n", p->a, p->b);
		assert_int_equal(place_is_same_path(p->a, p->b), p->same);
		assert_int_equal(place_is_same_path(p->b, p->a), p->same);
	}
	assert_non_null(getcwd(here, sizeof(here)));
	(void)snprintf(absolute, sizeof(absolute), "%s/x", here);
	assert_true(place_is_same_path("./x", absolute));
	assert_true(place_is_same_path(absolute, "x"));
	assert_false(place_is_same_path(absolute, "y"));
	assert_false(place_is_same_path("/x", "x"));
}

static void
spellings_of_a_host_are_told_from_other_hosts(void **state)
{
	(void)state;
	for (size_t i = 0; i < COUNT(hosts); i++) {
		const struct pair *p = &hosts[i];

		print_message("  %s %s\n", p->a, p->b);
		assert_int_equal(place_is_same_host(p->a, p->b), p->same);
		assert_int_equal(place_is_same_host(p->b, p->a), p->same);
	}
}

static void
an_address_of_all_takes_the_port_of_each(void **state)
{
	(void)state;
	for (size_t i = 0; i < COUNT(shared); i++) {
		const struct pair *p = &shared[i];

		print_message("  %s %s\n", p->a, p->b);
		assert_int_equal(place_overlaps(p->a, p->b), p->same);
		assert_int_equal(place_overlaps(p->b, p->a), p->same);
	}
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(spellings_of_a_path_are_told_from_other_paths),
		cmocka_unit_test(spellings_of_a_host_are_told_from_other_hosts),
		cmocka_unit_test(an_address_of_all_takes_the_port_of_each),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
