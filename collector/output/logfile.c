/* SPDX-License-Identifier: BSD-2-Clause */
/* logfile.c - one log file: opened, repaired, appended to, rotated */
#include "output/logfile.h"

#include <sys/file.h>
#include <sys/stat.h>

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/os.h"
#include "output/folder.h"
#include "output/newest.h"
#include "output/repair.h"
#include "output/rotate.h"

enum { TRIES = 100 /* of things that another process can upset */ };

static int
lock(int fd, const char *path, struct err *err)
{
	int status;

	do
		status = flock(fd, LOCK_EX | LOCK_NB);
	while (status == -1 && errno == EINTR);
	if (status == 0)
		return 0;
	if (errno == EWOULDBLOCK)
		return err_set(err,
		    "%s: another process is writing this file (locked); give "
		    "this collector its own file",
		    path);
	return err_sys(err, "%s: lock", path);
}

/*
 * What we have opened can be rotated away by another collector, and its lock
 * given up, before we ask for the lock. Only a locked file that still bears
 * its name is ours.
 */
static int
open_live(struct logfile *f, struct err *err)
{
	bool made = false;
	struct stat st;

	for (int i = 0; i < TRIES; i++) {
		f->fd = folder_open_file(
		    f->dirfd, f->path, &f->new, &made, &st, err);
		if (f->fd == -1)
			return -1;
		if (lock(f->fd, f->path, err) == -1)
			return -1;
		if (folder_still_has(f->dirfd, f->name, &st)) {
			f->renamed = f->renamed || made;
			f->size = (uint64_t)st.st_size;
			f->written = st.st_mtime;
			return 0;
		}
		close(f->fd);
		f->fd = -1;
	}
	errno = EAGAIN;
	return err_set(err, "%s: comes and goes all the time", f->path);
}

/* Finds the highest number and the newest stamp in the folder. */
static int
scan_folder(struct logfile *f, struct err *err)
{
	struct rotated last;

	if (newest_find(f->dirfd, f->name, &last) == -1)
		return err_sys(err, "%s: list its folder", f->path);
	if (f->rotation <= last.number)
		f->rotation = last.number + 1;
	if (f->stamp < last.stamp)
		f->stamp = last.stamp;
	f->looked = true;
	return 0;
}

/* f->dirfd is open; the rest follows. On failure f still wants closing. */
static int
take_live(struct logfile *f, uint64_t *repaired, struct err *err)
{
	if (open_live(f, err) == -1)
		return -1;
	if (repair_tail(f, repaired, err) == -1)
		return -1;
	f->whole = f->size;
	return 0;
}

int
logfile_take(struct logfile *f, int dirfd, uint64_t *repaired, struct err *err)
{
	struct logfile next = *f;
	int saved;

	next.dirfd = dirfd;
	next.fd = -1;
	next.changed = next.torn = next.looked = false;
	if (take_live(&next, repaired, err) == 0) {
		*f = next;
		return 0;
	}
	saved = errno;
	if (next.fd != -1)
		close(next.fd);
	close(dirfd);
	errno = saved;
	return -1;
}

/* Opens in f->dirfd, which is borrowed, or opened here and stays; closes all
 * that it opened after an error. */
static int
open_in(
    struct logfile *f, const char *path, uint64_t *repaired, struct err *err)
{
	bool borrowed = f->dirfd != -1;
	uint64_t moved = 0;

	f->path = strdup(path);
	if (f->path == NULL) {
		(void)err_sys(err, "%s", path);
		goto fail;
	}
	f->name = folder_base(f->path);
	if (f->dirfd == -1)
		f->dirfd = folder_open(f->path, &f->new, err);
	if (f->dirfd == -1 || take_live(f, &moved, err) == -1)
		goto fail;
	*repaired = moved;
	if (borrowed)
		f->dirfd = -1;
	return 0;

fail:
	if (borrowed)
		f->dirfd = -1;
	logfile_close(f);
	return -1;
}

int
logfile_open(struct logfile *f, const char *path, const struct folder_new *new,
    uint64_t *repaired, struct err *err)
{
	struct err ignored;

	*f = (struct logfile){
		.dirfd = -1, .fd = -1, .new = *new, .rotation = 1
	};
	if (open_in(f, path, repaired, err) == -1)
		return -1;
	/* Also removes what a crash left. If it fails, so will a rotation,
	 * which says so. One of many files looks not before it is rotated: a
	 * folder may hold thousands, each opened more often than rotated. */
	(void)scan_folder(f, &ignored);
	/* Here nobody waits yet. If it fails, f->renamed stays to remind. */
	if (f->renamed && os_fsync(f->dirfd) == 0)
		f->renamed = false;
	return 0;
}

