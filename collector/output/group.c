/* SPDX-License-Identifier: BSD-2-Clause */
#include "output/group.h"

#include <assert.h>
#include <stdlib.h>

#include "base/run.h"

enum { SLOTS = 2 * BATCH_NAMES, NONE = UINT16_MAX };
_Static_assert((int)SLOTS <= (int)NONE, "an index fits");

struct run {
	const char *lines;
	uint32_t n;
	uint32_t messages;
	uint16_t name;
};

struct batch_work {
	struct run run[BATCH_RUNS];
	size_t runs;
	size_t bytes;                 /* of lines, in all runs */
	uint16_t slot[SLOTS];         /* names by hash */
	uint16_t at[BATCH_NAMES];     /* the slot of each name */
	uint16_t group[BATCH_NAMES];  /* of each name */
	uint32_t pieces[BATCH_NAMES]; /* runs of each group */
	char *end[BATCH_NAMES];       /* of what each group has in lines */
	char lines[BATCH_BYTES];      /* of groups of several runs */
};

int
batch_init(struct batch *b)
{
	*b = (struct batch){ .name = calloc(BATCH_NAMES, sizeof(*b->name)),
		.group = calloc(BATCH_NAMES, sizeof(*b->group)),
		.work = malloc(sizeof(*b->work)) };
	if (b->name != NULL && b->group != NULL && b->work != NULL) {
		memset(b->work->slot, 0xff, sizeof(b->work->slot)); /* NONE */
		batch_begin(b);
		return 0;
	}
	batch_clear(b);
	return -1;
}

void
batch_clear(struct batch *b)
{
	free(b->name);
	free(b->group);
	free(b->work);
	*b = (struct batch){ .name = NULL };
}

void
batch_begin(struct batch *b)
{
	for (size_t i = 0; i < b->names; i++)
		b->work->slot[b->work->at[i]] = NONE;
	b->names = b->groups = 0;
	b->work->runs = b->work->bytes = 0;
}

/* Takes a run off the front of data. */
static struct run_head
take_run(struct slice *data, struct slice *name, struct slice *lines)
{
	struct run_head h;

	assert(data->n >= sizeof(h));
	memcpy(&h, data->p, sizeof(h));
	slice_skip(data, sizeof(h));
	assert(h.name_n <= data->n && h.bytes <= data->n - h.name_n);
	*name = slice_of(data->p, h.name_n);
	slice_skip(data, h.name_n);
	*lines = slice_of(data->p, h.bytes);
	slice_skip(data, h.bytes);
	return h;
}

uint64_t
batch_count(struct slice data)
{
	struct slice name, lines;
	uint64_t n = 0;

	while (data.n > 0)
		n += take_run(&data, &name, &lines).messages;
	return n;
}

/* The number of that name, which becomes a new one; NONE: no room for it. */
static uint16_t
find_name(struct batch *b, struct slice text, uint64_t hash, uint64_t peer)
{
	size_t i = hash % SLOTS;
	uint16_t *slot = b->work->slot;

	for (; slot[i] != NONE; i = (i + 1) % SLOTS) {
		const struct batch_name *n = &b->name[slot[i]];

		if (n->hash == hash && slice_eq(n->text, text))
			return slot[i];
	}
	if (b->names == BATCH_NAMES)
		return NONE;
	b->name[b->names] = (struct batch_name){
		.text = text, .hash = hash, .peer = peer
	};
	slot[i] = (uint16_t)b->names;
	b->work->at[b->names] = (uint16_t)i;
	return (uint16_t)b->names++;
}

size_t
batch_scan(struct batch *b, const struct hash_key *key, struct slice data)
{
	struct batch_work *w = b->work;
	struct slice left = data, name, lines;

	while (left.n > 0 && w->runs < BATCH_RUNS && w->bytes < BATCH_BYTES) {
		struct slice rest = left;
		struct run_head h = take_run(&rest, &name, &lines);
		uint16_t number;

		/* one that is too large alone is not copied, either */
		if (w->runs > 0 && lines.n > BATCH_BYTES - w->bytes)
			break;
		number = find_name(b, name, hash_text(key, name), h.peer);
		if (number == NONE)
			break;
		w->run[w->runs++] = (struct run){ .lines = lines.p,
			.n = h.bytes,
			.messages = h.messages,
			.name = number };
		left = rest;
		w->bytes += lines.n;
	}
	return data.n - left.n;
}

/* Which group each name is of, and how long the groups are. */
static void
measure(struct batch *b)
{
	struct batch_work *w = b->work;
	uint16_t other = NONE;

	for (size_t i = 0; i < b->names; i++) {
		const struct batch_name *n = &b->name[i];

		if (n->other && other != NONE) {
			w->group[i] = other;
			continue;
		}
		w->group[i] = (uint16_t)b->groups;
		if (n->other)
			other = (uint16_t)b->groups;
		w->pieces[b->groups] = 0;
		b->group[b->groups++] = (struct group){
			.name = n->other ? slice_of(NULL, 0) : n->text,
			.hash = n->hash,
			.other = n->other
		};
	}
	for (size_t i = 0; i < w->runs; i++) {
		struct group *g = &b->group[w->group[w->run[i].name]];

		w->pieces[g - b->group]++;
		g->lines.n += w->run[i].n;
		g->messages += w->run[i].messages;
	}
}

void
batch_join(struct batch *b)
{
	struct batch_work *w = b->work;
	char **end = w->end;
	size_t used = 0;

	measure(b);
	for (size_t i = 0; i < b->groups; i++) {
		struct group *g = &b->group[i];

		end[i] = w->lines + used;
		if (w->pieces[i] == 1)
			continue;
		g->lines.p = end[i];
		used += g->lines.n;
	}
	for (size_t i = 0; i < w->runs; i++) {
		const struct run *r = &w->run[i];
		size_t k = w->group[r->name];

		if (w->pieces[k] == 1) {
			b->group[k].lines.p = r->lines;
			continue;
		}
		memcpy(end[k], r->lines, r->n);
		end[k] += r->n;
	}
}
