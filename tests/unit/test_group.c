/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * test_group.c - runs are sorted by file, in batches, and nothing is lost,
 * doubled, or put in another order
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "base/run.h"
#include "output/group.h"

enum {
	FILES = BATCH_NAMES + 1,
	SOME_FILES = 2000,
	LONG = 100000, /* bytes; too many to be copied for a write */
	TEXT = 8 * 1024 * 1024,
	RUNS = BATCH_RUNS + 1
};

static const struct hash_key key = { { 1, 2 } };

struct given {
	size_t file, at, n; /* of the lines, in data */
	uint32_t messages;
};

/* Runs, and per file what must come out. */
struct world {
	char *data; /* lines of all runs, each with a NUL behind it */
	size_t n;
	struct given run[RUNS];
	size_t runs;
	struct block *block[RUNS]; /* of put_blocks() */
	size_t blocks;
	char *want[FILES], *got[FILES];
	uint64_t messages[FILES], got_messages[FILES];
	char *want_other, *got_other;
	bool other[FILES];
};

static uint32_t
next_random(uint32_t *seed)
{
	*seed = *seed * 1664525 + 1013904223;
	return *seed >> 8;
}

static struct world *
world_new(void)
{
	struct world *w = calloc(1, sizeof(*w));

	assert_non_null(w);
	w->data = malloc(TEXT);
	w->want_other = calloc(1, TEXT);
	w->got_other = calloc(1, TEXT);
	assert_true(
	    w->data != NULL && w->want_other != NULL && w->got_other != NULL);
	return w;
}

static void
world_free(struct world *w)
{
	for (size_t i = 0; i < FILES; i++) {
		free(w->want[i]);
		free(w->got[i]);
	}
	free(w->data);
	free(w->want_other);
	free(w->got_other);
	free(w);
}

static void
append(char **to, const char *text, size_t n)
{
	size_t had = *to == NULL ? 0 : strlen(*to);
	char *p = realloc(*to, had + n + 1);

	assert_non_null(p);
	memcpy(p + had, text, n);
	p[had + n] = '\0';
	*to = p;
}

static void
put_run(struct world *w, size_t file, const char *lines, uint32_t messages)
{
	size_t n = strlen(lines);

	assert_true(w->n + n < TEXT && w->runs < RUNS);
	memcpy(w->data + w->n, lines, n + 1);
	w->run[w->runs++] = (struct given){ file, w->n, n, messages };
	w->n += n + 1;
	if (w->other[file])
		strcat(w->want_other, lines);
	else
		append(&w->want[file], lines, n);
	w->messages[file] += messages;
}

static void
free_blocks(struct world *w)
{
	while (w->blocks > 0)
		free(w->block[--w->blocks]);
}

/* All runs, in blocks of so many. */
static void
put_blocks(struct world *w, size_t many)
{
	for (size_t i = 0; i < w->runs;) {
		size_t end = i + many < w->runs ? i + many : w->runs, cap = 0;
		struct block *b;
		char name[32];

		for (size_t k = i; k < end; k++)
			cap += w->run[k].n + sizeof(struct run_head) +
			    sizeof(name);
		b = calloc(1, sizeof(*b) + cap);
		assert_non_null(b);
		b->cap = cap;
		for (; i < end; i++) {
			const struct given *g = &w->run[i];
			size_t place;

			(void)snprintf(
			    name, sizeof(name), "host%zu/app.log", g->file);
			memcpy(b->data + b->n, w->data + g->at, g->n);
			place = run_add(
			    b, slice_str(name), g->n, g->messages > 0, g->file);
			for (uint32_t m = 1; m < g->messages; m++)
				run_grow(b, place, 0, true);
			b->n += g->n;
		}
		w->block[w->blocks++] = b;
	}
}

static size_t
file_of(struct slice name)
{
	size_t file;

	assert_int_equal(sscanf(name.p, "host%zu/app.log", &file), 1);
	return file;
}

