/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * hold.c - what is written is held until it is on the disk; of output.h
 *
 * With sync: always, and after a failed sync until one goes well. A file whose
 * sync failed is left for a new one, and what is held of it is written there
 * once more: to the file that was not asked before, since the kernel forgets
 * what it could not store and says "done" when it is asked again.
 */
#include <errno.h>

#include "output/output_parts.h"
#include "output/upkeep.h"

static void
push(struct chain *c, struct block *b)
{
	b->letter.next = NULL;
	if (c->first == NULL)
		c->first = b;
	else
		c->last->letter.next = &b->letter;
	c->last = b;
}

static struct block *
pop(struct chain *c)
{
	struct block *b = c->first;

	if (b != NULL)
		c->first = (struct block *)(void *)b->letter.next;
	return b;
}

void
output_take(struct output *o, struct block *b)
{
	push(&o->waiting, b);
	o->queued += b->n;
	o->owed += b->messages;
	output_move_taken(o, b->slot, o->home.set->slot, b->messages);
	output_show(o);
}

void
hold_release(struct output *o)
{
	struct block *b;

	while ((b = pop(&o->held)) != NULL)
		block_return(b);
}

static void
pass_first(struct output *o)
{
	struct block *b = pop(&o->waiting);

	o->queued -= b->n;
	b->files = o->names;
	if (o->again > 0)
		o->again--;
	if (o->held.first == NULL)
		o->held_safe = o->safe;
	o->safe = 0;
	if (o->standard || !file_home_holds(&o->home))
		block_return(b);
	else
		push(&o->held, b);
}

void
output_pass(struct output *o)
{
	size_t blocks = o->files != NULL ? o->together : 1;

	o->passed = o->done = 0;
	output_scatter(o);
	o->names = o->largest;
	o->largest = 0;
	while (blocks-- > 0)
		pass_first(o);
}

void
hold_cut(struct output *o)
{
	if (o->home.redo_due)
		return;
	hold_release(o);
	o->safe = o->passed;
}

/* What was held waits to be written once more, before all else. */
static void
wait_again(struct output *o)
{
	struct chain rest = o->waiting;
	struct block *b;

	if (o->held.first == NULL)
		return;
	o->waiting = o->held;
	o->waiting.last->letter.next = rest.first != NULL ? &rest.first->letter
							  : NULL;
	if (rest.first != NULL)
		o->waiting.last = rest.last;
	while ((b = pop(&o->held)) != rest.first) {
		o->queued += b->n;
		o->again++;
	}
	o->held.first = NULL;
	o->passed = o->done = o->safe = o->held_safe;
	output_scatter(o); /* others are the first now */
}

/* Makes it a new file, empty, when it has to be written once more. */
static int
renew(struct file *f, struct err *err)
{
	int rc = 0;

	if (f->failed)
		rc = file_replace(f, err);
	else if (f->redo)
		rc = file_empty(f, err);
	f->redo |= rc == -1; /* before the next write to it */
	return rc;
}

static void
begin_again(struct output *o)
{
	struct err err, first;
	int error = 0;

	if (o->files == NULL && renew(&o->file, &first) == -1)
		error = errno;
	if (o->files != NULL)
		files_lock_other(o->files);
	for (size_t i = 0; o->files != NULL && i < o->files->open.n; i++)
		if (renew(o->files->open.place[i], &err) == -1 && error == 0) {
			error = errno;
			first = err;
		}
	if (o->files != NULL)
		files_rest(o->files);
	wait_again(o);
	o->home.redo_due = false;
	if (error == 0 && o->home.failures > 1) {
		error = EIO;
		(void)err_set(&first, "its syncs fail again and again");
	}
	if (error != 0)
		stall_begin(&o->stall, o->home.set, error, &first);
}

/* 1: synced; 0: there was nothing to sync; -1: it failed. */
static int
sync_all(struct output *o)
{
	if (o->files != NULL)
		return upkeep_sync(o->files);
	if (!o->file.dirty && !o->file.log.renamed)
		return 0;
	return file_sync(&o->file) == -1 ? -1 : 1;
}

static void
forget_failures(struct output *o)
{
	o->file.fresh = o->file.redo = false;
	for (size_t i = 0; o->files != NULL && i < o->files->open.n; i++)
		o->files->open.place[i]->fresh = o->files->open.place[i]
						     ->redo = false;
	o->home.cautious = false;
	o->home.failures = o->home.lost = 0;
	stall_end(&o->stall, o->home.set);
}

void
hold_settle(struct output *o)
{
	bool holds = o->held.first != NULL;
	int rc;

	if (o->standard || !file_home_holds(&o->home)) {
		hold_release(o);
		if (o->home.cautious && o->passed == 0 && o->again == 0)
			forget_failures(o); /* nobody syncs any more */
		return;
	}
	if (o->home.away || o->passed > 0 || o->again > 0)
		return; /* a block, or what is written again, is under way */
	rc = sync_all(o);
	if (rc == -1 || o->home.redo_due) {
		o->home.failures++;
		begin_again(o);
		return;
	}
	hold_release(o);
	if (rc == 1 || holds)
		forget_failures(o);
}

bool
hold_wants(const struct output *o, const struct group *g)
{
	const struct group others = { .other = true };
	const struct file *f = files_find(o->files, g);

	if (f != NULL)
		return f->redo;
	if (g->other)
		return o->home.lost > 0;
	if (file_home_lost(&o->home, g->hash))
		return true;
	/* what has no file may have gone to the one for all others */
	f = files_find(o->files, &others);
	return f != NULL && f->redo;
}
