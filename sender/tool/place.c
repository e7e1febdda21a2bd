/* SPDX-License-Identifier: BSD-2-Clause */
#include "tool/place.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <libgen.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <unistd.h>

#include "tool/cert.h"
#include "tool/sweep.h"

/* Where the files are until they are complete. */
struct stage {
	char path[CERT_PATH];
	int fd;
	int to;     /* the folder itself; -1: the stage becomes it */
	int parent; /* in which the stage is */
};

static int
write_all(int fd, const struct place_file *f)
{
	for (size_t done = 0; done < f->n;) {
		ssize_t n = write(fd, f->text + done, f->n - done);

		if (n < 0 && errno != EINTR)
			return -1;
		if (n > 0)
			done += (size_t)n;
	}
	/* everybody may have a certificate, whatever the umask */
	if (!f->secret && fchmod(fd, 0644) != 0)
		return -1;
	return fsync(fd);
}

static int
write_file(const struct stage *s, const struct place_file *f, struct err *err)
{
	int fd = openat(s->fd, f->name,
	    O_WRONLY | O_CREAT | O_EXCL | O_NOFOLLOW | O_CLOEXEC, 0600);
	int status;

	if (fd < 0)
		return err_sys(err, "%s/%s", s->path, f->name);
	status = write_all(fd, f);
	if (close(fd) != 0 || status != 0)
		return err_sys(err, "%s/%s: cannot write", s->path, f->name);
	return 0;
}

/* The folders above the last name of the path. */
static int
make_parents(const char *dir, struct err *err)
{
	char path[CERT_PATH];

	(void)snprintf(path, sizeof(path), "%s", dir);
	for (char *p = path + 1; *p != '\0'; p++) {
		if (*p != '/' || p[1] == '\0' || p[1] == '/')
			continue;
		*p = '\0';
		if (mkdir(path, 0755) != 0 && errno != EEXIST)
			return err_sys(
			    err, "%s: cannot make this folder", path);
		*p = '/';
	}
	return 0;
}

/*
 * An empty folder that another may take the place of: not where somebody
 * stands, and neither a link nor the root of a file system.
 */
static bool
is_replaceable(const char *dir, int fd)
{
	char copy[CERT_PATH];
	struct stat here;
	struct stat above;
	struct stat name;
	struct stat st;

	(void)snprintf(copy, sizeof(copy), "%s", dir);
	return fstat(fd, &st) == 0 && lstat(dir, &name) == 0 &&
	    stat(dirname(copy), &above) == 0 && stat(".", &here) == 0 &&
	    S_ISDIR(name.st_mode) && st.st_dev == above.st_dev &&
	    st.st_ino != above.st_ino &&
	    (st.st_dev != here.st_dev || st.st_ino != here.st_ino);
}