static void
take_group(struct world *w, const struct group *g)
{
	assert_true(g->lines.n > 0);
	assert_int_equal(g->lines.p[g->lines.n - 1], '\n');
	if (g->other) {
		strncat(w->got_other, g->lines.p, g->lines.n);
		w->got_messages[FILES - 1] += g->messages;
		return;
	}
	append(&w->got[file_of(g->name)], g->lines.p, g->lines.n);
	w->got_messages[file_of(g->name)] += g->messages;
}

/* Fills a batch from the walk on. */
static void
fill(const struct world *w, struct batch *b, size_t *at, struct run_walk *walk)
{
	batch_begin(b);
	assert_int_equal(b->names, 0);
	while (*at < w->blocks && batch_scan(b, &key, walk))
		if (++*at < w->blocks)
			*walk = run_first(w->block[*at]);
	assert_true(b->names > 0);
}

static void
assert_no_group_twice(const struct batch *b)
{
	for (size_t i = 0; i < b->groups && b->groups <= SOME_FILES; i++)
		for (size_t k = 0; k < i; k++)
			assert_false(b->group[i].other == b->group[k].other &&
			    slice_eq(b->group[i].name, b->group[k].name));
}

static void
take_groups(struct world *w, struct batch *b)
{
	for (size_t i = 0; i < b->names; i++) {
		size_t file = file_of(b->name[i].text);

		assert_int_equal(b->name[i].peer, file);
		b->name[i].other = w->other[file];
	}
	batch_sort(b);
	assert_in_range(b->groups, 1, b->names);
	assert_no_group_twice(b);
	for (size_t i = 0; i < b->groups; i++) {
		struct group *g = &b->group[i];

		while (batch_next(b, g))
			take_group(w, g);
		assert_int_equal(g->lines.n, 0);
	}
}

static uint64_t
sum(const uint64_t *messages)
{
	uint64_t all = 0;

	for (size_t i = 0; i < FILES; i++)
		all += messages[i];
	return all;
}

/* Takes all runs, in blocks of so many, batch by batch; returns the number of
 * batches. */
static size_t
take_all(struct world *w, struct batch *b, size_t block)
{
	struct run_walk walk;
	size_t at = 0, batches = 0;
	uint64_t counted = 0, before = sum(w->got_messages);

	put_blocks(w, block);
	for (size_t i = 0; i < w->blocks; i++)
		counted += batch_count(run_first(w->block[i]));
	assert_int_equal(counted, sum(w->messages));
	walk = run_first(w->block[0]);
	for (; at < w->blocks; batches++) {
		fill(w, b, &at, &walk);
		take_groups(w, b);
	}
	assert_int_equal(sum(w->got_messages) - before, counted);
	free_blocks(w);
	return batches;
}

static void
check(const struct world *w)
{
	for (size_t i = 0; i < FILES; i++) {
		if (w->want[i] == NULL) {
			assert_null(w->got[i]);
			continue;
		}
		assert_non_null(w->got[i]);
		assert_string_equal(w->got[i], w->want[i]);
		assert_int_equal(w->got_messages[i], w->messages[i]);
	}
	assert_string_equal(w->got_other, w->want_other);
}

/* Against a slow reference: few and many files, short and long runs. */
static void
each_file_gets_its_lines_in_order(void **state)
{
	static const size_t many[] = { 1, 2, 7, 100, 511, 512, 513,
		SOME_FILES };
	static const size_t block[] = { 1, RUNS, 5, 1000 };
	struct batch b;
	uint32_t seed = 1;

	(void)state;
	assert_int_equal(batch_init(&b), 0);
	for (size_t round = 0; round < 64; round++) {
		struct world *w = world_new();
		size_t files = many[round % 8];
		size_t runs = next_random(&seed) % 3000 + 1;

		for (size_t i = 0; i < files; i++)
			w->other[i] = round >= 32 &&
			    next_random(&seed) % 4 == 0;
		for (size_t i = 0; i < runs; i++) {
			char lines[160];
			size_t file = next_random(&seed) % files;
			size_t n = (size_t)snprintf(
			    lines, sizeof(lines), "%zu %zu\n", file, i);

			if (next_random(&seed) % 5 == 0)
				(void)snprintf(lines + n, sizeof(lines) - n,
				    "and %0*d\n", next_random(&seed) % 99 + 1,
				    0);
			put_run(w, file, lines, next_random(&seed) % 3);
		}
		take_all(w, &b, block[round / 8 % 4]);
		check(w);
		world_free(w);
	}
	batch_clear(&b);
}

