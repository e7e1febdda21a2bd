/* SPDX-License-Identifier: BSD-2-Clause */
/* folder.c - folders and files of logs: opened safely, exact modes */
#include "output/folder.h"

#include <sys/file.h>
#include <sys/stat.h>

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "base/os.h"

enum {
	MODE_BITS = 07777,
	FLAGS = O_RDWR | O_APPEND | O_CLOEXEC | O_NOFOLLOW | O_NOCTTY,
	TRIES = 100 /* of opening a file that comes and goes */
};

const char *
folder_base(const char *path)
{
	const char *slash = strrchr(path, '/');

	return slash == NULL ? path : slash + 1;
}

/* Gives what was just made, open as fd, to whom it shall belong. */
static int
give(int fd, const struct folder_new *new)
{
	if (!new->has_user && !new->has_group)
		return 0;
	return fchownat(fd, "", new->has_user ? new->user : (uid_t)-1,
	    new->has_group ? new->group : (gid_t)-1, AT_EMPTY_PATH);
}

/*
 * A set-group-ID bit that came from the parent stays: it is how an operator
 * hands a group down. The folder is not opened for reading, because under a
 * umask of 0777 only root could, and its name may be another's by now: only
 * what is surely a folder gets a mode.
 */
static int
make_exact(int parent, const char *name, const struct folder_new *new)
{
	char self[sizeof("/proc/self/fd/") + 3 * sizeof(int)];
	struct stat st;
	mode_t want;
	int fd, saved, status;

	fd = openat(
	    parent, name, O_PATH | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);
	if (fd == -1)
		return -1;
	status = fstat(fd, &st);
	if (status == 0 && (new->has_user || new->has_group) &&
	    st.st_uid != geteuid()) {
		errno = EPERM; /* not the one that we made */
		status = -1;
	}
	if (status == 0)
		status = give(fd, new);
	want = (new->dir_mode | (st.st_mode & S_ISGID)) & MODE_BITS;
	if (status == 0 && (st.st_mode & MODE_BITS) != want) {
		(void)snprintf(self, sizeof(self), "/proc/self/fd/%d", fd);
		status = chmod(self, want);
	}
	saved = errno;
	close(fd);
	errno = saved;
	return status;
}

int
folder_make(int parent, const char *name, const struct folder_new *new)
{
	int saved;

	if (mkdirat(parent, name, new->dir_mode) == -1)
		return -1;
	if (make_exact(parent, name, new) == 0)
		return 0;
	saved = errno;
	(void)unlinkat(parent, name, AT_REMOVEDIR); /* the next try makes it */
	errno = saved;
	return -1;
}

/* Its name must outlive a power cut; one in what we may not read, may not. */
static void
sync_folder(int at)
{
	int fd = openat(at, ".", O_RDONLY | O_DIRECTORY | O_CLOEXEC);

	if (fd == -1)
		return;
	(void)os_fsync(fd);
	close(fd);
}

/* One step down: from is closed. */
static int
step(int from, const char *name, const struct folder_new *new)
{
	int fd, saved;

	fd = openat(from, name, O_PATH | O_DIRECTORY | O_CLOEXEC);
	if (fd == -1 && errno == ENOENT) {
		if (folder_make(from, name, new) == 0)
			sync_folder(from);
		else if (errno != EEXIST)
			goto out;
		fd = openat(from, name, O_PATH | O_DIRECTORY | O_CLOEXEC);
	}
out:
	saved = errno;
	close(from);
	errno = saved;
	return fd;
}

/* errno at a path, or at what of it. Whoever may not is told who that is: in a
 * container, or a service, it is seldom the one that was thought of. */
static int
refuse(struct err *err, const char *path, const char *what)
{
	if (errno != EACCES)
		return err_sys(err, "%s%s", path, what);
	return err_sys(err,
	    "%s%s: this runs as user %u, group %u, who must be able to write "
	    "there",
	    path, what, (unsigned)geteuid(), (unsigned)getegid());
}

