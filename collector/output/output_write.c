/* SPDX-License-Identifier: BSD-2-Clause */
/* output_write.c - the blocks that wait are written; of output.h */
#include <assert.h>
#include <errno.h>
#include <string.h>

#include "base/clock.h"
#include "output/output_parts.h"

enum {
	BUSY_MS = 5,        /* somebody does not take more now */
	BUSY_MAX_MS = 1000, /* for longer is a stall */
	TURN_MS = 50,       /* then others have theirs */
	/* So many blocks are written together, so that each file gets 25 KiB
	 * (a block has 256): beyond that it gains little. */
	TOGETHER_LEAST = 16,
	TOGETHER_MOST = 128,
	NAMES_A_BLOCK = 10
};

/* The reader of standard output, or the syncer, takes no more just now. */
static void
wait_for_taker(struct output *o, const struct err *err)
{
	int64_t now = clock_ms();

	if (o->busy_at == 0)
		o->busy_at = now;
	if (now - o->busy_at >= BUSY_MAX_MS)
		stall_begin(&o->stall, o->home.set, EAGAIN, err);
	else
		o->stall.retry_at = now + BUSY_MS;
}

/* Back to the start of a line that was begun: its file is gone, or it was
 * taken back. */
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

/* A rotation has synced what was written before. */
static void
note_cut(struct output *o, struct file *f)
{
	if (f->cut && f == &o->file)
		hold_cut(o);
	f->cut = false;
}

/* The file may not grow any more. True: writing goes on in a new one; errno is
 * EAGAIN when it soon does. */
static bool
outgrow(struct output *o, struct file *f, struct slice text)
{
	bool helped = file_outgrow(f);

	if (!f->log.torn)
		begin_line_again(o, text);
	note_cut(o, f);
	errno = f->busy ? EAGAIN : EFBIG;
	return helped;
}

/* A file cannot be had, with that errno. */
static void
begin_stall(struct output *o, int error, const struct err *err)
{
	stall_begin(&o->stall, o->home.set, error, err);
	if (error == EROFS)
		output_let_go(o);
}

/* The same when text was to be written to it. */
static void
fail(struct output *o, struct slice text, int error, const struct err *err)
{
	begin_stall(o, error, err);
	if (o->home.away)
		begin_line_again(o, text);
}

/* f is NULL for standard output. */
static int
append(struct output *o, struct file *f, struct slice *s, struct err *err)
{
	int rc;

	if (f == NULL)
		return pipeout_write(&o->pipe, s, err);
	if (file_has_failed(f) && !f->log.torn && file_replace(f, err) == -1)
		return -1;
	rc = file_write(f, s, err);
	note_cut(o, f);
	return rc;
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
		if (rc == -1 && error == EFBIG && f != NULL) {
			if (outgrow(o, f, text))
				continue;
			error = errno;
		}
		if (rc == -1 && error == EAGAIN) {
			wait_for_taker(o, &err);
			return false;
		}
		o->busy_at = 0;
		if (rc == -1) {
			fail(o, text, error, &err);
			return false;
		}
		o->home.told_away = false;
		if (o->home.failures == 0)
			stall_end(&o->stall, o->home.set);
		if (f != NULL && f == &o->file)
			(void)file_catch_up(f);
	}
	return true;
}

/* True when it made a new file. */
static bool
restore(struct output *o, bool *good)
{
	bool torn = o->file.log.torn, made;
	struct err err;

	*good = file_restore(&o->file, &made, &err) == 0;
	if (!*good)
		begin_stall(o, errno, &err);
	else if (made && torn && o->waiting.first != NULL)
		begin_line_again(o, block_text(o->waiting.first));
	return *good && made;
}

bool
output_have_file(struct output *o)
{
	struct err err;
	bool good;

	if (o->home.away && !output_come_back(o))
		return false;
	if (o->standard || o->files != NULL)
		return true;
	if (restore(o, &good)) {
		stall_end(&o->stall, o->home.set);
		return true;
	}
	if (!good || !file_has_failed(&o->file) || o->file.log.torn)
		return good;
	good = file_replace(&o->file, &err) == 0;
	if (!good)
		begin_stall(o, errno, &err);
	else if (o->home.failures == 0)
		stall_end(&o->stall, o->home.set);
	return good;
}

/* As many files as there were will be written to now. */
static size_t
most_together(const struct output *o)
{
	size_t most = o->names / NAMES_A_BLOCK;

	if (o->again > 0)
		return o->again;
	if (o->home.failures > 0)
		return 1;
	most = most > TOGETHER_LEAST ? most : TOGETHER_LEAST;
	return most < TOGETHER_MOST ? most : TOGETHER_MOST;
}

/*
 * What costs is opening a file, and writing to it at all: the more blocks
 * wait, the more lines each of them gets at once. Not what has to be written
 * once more together with what has not, nor more than one block to a disk
 * that has to show whether it can.
 */
