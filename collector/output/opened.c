/* SPDX-License-Identifier: BSD-2-Clause */
#include "output/opened.h"

#include <stdlib.h>

enum { FIRST = 64 };

void
opened_clear(struct opened *o)
{
	free(o->place);
	free(o->bucket);
	*o = (struct opened){ .n = 0 };
}

static struct file **
bucket_of(const struct opened *o, uint64_t hash)
{
	return &o->bucket[hash & (o->buckets - 1)];
}

struct file *
opened_find(const struct opened *o, struct slice name, uint64_t hash)
{
	struct file *f = o->n > 0 ? *bucket_of(o, hash) : NULL;

	while (f != NULL &&
	    !(f->hash == hash && slice_eq(slice_str(f->name), name)))
		f = f->chain;
	return f;
}

static int
grow(struct opened *o)
{
	size_t room = o->room > 0 ? 2 * o->room : FIRST;
	struct file **place, **bucket;

	if (o->n < o->room)
		return 0;
	place = realloc(o->place, room * sizeof(struct file *));
	if (place == NULL)
		return -1;
	o->place = place;
	bucket = calloc(2 * room, sizeof(struct file *));
	if (bucket == NULL)
		return -1;
	free(o->bucket);
	o->bucket = bucket;
	o->buckets = 2 * room;
	o->room = room;
	for (size_t i = 0; i < o->n; i++) {
		bucket = bucket_of(o, place[i]->hash);
		place[i]->chain = *bucket;
		*bucket = place[i];
	}
	return 0;
}

static void
make_newest(struct opened *o, struct file *f)
{
	f->newer = NULL;
	f->older = o->newest;
	if (o->newest != NULL)
		o->newest->newer = f;
	else
		o->oldest = f;
	o->newest = f;
}

static void
unlink_age(struct opened *o, struct file *f)
{
	if (f->newer != NULL)
		f->newer->older = f->older;
	else
		o->newest = f->older;
	if (f->older != NULL)
		f->older->newer = f->newer;
	else
		o->oldest = f->newer;
}

int
opened_add(struct opened *o, struct file *f)
{
	struct file **bucket;

	if (grow(o) == -1)
		return -1;
	bucket = bucket_of(o, f->hash);
	f->chain = *bucket;
	*bucket = f;
	f->place = o->n;
	o->place[o->n++] = f;
	make_newest(o, f);
	return 0;
}

void
opened_remove(struct opened *o, struct file *f)
{
	struct file **from = bucket_of(o, f->hash);

	while (*from != f)
		from = &(*from)->chain;
	*from = f->chain;
	o->n--;
	o->place[f->place] = o->place[o->n];
	o->place[f->place]->place = f->place;
	unlink_age(o, f);
}

void
opened_use(struct opened *o, struct file *f)
{
	if (o->newest == f)
		return;
	unlink_age(o, f);
	make_newest(o, f);
}
