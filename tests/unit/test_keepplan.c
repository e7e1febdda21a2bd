/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * test_keepplan.c - each rotated file has one owner
 */
#include "output/keepplan.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "config/template.h"
#include "output/marks.h"

#define ROWS(a) (sizeof(a) / sizeof((a)[0]))

enum { OUTPUTS = 3 };

/* A plan of outputs with these paths, whose folders need not be. */
static struct keep_plan *
plan_of(const char *const path[OUTPUTS])
{
	struct output_conf conf[OUTPUTS] = { { 0 } };
	int slot[OUTPUTS] = { 0, 0, 0 };
	struct config c = { .output = conf };
	struct metrics *m = metrics_new(1);
	struct keep_plan *p;
	struct err err;

	assert_int_equal(metrics_output_slot(m, "x"), 0);
	for (; c.outputs < OUTPUTS && path[c.outputs] != NULL; c.outputs++) {
		struct output_conf *o = &conf[c.outputs];

		o->path = strdup(path[c.outputs]);
		if (template_has_fields(o->path))
			o->file = template_new_path(o->path, &err);
	}
	p = keep_plan_new(&c, slot, m, 0, &err);
	assert_non_null(p);
	for (size_t i = 0; i < p->n; i++) {
		if (p->output[i].folder != NULL)
			p->output[i].place = strdup(p->output[i].folder);
		template_free(conf[i].file);
		free(conf[i].path);
	}
	metrics_free(m);
	return p;
}

static void
a_file_has_one_owner(void **state)
{
	static const struct {
		const char *path[OUTPUTS];
		size_t asks;
		const char *live;
		bool owns;
	} rows[] = {
		{ { "/l/a.log" }, 0, "a.log", true },
		{ { "/l/a.log", "/l/%{hostname}" }, 1, "a.log", false },
		{ { "/l/a.log", "/l/%{hostname}" }, 1, "b.log", true },
		{ { "/l/%{hostname}", "/l/a.log" }, 0, "a.log", false },
		{ { "/l/h/a.log", "/l/%{hostname}/a.log" }, 1, "h/a.log",
		    false },
		{ { "/l/%{hostname}/a.log", "/l/h/%{app_name}.log" }, 0,
		    "h/a.log", true },
		{ { "/l/%{hostname}/a.log", "/l/h/%{app_name}.log" }, 1,
		    "a.log", false },
		{ { "/l/%{hostname}/a.log", "/l/h/%{app_name}.log" }, 1,
		    "b.log", true },
		{ { "/l/%{hostname}-%{app_name}", "/l/x-%{app_name}" }, 0,
		    "x-a", false },
		{ { "/l/%{hostname}-%{app_name}", "/l/x-%{app_name}" }, 0,
		    "y-a", true },
		{ { "/l/%{hostname}", "/l/%{app_name}" }, 0, "_other", true },
		{ { "/l/%{hostname}", "/l/%{app_name}" }, 1, "_other", false },
		{ { "/l/%{hostname}", "/lx/%{app_name}" }, 1, "a", true },
		{ { "/%{hostname}/%{app_name}", "/l/%{app_name}" }, 0, "l/a",
		    false },
		{ { "/l", "/%{hostname}" }, 1, "l", false },
		{ { "-", "/l/%{hostname}" }, 1, "-", true },
	};

	(void)state;
	for (size_t i = 0; i < ROWS(rows); i++) {
		struct keep_plan *p = plan_of(rows[i].path);

		if (keep_owns(p, &p->output[rows[i].asks], rows[i].live) !=
		    rows[i].owns)
			fail_msg("row %zu: %s", i, rows[i].live);
		keep_plan_free(p);
	}
	keep_plan_free(NULL);
}

static void
a_live_file_is_never_a_rotated_one(void **state)
{
	static const char *const path[OUTPUTS] = { "/l/a",
		"/l/a-20261122T101500Z-000001", "/l/%{hostname}" };
	struct keep_plan *p = plan_of(path);

	(void)state;
	assert_true(
	    keep_is_live(p, &p->output[0], "a-20261122T101500Z-000001"));
	assert_true(
	    keep_is_live(p, &p->output[2], "a-20261122T101500Z-000001"));
	assert_false(
	    keep_is_live(p, &p->output[0], "a-20261122T101500Z-000002"));
	keep_plan_free(p);
}

static void
marks_are_remembered(void **state)
{
	struct marks m = { .n = 0 };
	struct rotated r = { .stamp = 7 };

	(void)state;
	for (r.number = 1; r.number < 1000; r.number++) {
		uint64_t hash = marks_hash("a.log", &r);

		assert_false(marks_has(&m, hash));
		marks_add(&m, hash);
		marks_add(&m, hash);
		assert_true(marks_has(&m, hash));
		assert_false(marks_has(&m, marks_hash("b.log", &r)));
	}
	assert_int_equal(m.n, 999);
	for (; r.number < MARKS_MAX + 10; r.number++)
		marks_add(&m, marks_hash("a.log", &r));
	assert_true(m.full); /* and then nothing is touched */
	assert_true(marks_has(&m, 1));
	marks_clear(&m);
	assert_false(marks_has(&m, 1));
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_file_has_one_owner),
		cmocka_unit_test(a_live_file_is_never_a_rotated_one),
		cmocka_unit_test(marks_are_remembered),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
