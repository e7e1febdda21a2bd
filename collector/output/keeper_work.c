/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * keeper_work.c - the keeper compresses a file, or compares two that a crash
 * left, and sees to the outputs between two steps of that
 */
#include <sys/stat.h>

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/clock.h"
#include "base/log.h"
#include "base/os.h"
#include "output/beneath.h"
#include "output/folder.h"
#include "output/keeper_parts.h"
#include "output/pack.h"
#include "output/sweep.h"
#include "output/unpack.h"

enum {
	SECOND = 1000,
	AGAIN_MS = 10 * SECOND, /* compresses again, when nothing could be */
	FAILED_MS = 60 * SECOND /* the same for a file that alone is bad */
};

/* What is done just now. The plan may be another after each step. */
struct work {
	struct keeper *k;
	struct keep_job job;   /* owned */
	char *path;            /* owned; of the output */
	struct keep_output *o; /* good until the next step; NULL: it is gone */
	enum packing packing;
	char name[NAME_MAX + 1]; /* of the plain file */
};

static struct keep_output *
find_output(const struct keeper *k, const char *path)
{
	for (size_t i = 0; i < k->plan->n; i++) {
		struct keep_output *o = &k->plan->output[i];

		if (o->path != NULL && strcmp(o->path, path) == 0)
			return o;
	}
	return NULL;
}

/* Between two steps. False: leave it. */
static bool
may_go_on(struct work *w)
{
	struct keeper *k = w->k;

	if (atomic_load(&k->stop) || atomic_load(&k->hush))
		return false;
	k->working = &w->job;
	k->let_go = false;
	(void)keeper_attend(k);
	k->working = NULL;
	w->o = find_output(k, w->path);
	return !k->let_go && w->o != NULL &&
	    (w->job.twin != PACK_NONE || w->o->packing == w->packing);
}

/* Somebody has the file: the syncer, mostly, for a moment. */
static void
come_again(struct keep_output *o)
{
	int64_t at = clock_ms() + o->pause;

	if (at < o->sweep_at)
		o->sweep_at = at;
}

/* Is it all the disk that cannot be written? */
static bool
is_the_disk(int error)
{
	return error == ENOSPC || error == EDQUOT || error == EROFS ||
	    error == EMFILE || error == ENFILE || error == ENOMEM;
}

static void
fail(struct work *w, int error, const char *why)
{
	struct keep_output *o = w->o;
	int64_t now = clock_ms();

	if (error == ENOENT || o == NULL)
		return;
	if (error == EWOULDBLOCK) {
		come_again(o);
		return;
	}
	counter_add(o->count, O_FAILED_COMPRESS, 1);
	sweep_say(o, &o->pack_fails, "compress", w->job.live, why);
	if (is_the_disk(error)) {
		o->retry_at = now + AGAIN_MS;
		/* it is noted no more: the next look finds it again */
		if (o->retry_at < o->sweep_at)
			o->sweep_at = o->retry_at;
		return;
	}
	marks_add(&o->failed, marks_hash(w->job.live, &w->job.file));
	if (o->failed_at == INT64_MAX)
		o->failed_at = now + FAILED_MS;
}

static void
succeed(struct work *w)
{
	struct keep_output *o = w->o;

	if (o->pack_fails && o->failed.n == 0) {
		log_line(LOG_NOTICE, "output %s: files are compressed again",
		    o->path);
		o->pack_fails = false;
	}
}

/* The folder that the file is in. -1: errno. */
static int
open_folder(const struct work *w)
{
	bool made;
	int saved, fd, folder = sweep_open(w->o);

	if (folder == -1)
		return -1;
	fd = beneath_open(folder, w->job.live, NULL, &made);
	saved = errno;
	close(folder);
	errno = saved;
	return fd;
}

static void
compress(struct work *w)
{
	struct pack *p = NULL;
	struct err err;
	bool both;
	int rc = -1, dirfd = open_folder(w);

	if (dirfd == -1)
		(void)err_sys(&err, "its folder");
	else
		p = pack_new(dirfd, w->name, w->packing, &err);
	if (p != NULL)
		rc = pack_step(p, &err);
	while (rc == 0) {
		if (!may_go_on(w)) {
			pack_free(p);
			return;
		}
		rc = pack_step(p, &err);
	}
	if (rc == 1 && pack_finish(p, &both, &err) == 0) {
		log_line(LOG_DEBUG,
		    "output %s: compressed %s, %llu bytes to %llu", w->path,
		    w->name, (unsigned long long)pack_read(p),
		    (unsigned long long)pack_written(p));
		succeed(w);
	} else {
		fail(w, errno, err.text);
	}
	pack_free(p);
}

