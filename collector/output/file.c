/* SPDX-License-Identifier: BSD-2-Clause */
#include "output/file.h"

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <string.h>
#include <unistd.h>

#include "base/clock.h"
#include "base/log.h"
#include "base/os.h"
#include "output/rotate.h"

enum {
	RETRY_MS = 250,     /* after a failed write */
	BUSY_MS = 5,        /* standard output does not take more now */
	BUSY_MAX_MS = 1000, /* for longer is a stall */
	LOOK_MS = 500,      /* how often a deleted file is looked for */
	ROTATE_AGAIN_MS = 1000
};

static void
count_failure(struct output *o, int error)
{
	enum output_metric id = O_FAILED_OTHER;

	switch (error) {
	case ENOSPC:
		id = O_FAILED_ENOSPC;
		break;
	case EDQUOT:
		id = O_FAILED_EDQUOT;
		break;
	case EFBIG:
		id = O_FAILED_EFBIG;
		break;
	case EROFS:
		id = O_FAILED_EROFS;
		break;
	case EIO:
		id = O_FAILED_EIO;
		break;
	}
	counter_add(o->count, id, 1);
}

static void
stall(struct output *o, int error, const struct err *err)
{
	int64_t now = clock_ms();

	count_failure(o, error);
	o->retry_at = now + RETRY_MS;
	if (o->stalled)
		return;
	o->stalled = true;
	o->stalled_at = now;
	counter_set(o->count, O_STALLED, 1);
	log_line(LOG_ERR,
	    "output %s: %s; nothing is lost yet: senders wait or "
	    "memory fills until it can be written again",
	    o->conf->path, err->text);
}

static void
resume(struct output *o)
{
	if (!o->stalled)
		return;
	o->stalled = false;
	counter_set(o->count, O_STALLED, 0);
	log_line(LOG_NOTICE, "output %s: written again after %lld ms",
	    o->conf->path, (long long)(clock_ms() - o->stalled_at));
}

static void
sync_old(struct output *o, int fd)
{
	struct sync_job job = { .fd = fd,
		.close = true,
		.dirfd = -1,
		.sync = o->conf->sync != SYNC_NEVER,
		.path = o->conf->path,
		.count = o->sync_count };

	/* the new name is durable only with its folder */
	if (job.sync)
		job.dirfd = fcntl(o->file.dirfd, F_DUPFD_CLOEXEC, 0);
	syncer_ask(o->tools->syncer, &job);
}

static void
ask_sync(struct output *o)
{
	struct sync_job job = { .fd = o->file.fd,
		.sync = true,
		.dirfd = -1,
		.path = o->conf->path,
		.count = o->sync_count,
		.busy = &o->syncing };

	o->dirty = false;
	atomic_store(&o->syncing, true);
	syncer_ask(o->tools->syncer, &job);
}

/* Goes on in a new file. False: the old one is written to for longer. */
static bool
rotate(struct output *o)
{
	char name[NAME_MAX + 1];
	int64_t now = clock_ms();
	struct err err;
	int old;

	if (now < o->rotate_at)
		return false;
	if (o->conf->sync == SYNC_ALWAYS && o->dirty)
		sync_now(
		    o->tools->metrics, o->conf->path, o->file.fd, o->count);
	if (logfile_rotate(&o->file, time(NULL), &old, name, &err) == -1) {
		o->rotate_at = now + ROTATE_AGAIN_MS;
		counter_add(o->count, O_FAILED_ROTATE, 1);
		if (!o->rotate_fails)
			log_line(LOG_ERR,
			    "output %s: %s; writing on in the old "
			    "file",
			    o->conf->path, err.text);
		o->rotate_fails = true;
		return false;
	}
	o->rotate_fails = false;
	if (old == -1) {
		log_line(LOG_DEBUG, "output %s: is empty, not rotated",
		    o->conf->path);
		return true;
	}
	o->dirty = false;
	sync_old(o, old);
	counter_add(o->count, O_ROTATIONS, 1);
	log_line(LOG_DEBUG, "output %s: rotated to %s", o->conf->path, name);
	return true;
}

