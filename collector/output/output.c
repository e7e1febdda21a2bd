/* SPDX-License-Identifier: BSD-2-Clause */
#include "output/output.h"

#include <assert.h>
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "base/clock.h"
#include "base/log.h"
#include "output/files.h"
#include "output/gauges.h"
#include "output/pipeout.h"
#include "output/stall.h"
#include "output/upkeep.h"

enum {
	BUSY_MS = 5,        /* standard output does not take more now */
	BUSY_MAX_MS = 1000, /* for longer is a stall */
	TURN_MS = 50,       /* then others have theirs */
	LOOK_MS = 500       /* how often a deleted file is looked for */
};

struct output {
	struct file_home home; /* owns the settings */
	/* one of these three it writes to: */
	bool standard;
	struct pipeout pipe;
	struct file file;
	struct files *files; /* owned; NULL: not many files */

	struct block *first; /* owned, linked by letter.next; being written */
	struct block *last;
	uint64_t queued;    /* bytes of all these blocks */
	size_t passed;      /* of first's bytes, those that are written */
	size_t done;        /* of what is written just now: see below */
	struct batch batch; /* of many files: a part of first, sorted */
	size_t scanned;     /* where in first it ends */
	size_t group;       /* the one that is written just now */

	struct stall stall;
	struct gauges gauges;
	int64_t busy_at; /* clock_ms(): since when the reader takes nothing; 0:
			    it does */
	int64_t look_at;
};

/* The reader of standard output takes no more just now. */
static void
wait_for_reader(struct output *o)
{
	struct err err;
	int64_t now = clock_ms();

	if (o->busy_at == 0)
		o->busy_at = now;
	if (now - o->busy_at >= BUSY_MAX_MS) {
		err_set(&err, "its reader takes nothing more");
		stall_begin(&o->stall, o->home.set, EAGAIN, &err);
		return;
	}
	o->stall.retry_at = now + BUSY_MS;
}

/* f is NULL for standard output. */
static int
append(struct output *o, struct file *f, struct slice *s, struct err *err)
{
	return f == NULL ? pipeout_write(&o->pipe, s, err)
			 : file_write(f, s, err);
}

/* Writes what is left of text, o->done bytes of which are written. False: not
 * now. */
static bool
write_text(struct output *o, struct file *f, struct slice text)
{
	struct err err;

	while (o->done < text.n) {
		struct slice left = slice_of(
		    text.p + o->done, text.n - o->done);
		size_t n = left.n;
		int rc = append(o, f, &left, &err);
		int error = errno;

		n -= left.n;
		o->done += n;
		o->passed += n;
		counter_add(o->home.set->count, O_BYTES, n);
		if (rc == -1 && error == EAGAIN && f == NULL) {
			wait_for_reader(o);
			return false;
		}
		o->busy_at = 0;
		if (rc == -1) {
			stall_begin(&o->stall, o->home.set, error, &err);
			return false;
		}
		stall_end(&o->stall, o->home.set);
		if (f != NULL && f == &o->file)
			(void)file_catch_up(f);
	}
	return true;
}

/* Back to the start of a line that was begun: its file is gone. */
static void
begin_line_again(struct output *o, struct slice text)
{
	const char *lf;
	size_t had = o->done;

	if (had == 0)
		return;
	lf = memrchr(text.p, '\n', had);
	o->done = lf != NULL ? (size_t)(lf - text.p) + 1 : 0;
	o->passed -= had - o->done;
}

static struct slice
text_of(const struct block *b)
{
	return slice_of(b->data, b->n);
}

/*
 * The one file, when it was deleted, is made again, before anything more goes
 * into what nobody can read. False: it cannot be made, and the output stalls.
 */
static bool
have_file(struct output *o)
{
	bool torn = o->file.log.torn, made;
	struct err err;

	if (o->standard || o->files != NULL)
		return true;
	if (file_restore(&o->file, &made, &err) == -1) {
		stall_begin(&o->stall, o->home.set, errno, &err);
		return false;
	}
	if (!made)
		return true;
	if (torn && o->first != NULL)
		begin_line_again(o, text_of(o->first));
	stall_end(&o->stall, o->home.set);
	return true;
}

/* The next group of the first block; NULL: all of them are written. */
static struct group *
next_group(struct output *o, const struct block *b)
{
	while (o->group == o->batch.groups) {
		struct slice left = slice_of(
		    b->data + o->scanned, b->n - o->scanned);

		if (left.n == 0)
			return NULL;
		o->scanned += batch_scan(&o->batch, &o->files->key, left);
		files_choose(o->files, &o->batch);
		batch_join(&o->batch);
		o->group = 0;
	}
	return &o->batch.group[o->group];
}

static bool
write_group(struct output *o, struct group *g)
{
	struct file *f;
	struct err err;
	bool torn;

	f = files_get(o->files, g, &torn, &err);
	if (f == NULL) {
		int error = errno;

		if (torn)
			begin_line_again(o, g->lines);
		stall_begin(&o->stall, o->home.set, error, &err);
		return false;
	}
	if (torn)
		begin_line_again(o, g->lines);
	return write_text(o, f, g->lines);
}

/* A group is written, as far as it goes: left messages are not. */
static void
end_group(struct output *o, const struct group *g, uint64_t left)
{
	struct counters *count = o->home.set->count;

	counter_add(count, O_WRITTEN, g->messages - left);
	if (g->other)
		counter_add(count, O_OTHER, g->messages - left);
	o->group++;
	o->done = 0;
}

