/* SPDX-License-Identifier: BSD-2-Clause */
#include "output/file.h"

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/clock.h"
#include "base/log.h"
#include "output/beneath.h"
#include "output/file_parts.h"
#include "output/keeper.h"
#include "output/rotate.h"

/* What keeps it from being rotated may be over soon, and until then its size
 * has no bound. */
enum { ROTATE_SOON_MS = 16, ROTATE_AGAIN_MS = 1000, SAY_AGAIN_MS = 60 * 1000 };

void
file_say_repaired(const struct file *f, uint64_t bytes)
{
	if (bytes > 0)
		log_line(LOG_WARNING,
		    "output %s: the last line was not whole: %llu bytes moved "
		    "to %s.torn",
		    f->log.path, (unsigned long long)bytes, f->log.path);
}

/* Its text, or the first that comes, was written then. */
static void
arm(struct file *f, int64_t written)
{
	const struct output_settings *set = f->home->set;

	if (set->rotate_every > 0)
		f->period = period_around(
		    set->rotate_every, set->zone, written);
}

void
file_begin(struct file *f, int64_t written)
{
	f->since = syncer_next(f->home->tools->syncer);
	f->failed = f->fresh = f->dirty = false;
	arm(f, written);
}

/* As it was found: what an earlier period left makes way for ours. */
static int64_t
found(const struct file *f)
{
	return f->log.size > 0 ? f->log.written : clock_wall();
}

bool
file_is_over(struct file *f)
{
	const struct output_settings *set = f->home->set;

	return set->rotate_every > 0 &&
	    period_is_over(
		&f->period, set->rotate_every, set->zone, clock_wall());
}

/* The log is open: what else a file has. -1: it is closed again. */
static int
begin(struct file *f, uint64_t repaired, struct err *err)
{
	f->verdict = calloc(1, sizeof(*f->verdict));
	if (f->verdict == NULL) {
		(void)err_sys(err, "%s", f->log.path);
		logfile_close(&f->log);
		return -1;
	}
	file_say_repaired(f, repaired);
	f->since = 1;
	arm(f, found(f));
	return 0;
}

int
file_open(struct file *f, struct file_home *home, struct err *err)
{
	const struct output_settings *set = home->set;
	uint64_t repaired = 0;

	*f = (struct file){ .home = home };
	if (logfile_open(&f->log, set->path, &set->new, &repaired, err) == -1)
		return -1;
	return begin(f, repaired, err);
}

int
file_open_at(struct file *f, struct file_home *home, int dirfd,
    const char *path, struct err *err)
{
	uint64_t repaired = 0;

	*f = (struct file){ .home = home };
	if (logfile_open_at(
		&f->log, dirfd, path, &home->set->new, &repaired, err) == -1)
		return -1;
	return begin(f, repaired, err);
}

int
file_hold_folder(struct file *f)
{
	bool made = false;

	if (f->log.dirfd == -1)
		f->log.dirfd = beneath_open(
		    f->home->base, f->name, NULL, &made);
	return f->log.dirfd;
}

void
file_drop_folder(struct file *f)
{
	if (f->name == NULL || f->log.dirfd == -1)
		return;
	close(f->log.dirfd);
	f->log.dirfd = -1;
}

static int
rename_live(struct file *f, int *old, char *name, struct err *err)
{
	int status;

	if (file_hold_folder(f) == -1)
		return err_sys(err, "%s: rotate: its folder", f->log.path);
	status = logfile_rotate(&f->log, time(NULL), old, name, err);
	file_drop_folder(f);
	return status;
}

/* Each of many files may fail, and each again after it went well. */
static void
say_not_rotated(struct file *f, const struct err *err)
{
	int64_t wait = f->rotate_fails ? f->rotate_wait * 2 : ROTATE_SOON_MS;
	int64_t now = clock_ms();

	f->rotate_wait = wait < ROTATE_AGAIN_MS ? wait : ROTATE_AGAIN_MS;
	f->rotate_at = now + f->rotate_wait;
	f->rotate_fails = true;
	counter_add(f->home->set->count, O_FAILED_ROTATE, 1);
	if (now < f->home->say_rotate_at)
		return;
	f->home->say_rotate_at = now + SAY_AGAIN_MS;
	log_line(LOG_ERR, "output %s: %s; writing on in the old file",
	    f->log.path, err->text);
}

/* Before a file is left whose lines are held in memory: they need not be any
 * more. False: the sync failed. */
static bool
settle(struct file *f)
{
	if (!file_home_holds(f->home) || !f->dirty)
		return true;
	if (file_sync_data(f) == -1)
		return false;
	f->cut = true;
	return true;
}

/* Goes on in a new file. False: the old one is written to for longer, but for
 * one that f->failed. */
static bool
rotate(struct file *f)
{
	char name[NAME_MAX + 1];
	struct err err;
	int old = -1;

	if (clock_ms() < f->rotate_at)
		return false;
	f->busy = f->home->set->sync != SYNC_NEVER &&
	    !syncer_waits_for_room(f->home->tools->syncer);
	if (f->busy)
		return false;
	if (file_has_failed(f) || !settle(f))
		return file_replace(f, &err) == 0;
	if (rename_live(f, &old, name, &err) == -1) {
		say_not_rotated(f, &err);
		return false;
	}
	f->rotate_fails = f->rotate_due = false;
	if (old == -1) {
		arm(f, clock_wall());
		log_line(
		    LOG_DEBUG, "output %s: is empty, not rotated", f->log.path);
		return true;
	}
	file_begin(f, clock_wall());
	file_hand_over(f, old, name, true);
	counter_add(f->home->set->count, O_ROTATIONS, 1);
	keeper_wake(f->home->set->keeper, f->home->set->slot, KEEPER_ROTATED);
	log_line(LOG_DEBUG, "output %s: rotated to %s", f->log.path, name);
	return true;
}