/* Both are the same: the plain one goes, when the other is safe. */
static void
drop_plain(struct work *w, int dirfd, int packed)
{
	if (os_fsync(packed) == -1 || os_fsync(dirfd) == -1 ||
	    os_unlink(dirfd, w->name) == -1) {
		fail(w, errno, strerror(errno));
		return;
	}
	log_line(LOG_INFO,
	    "output %s: removed %s, which is there compressed, too", w->path,
	    w->name);
	succeed(w);
}

static void
leave_both(struct work *w)
{
	struct keep_output *o = w->o;

	marks_add(&o->foreign, marks_hash(w->job.live, &w->job.file));
	log_line(LOG_WARNING,
	    "output %s: %s and %s%s are not the same: both stay as they are; "
	    "look at them, and delete one",
	    w->path, w->name, w->name, rotate_ends[w->job.twin]);
}

/* 1: the same. 0: left. -1: different, or errno. */
static int
compare_files(struct work *w, int plain, int packed)
{
	struct unpack *u = unpack_new(plain, packed, w->job.twin);
	int rc, saved;

	if (u == NULL)
		return -1;
	rc = unpack_step(u);
	while (rc == 0 && may_go_on(w))
		rc = unpack_step(u);
	saved = errno;
	unpack_free(u);
	errno = saved;
	return rc;
}

static int
open_twin(int dirfd, const struct work *w)
{
	char name[NAME_MAX + 1];
	struct rotated r = w->job.file;
	struct stat st;
	int fd;

	r.packing = w->job.twin;
	if (!rotate_name(name, folder_base(w->job.live), &r)) {
		errno = ENAMETOOLONG;
		return -1;
	}
	fd = openat(dirfd, name,
	    O_RDONLY | O_NOFOLLOW | O_NONBLOCK | O_NOCTTY | O_CLOEXEC);
	if (fd == -1 || (fstat(fd, &st) == 0 && S_ISREG(st.st_mode)))
		return fd;
	close(fd);
	errno = ENOENT;
	return -1;
}

static void
compare(struct work *w)
{
	int plain = -1, packed = -1, rc = -1, dirfd = open_folder(w);
	struct stat st;

	if (dirfd != -1)
		plain = folder_claim(dirfd, w->name, &st);
	if (plain != -1)
		packed = open_twin(dirfd, w);
	if (packed != -1) {
		rc = compare_files(w, plain, packed);
		if (rc == 1)
			drop_plain(w, dirfd, packed);
		else if (rc == -1 && errno == 0)
			leave_both(w);
	}
	if (rc == -1 && errno != 0)
		fail(w, errno, strerror(errno));
	if (packed != -1)
		close(packed);
	if (plain != -1)
		close(plain);
	if (dirfd != -1)
		close(dirfd);
}

/* The output whose turn it is, of those that have something to do. */
static struct keep_output *
choose(struct keeper *k)
{
	int64_t now = clock_ms();

	for (size_t i = 0; k->plan != NULL && i < k->plan->n; i++) {
		struct keep_output *o = &k->plan
					     ->output[k->turn++ % k->plan->n];

		if (o->done < o->jobs && now >= o->retry_at)
			return o;
	}
	return NULL;
}

bool
keeper_work(struct keeper *k)
{
	struct work w = { .k = k };

	if (atomic_load(&k->hush) || atomic_load(&k->stop))
		return false;
	w.o = choose(k);
	if (w.o == NULL)
		return false;
	w.job = w.o->job[w.o->done];
	w.o->job[w.o->done++].live = NULL;
	/* there may be more than were noted */
	w.o->due |= w.o->done == w.o->jobs && w.o->jobs == KEEP_JOBS;
	w.packing = w.o->packing;
	w.path = strdup(w.o->path);
	if (w.path != NULL &&
	    rotate_name(w.name, folder_base(w.job.live), &w.job.file)) {
		if (w.job.twin != PACK_NONE)
			compare(&w);
		else
			compress(&w);
	}
	free(w.path);
	free(w.job.live);
	return true;
}
