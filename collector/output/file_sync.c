/* SPDX-License-Identifier: BSD-2-Clause */
/* file_sync.c - what comes onto the disk, and when; of file.h */
#include <sys/file.h>

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stdio.h>
#include <unistd.h>

#include "base/log.h"
#include "base/os.h"
#include "output/file_parts.h"

enum { BUSY_MS = 5 /* the syncer has too much to do just now */ };

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
		fd = file_hold_folder(f);
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
		.count = f->home->set->sync_count,
		.verdict = f->verdict };
}

void
file_hand_over(struct file *f, int fd, const char *name, bool sync)
{
	struct syncer *syncer = f->home->tools->syncer;
	struct sync_job job = job_for(f, fd);
	uint64_t number;
	char path[PATH_MAX + NAME_MAX + 1];

	if (name != NULL) { /* in the same folder */
		(void)snprintf(path, sizeof(path), "%.*s%s",
		    (int)(folder_base(job.path) - job.path), job.path, name);
		job.path = path;
	}
	job.close = true;
	job.verdict = NULL;
	if (job.sync)
		job.dirfd = folder_to_sync(f);
	job.sync = job.sync && sync;
	number = syncer_try(syncer, &job);
	if (number == 0 && !job.sync && job.dirfd == -1 &&
	    syncer_has_done(syncer, f->asked)) {
		close(fd); /* nothing to wait for */
		return;
	}
	f->home->asked = number != 0 ? number : syncer_ask(syncer, &job);
}

/* What is tried again and again says so once. */
int
file_sync_data(struct file *f)
{
	const char *path = f->home->failures == 0 ? f->log.path : NULL;

	f->dirty = false;
	/* the kernel tells of a failure once, perhaps to the syncer just now */
	syncer_wait(f->home->tools->syncer, f->asked);
	if (!file_has_failed(f) &&
	    sync_now(f->home->tools->metrics, path, f->log.fd,
		f->home->set->count) == 0)
		return 0;
	f->failed = true;
	return -1;
}

int64_t
file_sync_tick(struct file *f, int64_t now)
{
	struct syncer *syncer = f->home->tools->syncer;
	struct sync_job job;
	uint64_t number;

	if (!f->dirty || f->home->set->sync <= 0 || file_home_holds(f->home))
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

int
file_sync(struct file *f)
{
	int rc = f->dirty ? file_sync_data(f) : 0;

	if (!f->log.renamed)
		return rc;
	f->log.renamed = false;
	/* ENOENT: the folder is gone, and with it what bore a new name */
	if ((file_hold_folder(f) == -1 || os_fsync(f->log.dirfd) == -1) &&
	    errno != EINVAL && errno != ENOENT) {
		counter_add(f->home->set->count, O_FAILED_SYNC, 1);
		log_sys(LOG_ERR, "output %s: fsync of its folder", f->log.path);
	}
	file_drop_folder(f);
	return rc;
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

	/* if more was left than the syncer could take, all of its disk is
	 * synced soon, and this one with it */
	job.sync &= f->dirty && !(f->home->stray && f->home->set->sync > 0);
	if (!is_there && (!job.sync || !syncer_has_room(syncer)))
		return;
	/* it may be opened again before the syncer has closed it */
	(void)flock(f->log.fd, LOCK_UN);
	job.close = true;
	job.sync &= !file_has_failed(f);
	number = syncer_try(syncer, &job);
	if (number == 0 && is_there)
		number = syncer_ask(syncer, &job);
	if (number == 0)
		return;
	f->home->asked = number;
	f->log.fd = -1;
	f->verdict = NULL;
	f->dirty = false;
}

bool
file_home_lost(const struct file_home *h, uint64_t hash)
{
	unsigned i = 0;

	while (i < h->lost && i < LOST_MAX && h->lost_hash[i] != hash)
		i++;
	return i < h->lost;
}

void
file_note_lost(struct file *f)
{
	struct file_home *h = f->home;

	if (file_home_lost(h, f->hash))
		return;
	if (h->lost < LOST_MAX)
		h->lost_hash[h->lost] = f->hash;
	h->lost++;
}

/* Its text is held. What failed makes way for a new file, if it can, and comes
 * once more. */
static void
sync_held(struct file *f)
{
	struct err err;

	if (file_sync(f) == -1 || f->failed) {
		(void)file_replace(f, &err);
		f->redo = f->home->redo_due = true;
		(void)file_sync(f); /* the new name */
	}
	if (f->redo)
		file_note_lost(f);
}

void
file_leave(struct file *f)
{
	int64_t sync = f->home->set->sync;

	if (file_home_holds(f->home))
		sync_held(f);
	give_away(f);
	if (sync > 0)
		f->home->stray |= f->dirty || f->log.renamed;
	file_close(f);
}
