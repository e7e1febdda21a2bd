/* SPDX-License-Identifier: BSD-2-Clause */
#include "output/group.h"

#include <stdlib.h>
#include <string.h>

enum {
	SLOTS = 2 * BATCH_NAMES,
	NONE = UINT16_MAX,
	/* That much of one file is written at once where it has to be put
	 * together: it is still in the cache then. */
	PIECE = 128 * 1024,
	LONG = PIECE / 2 /* a run of this length is written as it stands */
};
_Static_assert((int)SLOTS <= (int)NONE, "an index fits");

static const uint32_t END = UINT32_MAX; /* of the runs of a group */

struct some {
	const char *lines;
	uint32_t n;
	uint32_t messages;
	uint32_t next; /* of the same group */
	uint16_t name;
};

struct batch_work {
	struct some run[BATCH_RUNS];
	size_t runs;
	uint16_t slot[SLOTS];        /* names by hash */
	uint16_t at[BATCH_NAMES];    /* the slot of each name */
	uint16_t group[BATCH_NAMES]; /* of each name */
	char piece[PIECE];
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
	b->work->runs = 0;
}

uint64_t
batch_count(struct run_walk w)
{
	struct run r;
	uint64_t n = 0;

	while (run_next(&w, &r))
		n += r.messages;
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

bool
batch_scan(struct batch *b, const struct hash_key *key, struct run_walk *walk)
{
	struct batch_work *w = b->work;
	struct run_walk next = *walk;
	struct run r;

	while (run_next(&next, &r)) {
		uint16_t number = NONE;

		if (w->runs < BATCH_RUNS)
			number = find_name(
			    b, r.name, hash_text(key, r.name), r.peer);
		if (number == NONE)
			return false;
		w->run[w->runs++] = (struct some){ .lines = r.lines.p,
			.n = (uint32_t)r.lines.n,
			.messages = r.messages,
			.name = number };
		*walk = next;
	}
	return true;
}

/* Which group each name is of. */
static void
make_groups(struct batch *b)
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
		b->group[b->groups++] = (struct group){
			.name = n->other ? slice_of(NULL, 0) : n->text,
			.hash = n->hash,
			.other = n->other,
			.rest = END
		};
	}
}

void
batch_sort(struct batch *b)
{
	struct batch_work *w = b->work;

	make_groups(b);
	for (size_t i = 0; i < w->runs; i++) {
		struct some *r = &w->run[i];
		struct group *g = &b->group[w->group[r->name]];

		r->next = END;
		if (g->rest == END)
			g->rest = (uint32_t)i;
		else
			w->run[g->last].next = (uint32_t)i;
		g->last = (uint32_t)i;
	}
}

/* Puts short runs together, one at least. */
static void
join(struct batch *b, struct group *g)
{
	struct batch_work *w = b->work;
	size_t used = 0;

	do {
		const struct some *r = &w->run[g->rest];

		if (r->n >= LONG || r->n > PIECE - used)
			break;
		memcpy(w->piece + used, r->lines, r->n);
		used += r->n;
		g->messages += r->messages;
		g->rest = r->next;
	} while (g->rest != END);
	g->lines = slice_of(w->piece, used);
}

bool
batch_next(struct batch *b, struct group *g)
{
	const struct some *r;

	g->lines = slice_of(NULL, 0);
	g->messages = 0;
	if (g->rest == END)
		return false;
	r = &b->work->run[g->rest];
	if (r->n < LONG && r->next != END) {
		join(b, g);
		return true;
	}
	g->lines = slice_of(r->lines, r->n);
	g->messages = r->messages;
	g->rest = r->next;
	return true;
}