/* How many of the n bytes at p may go into the file now: up to the limit of
 * its size, at a line's end. Rotates when not even one line may. */
static size_t
fit(struct output *o, const char *p, size_t n)
{
	uint64_t limit = (uint64_t)o->conf->rotate_size, size = o->file.size;
	const char *lf;
	size_t some;

	if (limit == 0 || o->standard || size + n <= limit)
		return n;
	if (!o->file.torn) {
		some = rotate_fit(p, n, size < limit ? limit - size : 0);
		if (some > 0)
			return some;
		/* while rotation fails the limit cannot hold: no smaller
		 * writes for its sake */
		if (size > 0 && !rotate(o))
			return n;
		some = rotate_fit(p, n, limit);
		if (some > 0)
			return some;
	}
	/* a line begun must be ended here; one longer than the limit has no
	 * better place */
	lf = memchr(p, '\n', n);
	return lf != NULL ? (size_t)(lf - p) + 1 : n;
}

static int
append(struct output *o, struct slice *s, struct err *err)
{
	if (o->standard)
		return pipeout_write(&o->pipe, s, err);
	return logfile_append(&o->file, s, err);
}

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
		stall(o, EAGAIN, &err);
		return;
	}
	o->retry_at = now + BUSY_MS;
}

/* A line that was begun is whole now: what had to wait for that. */
static void
do_what_is_due(struct output *o)
{
	if (o->file.torn)
		return;
	if (o->reopen_due)
		output_reopen(o);
	if (o->rotate_due)
		output_rotate(o);
}

/* Writes the rest of the first block. False: not now. */
static bool
write_block(struct output *o, struct block *b)
{
	struct err err;

	while (o->done < b->n) {
		size_t n = fit(o, b->data + o->done, b->n - o->done);
		struct slice part = slice_of(b->data + o->done, n);
		int rc = append(o, &part, &err);
		int error = errno;

		o->done += n - part.n;
		counter_add(o->count, O_BYTES, n - part.n);
		o->queued -= n - part.n;
		o->dirty |= n > part.n;
		if (rc == -1 && error == EAGAIN) {
			wait_for_reader(o);
			return false;
		}
		o->busy_at = 0;
		if (rc == -1) {
			stall(o, error, &err);
			return false;
		}
		resume(o);
		do_what_is_due(o);
	}
	return true;
}

/* Back to the start of a line that was begun: its file is gone. */
static void
begin_line_again(struct output *o)
{
	const char *p, *lf;

	if (o->first == NULL || !o->file.torn)
		return;
	p = o->first->data;
	lf = memrchr(p, '\n', o->done);
	o->queued += o->done;
	o->done = lf != NULL ? (size_t)(lf - p) + 1 : 0;
	o->queued -= o->done;
}

/*
 * A file that was deleted is made again, before anything more goes into what
 * nobody can read. False: it cannot be made, and the output stalls.
 */
static bool
have_file(struct output *o)
{
	struct err err;
	int old;

	if (o->standard || !logfile_is_deleted(&o->file))
		return true;
	begin_line_again(o);
	if (logfile_reopen(&o->file, &old, &err) == -1) {
		stall(o, errno, &err);
		return false;
	}
	log_line(
	    LOG_WARNING, "output %s: was deleted; made again", o->conf->path);
	resume(o);
	if (old != -1)
		sync_old(o, old);
	return true;
}

void
output_write(struct output *o)
{
	struct block *b;

	if (o->first == NULL || (o->retry_at > 0 && clock_ms() < o->retry_at))
		return;
	o->retry_at = 0;
	if (!have_file(o))
		return;
	while ((b = o->first) != NULL) {
		if (!write_block(o, b))
			break;
		o->first = (struct block *)(void *)b->letter.next;
		o->done = 0;
		counter_add(o->count, O_WRITTEN, b->messages);
		block_return(b);
	}
	counter_set(o->count, O_QUEUE_BYTES, o->queued);
	if (o->conf->sync == SYNC_ALWAYS && o->dirty && !o->standard) {
		/* one sync for all that waited */
		sync_now(
		    o->tools->metrics, o->conf->path, o->file.fd, o->count);
		o->dirty = false;
	}
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
	counter_set(o->count, O_QUEUE_BYTES, o->queued);
}

