/* SPDX-License-Identifier: BSD-2-Clause */
#include "output/newest.h"

#include <sys/file.h>
#include <sys/stat.h>

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <stdbool.h>
#include <string.h>
#include <unistd.h>

#include "output/folder.h"

enum {
	LOOK = O_RDONLY | O_NOFOLLOW | O_NONBLOCK | O_NOCTTY | O_CLOEXEC,
	SWEEP_MAX = 200000 /* names: some tenths of a second */
};

/* Not a dup: that would share the position in the folder. */
static DIR *
open_folder(int at, const char *name)
{
	int fd = openat(at, name, LOOK | O_DIRECTORY);
	DIR *dir = fd == -1 ? NULL : fdopendir(fd);
	int saved = errno;

	if (dir == NULL && fd != -1)
		close(fd);
	errno = saved;
	return dir;
}

static bool
is_empty(const struct stat *st)
{
	return S_ISREG(st->st_mode) && st->st_size == 0 && st->st_nlink == 1;
}

/*
 * Whoever just reserves that name, or has given the file away, locks it or
 * does not get it: while the lock is ours the name cannot become that of a
 * file with text.
 */
static bool
remove_empty(int dirfd, const char *name)
{
	struct stat st;
	bool gone = false;
	int fd;

	if (fstatat(dirfd, name, &st, AT_SYMLINK_NOFOLLOW) == -1 ||
	    !is_empty(&st))
		return false;
	fd = openat(dirfd, name, LOOK);
	if (fd == -1)
		return false;
	if (flock(fd, LOCK_EX | LOCK_NB) == 0 && fstat(fd, &st) == 0 &&
	    is_empty(&st) && folder_is_at(dirfd, name, fd))
		gone = unlinkat(dirfd, name, 0) == 0;
	close(fd);
	return gone;
}

/* *newest: the one with the highest number. */
static int
find(int dirfd, const char *live, struct rotated *newest, time_t *stamp)
{
	struct rotated found;
	struct dirent *e;
	int saved;
	DIR *dir = open_folder(dirfd, ".");

	if (dir == NULL)
		return -1;
	*newest = (struct rotated){ 0 };
	*stamp = 0;
	/* the stream is ours alone */
	/* cppcheck-suppress readdirCalled */
	while (errno = 0, (e = readdir(dir)) != NULL) {
		if (!rotate_parse(e->d_name, live, &found))
			continue;
		if (*stamp < found.stamp)
			*stamp = found.stamp;
		if (newest->number < found.number ||
		    (newest->number == found.number &&
			newest->stamp < found.stamp))
			*newest = found;
	}
	saved = errno;
	closedir(dir);
	errno = saved;
	return saved == 0 ? 0 : -1;
}

int
newest_find(int dirfd, const char *live, struct rotated *r)
{
	char name[NAME_MAX + 1];
	struct rotated newest;
	time_t stamp;

	do
		if (find(dirfd, live, &newest, &stamp) == -1)
			return -1;
	while (newest.number > 0 && newest.packing == PACK_NONE &&
	    rotate_name(name, live, &newest) && remove_empty(dirfd, name));
	*r = (struct rotated){ .number = newest.number, .stamp = stamp };
	return 0;
}

/* The live name of what may be a rotated file. */
static bool
name_live(const char *entry, char live[NAME_MAX + 1])
{
	struct rotated r;
	size_t n = strlen(entry), dashes = 0;

	while (n > 0 && dashes < 2)
		dashes += entry[--n] == '-';
	if (n == 0 || n > NAME_MAX)
		return false;
	memcpy(live, entry, n);
	live[n] = '\0';
	return rotate_parse(entry, live, &r);
}

/* Only of a live file that is there: others may use such names, too. */
static void
look_at(int dirfd, const char *entry)
{
	char live[NAME_MAX + 1];
	struct rotated r;
	struct stat st;

	if (!name_live(entry, live) ||
	    fstatat(dirfd, entry, &st, AT_SYMLINK_NOFOLLOW) == -1 ||
	    !is_empty(&st) ||
	    fstatat(dirfd, live, &st, AT_SYMLINK_NOFOLLOW) == -1 ||
	    !S_ISREG(st.st_mode))
		return;
	(void)newest_find(dirfd, live, &r);
}

/* left: names that may be looked at yet. */
static void
sweep(DIR *dir, int depth, long *left)
{
	struct dirent *e;
	DIR *below;

	/* cppcheck-suppress readdirCalled */
	while (--*left >= 0 && (e = readdir(dir)) != NULL) {
		if (strcmp(e->d_name, ".") == 0 || strcmp(e->d_name, "..") == 0)
			continue;
		if (e->d_type != DT_DIR && e->d_type != DT_UNKNOWN) {
			look_at(dirfd(dir), e->d_name);
			continue;
		}
		if (depth == 0)
			continue;
		below = open_folder(dirfd(dir), e->d_name);
		if (below == NULL && errno == ENOTDIR)
			look_at(dirfd(dir), e->d_name);
		if (below == NULL)
			continue;
		sweep(below, depth - 1, left);
		closedir(below);
	}
}

void
newest_sweep(int base, int depth)
{
	long left = SWEEP_MAX;
	DIR *dir = open_folder(base, ".");

	if (dir == NULL)
		return;
	sweep(dir, depth, &left);
	closedir(dir);
}
