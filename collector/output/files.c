/* SPDX-License-Identifier: BSD-2-Clause */
#include "output/files.h"

#include <sys/statvfs.h>

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/clock.h"
#include "base/log.h"
#include "output/beneath.h"
#include "output/folder.h"
#include "output/newest.h"

static const struct slice other = { "_other", sizeof("_other") - 1 };

enum {
	SAY_AGAIN_MS = 60 * 1000,
	SYNC_EACH = 8 /* at the end: more at once are synced with all else */
};

/* The path of a file, for people and for the last component. Owned by the
 * caller; NULL: no memory. */
static char *
path_of(const struct files *fs, const char *name)
{
	const char *base = fs->home->set->base;
	const char *slash = strcmp(base, "/") == 0 ? "" : "/";
	char *path;

	return asprintf(&path, "%s%s%s", base, slash, name) == -1 ? NULL : path;
}

static int
open_base(const struct files *fs, struct err *err)
{
	char *path = path_of(fs, other.p);
	int fd;

	if (path == NULL)
		return err_sys(err, "output %s", fs->home->set->path);
	fd = folder_open(path, &fs->home->set->new, err);
	free(path);
	return fd;
}

/* What a crash left, in as many folders as the path can name: a field is one
 * component. */
static void
clean(const struct file_home *home)
{
	const char *p = strstr(home->set->path, "%{");
	int depth = 0;

	while (p != NULL && (p = strchr(p, '/')) != NULL) {
		depth++;
		p++;
	}
	newest_sweep(home->base, depth);
}

struct files *
files_new(struct file_home *home, struct err *err)
{
	struct files *fs = calloc(1, sizeof(*fs));

	if (fs == NULL || hash_key_make(&fs->key) == -1) {
		(void)err_sys(err, "output %s", home->set->path);
		free(fs);
		return NULL;
	}
	fs->home = home;
	fs->sync_at = fs->stray_at = 0;
	fs->names = names_new(err);
	fs->home->base = fs->names != NULL ? open_base(fs, err) : -1;
	if (fs->home->base != -1) {
		clean(home);
		return fs;
	}
	names_free(fs->names);
	free(fs);
	return NULL;
}

size_t
files_open(const struct files *fs)
{
	return fs->open.n;
}

static void
forget(struct files *fs, struct file *f)
{
	opened_remove(&fs->open, f);
	free(f->name);
	free(f);
}

void
files_leave(struct files *fs, struct file *f)
{
	file_leave(f);
	forget(fs, f);
}

void
files_leave_deleted(struct files *fs, struct file *f)
{
	f->dirty = f->failed = f->log.renamed = false;
	files_leave(fs, f);
}

/* Everything that is not on the disk yet. */
static void
sync_all(struct files *fs)
{
	struct file_home *home = fs->home;
	size_t dirty = 0;

	for (size_t i = 0; i < fs->open.n; i++)
		dirty += fs->open.place[i]->dirty;
	if (home->stray || dirty > SYNC_EACH) {
		sync_whole_now(home->tools->metrics, home->set->path,
		    fs->home->base, home->set->count);
		home->stray = false;
		return;
	}
	for (size_t i = 0; i < fs->open.n; i++)
		if (fs->open.place[i]->dirty || fs->open.place[i]->log.renamed)
			(void)file_sync(fs->open.place[i]);
}

void
files_free(struct files *fs)
{
	if (fs == NULL)
		return;
	for (size_t i = 0; i < fs->open.n; i++)
		file_untear(fs->open.place[i]);
	if (fs->home->set->sync != SYNC_NEVER)
		sync_all(fs);
	while (fs->open.n > 0) {
		file_close(fs->open.newest);
		forget(fs, fs->open.newest);
	}
	opened_clear(&fs->open);
	names_free(fs->names);
	close(fs->home->base);
	free(fs);
}

static bool
may_say(struct files *fs, enum files_cause cause)
{
	int64_t now = clock_ms();

	if (now < fs->say_at[cause])
		return false;
	fs->say_at[cause] = now + SAY_AGAIN_MS;
	return true;
}