static int64_t
earlier(int64_t a, int64_t b)
{
	return a < b ? a : b;
}

int64_t
output_tick(struct output *o)
{
	int64_t now = clock_ms(), next = INT64_MAX;

	if (o->first != NULL && o->retry_at > 0) {
		if (now >= o->retry_at)
			output_write(o);
		if (o->retry_at > 0)
			next = o->retry_at;
	}
	if (o->standard)
		return next;
	if (now >= o->look_at) {
		have_file(o);
		o->look_at = now + LOOK_MS;
	}
	next = earlier(next, o->look_at);
	if (o->dirty && o->conf->sync > 0) {
		if (now >= o->sync_at && !atomic_load(&o->syncing)) {
			ask_sync(o);
			o->sync_at = now + o->conf->sync;
		} else {
			next = earlier(next,
			    o->sync_at > now ? o->sync_at : now + BUSY_MS);
		}
	}
	return next;
}

void
output_rotate(struct output *o)
{
	if (o->standard)
		return;
	o->rotate_due = o->file.torn;
	if (o->rotate_due)
		return;
	o->rotate_at = 0;
	rotate(o);
}

void
output_reopen(struct output *o)
{
	struct err err;
	int old;

	if (o->standard)
		return;
	/* a line that was begun is ended in the file where it began */
	o->reopen_due = o->file.torn;
	if (o->reopen_due)
		return;
	if (logfile_reopen(&o->file, &old, &err) == -1) {
		log_line(LOG_ERR, "output %s: %s; writing on in the old file",
		    o->conf->path, err.text);
		return;
	}
	if (old == -1)
		return;
	resume(o); /* if the new file stalls too, its first write says so */
	sync_old(o, old);
}

int
output_open(struct output *o, const struct output_conf *conf,
    struct counters *count, struct counters *sync_count,
    const struct output_tools *tools, struct err *err)
{
	uint64_t repaired = 0;

	*o = (struct output){ .conf = conf,
		.count = count,
		.sync_count = sync_count,
		.tools = tools };
	o->standard = strcmp(conf->path, "-") == 0;
	if (o->standard)
		return pipeout_open(&o->pipe, err);
	if (logfile_open(&o->file, conf->path, (mode_t)conf->mode,
		(mode_t)conf->dir_mode, &repaired, err) == -1)
		return -1;
	if (repaired > 0)
		log_line(LOG_WARNING,
		    "output %s: the last line was not whole: "
		    "%llu bytes moved to %s.torn",
		    conf->path, (unsigned long long)repaired, conf->path);
	counter_set(count, O_OPEN_FILES, 1);
	return 0;
}

static uint64_t
count_lines(const char *p, size_t n)
{
	uint64_t lines = 0;
	const char *end = p + n;

	while ((p = memchr(p, '\n', (size_t)(end - p))) != NULL) {
		lines++;
		p++;
	}
	return lines;
}

void
output_close(struct output *o)
{
	struct block *b;
	uint64_t cut;
	struct err err;

	/* a line is whole or absent: half of one is worse than none */
	if (!o->standard && o->file.torn &&
	    logfile_untear(&o->file, &cut, &err) == -1)
		log_line(LOG_ERR, "output %s: %s; the next start repairs it",
		    o->conf->path, err.text);

	while ((b = o->first) != NULL) {
		uint64_t left = count_lines(b->data + o->done, b->n - o->done);

		counter_add(o->count, O_WRITTEN, b->messages - left);
		counter_add(o->count, O_DROPPED_STOP, left);
		o->first = (struct block *)(void *)b->letter.next;
		o->done = 0;
		block_return(b);
	}
	if (o->standard) {
		pipeout_close(&o->pipe);
		return;
	}
	if (o->conf->sync != SYNC_NEVER && o->dirty)
		sync_now(
		    o->tools->metrics, o->conf->path, o->file.fd, o->count);
	logfile_close(&o->file);
	counter_set(o->count, O_OPEN_FILES, 0);
}