static bool
write_groups(struct output *o, const struct block *b)
{
	struct group *g;

	while ((g = next_group(o, b)) != NULL) {
		if (!write_group(o, g))
			return false;
		end_group(o, g, 0);
	}
	return true;
}

/* Writes the rest of the first block. False: not now. */
static bool
write_block(struct output *o, const struct block *b)
{
	assert(b->runs == (o->files != NULL));
	if (o->files != NULL)
		return write_groups(o, b);
	if (!write_text(o, o->standard ? NULL : &o->file, text_of(b)))
		return false;
	counter_add(o->home.set->count, O_WRITTEN, b->messages);
	return true;
}

static void
drop_first(struct output *o)
{
	struct block *b = o->first;

	o->first = (struct block *)(void *)b->letter.next;
	o->queued -= b->n;
	o->passed = o->done = o->scanned = 0;
	o->group = o->batch.groups;
	block_return(b);
}

static void
show(struct output *o)
{
	gauges_show(&o->gauges, o->home.set->count,
	    o->files != NULL ? files_open(o->files) : !o->standard,
	    o->queued - o->passed, o->stall.on);
}

/* One sync for all that waited. */
static void
sync_always(struct output *o)
{
	if (o->home.set->sync != SYNC_ALWAYS || o->standard)
		return;
	if (o->files != NULL)
		upkeep_sync(o->files);
	else if (o->file.dirty)
		file_sync(&o->file);
}

void
output_write(struct output *o)
{
	int64_t start;

	if (o->first == NULL)
		return;
	start = clock_ms();
	if (o->stall.retry_at > 0 && start < o->stall.retry_at)
		return;
	o->stall.retry_at = 0;
	if (!have_file(o))
		return;
	while (write_block(o, o->first)) {
		drop_first(o);
		if (o->first == NULL || clock_ms() - start >= TURN_MS)
			break;
	}
	show(o);
	if (o->files != NULL)
		files_rest(o->files);
	sync_always(o);
}

void
output_take(struct output *o, struct block *b)
{
	b->letter.next = NULL;
	if (o->first == NULL)
		o->first = b;
	else
		o->last->letter.next = &b->letter;
	o->last = b;
	o->queued += b->n;
	show(o);
}

bool
output_is_empty(const struct output *o)
{
	return o->first == NULL;
}

bool
output_is_idle(const struct output *o)
{
	return o->first == NULL &&
	    syncer_has_done(o->home.tools->syncer, o->home.asked);
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

	if (o->first != NULL && o->stall.retry_at > 0) {
		if (now >= o->stall.retry_at)
			output_write(o);
		if (o->stall.retry_at > 0)
			next = o->stall.retry_at;
	}
	if (o->first != NULL && o->stall.retry_at == 0)
		next = now;
	if (o->standard)
		return next;
	if (o->files != NULL)
		return earlier(next, upkeep_tick(o->files, now));
	if (now >= o->look_at) {
		have_file(o);
		if (file_is_over(&o->file))
			file_rotate(&o->file);
		o->look_at = now + LOOK_MS;
	}
	next = earlier(next, o->look_at);
	return earlier(next, file_sync_tick(&o->file, now));
}

int64_t
output_tick(struct output *o)
{
	int64_t next = tick(o);

	show(o);
	return next;
}

void
output_rotate(struct output *o)
{
	if (o->files != NULL)
		upkeep_rotate(o->files);
	else if (!o->standard)
		file_rotate(&o->file);
}

void
output_reopen(struct output *o)
{
	if (o->files != NULL)
		upkeep_reopen(o->files);
	else if (!o->standard && file_reopen(&o->file))
		stall_end(&o->stall, o->home.set); /* if the new one stalls too,
						      its write says so */
	show(o);
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
output_renew(struct output *o, struct output_settings *s)
{
	output_settings_free(o->home.set);
	o->home.set = s;
	if (o->files != NULL)
		files_renew(o->files);
	else if (!o->standard)
		file_renew(&o->file);
	show(o);
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

/* What is left of the first block is not written any more. Returns how many
 * messages. */
static uint64_t
give_up_first(struct output *o)
{
	struct block *b = o->first;
	uint64_t left, lost;

	if (o->files == NULL) {
		left = left_of(text_of(b), o->done, b->messages);
		counter_add(o->home.set->count, O_WRITTEN, b->messages - left);
		return left;
	}
	lost = batch_count(slice_of(b->data + o->scanned, b->n - o->scanned));
	while (o->group < o->batch.groups) {
		const struct group *g = &o->batch.group[o->group];

		left = left_of(g->lines, o->done, g->messages);
		end_group(o, g, left);
		lost += left;
	}
	return lost;
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
			file_sync(&o->file);
		file_close(&o->file);
	}
}

void
output_free(struct output *o)
{
	struct counters *count;

	if (o == NULL)
		return;
	count = o->home.set->count;
	while (o->first != NULL) {
		counter_add(count, O_DROPPED_STOP, give_up_first(o));
		drop_first(o);
	}
	gauges_withdraw(&o->gauges);
	close_all(o);
	batch_clear(&o->batch);
	output_settings_free(o->home.set);
	free(o);
}