static void
say_limit(struct files *fs, enum names_verdict verdict)
{
	const struct output_settings *s = fs->home->set;

	if (verdict == NAMES_TOO_MANY && may_say(fs, FILES_TOO_MANY))
		log_line(LOG_WARNING,
		    "output %s: more names of files today than max_files, "
		    "%lld; messages for others go to _other",
		    s->path, (long long)s->max_files);
	if (verdict == NAMES_TOO_FAST && may_say(fs, FILES_TOO_FAST))
		log_line(LOG_WARNING,
		    "output %s: more new names of files a minute from one "
		    "address than max_new_files, %lld; messages for others "
		    "go to _other",
		    s->path, (long long)s->max_new_files);
}

/* Makes it a string; false: it is none that may be opened. */
static bool
copy_name(struct files *fs, struct slice name)
{
	if (name.n > RUN_NAME_MAX || !beneath_is_safe(name))
		return false;
	memcpy(fs->name, name.p, name.n);
	fs->name[name.n] = '\0';
	return true;
}

void
files_choose(struct files *fs, struct batch *b)
{
	const struct output_settings *s = fs->home->set;
	struct names_limits limits = { .files = s->max_files,
		.new_files = s->max_new_files };
	int64_t now = clock_ms();
	time_t wall = time(NULL);

	for (size_t i = 0; i < b->names; i++) {
		struct batch_name *n = &b->name[i];
		enum names_verdict verdict;
		bool exists;

		if (names_know(fs->names, n->hash, wall))
			continue;
		exists = limits.new_files > 0 &&
		    !names_are_full(fs->names, &limits) &&
		    copy_name(fs, n->text) &&
		    beneath_has(fs->home->base, fs->name);
		verdict = names_admit(
		    fs->names, n->hash, n->peer, exists, &limits, now);
		n->other = verdict != NAMES_OK;
		if (n->other)
			say_limit(fs, verdict);
	}
}

void
files_find_base(struct files *fs)
{
	struct err err;
	int fd = open_base(fs, &err);

	if (fd == -1) {
		/* it is looked for at each try to write */
		if (may_say(fs, FILES_NO_BASE))
			log_line(LOG_ERR, "output %s: %s", fs->home->set->path,
			    err.text);
		return;
	}
	close(fs->home->base);
	fs->home->base = fd;
	fs->say_at[FILES_NO_BASE] = 0;
}

/* Leaves room for one more file. */
static void
make_room(struct files *fs, int64_t most)
{
	while (fs->open.n > 0 && fs->open.n >= (uint64_t)most)
		files_leave(fs, fs->open.oldest);
}

/* Opens what fs->name says. */
static int
open_named(struct files *fs, struct file *f, const char *path, struct err *err)
{
	const struct output_settings *s = fs->home->set;
	bool made = false;
	int dirfd, rc, saved;

	if (strchr(fs->name, '/') == NULL)
		return file_open_at(f, fs->home, fs->home->base, path, err);
	dirfd = beneath_open(fs->home->base, fs->name, &s->new, &made);
	fs->home->stray |= made && s->sync != SYNC_NEVER;
	if (dirfd == -1 && (errno == ENOTDIR || errno == ELOOP))
		return err_set(err,
		    "%s: a symbolic link, or no folder, is on the way", path);
	if (dirfd == -1)
		return err_sys(err, "%s: its folder", path);
	rc = file_open_at(f, fs->home, dirfd, path, err);
	saved = errno;
	close(dirfd);
	errno = saved;
	return rc;
}

/* The same; tries again when that is of use. */
static int
open_somehow(
    struct files *fs, struct file *f, const char *path, struct err *err)
{
	bool base_found = false;

	for (;;) {
		if (open_named(fs, f, path, err) == 0)
			return 0;
		if ((errno == EMFILE || errno == ENFILE) && fs->open.n > 0) {
			files_leave(fs, fs->open.oldest);
		} else if (errno == ENOENT && !base_found) {
			/* the folder itself was deleted */
			files_find_base(fs);
			base_found = true;
		} else {
			return -1;
		}
	}
}

/* The file called fs->name, which is not open. NULL: *err and errno. */
static struct file *
open_file(struct files *fs, uint64_t hash, struct err *err)
{
	char *path = path_of(fs, fs->name);
	struct file *f = malloc(sizeof(*f));
	char *name = strdup(fs->name);
	int saved;

	make_room(fs, fs->home->set->max_open_files);
	if (f == NULL || path == NULL || name == NULL) {
		(void)err_sys(err, "%s", fs->name);
		goto fail;
	}
	if (open_somehow(fs, f, path, err) == -1)
		goto fail;
	f->name = name;
	f->hash = hash;
	f->redo = file_home_lost(fs->home, hash);
	if (opened_add(&fs->open, f) == -1) {
		(void)err_sys(err, "%s", path);
		file_close(f);
		goto fail;
	}
	free(path);
	return f;

fail:
	saved = errno;
	free(path);
	free(name);
	free(f);
	errno = saved;
	return NULL;
}

