/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * test_retain.c - which rotated files have to go
 */
#include "output/retain.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#define ROWS(a) (sizeof(a) / sizeof((a)[0]))

enum { NOW = 1000000, MOST = 12 };

/* Files as "LIVE NUMBER AGE SIZE", and what is said of them in that order:
 * - stays, k keep, a keep_age, t keep_total. */
struct row {
	const char *why;
	struct retain_limits limits;
	struct {
		uint32_t live;
		uint64_t number;
		int64_t age;
		uint64_t size;
	} file[MOST];
	const char *said;
};

static const struct row rows[] = {
	{ "no limits", { 0 }, { { 0, 1, 900000, 9 }, { 0, 2, 1, 9 } }, "--" },
	{ "no files", { .keep = 1, .age = 1, .total = 1 }, { { 0 } }, "" },
	{ "the newest numbers stay", { .keep = 2 },
	    { { 0, 3, 1, 9 }, { 0, 1, 3, 9 }, { 0, 4, 0, 9 }, { 0, 2, 2, 9 } },
	    "-k-k" },
	{ "as many as may be", { .keep = 2 },
	    { { 0, 1, 3, 9 }, { 0, 2, 2, 9 } }, "--" },
	{ "each name for itself", { .keep = 1 },
	    { { 0, 1, 3, 9 }, { 1, 1, 9, 9 }, { 0, 2, 2, 9 }, { 2, 5, 1, 9 } },
	    "k---" },
	{ "the number decides, not the stamp", { .keep = 1 },
	    { { 0, 1, 1, 9 }, { 0, 2, 500, 9 } }, "k-" },
	{ "what is as old as that goes", { .age = 100 },
	    { { 0, 1, 101, 9 }, { 0, 2, 100, 9 }, { 0, 3, 99, 9 } }, "aa-" },
	{ "both limits", { .keep = 2, .age = 100 },
	    { { 0, 1, 900, 9 }, { 0, 2, 300, 9 }, { 0, 3, 1, 9 } }, "ka-" },
	{ "the sum of all names", { .total = 20 },
	    { { 0, 1, 9, 10 }, { 1, 1, 8, 10 }, { 0, 2, 7, 10 } }, "t--" },
	{ "exactly the sum", { .total = 30 },
	    { { 0, 1, 9, 10 }, { 1, 1, 8, 10 }, { 0, 2, 7, 10 } }, "---" },
	{ "one that is too large alone", { .total = 5 }, { { 0, 1, 9, 10 } },
	    "t" },
	{ "what goes anyway does not count", { .keep = 1, .total = 10 },
	    { { 0, 1, 9, 90 }, { 0, 2, 8, 10 } }, "k-" },
	{ "of one instant the lower number first", { .total = 20 },
	    { { 0, 3, 5, 10 }, { 0, 1, 5, 10 }, { 0, 2, 5, 10 } }, "-t-" },
	{ "nothing young goes for keep", { .keep = 1, .min = 100 },
	    { { 0, 1, 101, 9 }, { 0, 2, 100, 9 }, { 0, 3, 1, 9 } }, "k--" },
	{ "nor for its age", { .age = 50, .min = 100 },
	    { { 0, 1, 101, 9 }, { 0, 2, 70, 9 } }, "a-" },
	{ "nor for the sum", { .total = 1, .min = 100 },
	    { { 0, 1, 101, 9 }, { 0, 2, 70, 9 } }, "t-" },
	{ "no name at all stands for the next", { .keep = 1 },
	    { { 0, 5, 9, 9 }, { 1, 1, 9, 9 }, { 1, 2, 9, 9 }, { 2, 1, 1, 9 } },
	    "-k--" },
};

static size_t
fill(const struct row *r, struct kept file[MOST])
{
	size_t n = strlen(r->said);

	for (size_t i = 0; i < n; i++)
		file[i] = (struct kept){ .live = r->file[i].live,
			.number = r->file[i].number,
			.since = NOW - r->file[i].age,
			.stamp = NOW - r->file[i].age,
			.size = r->file[i].size,
			.forms = 1 };
	return n;
}

/* What is said of the file in that place of the row. */
static char
said_of(const struct row *r, size_t place, const struct kept *file, size_t n)
{
	for (size_t i = 0; i < n; i++)
		if (file[i].live == r->file[place].live &&
		    file[i].number == r->file[place].number)
			return "-katf"[file[i].why];
	return '?';
}

static void
limits_say_what_goes(void **state)
{
	(void)state;
	for (size_t i = 0; i < ROWS(rows); i++) {
		struct kept file[MOST];
		char said[MOST + 1] = "";
		size_t n = fill(&rows[i], file);

		assert_int_equal(retain_join(file, n), n);
		retain_judge(file, n, &rows[i].limits, NOW);
		for (size_t k = 0; k < n; k++)
			said[k] = said_of(&rows[i], k, file, n);
		if (strcmp(said, rows[i].said) != 0)
			fail_msg("%s: %s", rows[i].why, said);
		for (size_t k = 1; k < n; k++)
			assert_true(file[k - 1].since <= file[k].since);
	}
}

static void
a_time_to_come_makes_no_file_old(void **state)
{
	(void)state;
	assert_int_equal(retain_since(5, 9, 10), 5);
	assert_int_equal(retain_since(5, 2, 10), 5); /* the stamp counts */
	assert_int_equal(retain_since(10, 2, 10), 10);
	assert_int_equal(retain_since(11, 2, 10), 2);
	assert_int_equal(retain_since(11, 12, 10), 10);
}

static void
forms_of_one_file_are_one(void **state)
{
	struct kept file[] = {
		{ .live = 1, .number = 2, .stamp = 5, .forms = 4, .size = 3 },
		{ .live = 0, .number = 2, .stamp = 5, .forms = 1, .size = 9 },
		{ .live = 1, .number = 2, .stamp = 5, .forms = 1, .size = 10 },
		{ .live = 1, .number = 2, .stamp = 6, .forms = 1, .size = 1 },
	};

	(void)state;
	assert_int_equal(retain_join(file, ROWS(file)), 3);
	assert_int_equal(file[0].live, 0);
	assert_int_equal(file[1].forms, 5);
	assert_int_equal(file[1].size, 13);
	assert_int_equal(file[2].stamp, 6);
	assert_int_equal(retain_join(NULL, 0), 0);
}

static void
the_next_time_is_known(void **state)
{
	const struct retain_limits none = { 0 }, age = { .age = 100 },
				   min = { .keep = 1, .min = 50 };
	struct kept file[] = {
		{ .live = 0, .number = 1, .since = NOW - 30, .forms = 1 },
		{ .live = 0, .number = 2, .since = NOW - 20, .forms = 1 },
	};

	(void)state;
	assert_int_equal(retain_next(file, 2, &none, NOW), INT64_MAX);
	assert_int_equal(retain_next(file, 2, &age, NOW), NOW + 70);
	assert_int_equal(retain_next(file, 2, &min, NOW), NOW + 21);
	file[0].why = RETAIN_AGE;
	assert_int_equal(retain_next(file, 2, &age, NOW), NOW + 80);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(limits_say_what_goes),
		cmocka_unit_test(a_time_to_come_makes_no_file_old),
		cmocka_unit_test(forms_of_one_file_are_one),
		cmocka_unit_test(the_next_time_is_known),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
