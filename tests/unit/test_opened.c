/* SPDX-License-Identifier: BSD-2-Clause */
/* test_opened.c - open files are found by name, left by age */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "output/opened.h"

enum { FILES = 500, STEPS = 20000 };

static struct file *
file_new(size_t number)
{
	struct file *f = calloc(1, sizeof(*f));

	assert_non_null(f);
	assert_int_not_equal(asprintf(&f->name, "f%zu", number), -1);
	f->hash = number % 50; /* many names have one hash */
	return f;
}

static void
file_end(struct file *f)
{
	free(f->name);
	free(f);
}

/* The slow reference: when each was used last; 0: it is not open. */
struct world {
	struct opened open;
	struct file *file[FILES];
	unsigned used[FILES];
};

static size_t
oldest(const struct world *w)
{
	size_t found = FILES;

	for (size_t i = 0; i < FILES; i++)
		if (w->used[i] > 0 &&
		    (found == FILES || w->used[i] < w->used[found]))
			found = i;
	return found;
}

static void
check(const struct world *w)
{
	size_t n = 0;

	for (size_t i = 0; i < FILES; i++) {
		char name[16];

		(void)snprintf(name, sizeof(name), "f%zu", i);
		assert_ptr_equal(
		    opened_find(&w->open, slice_str(name), i % 50), w->file[i]);
		n += w->file[i] != NULL;
	}
	assert_int_equal(w->open.n, n);
	for (size_t i = 0; i < n; i++)
		assert_int_equal(w->open.place[i]->place, i);
	n = oldest(w);
	assert_ptr_equal(w->open.oldest, n < FILES ? w->file[n] : NULL);
}

static void
it_does_what_a_slow_table_does(void **state)
{
	struct world w = { .open = { .n = 0 } };
	uint32_t seed = 1;

	(void)state;
	for (unsigned step = 1; step <= STEPS; step++) {
		size_t i;

		seed = seed * 1664525 + 1013904223;
		i = (seed >> 8) % FILES;
		if (w.file[i] == NULL) {
			w.file[i] = file_new(i);
			assert_int_equal(opened_add(&w.open, w.file[i]), 0);
			w.used[i] = step;
		} else if (seed >> 30 == 0) {
			i = seed >> 28 == 0 ? oldest(&w) : i;
			opened_remove(&w.open, w.file[i]);
			file_end(w.file[i]);
			w.file[i] = NULL;
			w.used[i] = 0;
		} else {
			opened_use(&w.open, w.file[i]);
			w.used[i] = step;
		}
		if (step % 97 == 0 || step < 200)
			check(&w);
	}
	for (size_t i = 0; i < FILES; i++) {
		if (w.file[i] == NULL)
			continue;
		opened_remove(&w.open, w.file[i]);
		file_end(w.file[i]);
	}
	assert_int_equal(w.open.n, 0);
	assert_null(w.open.newest);
	opened_clear(&w.open);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(it_does_what_a_slow_table_does),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