static struct file *
get(struct files *fs, struct slice name, uint64_t hash, bool *torn,
    struct err *err)
{
	struct file *f = opened_find(&fs->open, name, hash);

	if (f != NULL && logfile_is_deleted(&f->log)) {
		*torn |= f->log.torn;
		files_leave_deleted(fs, f);
		f = NULL;
	}
	if (f == NULL && !copy_name(fs, name)) {
		errno = EINVAL;
		(void)err_set(err, "a name that leads elsewhere");
		return NULL;
	}
	if (f == NULL)
		f = open_file(fs, hash, err);
	else
		opened_use(&fs->open, f);
	/* what comes within one period is synced at once */
	if (f != NULL && !f->dirty && fs->home->set->sync > 0) {
		f->sync_at = clock_ms() + fs->home->set->sync;
		if (f->sync_at < fs->sync_at)
			fs->sync_at = f->sync_at;
	}
	return f;
}

static struct file *
find_other(const struct files *fs)
{
	return opened_find(&fs->open, other, hash_text(&fs->key, other));
}

void
files_lock_other(struct files *fs)
{
	struct file *f = fs->other_unlocked ? find_other(fs) : NULL;

	fs->other_unlocked = false;
	if (f != NULL &&
	    (!logfile_lock_again(&f->log) ||
		!beneath_is_at(fs->home->base, f->name, f->log.fd)))
		files_leave(fs, f);
}

/*
 * Several outputs may have the same folder, and then one file for all others:
 * it is locked only while somebody writes to it.
 */
void
files_rest(struct files *fs)
{
	struct file *f = fs->other_unlocked ? NULL : find_other(fs);

	if (f == NULL || f->log.torn)
		return;
	logfile_unlock(&f->log);
	fs->other_unlocked = true;
}

/*
 * Is it this file alone that cannot be had? What the whole disk lacks makes
 * the output wait; one that ran out of inodes can still take lines in a file
 * that exists.
 */
static bool
is_odd(const struct files *fs, int error)
{
	struct statvfs vfs;

	switch (error) {
	case ENOSPC:
		return fstatvfs(fs->home->base, &vfs) == 0 && vfs.f_files > 0 &&
		    vfs.f_favail == 0;
	case EDQUOT:
	case EROFS:
	case EIO:
	case EMFILE:
	case ENFILE:
	case ENOMEM:
		return false;
	default:
		return true;
	}
}

struct file *
files_get(struct files *fs, struct group *g, bool *torn, struct err *err)
{
	bool was_other = g->other;
	struct file *f;

	*torn = false;
	if (!g->other) {
		f = get(fs, g->name, g->hash, torn, err);
		if (f != NULL || !is_odd(fs, errno))
			return f;
		g->other = true;
		if (may_say(fs, FILES_ODD))
			log_line(LOG_WARNING,
			    "output %s: %s; its messages go to _other",
			    fs->home->set->path, err->text);
	}
	files_lock_other(fs);
	f = get(fs, other, hash_text(&fs->key, other), torn, err);
	/* Nothing can be had now, so it is not the name that is odd: it is
	 * tried again. But the last inode is for what all can use. */
	if (f == NULL && errno != ENOSPC)
		g->other = was_other;
	return f;
}

struct file *
files_find(const struct files *fs, const struct group *g)
{
	return g->other ? find_other(fs)
			: opened_find(&fs->open, g->name, g->hash);
}

void
files_put_first(const struct files *fs, struct batch *b)
{
	size_t first = 0;

	for (size_t i = 0; i < b->groups && first < fs->open.n; i++) {
		struct group g = b->group[i];

		if (files_find(fs, &g) == NULL)
			continue;
		b->group[i] = b->group[first];
		b->group[first++] = g;
	}
}

void
files_renew(struct files *fs)
{
	const struct output_settings *s = fs->home->set;

	make_room(fs, s->max_open_files + 1);
	for (size_t i = 0; i < fs->open.n; i++)
		file_renew(fs->open.place[i]);
	fs->sync_at = fs->stray_at = 0;
}
