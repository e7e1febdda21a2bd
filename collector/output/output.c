/* SPDX-License-Identifier: BSD-2-Clause */
#include "output/output.h"

#include <assert.h>
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "base/clock.h"
#include "base/log.h"
#include "output/output_parts.h"
#include "output/upkeep.h"

enum {
	LOOK_MS = 500,   /* how often a deleted or failed file is looked for */
	BUSY_MS = 5,     /* the syncer has too much to do just now */
	BEHIND_MS = 1000 /* behind another for longer is a stall */
};

bool
output_is_empty(const struct output *o)
{
	return o->waiting.first == NULL;
}

bool
output_is_idle(const struct output *o)
{
	return o->waiting.first == NULL &&
	    syncer_has_done(o->home.tools->syncer, o->home.asked);
}

bool
output_is_at(const struct output *a, const struct output *b)
{
	return strcmp(a->home.set->path, b->home.set->path) == 0;
}

static int64_t
earlier(int64_t a, int64_t b)
{
	return a < b ? a : b;
}

static int64_t
tick(struct output *o)
{
	int64_t now = clock_ms(), next = INT64_MAX;

	if (o->waiting.first != NULL && o->stall.retry_at > 0) {
		if (now >= o->stall.retry_at)
			output_write(o);
		if (o->stall.retry_at > 0)
			next = o->stall.retry_at;
	}
	if (o->waiting.first != NULL && o->stall.retry_at == 0)
		next = now;
	if (o->standard)
		return next;
	if (o->home.cautious && o->waiting.first == NULL)
		hold_settle(o);
	if (o->files != NULL)
		return earlier(next, upkeep_tick(o->files, now));
	if (o->file.reopen_due && !o->file.log.torn)
		output_reopen(o);
	if (o->file.reopen_due && !o->file.log.torn)
		next = earlier(next, now + BUSY_MS);
	if (now >= o->look_at) {
		if (output_have_file(o) &&
		    (o->file.rotate_due || file_is_over(&o->file)))
			file_rotate(&o->file);
		o->look_at = now + LOOK_MS;
	}
	next = earlier(next, o->look_at);
	return earlier(next, file_sync_tick(&o->file, now));
}

int64_t
output_tick(struct output *o)
{
	struct metrics *m = o->home.tools->metrics;
	int64_t next;

	o->behind = false;
	o->behind_at = 0;
	metrics_writer_at(m, o->home.set->slot);
	next = tick(o);
	metrics_writer_at(m, -1);
	output_show(o);
	return next;
}

void
output_wait_behind(struct output *o, const struct output *first)
{
	int64_t now = clock_ms();

	if (o->waiting.first == NULL)
		o->behind_at = 0;
	else if (o->behind_at == 0)
		o->behind_at = now;
	/* that may say nothing: it is written, and its last sync hangs */
	o->behind = o->waiting.first != NULL &&
	    (first->stall.on || now - o->behind_at >= BEHIND_MS);
	output_show(o);
}

void
output_rotate(struct output *o)
{
	if (o->files != NULL)
		upkeep_rotate(o->files);
	else if (!o->standard && !o->home.away)
		file_rotate(&o->file);
}

void
output_reopen(struct output *o)
{
	if (o->home.away)
		output_take_other(o);
	else if (o->files != NULL)
		upkeep_reopen(o->files);
	else if (!o->standard && file_reopen(&o->file))
		stall_end(&o->stall, o->home.set); /* if the new one stalls too,
						      its write says so */
	output_show(o);
}

static int
open_all(struct output *o, struct err *err)
{
	const struct output_settings *s = o->home.set;

	o->standard = strcmp(s->path, "-") == 0;
	if (o->standard)
		return pipeout_open(&o->pipe, err);
	if (s->base != NULL) {
		if (batch_init(&o->batch) == -1)
			return err_sys(err, "output %s", s->path);
		o->files = files_new(&o->home, err);
		return o->files != NULL ? 0 : -1;
	}
	return file_open(&o->file, &o->home, err);
}