int
folder_open(const char *path, const struct folder_new *new, struct err *err)
{
	const char *base = folder_base(path), *p = path, *end;
	char name[NAME_MAX + 1];
	int at, fd;

	at = open(*path == '/' ? "/" : ".", O_PATH | O_DIRECTORY | O_CLOEXEC);
	for (; at != -1; p = end) {
		p += strspn(p, "/");
		if (p >= base)
			break;
		end = strchrnul(p, '/');
		if ((size_t)(end - p) > NAME_MAX) {
			close(at);
			errno = ENAMETOOLONG;
			at = -1;
			break;
		}
		memcpy(name, p, (size_t)(end - p));
		name[end - p] = '\0';
		at = step(at, name, new);
	}
	if (at == -1)
		return refuse(err, path, ": its folder");

	fd = openat(at, ".", O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	if (fd == -1)
		(void)refuse(err, path, ": its folder");
	close(at);
	return fd;
}

static const char *
kind_of(mode_t mode)
{
	switch (mode & S_IFMT) {
	case S_IFDIR:
		return "a folder";
	case S_IFLNK:
		return "a symbolic link";
	case S_IFIFO:
		return "a named pipe";
	case S_IFSOCK:
		return "a socket";
	case S_IFCHR:
	case S_IFBLK:
		return "a device";
	default:
		return "something else";
	}
}

static int
make_file(
    int dirfd, const char *name, const struct folder_new *new, struct stat *st)
{
	int fd, saved;

	fd = openat(dirfd, name, FLAGS | O_CREAT | O_EXCL, new->mode);
	if (fd == -1)
		return -1;
	/* first: it may take bits of the mode away */
	if (give(fd, new) == -1 || fstat(fd, st) == -1)
		goto fail;
	if (((st->st_mode ^ new->mode) & MODE_BITS) != 0 &&
	    fchmod(fd, new->mode &MODE_BITS) == -1)
		goto fail;
	return fd;

fail:
	saved = errno;
	(void)unlinkat(dirfd, name, 0);
	close(fd);
	errno = saved;
	return -1;
}

int
folder_make_file(int dirfd, const char *name, const struct folder_new *new)
{
	struct stat st;

	return make_file(dirfd, name, new, &st);
}

/* -1: errno, and ENOENT when there is none. */
static int
open_existing(
    int dirfd, const char *path, bool alone, struct stat *st, struct err *err)
{
	const char *name = folder_base(path);
	int fd;

	/* Opening a device can already do something: look first. */
	if (fstatat(dirfd, name, st, AT_SYMLINK_NOFOLLOW) == -1)
		return refuse(err, path, "");
	if (!S_ISREG(st->st_mode)) {
		errno = EINVAL;
		return err_set(err, "%s: is %s, not a regular file", path,
		    kind_of(st->st_mode));
	}
	/* O_NONBLOCK: it may have become a pipe; to a file it is nothing. */
	fd = openat(dirfd, name, FLAGS | O_NONBLOCK);
	if (fd == -1)
		return refuse(err, path, "");
	if (fstat(fd, st) == 0 && S_ISREG(st->st_mode) &&
	    (!alone || st->st_nlink <= 1))
		return fd;
	close(fd);
	errno = EINVAL;
	if (S_ISREG(st->st_mode))
		return err_set(err,
		    "%s: has another name, too (a hard link); one of them may "
		    "not be a log",
		    path);
	return err_set(err, "%s: is no regular file", path);
}

int
folder_open_file(int dirfd, const char *path, const struct folder_new *new,
    bool *made, struct stat *st, struct err *err)
{
	const char *name = folder_base(path);

	if (*name == '\0') {
		errno = EINVAL;
		return err_set(err, "%s: names a folder, not a file", path);
	}
	for (int i = 0; i < TRIES; i++) {
		int fd = open_existing(dirfd, path, new->alone, st, err);

		*made = false;
		if (fd != -1 || errno != ENOENT)
			return fd;
		*made = true;
		fd = make_file(dirfd, name, new, st);
		if (fd != -1 || errno != EEXIST)
			return fd != -1 ? fd : refuse(err, path, "");
	}
	errno = EAGAIN;
	return err_set(err, "%s: comes and goes all the time", path);
}

bool
folder_still_has(int dirfd, const char *name, struct stat *st)
{
	const struct stat was = *st;

	return fstatat(dirfd, name, st, AT_SYMLINK_NOFOLLOW) == 0 &&
	    st->st_dev == was.st_dev && st->st_ino == was.st_ino;
}

bool
folder_is_at(int dirfd, const char *name, int fd)
{
	struct stat st;

	return fstat(fd, &st) == 0 && folder_still_has(dirfd, name, &st);
}

int
folder_claim(int dirfd, const char *name, struct stat *st)
{
	int saved, fd;

	/* O_NONBLOCK: it may have become a pipe; to a file it is nothing */
	fd = openat(dirfd, name,
	    O_RDONLY | O_NOFOLLOW | O_NONBLOCK | O_NOCTTY | O_CLOEXEC);
	if (fd == -1)
		return -1;
	if (fstat(fd, st) == -1)
		goto fail;
	if (!S_ISREG(st->st_mode)) {
		errno = EINVAL;
		goto fail;
	}
	while (flock(fd, LOCK_EX | LOCK_NB) == -1)
		if (errno != EINTR)
			goto fail;
	if (folder_is_at(dirfd, name, fd) && fstat(fd, st) == 0)
		return fd;
	errno = ENOENT;

fail:
	saved = errno;
	close(fd);
	errno = saved;
	return -1;
}