int
logfile_open_at(struct logfile *f, int dirfd, const char *path,
    const struct folder_new *new, uint64_t *repaired, struct err *err)
{
	*f = (struct logfile){
		.dirfd = dirfd, .fd = -1, .new = *new, .rotation = 1
	};
	f->new.alone = true;
	return open_in(f, path, repaired, err);
}

void
logfile_close(struct logfile *f)
{
	int saved = errno;

	if (f->fd != -1)
		close(f->fd);
	if (f->dirfd != -1)
		close(f->dirfd);
	free(f->path);
	*f = (struct logfile){ .dirfd = -1, .fd = -1 };
	errno = saved;
}

/* Keeps the books: n bytes from p are in the file now. */
static void
count_written(struct logfile *f, const char *p, size_t n)
{
	const char *lf = memrchr(p, '\n', n);

	f->size += n;
	if (lf != NULL)
		f->whole = f->size - (size_t)(p + n - 1 - lf);
	f->torn = f->whole != f->size;
	f->changed = true;
}

int
logfile_append(struct logfile *f, struct slice *s, struct err *err)
{
	while (s->n > 0) {
		ssize_t n = os_write(f->fd, s->p, s->n);

		if (n == -1)
			return err_sys(err, "%s: write", f->path);
		count_written(f, s->p, (size_t)n);
		slice_skip(s, (size_t)n);
	}
	return 0;
}

int
logfile_untear(struct logfile *f, uint64_t *cut, struct err *err)
{
	struct stat st;

	if (!f->torn) {
		*cut = 0;
		return 0;
	}
	if (fstat(f->fd, &st) == -1)
		return err_sys(err, "%s", f->path);
	/* Where another wrote or cut, our offsets say nothing any more. */
	if (st.st_nlink > 0 && (uint64_t)st.st_size != f->size)
		return err_set(err,
		    "%s: another process changes this file; its last line "
		    "stays unfinished",
		    f->path);
	if (ftruncate(f->fd, (off_t)f->whole) == -1 && st.st_nlink > 0)
		return err_sys(
		    err, "%s: take an unfinished line back", f->path);
	*cut = f->size - f->whole;
	f->size = f->whole;
	f->torn = false;
	f->changed = true;
	return 0;
}

/*
 * Makes the next live file, locked, under the name that the present one is to
 * get. That reserves the name, and everything that can fail for want of room,
 * rights or descriptors fails here, where nothing has happened yet.
 */
static int
make_next(struct logfile *f, time_t now, char *rotated, struct rotated *r,
    struct err *err)
{
	int fd = -1;

	if (!f->looked && scan_folder(f, err) == -1)
		return -1;
	for (int i = 0; fd == -1; i++) {
		*r = (struct rotated){ .number = f->rotation,
			.stamp = now > f->stamp ? now : f->stamp };
		if (!rotate_name(rotated, f->name, r))
			return err_set(
			    err, "%s: name too long to rotate", f->path);
		fd = folder_make_file(f->dirfd, rotated, &f->new);
		if (fd != -1)
			break;
		if (errno != EEXIST || i == TRIES)
			return err_sys(
			    err, "%s: rotate: make %s", f->path, rotated);
		/* Taken: someone moved files here since we looked. */
		if (scan_folder(f, err) == -1)
			return -1;
	}
	if (lock(fd, f->path, err) == -1) {
		(void)unlinkat(f->dirfd, rotated, 0);
		close(fd);
		return -1;
	}
	return fd;
}

/*
 * For file systems that cannot exchange two names: the reserved file is
 * replaced by the live one, and there is no live file for a moment. *next is
 * closed and becomes the new one.
 */
static int
rename_in_steps(
    struct logfile *f, int *next, const char *rotated, struct err *err)
{
	if (os_rename(f->dirfd, f->name, rotated) == -1)
		return err_sys(
		    err, "%s: rotate: rename to %s", f->path, rotated);
	close(*next);
	*next = folder_make_file(f->dirfd, f->name, &f->new);
	if (*next == -1)
		(void)err_sys(err, "%s: rotate: make a new file", f->path);
	else if (lock(*next, f->path, err) == 0)
		return 0;