static bool
is_empty(int fd)
{
	int copy = openat(fd, ".", O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	DIR *dir = copy >= 0 ? fdopendir(copy) : NULL;
	struct dirent *entry;
	bool empty = dir != NULL;

	if (dir == NULL && copy >= 0)
		close(copy);
	/* cppcheck-suppress readdirCalled */
	while (empty && (entry = readdir(dir)) != NULL)
		empty = strcmp(entry->d_name, ".") == 0 ||
		    strcmp(entry->d_name, "..") == 0;
	if (dir != NULL)
		closedir(dir);
	return empty;
}

/* A folder for the time being, which nobody else may enter. */
static int
make_stage(struct stage *s, const char *in, struct err *err)
{
	int n = snprintf(
	    s->path, sizeof(s->path), "%s/" SWEEP_PREFIX "XXXXXX", in);

	if (n < 0 || (size_t)n >= sizeof(s->path))
		return err_set(err, "%.100s...: the path is too long", in);
	s->parent = open(in, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	if (s->parent < 0)
		return err_sys(err, "%s", in);
	sweep_stages(s->parent);
	if (mkdtemp(s->path) != NULL) {
		s->fd = open(s->path, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
		if (s->fd >= 0) {
			/* held until the end; where there are no locks, it
			 * is new for long enough */
			(void)flock(s->fd, LOCK_EX | LOCK_NB);
			return 0;
		}
		(void)rmdir(s->path);
	}
	(void)err_sys(err, "%s: cannot make a folder in it", in);
	close(s->parent);
	s->parent = -1;
	return -1;
}

/* What an empty folder has got, the stage that takes its place has too. */
static int
look_like(int fd, int other)
{
	struct stat st;

	if (fstat(other, &st) != 0)
		return -1;
	if ((st.st_uid != geteuid() || st.st_gid != getegid()) &&
	    fchown(fd, st.st_uid, st.st_gid) != 0)
		return -1;
	return fchmod(fd, st.st_mode & 07777);
}

/*
 * Decides between the two ways: the stage is beside the folder and becomes
 * it, or it is inside.
 */
static int
open_stage(struct stage *s, const char *dir, unsigned int mode, struct err *err)
{
	char copy[CERT_PATH];
	bool whole;

	*s = (struct stage){ .fd = -1, .to = -1, .parent = -1 };
	if (make_parents(dir, err) != 0)
		return -1;
	s->to = open(dir, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	if (s->to < 0 && errno != ENOENT)
		return err_sys(err, "%s", dir);
	whole = s->to < 0 || (is_empty(s->to) && is_replaceable(dir, s->to));
	(void)snprintf(copy, sizeof(copy), "%s", dir);
	if (whole && make_stage(s, dirname(copy), err) == 0) {
		if (s->to < 0 && fchmod(s->fd, mode) == 0)
			return 0;
		if (s->to < 0)
			return err_sys(err, "%s: cannot set its mode", s->path);
		if (look_like(s->fd, s->to) == 0) {
			close(s->to);
			s->to = -1;
			return 0;
		}
		/* not ours to make anew: then one by one */
		(void)rmdir(s->path);
		close(s->fd);
		close(s->parent);
	}
	return s->to >= 0 ? make_stage(s, dir, err) : -1;
}

static void
close_stage(struct stage *s, const struct place_file *files, size_t count)
{
	if (s->fd >= 0) {
		for (size_t i = 0; i < count; i++)
			(void)unlinkat(s->fd, files[i].name, 0);
		(void)rmdir(s->path);
		close(s->fd);
	}
	if (s->to >= 0)
		close(s->to);
	if (s->parent >= 0)
		close(s->parent);
}

/* Moves one file into the folder, unless the name is taken. */
static int
move_new(const struct stage *s, const char *name)
{
	if (renameat2(s->fd, name, s->to, name, RENAME_NOREPLACE) == 0)
		return 0;
	if (errno != EINVAL && errno != ENOSYS)
		return -1;
	/* a file system that cannot do this can do that */
	if (linkat(s->fd, name, s->to, name, 0) != 0)
		return -1;
	return unlinkat(s->fd, name, 0);
}

static int
move_files(const struct stage *s, const char *dir,
    const struct place_file *files, size_t count, enum place_how how,
    struct err *err)
{
	for (size_t i = 0; i < count; i++) {
		const char *name = files[i].name;
		int moved = how == PLACE_NEW
		    ? move_new(s, name)
		    : renameat(s->fd, name, s->to, name);

		if (moved == 0)
			continue;
		(void)err_sys(err, "%s/%s", dir, name);
		/* what was moved to a free name is ours */
		while (how == PLACE_NEW && i > 0)
			(void)unlinkat(s->to, files[--i].name, 0);
		return -1;
	}
	if (fsync(s->to) != 0)
		return err_sys(err, "%s: cannot sync", dir);
	return 0;
}

static int
finish(struct stage *s, const char *dir, const struct place_file *files,
    size_t count, enum place_how how, struct err *err)
{
	if (fsync(s->fd) != 0)
		return err_sys(err, "%s: cannot sync", s->path);
	if (s->to >= 0)
		return move_files(s, dir, files, count, how, err);
	if (rename(s->path, dir) != 0)
		return err_sys(err, "%s", dir);
	/* it has another name now: nothing to take away */
	close(s->fd);
	s->fd = -1;
	if (fsync(s->parent) != 0)
		return err_sys(err, "%s: cannot sync the folder it is in", dir);
	return 0;
}

/* Without slashes at the end, which would lead through a link. */
static int
copy_path(char out[CERT_PATH], const char *dir, struct err *err)
{
	size_t n = strlen(dir);

	while (n > 1 && dir[n - 1] == '/')
		n--;
	if (n == 0 || n >= CERT_PATH)
		return err_set(err, "\"%.100s\" is no path of a folder", dir);
	memcpy(out, dir, n);
	out[n] = '\0';
	return 0;
}

static int
place(const char *dir, unsigned int dir_mode, const struct place_file *files,
    size_t count, enum place_how how, struct err *err)
{
	struct stage s;
	int status = open_stage(&s, dir, dir_mode, err);

	for (size_t i = 0; status == 0 && i < count; i++)
		status = write_file(&s, &files[i], err);
	if (status == 0)
		status = finish(&s, dir, files, count, how, err);
	close_stage(&s, files, count);
	return status;
}

int
place_files(const char *dir, unsigned int dir_mode,
    const struct place_file *files, size_t count, enum place_how how,
    struct err *err)
{
	char path[CERT_PATH];
	sigset_t ends;
	sigset_t before;
	int status;

	if (copy_path(path, dir, err) != 0)
		return -1;
	/* Ctrl-C comes before or after this, which does not take long */
	sigemptyset(&ends);
	sigaddset(&ends, SIGINT);
	sigaddset(&ends, SIGTERM);
	sigaddset(&ends, SIGHUP);
	(void)sigprocmask(SIG_BLOCK, &ends, &before);
	status = place(path, dir_mode, files, count, how, err);
	(void)sigprocmask(SIG_SETMASK, &before, NULL);
	return status;
}

bool
place_has(const char *dir, const char *name)
{
	char path[CERT_PATH];
	struct stat st;
	int n = snprintf(path, sizeof(path), "%s/%s", dir, name);

	return n > 0 && n < CERT_PATH && lstat(path, &st) == 0;
}