void
output_gather(struct output *o)
{
	const struct block *b = o->waiting.first;
	size_t most = most_together(o);

	if (o->together > 0)
		return;
	o->scan = run_first(b);
	o->sorted = 0;
	do {
		o->together++;
		b = block_next(b);
	} while (b != NULL && o->together < most);
}

/* The next batch of them. False: all are written. */
static bool
sort_more(struct output *o)
{
	batch_begin(&o->batch);
	o->group = 0;
	while (o->sorted < o->together) {
		if (!batch_scan(&o->batch, &o->files->key, &o->scan))
			break;
		o->scan = run_first(block_next(o->scan.block));
		o->sorted++;
	}
	if (o->batch.names == 0)
		return false;
	files_choose(o->files, &o->batch);
	batch_sort(&o->batch);
	files_put_first(o->files, &o->batch);
	if (o->largest < o->batch.names)
		o->largest = o->batch.names;
	return true;
}

struct group *
output_group(struct output *o)
{
	for (; o->group < o->batch.groups; o->group++) {
		struct group *g = &o->batch.group[o->group];

		if (g->lines.n > 0 || batch_next(&o->batch, g))
			return g;
	}
	return NULL;
}

/* NULL: all of them are written. */
static struct group *
next_group(struct output *o)
{
	struct group *g = output_group(o);

	return g == NULL && sort_more(o) ? output_group(o) : g;
}

/* Of what is written once more: not this group. Asked before its first lines,
 * since writing these changes the answer. */
static bool
is_skipped(const struct output *o, struct group *g)
{
	if (o->again == 0)
		return false;
	if (!g->asked)
		g->skipped = !hold_wants(o, g);
	g->asked = true;
	return g->skipped;
}

static bool
write_group(struct output *o, struct group *g)
{
	struct file *f;
	struct err err;
	bool torn;

	if (is_skipped(o, g))
		return true;
	f = files_get(o->files, g, &torn, &err);
	if (f == NULL) {
		int error = errno;

		if (torn)
			begin_line_again(o, g->lines);
		fail(o, g->lines, error, &err);
		return false;
	}
	if (torn)
		begin_line_again(o, g->lines);
	return write_text(o, f, g->lines);
}

void
output_count(struct output *o, uint64_t messages, bool other)
{
	if (o->again > 0)
		return;
	o->owed -= messages;
	counter_add(o->home.set->count, O_WRITTEN, messages);
	if (other)
		counter_add(o->home.set->count, O_OTHER, messages);
}

void
output_end_lines(struct output *o, struct group *g, uint64_t left)
{
	output_count(o, g->messages - left, g->other);
	g->lines = slice_of(NULL, 0);
	o->done = 0;
}

/* Several blocks can be thousands of files: it goes on in the next turn. */
static bool
is_late(const struct output *o, int64_t start)
{
	return o->together > 1 && o->group < o->batch.groups &&
	    clock_ms() - start >= TURN_MS;
}

static bool
write_groups(struct output *o, int64_t start)
{
	struct group *g;

	output_gather(o);
	while ((g = next_group(o)) != NULL) {
		if (!write_group(o, g))
			return false;
		output_end_lines(o, g, 0);
		if (is_late(o, start))
			return false;
	}
	return true;
}

/* Writes the rest of the first block, or of those that are written together.
 * False: not now. */
static bool
write_block(struct output *o, const struct block *b, int64_t start)
{
	assert(b->runs == (o->files != NULL));
	if (o->files != NULL)
		return write_groups(o, start);
	if (!write_text(o, o->standard ? NULL : &o->file, block_text(b)))
		return false;
	output_count(o, b->messages, false);
	return true;
}

void
output_show(struct output *o)
{
	gauges_show(&o->gauges, o->home.set->count,
	    o->files != NULL ? files_open(o->files) : !o->standard,
	    o->queued - o->passed, o->stall.on || o->behind);
}

/* After a failed sync, only what it costs is written until one goes well. */
static bool
is_enough(const struct output *o, int64_t start)
{
	return o->waiting.first == NULL || clock_ms() - start >= TURN_MS ||
	    (o->home.failures > 0 && o->again == 0);
}

static void
write_turn(struct output *o)
{
	int64_t start;

	start = clock_ms();
	if (o->stall.retry_at > 0 && start < o->stall.retry_at)
		return;
	o->stall.retry_at = 0;
	if (!output_have_file(o))
		return;
	while (write_block(o, o->waiting.first, start)) {
		output_pass(o);
		if (is_enough(o, start))
			break;
	}
	if (o->files != NULL)
		files_rest(o->files);
	hold_settle(o);
	output_show(o);
}

void
output_write(struct output *o)
{
	if (o->waiting.first == NULL)
		return;
	metrics_writer_at(o->home.tools->metrics, o->home.set->slot);
	write_turn(o);
	metrics_writer_at(o->home.tools->metrics, -1);
}

void
output_put_back(struct output *o)
{
	if (o->again == 0 || !output_have_file(o))
		return;
	/* its turn does not end */
	while (o->again > 0 && write_block(o, o->waiting.first, INT64_MAX))
		output_pass(o);
	o->home.failures = 0; /* the last sync says when it fails */
}