	if (os_rename(f->dirfd, rotated, f->name) == -1)
		(void)err_sys(
		    err, "%s: now called %s: rename it back", f->path, rotated);
	return -1;
}

int
logfile_rotate(
    struct logfile *f, time_t now, int *old, char *rotated, struct err *err)
{
	struct rotated r;
	struct stat st;
	int fd;

	*old = -1;
	rotated[0] = '\0';
	if (f->torn)
		return err_set(
		    err, "%s: rotate: its last line is unfinished", f->path);
	if (!folder_is_at(f->dirfd, f->name, f->fd))
		return err_set(err,
		    "%s: rotate: the file was moved away or deleted and has "
		    "to be opened again first (SIGHUP)",
		    f->path);
	if (fstat(f->fd, &st) == -1)
		return err_sys(err, "%s: rotate", f->path);
	if (st.st_size == 0) {
		f->size = f->whole = 0;
		return 0;
	}

	fd = make_next(f, now, rotated, &r, err);
	if (fd == -1)
		goto fail;
	if (os_exchange(f->dirfd, f->name, rotated) == -1) {
		if (errno != EINVAL && errno != ENOSYS) {
			(void)err_sys(
			    err, "%s: rotate: rename to %s", f->path, rotated);
			goto fail_made;
		}
		if (rename_in_steps(f, &fd, rotated, err) == -1)
			goto fail_made;
	}
	*old = f->fd;
	f->fd = fd;
	f->size = f->whole = 0;
	f->rotation = r.number + 1;
	f->stamp = r.stamp;
	f->changed = false;
	f->renamed = true;
	return 0;

fail_made:
	if (fd != -1 && folder_is_at(f->dirfd, rotated, fd))
		(void)unlinkat(f->dirfd, rotated, 0);
	if (fd != -1)
		close(fd);
fail:
	rotated[0] = '\0';
	return -1;
}

int
logfile_discard(struct logfile *f, time_t now, int *old, struct err *err)
{
	char name[NAME_MAX + 1];
	struct rotated r;
	int fd;

	*old = -1;
	if (!folder_is_at(f->dirfd, f->name, f->fd))
		return err_set(err,
		    "%s: the file was moved away or deleted and has to be "
		    "opened again first (SIGHUP)",
		    f->path);
	fd = make_next(f, now, name, &r, err);
	if (fd == -1)
		return -1;
	if (os_rename(f->dirfd, name, f->name) == -1) {
		(void)err_sys(err, "%s: rename %s to it", f->path, name);
		(void)unlinkat(f->dirfd, name, 0);
		close(fd);
		return -1;
	}
	*old = f->fd;
	f->fd = fd;
	f->size = f->whole = 0;
	f->torn = f->changed = false;
	f->renamed = true;
	return 0;
}

int
logfile_reopen(struct logfile *f, int *old, struct err *err)
{
	struct logfile next = *f;
	uint64_t moved = 0;

	*old = -1;
	if (f->torn && !logfile_is_deleted(f))
		return err_set(
		    err, "%s: reopen: its last line is unfinished", f->path);
	next.fd = -1;
	next.dirfd = folder_open(f->path, &f->new, err);
	if (next.dirfd == -1)
		return -1;
	if (folder_is_at(next.dirfd, f->name, f->fd)) {
		close(next.dirfd);
		return 0;
	}
	if (logfile_take(&next, next.dirfd, &moved, err) == -1)
		return -1;
	close(f->dirfd);
	*old = f->fd;
	*f = next;
	return 0;
}

bool
logfile_is_deleted(const struct logfile *f)
{
	struct stat st;

	return f->fd != -1 && fstat(f->fd, &st) == 0 && st.st_nlink == 0;
}

void
logfile_unlock(struct logfile *f)
{
	(void)flock(f->fd, LOCK_UN);
}

bool
logfile_lock_again(struct logfile *f)
{
	struct stat st;
	struct err err;

	if (lock(f->fd, f->path, &err) == -1 || fstat(f->fd, &st) == -1)
		return false;
	/* whoever had the lock in between wrote whole lines */
	f->size = f->whole = (uint64_t)st.st_size;
	return true;
}
