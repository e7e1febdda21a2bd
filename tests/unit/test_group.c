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
	TEXT = 3 * BATCH_BYTES,
	RUNS = BATCH_RUNS + 1
};

static const struct hash_key key = { { 1, 2 } };

/* Runs, and per file what must come out. */
struct world {
	char *data;
	size_t n;
	size_t start[RUNS + 1]; /* of the runs, and where the last one ends */
	size_t runs;
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
	char name[32];
	struct run_head h = { .bytes = (uint32_t)strlen(lines),
		.messages = messages,
		.peer = file };

	(void)snprintf(name, sizeof(name), "host%zu/app.log", file);
	h.name_n = (uint32_t)strlen(name);
	assert_true(w->n + sizeof(h) + h.name_n + h.bytes <= TEXT);
	memcpy(w->data + w->n, &h, sizeof(h));
	w->n += sizeof(h);
	memcpy(w->data + w->n, name, h.name_n);
	w->n += h.name_n;
	memcpy(w->data + w->n, lines, h.bytes);
	w->n += h.bytes;
	w->start[++w->runs] = w->n;
	if (w->other[file])
		strcat(w->want_other, lines);
	else
		append(&w->want[file], lines, h.bytes);
	w->messages[file] += messages;
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
		return;
	}
	append(&w->got[file_of(g->name)], g->lines.p, g->lines.n);
	w->got_messages[file_of(g->name)] += g->messages;
}

/* Fills a batch with blocks of so many runs each, from at. */
static size_t
fill(const struct world *w, struct batch *b, size_t at, size_t block)
{
	size_t from = at;

	batch_begin(b);
	assert_int_equal(b->names, 0);
	for (size_t i = block; at < w->n; i += block) {
		size_t end = w->start[i < w->runs ? i : w->runs];

		if (end <= at)
			continue;
		at += batch_scan(b, &key, slice_of(w->data + at, end - at));
		if (at < end)
			break;
	}
	assert_true(at > from);
	return at;
}

static void
assert_no_group_twice(const struct batch *b)
{
	for (size_t i = 0; i < b->groups && b->groups <= SOME_FILES; i++)
		for (size_t k = 0; k < i; k++)
			assert_false(b->group[i].other == b->group[k].other &&
			    slice_eq(b->group[i].name, b->group[k].name));
}

/* Takes all runs, in blocks of so many, batch by batch; returns the number of
 * batches. */
static size_t
take_all(struct world *w, struct batch *b, size_t block)
{
	size_t at = 0, batches = 0;
	uint64_t total = 0, sum = 0;

	while (at < w->n) {
		at = fill(w, b, at, block);
		batches++;
		for (size_t i = 0; i < b->names; i++) {
			size_t file = file_of(b->name[i].text);

			assert_int_equal(b->name[i].peer, file);
			b->name[i].other = w->other[file];
		}
		batch_join(b);
		assert_in_range(b->groups, 1, b->names);
		assert_no_group_twice(b);
		for (size_t i = 0; i < b->groups; i++) {
			take_group(w, &b->group[i]);
			sum += b->group[i].messages;
		}
	}
	for (size_t i = 0; i < FILES; i++)
		total += w->messages[i];
	assert_int_equal(sum, total);
	assert_int_equal(batch_count(slice_of(w->data, w->n)), total);
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

/* What stands together already is written from where it is. */
static void
a_file_with_one_run_is_not_copied(void **state)
{
	struct world *w = world_new();
	struct batch b;

	(void)state;
	assert_int_equal(batch_init(&b), 0);
	put_run(w, 1, "one\n", 1);
	put_run(w, 2, "two\n", 1);
	put_run(w, 3, "three\n", 1);
	put_run(w, 2, "four\n", 1);
	assert_int_equal(fill(w, &b, 0, 1), w->n);
	batch_join(&b);
	assert_int_equal(b.groups, 3);
	for (size_t i = 0; i < 3; i++) {
		const char *p = b.group[i].lines.p;
		bool inside = p >= w->data && p < w->data + w->n;

		assert_int_equal(inside, file_of(b.group[i].name) != 2);
	}
	batch_clear(&b);
	world_free(w);
}

static void
a_batch_has_limits_and_what_is_more_makes_several(void **state)
{
	char *lines = malloc(BATCH_BYTES + 100);
	struct world *w;
	struct batch b;

	(void)state;
	assert_non_null(lines);
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

	/* bytes: each of these fills one by itself */
	w = world_new();
	memset(lines, 'x', BATCH_BYTES + 100);
	lines[BATCH_BYTES + 99] = '\0';
	lines[BATCH_BYTES + 98] = '\n';
	put_run(w, 0, lines, 1);
	put_run(w, 1, "x\n", 1);
	put_run(w, 1, lines, 1);
	put_run(w, 0, "y\n", 1);
	assert_int_equal(take_all(w, &b, 1), 4);
	check(w);
	world_free(w);

	batch_begin(&b);
	assert_int_equal(batch_scan(&b, &key, slice_of(NULL, 0)), 0);
	batch_clear(&b);
	free(lines);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(each_file_gets_its_lines_in_order),
		cmocka_unit_test(a_file_with_one_run_is_not_copied),
		cmocka_unit_test(
		    a_batch_has_limits_and_what_is_more_makes_several),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
