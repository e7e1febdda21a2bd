/* SPDX-License-Identifier: BSD-2-Clause */
#include "output/file.h"

#include <sys/file.h>

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <string.h>
#include <unistd.h>

#include "base/clock.h"
#include "base/log.h"
#include "base/os.h"
#include "output/beneath.h"
#include "output/rotate.h"

enum {
	BUSY_MS = 5, /* the syncer has too much to do just now */
	ROTATE_AGAIN_MS = 1000
};

static void
say_repaired(const struct file *f, uint64_t bytes)
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

/* As it was found: what an earlier period left makes way for ours. */
static void
arm_found(struct file *f)
{
	arm(f, f->log.size > 0 ? f->log.written : clock_wall());
}

bool
file_is_over(struct file *f)
{
	const struct output_settings *set = f->home->set;

	return set->rotate_every > 0 &&
	    period_is_over(
		&f->period, set->rotate_every, set->zone, clock_wall());
}

int
file_open(struct file *f, struct file_home *home, struct err *err)
{
	const struct output_settings *set = home->set;
	uint64_t repaired = 0;

	*f = (struct file){ .home = home };
	if (logfile_open(&f->log, set->path, &set->new, &repaired, err) == -1)
		return -1;
	say_repaired(f, repaired);
	arm_found(f);
	return 0;
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
	say_repaired(f, repaired);
	arm_found(f);
	return 0;
}

/* One of many has its folder open only while that is needed. -1: errno. */
static int
hold_folder(struct file *f)
{
	bool made = false;

	if (f->log.dirfd == -1)
		f->log.dirfd = beneath_open(
		    f->home->base, f->name, NULL, &made);
	return f->log.dirfd;
}

static void
drop_folder(struct file *f)
{
	if (f->name == NULL || f->log.dirfd == -1)
		return;
	close(f->log.dirfd);
	f->log.dirfd = -1;
}

/* Its folder, for the syncer to close: a new name is durable only with it.
 * -1: there is nothing to do, or no descriptor to do it with. */
static int
folder_to_sync(struct file *f)
{
	int fd;

	if (!f->log.renamed)
		return -1;
	if (f->name == NULL) {
		fd = fcntl(f->log.dirfd, F_DUPFD_CLOEXEC, 0);
	} else {
		fd = hold_folder(f);
		f->log.dirfd = -1;
	}
	f->log.renamed = fd == -1;
	return fd;
}

static struct sync_job
job_for(struct file *f, int fd)
{
	return (struct sync_job){ .fd = fd,
		.sync = f->home->set->sync != SYNC_NEVER,
		.dirfd = -1,
		.path = f->log.path,
		.count = f->home->set->sync_count };
}

/* What is not written to any more is synced and closed. */
static void
hand_over(struct file *f, int fd)
{
	struct sync_job job = job_for(f, fd);

	job.close = true;
	if (job.sync)
		job.dirfd = folder_to_sync(f);
	f->home->asked = syncer_ask(f->home->tools->syncer, &job);
}

static int
rename_live(struct file *f, int *old, char *name, struct err *err)
{
	int status;

	if (hold_folder(f) == -1)
		return err_sys(err, "%s: rotate: its folder", f->log.path);
	status = logfile_rotate(&f->log, time(NULL), old, name, err);
	drop_folder(f);
	return status;
}

/* Goes on in a new file. False: the old one is written to for longer. */
static bool
rotate(struct file *f)
{
	struct counters *count = f->home->set->count;
	char name[NAME_MAX + 1];
	int64_t now = clock_ms();
	struct err err;
	int old = -1;

	if (now < f->rotate_at)
		return false;
	if (f->home->set->sync == SYNC_ALWAYS && f->dirty)
		sync_now(
		    f->home->tools->metrics, f->log.path, f->log.fd, count);
	if (rename_live(f, &old, name, &err) == -1) {
		f->rotate_at = now + ROTATE_AGAIN_MS;
		counter_add(count, O_FAILED_ROTATE, 1);
		if (!f->rotate_fails)
			log_line(LOG_ERR,
			    "output %s: %s; writing on in the old file",
			    f->log.path, err.text);
		f->rotate_fails = true;
		return false;
	}
	f->rotate_fails = f->rotate_due = false;
	arm(f, clock_wall());
	if (old == -1) {
		log_line(
		    LOG_DEBUG, "output %s: is empty, not rotated", f->log.path);
		return true;
	}
	f->dirty = false;
	hand_over(f, old);
	counter_add(count, O_ROTATIONS, 1);
	log_line(LOG_DEBUG, "output %s: rotated to %s", f->log.path, name);
	return true;
}

