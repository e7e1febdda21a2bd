/* SPDX-License-Identifier: BSD-2-Clause */
#include "output/upkeep.h"

#include <fcntl.h>
#include <unistd.h>

#include "base/log.h"
#include "output/beneath.h"

enum {
	LOOK_MS = 500,  /* how often deleted files are looked for */
	LOOK_MAX = 256, /* files at once */
	BUSY_MS = 5     /* the syncer has too much to do just now */
};

static int64_t
earlier(int64_t a, int64_t b)
{
	return a < b ? a : b;
}

/* Files are visited from the last place down, so that one may be left. */
static void
reopen_moved(struct files *fs)
{
	fs->reopen_due = false;
	for (size_t i = fs->open.n; i-- > 0;) {
		struct file *f = fs->open.place[i];

		/* a line that was begun is ended in the file where it began */
		if (f->log.torn)
			fs->reopen_due = true;
		else if (!beneath_is_at(fs->home->base, f->name, f->log.fd))
			files_leave(fs, f);
	}
}

void
upkeep_reopen(struct files *fs)
{
	files_find_base(fs);
	reopen_moved(fs);
}

static void
rotate_due(struct files *fs)
{
	struct syncer *syncer = fs->home->tools->syncer;

	files_lock_other(fs);
	fs->rotate_due = false;
	for (size_t i = 0; i < fs->open.n; i++) {
		struct file *f = fs->open.place[i];

		if (!f->rotate_due)
			continue;
		if (syncer_has_room(syncer) && !f->log.torn)
			file_rotate(f);
		fs->rotate_due |= f->rotate_due;
	}
	files_rest(fs);
}

void
upkeep_rotate(struct files *fs)
{
	for (size_t i = 0; i < fs->open.n; i++)
		fs->open.place[i]->rotate_due = true;
	rotate_due(fs);
}

/* Those whose period is over. */
static void
rotate_old(struct files *fs)
{
	if (fs->home->set->rotate_every == 0)
		return;
	for (size_t i = 0; i < fs->open.n; i++) {
		struct file *f = fs->open.place[i];

		f->rotate_due |= file_is_over(f);
		fs->rotate_due |= f->rotate_due;
	}
}

/* Closes what was deleted. It is not made again before there is something to
 * write to it: old logs are deleted for good. What failed is replaced. */
static void
look_at_some(struct files *fs, int64_t now)
{
	size_t some = fs->open.n < LOOK_MAX ? fs->open.n : LOOK_MAX, gone = 0;
	int64_t pause = LOOK_MS;
	struct err err;

	files_lock_other(fs); /* or it is another's just now, and left */
	if (fs->open.n > 0)
		pause = LOOK_MS * (int64_t)some / (int64_t)fs->open.n;
	for (size_t i = 0; i < some && fs->open.n > 0; i++) {
		struct file *f;

		if (fs->look_next >= fs->open.n)
			fs->look_next = 0;
		f = fs->open.place[fs->look_next];
		if (f->log.torn || !logfile_is_deleted(&f->log)) {
			/* or its next write does */
			if (file_has_failed(f) && !f->log.torn)
				(void)file_replace(f, &err);
			fs->look_next++;
			continue;
		}
		files_leave_deleted(fs, f);
		gone++;
	}
	if (gone > 0)
		log_line(LOG_WARNING,
		    "output %s: deleted files: %zu; the next message for one "
		    "makes it again",
		    fs->home->set->path, gone);
	files_rest(fs);
	fs->look_at = now + (pause > 0 ? pause : 1);
}

/* Asks for the syncs that are due, another file being the first each time. */
static void
sync_due(struct files *fs, int64_t now)
{
	size_t n = fs->open.n, first = fs->sync_next;
	int64_t next = INT64_MAX;

	for (size_t i = 0; i < n; i++) {
		size_t place = (first + i) % n;
		struct file *f = fs->open.place[place];
		bool was_dirty = f->dirty;

		next = earlier(next, file_sync_tick(f, now));
		if (was_dirty && !f->dirty)
			fs->sync_next = place + 1;
	}
	fs->sync_at = next;
}

/* What no open file stands for is synced with everything on its disk. */
static void
sync_stray(struct files *fs, int64_t now)
{
	struct file_home *home = fs->home;
	struct sync_job job = { .whole = true,
		.close = true,
		.dirfd = -1,
		.path = home->set->path,
		.count = home->set->sync_count };
	uint64_t number;

	fs->stray_at = now + BUSY_MS;
	job.fd = fcntl(fs->home->base, F_DUPFD_CLOEXEC, 0);
	if (job.fd == -1)
		return;
	number = syncer_try(home->tools->syncer, &job);
	if (number == 0) {
		close(job.fd);
		return;
	}
	home->asked = number;
	home->stray = false;
	fs->stray_at = now + home->set->sync;
}

int64_t
upkeep_tick(struct files *fs, int64_t now)
{
	int64_t next;

	if (fs->reopen_due)
		reopen_moved(fs);
	if (now >= fs->clock_at) {
		rotate_old(fs);
		fs->clock_at = now + LOOK_MS;
	}
	if (fs->rotate_due)
		rotate_due(fs);
	if (now >= fs->look_at)
		look_at_some(fs, now);
	if (now >= fs->sync_at)
		sync_due(fs, now);
	if (fs->home->stray && fs->home->set->sync > 0 && now >= fs->stray_at)
		sync_stray(fs, now);

	next = earlier(fs->look_at, fs->sync_at);
	next = earlier(next, fs->clock_at);
	if (fs->home->stray && fs->home->set->sync > 0)
		next = earlier(next, fs->stray_at);
	if (fs->reopen_due || fs->rotate_due)
		next = earlier(next, now + BUSY_MS);
	return next;
}

/* All that is on the disk of the folder at once. */
static int
sync_whole(struct files *fs)
{
	struct file_home *home = fs->home;
	int rc = sync_whole_now(home->tools->metrics, home->set->path,
	    home->base, home->set->count);

	for (size_t i = 0; i < fs->open.n; i++) {
		struct file *f = fs->open.place[i];

		f->failed |= rc == -1 && f->dirty;
		f->dirty = f->log.renamed = false;
	}
	home->stray = false;
	return rc == -1 ? -1 : 1;
}

int
upkeep_sync(struct files *fs)
{
	int result = 0;

	if (fs->home->stray)
		return sync_whole(fs);
	for (size_t i = 0; i < fs->open.n; i++) {
		struct file *f = fs->open.place[i];

		if (!f->dirty && !f->log.renamed)
			continue;
		if (file_sync(f) == -1)
			result = -1;
		else if (result == 0)
			result = 1;
	}
	return result;
}