/* How many of the n bytes at p may go into the file now: up to the limit of
 * its size, at a line's end. Rotates when not even one line may; 0: that has
 * to wait. */
static size_t
fit(struct file *f, const char *p, size_t n)
{
	uint64_t limit = (uint64_t)f->home->set->rotate_size;
	uint64_t size = f->log.size;
	const char *lf;
	size_t some;

	if (limit == 0 || size + n <= limit)
		return n;
	if (!f->log.torn) {
		some = rotate_fit(p, n, size < limit ? limit - size : 0);
		if (some > 0)
			return some;
		/* while rotation fails the limit cannot hold: no smaller
		 * writes for its sake */
		if (size > 0 && !rotate(f))
			return f->busy ? 0 : n;
		some = rotate_fit(p, n, limit);
		if (some > 0)
			return some;
	}
	/* a line begun must be ended here; one longer than the limit has no
	 * better place */
	lf = memchr(p, '\n', n);
	return lf != NULL ? (size_t)(lf - p) + 1 : n;
}

/* What a write may bring now; 0: none. */
static size_t
may_write(struct file *f, const char *p, size_t n)
{
	const char *lf;

	if (f->failed && f->log.torn) { /* the line begun, and no more */
		lf = memchr(p, '\n', n);
		return lf != NULL ? (size_t)(lf - p) + 1 : n;
	}
	f->busy = false;
	if (file_is_over(f) && !f->log.torn && !rotate(f) && f->busy)
		return 0; /* what comes is of the next period */
	return fit(f, p, n);
}

int
file_write(struct file *f, struct slice *s, struct err *err)
{
	size_t n = may_write(f, s->p, s->n);
	struct slice part = slice_of(s->p, n);
	int rc;

	if (n == 0) {
		errno = EAGAIN;
		return err_set(err,
		    "%s: rotate: files before this one are "
		    "still being synced",
		    f->log.path);
	}
	if (f->failed && !f->log.torn) {
		errno = EIO;
		return err_set(err, "%s: its sync failed", f->log.path);
	}
	rc = logfile_append(&f->log, &part, err);
	f->dirty |= n > part.n;
	slice_skip(s, n - part.n);
	return rc;
}

int
file_restore(struct file *f, bool *made, struct err *err)
{
	int old;

	*made = false;
	if (!logfile_is_deleted(&f->log))
		return 0;
	if (logfile_reopen(&f->log, &old, err) == -1)
		return -1;
	*made = true;
	file_begin(f, found(f));
	log_line(
	    LOG_WARNING, "output %s: was deleted; made again", f->log.path);
	if (old != -1)
		file_hand_over(f, old, NULL, false);
	return 0;
}

bool
file_reopen(struct file *f)
{
	struct err err;
	bool failed;
	int old;

	/* a line that was begun is ended in the file where it began */
	f->reopen_due = f->log.torn ||
	    (f->home->set->sync != SYNC_NEVER &&
		!syncer_waits_for_room(f->home->tools->syncer));
	if (f->reopen_due)
		return false;
	if (!settle(f))
		return file_replace(f, &err) == 0;
	if (logfile_reopen(&f->log, &old, &err) == -1) {
		log_line(LOG_ERR, "output %s: %s; writing on in the old file",
		    f->log.path, err.text);
		return false;
	}
	if (old == -1)
		return false;
	failed = file_has_failed(f);
	file_begin(f, found(f));
	f->rotate_at = 0; /* why it failed may be over with the old file */
	file_hand_over(f, old, NULL, !failed);
	return true;
}

void
file_rotate(struct file *f)
{
	f->rotate_due = f->log.torn;
	if (f->rotate_due)
		return;
	f->rotate_at = 0;
	f->rotate_due = !rotate(f) && f->busy;
}

bool
file_catch_up(struct file *f)
{
	bool reopened = false;

	if (f->log.torn)
		return false;
	if (f->reopen_due)
		reopened = file_reopen(f);
	if (f->rotate_due)
		file_rotate(f);
	return reopened;
}

void
file_close(struct file *f)
{
	logfile_close(&f->log);
	free(f->verdict);
	f->verdict = NULL;
}

void
file_renew(struct file *f)
{
	f->log.new = f->home->set->new;
	f->log.new.alone = f->name != NULL;
	f->sync_at = 0; /* the period may be shorter now */
	/* a shorter one may be over */
	arm(f, f->period.to > 0 ? f->period.from : clock_wall());
}

void
file_untear(struct file *f)
{
	uint64_t cut;
	struct err err;

	if (f->log.torn && logfile_untear(&f->log, &cut, &err) == -1)
		log_line(LOG_ERR, "output %s: %s; the next start repairs it",
		    f->log.path, err.text);
}

bool
file_outgrow(struct file *f)
{
	const struct output_settings *set = f->home->set;

	f->busy = false;
	if (f->log.whole == 0)
		return false;
	file_untear(f);
	if (f->log.torn)
		return false;
	file_rotate(f);
	if (f->log.size > 0)
		return false;
	counter_add(set->count, O_FAILED_EFBIG, 1);
	if (!f->home->told_limit)
		log_line(LOG_WARNING,
		    "output %s: its files may not grow as they should (ulimit "
		    "-f, or a limit of the file system): rotated when they are "
		    "full",
		    set->path);
	f->home->told_limit = true;
	return true;
}