/* How many of the n bytes at p may go into the file now: up to the limit of
 * its size, at a line's end. Rotates when not even one line may. */
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

int
file_write(struct file *f, struct slice *s, struct err *err)
{
	struct slice part;
	size_t n;
	int rc;

	if (file_is_over(f) && !f->log.torn)
		(void)rotate(f); /* what comes is of the next period */
	n = fit(f, s->p, s->n);
	part = slice_of(s->p, n);
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
	arm_found(f);
	log_line(
	    LOG_WARNING, "output %s: was deleted; made again", f->log.path);
	if (old != -1)
		hand_over(f, old);
	return 0;
}

bool
file_reopen(struct file *f)
{
	struct err err;
	int old;

	/* a line that was begun is ended in the file where it began */
	f->reopen_due = f->log.torn;
	if (f->reopen_due)
		return false;
	if (logfile_reopen(&f->log, &old, &err) == -1) {
		log_line(LOG_ERR, "output %s: %s; writing on in the old file",
		    f->log.path, err.text);
		return false;
	}
	if (old == -1)
		return false;
	arm_found(f);
	hand_over(f, old);
	return true;
}

void
file_rotate(struct file *f)
{
	f->rotate_due = f->log.torn;
	if (f->rotate_due)
		return;
	f->rotate_at = 0;
	rotate(f);
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

int64_t
file_sync_tick(struct file *f, int64_t now)
{
	struct syncer *syncer = f->home->tools->syncer;
	struct sync_job job;
	uint64_t number;

	if (!f->dirty || f->home->set->sync <= 0)
		return INT64_MAX;
	if (now < f->sync_at)
		return f->sync_at;
	if (!syncer_has_done(syncer, f->asked))
		return now + BUSY_MS;
	job = job_for(f, f->log.fd);
	job.dirfd = folder_to_sync(f);
	number = syncer_try(syncer, &job);
	if (number == 0) {
		if (job.dirfd != -1) {
			close(job.dirfd);
			f->log.renamed = true;
		}
		return now + BUSY_MS;
	}
	f->dirty = false;
	f->asked = f->home->asked = number;
	f->sync_at = now + f->home->set->sync;
	return INT64_MAX;
}

void
file_sync(struct file *f)
{
	struct counters *count = f->home->set->count;

	sync_now(f->home->tools->metrics, f->log.path, f->log.fd, count);
	f->dirty = false;
	if (!f->log.renamed)
		return;
	f->log.renamed = false;
	/* ENOENT: the folder is gone, and with it what bore a new name */
	if ((hold_folder(f) == -1 || os_fsync(f->log.dirfd) == -1) &&
	    errno != EINVAL && errno != ENOENT) {
		counter_add(count, O_FAILED_SYNC, 1);
		log_sys(LOG_ERR, "output %s: fsync of its folder", f->log.path);
	}
	drop_folder(f);
}

/* Hands a file that is left to the syncer, if that has room; it waits only
 * when the syncer has the descriptor and nobody else may close it. */
static void
give_away(struct file *f)
{
	struct syncer *syncer = f->home->tools->syncer;
	struct sync_job job = job_for(f, f->log.fd);
	bool is_there = !syncer_has_done(syncer, f->asked);
	uint64_t number;

	job.sync &= f->dirty;
	if (!job.sync && !is_there)
		return;
	job.close = true;
	number = syncer_try(syncer, &job);
	if (number == 0 && is_there)
		number = syncer_ask(syncer, &job);
	if (number == 0)
		return;
	f->home->asked = number;
	f->log.fd = -1;
	f->dirty = false;
}

void
file_leave(struct file *f)
{
	int64_t sync = f->home->set->sync;

	/* it may be opened again before the syncer has closed it */
	(void)flock(f->log.fd, LOCK_UN);
	if (sync == SYNC_ALWAYS && (f->dirty || f->log.renamed))
		file_sync(f);
	give_away(f);
	if (sync > 0)
		f->home->stray |= f->dirty || f->log.renamed;
	logfile_close(&f->log);
}

void
file_close(struct file *f)
{
	logfile_close(&f->log);
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