struct output *
output_new(const struct output_conf *conf, struct counters *count,
    struct counters *sync_count, const struct output_tools *tools,
    struct err *err)
{
	struct output *o = calloc(1, sizeof(*o));

	if (o == NULL) {
		(void)err_sys(err, "output %s", conf->path);
		return NULL;
	}
	o->home.tools = tools;
	o->home.set = output_settings(conf, count, sync_count, err);
	if (o->home.set != NULL && open_all(o, err) == 0)
		return o;
	batch_clear(&o->batch);
	output_settings_free(o->home.set);
	free(o);
	return NULL;
}

void
output_keep(struct output *o, struct keeper *k, int slot)
{
	o->home.set->keeper = k;
	o->home.set->slot = slot;
}

void
output_move_taken(const struct output *o, int from, int to, uint64_t n)
{
	const struct output_tools *t = o->home.tools;

	if (from == to || n == 0)
		return;
	/* what is less than nothing here is made up for by the worker's */
	counter_add(metrics_output(t->metrics, t->thread, from), O_TAKEN, -n);
	counter_add(metrics_output(t->metrics, t->thread, to), O_TAKEN, n);
}

void
output_renew(struct output *o, struct output_settings *s)
{
	output_move_taken(o, o->home.set->slot, s->slot, o->owed);
	output_settings_free(o->home.set);
	o->home.set = s;
	if (o->files != NULL)
		files_renew(o->files);
	else if (!o->standard)
		file_renew(&o->file);
	output_show(o);
}

/* Messages of our own count as lines but not as messages. */
static uint64_t
left_of(struct slice text, size_t done, uint64_t messages)
{
	const char *p = text.p + done, *end = text.p + text.n;
	uint64_t lines = 0;

	while ((p = memchr(p, '\n', (size_t)(end - p))) != NULL) {
		lines++;
		p++;
	}
	return lines < messages ? lines : messages;
}

/* The same of the blocks that are written together. */
static uint64_t
give_up_groups(struct output *o)
{
	uint64_t left, lost = 0;
	struct group *g;

	output_gather(o);
	for (; o->sorted < o->together; o->sorted++) {
		lost += batch_count(o->scan);
		o->scan = run_first(block_next(o->scan.block));
	}
	while ((g = output_group(o)) != NULL) {
		left = left_of(g->lines, o->done, g->messages);
		output_end_lines(o, g, left);
		lost += left;
	}
	return lost;
}

/* What is left of the first block is not written any more. Returns how many
 * messages. */
static uint64_t
give_up_first(struct output *o)
{
	const struct block *b = o->waiting.first;
	uint64_t left;

	if (o->files != NULL)
		return give_up_groups(o);
	left = left_of(block_text(b), o->done, b->messages);
	output_count(o, b->messages - left, false);
	return left;
}

static void
close_all(struct output *o)
{
	if (o->standard) {
		pipeout_close(&o->pipe);
		return;
	}
	if (o->files != NULL) {
		files_free(o->files);
	} else {
		/* a line is whole or absent: half of one is worse than none */
		file_untear(&o->file);
		if (o->home.set->sync != SYNC_NEVER && o->file.dirty)
			(void)file_sync(&o->file);
		file_close(&o->file);
	}
}

void
output_free(struct output *o)
{
	uint64_t lost;

	if (o == NULL)
		return;
	while (o->waiting.first != NULL) {
		lost = give_up_first(o);
		if (o->again == 0) /* else it was written once */
			counter_add(o->home.set->count, O_DROPPED_STOP, lost);
		output_pass(o);
	}
	hold_release(o);
	gauges_withdraw(&o->gauges);
	close_all(o);
	batch_clear(&o->batch);
	output_settings_free(o->home.set);
	free(o);
}