/* What stands together already is written from where it is, and so is what is
 * long; the rest is put together. */
static void
what_is_not_short_and_scattered_is_not_copied(void **state)
{
	static const char *const want[] = { "one\n", "two\nfour\n", "x",
		"five\n", "three\n" };
	char *lines = malloc(LONG + 1);
	struct world *w = world_new();
	const struct block *only;
	struct run_walk walk;
	struct batch b;
	size_t at = 0, n = 0;

	(void)state;
	assert_non_null(lines);
	memset(lines, 'x', LONG);
	memcpy(lines + LONG - 1, "\n", 2);
	assert_int_equal(batch_init(&b), 0);
	put_run(w, 1, "one\n", 1);
	put_run(w, 2, "two\n", 1);
	put_run(w, 3, "three\n", 1);
	put_run(w, 2, "four\n", 1);
	put_run(w, 2, lines, 1);
	put_run(w, 2, "five\n", 1);
	put_blocks(w, RUNS);
	only = w->block[0];
	walk = run_first(only);
	fill(w, &b, &at, &walk);
	batch_sort(&b);
	assert_int_equal(b.groups, 3);
	for (size_t i = 0; i < 3; i++) {
		struct group *g = &b.group[i];

		for (; batch_next(&b, g); n++) {
			const char *p = g->lines.p;
			bool inside = p >= only->data &&
			    p < only->data + only->n;

			assert_int_equal(inside, n != 1);
			assert_memory_equal(p, want[n], strlen(want[n]));
		}
	}
	assert_int_equal(n, 5);
	batch_clear(&b);
	free_blocks(w);
	world_free(w);
	free(lines);
}

/* More short runs than are put together at once. */
static void
a_long_group_comes_in_pieces_of_whole_lines(void **state)
{
	struct world *w = world_new();
	struct batch b;
	char line[200];

	(void)state;
	assert_int_equal(batch_init(&b), 0);
	for (int i = 0; i < 20000; i++) {
		(void)snprintf(line, sizeof(line), "%0*d\n", i % 150 + 1, i);
		put_run(w, (size_t)i % 3, line, 1);
	}
	assert_int_equal(take_all(w, &b, 1000), 1);
	check(w);
	batch_clear(&b);
	world_free(w);
}

static void
a_batch_has_limits_and_what_is_more_makes_several(void **state)
{
	struct world *w;
	struct batch b;

	(void)state;
	assert_int_equal(batch_init(&b), 0);

	/* as many names as there may be, and one more */
	w = world_new();
	for (size_t i = 0; i < BATCH_NAMES; i++)
		put_run(w, i, "x\n", 1);
	assert_int_equal(take_all(w, &b, 1000), 1);
	put_run(w, BATCH_NAMES, "x\n", 1);
	assert_int_equal(take_all(w, &b, 1000), 2);
	assert_int_equal(take_all(w, &b, RUNS), 2);
	world_free(w);

	/* runs */
	w = world_new();
	for (size_t i = 0; i < BATCH_RUNS; i++)
		put_run(w, i % 2, "x\n", 1);
	assert_int_equal(take_all(w, &b, 1), 1);
	put_run(w, 0, "x\n", 1);
	assert_int_equal(take_all(w, &b, 1), 2);
	assert_int_equal(take_all(w, &b, RUNS), 2);
	world_free(w);
	batch_clear(&b);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(each_file_gets_its_lines_in_order),
		cmocka_unit_test(what_is_not_short_and_scattered_is_not_copied),
		cmocka_unit_test(a_long_group_comes_in_pieces_of_whole_lines),
		cmocka_unit_test(
		    a_batch_has_limits_and_what_is_more_makes_several),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
