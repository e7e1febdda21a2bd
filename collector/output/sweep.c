/* SPDX-License-Identifier: BSD-2-Clause */
/* sweep.c - goes through the rotated files of one output, and deletes */
#include "output/sweep.h"

#include <sys/stat.h>
#include <sys/statvfs.h>

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
#include "output/census.h"
#include "output/folder.h"
#include "output/pack.h"

enum {
	SECOND = 1000,
	AGAIN_MS = 10 * SECOND, /* what failed is tried again */
	LOOK_MS = 60 * SECOND,  /* the longest sleep while something ages */
	BUSY_MS = 100,          /* a file that somebody holds; then twice */
	BUSY_MAX_MS = 10 * SECOND,
	SHARE = 4 /* times what a sweep cost is rest, before the next */
};

struct sweep {
	struct keep_output *o;
	struct sweep_tools *tools;
	struct census c;
	int folder;
	int64_t now_ms;
	bool busy, failed; /* some file could not be had; deleted */
};

static int64_t
earlier(int64_t a, int64_t b)
{
	return a < b ? a : b;
}

int
sweep_open(const struct keep_output *o)
{
	return open(o->folder, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
}

void
sweep_say(struct keep_output *o, bool *fails, const char *what,
    const char *live, const char *why)
{
	if (!*fails)
		log_line(LOG_ERR, "output %s: %s %s: %s; tried again later",
		    o->path, what, live, why);
	*fails = true;
}

static bool
is_ended(const struct sweep *s)
{
	return atomic_load(s->tools->stop);
}

static uint64_t
room_of(const struct statvfs *v)
{
	return (uint64_t)v->f_bavail * v->f_frsize;
}

bool
sweep_lacks_room(const struct keep_output *o)
{
	struct statvfs v;

	return o->free > 0 && statvfs(o->folder, &v) == 0 &&
	    room_of(&v) < o->free;
}

/* Is it the one that is being compressed? */
static bool
is_working(const struct sweep *s, const char *live, const struct rotated *r)
{
	const struct keep_job *w = s->tools->working;

	return w != NULL && w->file.number == r->number &&
	    w->file.stamp == r->stamp && strcmp(w->live, live) == 0;
}

/* Deletes one form of a file; *freed grows. -1: errno. */
static int
delete_form(int dirfd, const char *name, uint64_t *freed)
{
	struct stat st = { .st_nlink = 0 };
	int fd = folder_claim(dirfd, name, &st), status, saved;

	/* what we may not read we may delete all the same, if it is a file */
	if (fd == -1 && errno == EACCES &&
	    fstatat(dirfd, name, &st, AT_SYMLINK_NOFOLLOW) == 0 &&
	    S_ISREG(st.st_mode))
		return os_unlink(dirfd, name);
	if (fd == -1)
		return errno == ENOENT ? 0 : -1;
	status = os_unlink(dirfd, name);
	if (status == 0 && st.st_nlink == 1)
		*freed += (uint64_t)st.st_blocks * 512;
	saved = errno;
	close(fd);
	errno = saved;
	return status;
}

/* All forms of it. -1: it is not gone, and that was said. */
static int
delete_file(struct sweep *s, const struct kept *f, uint64_t *freed)
{
	struct rotated r = { .number = f->number, .stamp = f->stamp };
	const char *live = census_live(&s->c, f->live);
	char name[NAME_MAX + 1] = "";
	bool made;
	int status = 0, dirfd = beneath_open(s->folder, live, NULL, &made);

	if (dirfd == -1)
		return -1;
	for (enum packing p = 0; p < PACKINGS && status == 0; p++) {
		r.packing = p;
		if ((f->forms & 1U << p) != 0 &&
		    rotate_name(name, folder_base(live), &r))
			status = delete_form(dirfd, name, freed);
	}
	if (status == -1 && errno == EWOULDBLOCK) {
		s->tools->let_go |= is_working(s, live, &r);
		s->busy = true;
	} else if (status == -1) {
		s->failed = true;
		sweep_say(
		    s->o, &s->o->delete_fails, "delete", name, strerror(errno));
	}
	close(dirfd);
	return status;
}

static void
drop(struct sweep *s, struct kept *f, enum retain_why why, uint64_t *freed)
{
	static const char *const reasons[] = { "", "keep", "keep_age",
		"keep_total", "keep_free" };

	if (delete_file(s, f, freed) == -1) {
		f->why = RETAIN_STAYS;
		return;
	}
	f->why = (uint8_t)why;
	counter_add(s->o->count, O_DELETED_KEEP + why - RETAIN_KEEP, 1);
	log_line(LOG_DEBUG, "output %s: deleted %s, number %llu: %s",
	    s->o->path, census_live(&s->c, f->live),
	    (unsigned long long)f->number, reasons[why]);
}

static void
delete_judged(struct sweep *s)
{
	uint64_t freed = 0;

	retain_judge(s->c.file, s->c.files, &s->o->limits, s->c.now);
	for (size_t i = 0; i < s->c.files && !is_ended(s); i++)
		if (s->c.file[i].why != RETAIN_STAYS)
			drop(s, &s->c.file[i], s->c.file[i].why, &freed);
}

/* What is deleted now may be free in a moment only: it is counted as if it
 * were, and the next look shows. */
static void
make_room(struct sweep *s)
{
	struct keep_output *o = s->o;
	bool one = o->stalled;
	struct statvfs v;
	uint64_t room;

	o->stalled = false;
	if (o->free == 0 || fstatvfs(s->folder, &v) == -1)
		return;
	room = room_of(&v);
	/* no room though enough is free: a quota, or no more inodes */
	one = one && room >= o->free;
	for (size_t i = 0; i < s->c.files && (one || room < o->free); i++) {
		struct kept *f = &s->c.file[i];

		if (f->why != RETAIN_STAYS ||
		    !retain_may_go(f, &o->limits, s->c.now))
			continue;
		if (is_ended(s))
			return;
		drop(s, f, RETAIN_FREE, &room);
		one = one && f->why == RETAIN_STAYS;
	}
	if (room < o->free && !o->lacks_room)
		log_line(LOG_WARNING,
		    "output %s: less is free than keep_free, and there is no "
		    "rotated file left that may be deleted",
		    o->path);
	o->lacks_room = room < o->free;
	o->free_at = s->now_ms + SECOND;
}

/* What a compression left that was broken off by a crash; not one that
 * somebody works on. */
static void
remove_temp(struct sweep *s, const char *temp)
{
	const char *base = folder_base(temp);
	struct rotated r = { .packing = PACK_NONE };
	size_t n = rotate_split(base, true, &r);
	char name[NAME_MAX + 1], live[NAME_MAX + 1];
	struct stat st;
	bool made;
	int fd, dirfd = beneath_open(s->folder, temp, NULL, &made);

	if (dirfd == -1)
		return;
	memcpy(live, base + 1, n);
	live[n] = '\0';
	r.packing = PACK_NONE;
	(void)rotate_name(name, live, &r);
	fd = folder_claim(dirfd, name, &st);
	if (fd != -1 || errno == ENOENT) {
		if (os_unlink(dirfd, base) == 0)
			log_line(LOG_INFO,
			    "output %s: removed %s, an unfinished compression",
			    s->o->path, temp);
	}
	if (fd != -1)
		close(fd);
	close(dirfd);
}

static void
clean(struct sweep *s)
{
	for (size_t i = 0; i < s->c.temps && !is_ended(s); i++)
		remove_temp(s, census_temp(&s->c, i));
}

/* What is to be done with it; false: nothing. */
static bool
has_work(const struct sweep *s, const struct kept *f, uint64_t hash,
    enum packing *twin)
{
	const struct keep_output *o = s->o;

	if (f->why != RETAIN_STAYS || (f->forms & 1U << PACK_NONE) == 0)
		return false;
	*twin = (f->forms & 1U << PACK_ZSTD) != 0 ? PACK_ZSTD
	    : (f->forms & 1U << PACK_GZIP) != 0   ? PACK_GZIP
						  : PACK_NONE;
	if (marks_has(&o->failed, hash))
		return false;
	if (*twin != PACK_NONE)
		return (o->packing != PACK_NONE || !o->met) &&
		    !marks_has(&o->foreign, hash);
	return o->packing != PACK_NONE && f->size > 0;
}

static void
note_jobs(struct sweep *s)
{
	struct keep_output *o = s->o;
	bool all = true;

	for (size_t i = 0; i < s->c.files; i++) {
		const struct kept *f = &s->c.file[i];
		struct keep_job *job = &o->job[o->jobs];
		struct rotated r = { .number = f->number, .stamp = f->stamp };
		const char *live = census_live(&s->c, f->live);
		enum packing twin;

		if (!has_work(s, f, marks_hash(live, &r), &twin))
			continue;
		all = o->jobs < KEEP_JOBS;
		if (!all)
			break;
		job->live = strdup(live);
		job->file = r;
		job->twin = twin;
		if (job->live == NULL)
			break;
		o->jobs++;
	}
	o->met |= all;
}

static void
sweep_files(struct sweep *s)
{
	clean(s);
	delete_judged(s);
	make_room(s);
	note_jobs(s);
}

/* When it is due again, by itself. */
static void
set_time(struct sweep *s)
{
	struct keep_output *o = s->o;
	int64_t now = s->now_ms, at = INT64_MAX, next;

	next = retain_next(s->c.file, s->c.files, &o->limits, s->c.now);
	if (next != INT64_MAX) {
		next -= s->c.now;
		at = now + earlier(next * SECOND, LOOK_MS);
	}
	if (s->failed || o->lacks_room)
		at = earlier(at, now + AGAIN_MS);
	if (s->busy)
		at = earlier(at, now + o->pause);
	if (s->c.more)
		at = now;
	o->sweep_at = at;
	if (!s->failed && o->delete_fails)
		log_line(LOG_NOTICE, "output %s: files can be deleted again",
		    o->path);
	o->delete_fails = s->failed;
}

static int64_t
cpu_ms(void)
{
	struct timespec t;

	clock_gettime(CLOCK_THREAD_CPUTIME_ID, &t);
	return (int64_t)t.tv_sec * 1000 + t.tv_nsec / 1000000;
}

void
sweep_output(struct keep_output *o, struct sweep_tools *t)
{
	struct sweep s = { .o = o, .tools = t, .now_ms = clock_ms() };
	int64_t start = cpu_ms();
	struct err err;

	/* the syncer has a file for a moment; others may have it for long */
	o->pause = o->woken ? BUSY_MS : earlier(2 * o->pause, BUSY_MAX_MS);
	o->due = o->woken = false;
	keep_forget_jobs(o);
	keep_plan_find_places(t->plan);
	s.folder = sweep_open(o);
	if (s.folder == -1)
		(void)err_sys(&err, "%s", o->folder);
	if (s.folder == -1 ||
	    census_take(&s.c, t->plan, o, s.folder, t->now, &err) == -1) {
		sweep_say(o, &o->list_fails, "look for rotated files of",
		    o->path, err.text);
		o->sweep_at = s.now_ms + AGAIN_MS;
	} else {
		o->list_fails = false;
		sweep_files(&s);
		set_time(&s);
	}
	census_clear(&s.c);
	if (s.folder != -1)
		close(s.folder);
	o->not_before = clock_ms() + SHARE * (cpu_ms() - start) + 1;
}
