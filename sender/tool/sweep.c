/* SPDX-License-Identifier: BSD-2-Clause */
#include "tool/sweep.h"

#include <dirent.h>
#include <fcntl.h>
#include <stdbool.h>
#include <string.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

enum { AGE_MIN = 60, RANDOM_LENGTH = 6 };

static bool
is_stage(const char *name)
{
	size_t n = sizeof(SWEEP_PREFIX) - 1;

	return strncmp(name, SWEEP_PREFIX, n) == 0 &&
	    strlen(name) == n + RANDOM_LENGTH;
}

/* The folder's entries; owns nothing of fd. */
static DIR *
list(int fd)
{
	int copy = openat(fd, ".", O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	DIR *dir = copy >= 0 ? fdopendir(copy) : NULL;

	if (dir == NULL && copy >= 0)
		close(copy);
	return dir;
}

static bool
is_left_over(int fd)
{
	struct stat st;

	return fstat(fd, &st) == 0 && st.st_uid == geteuid() &&
	    time(NULL) - st.st_mtime > AGE_MIN &&
	    flock(fd, LOCK_EX | LOCK_NB) == 0;
}

/* There are files in it, no folders. */
static void
empty(int fd)
{
	DIR *dir = list(fd);
	struct dirent *entry;

	/* cppcheck-suppress readdirCalled */
	while (dir != NULL && (entry = readdir(dir)) != NULL)
		if (strcmp(entry->d_name, ".") != 0 &&
		    strcmp(entry->d_name, "..") != 0)
			(void)unlinkat(fd, entry->d_name, 0);
	if (dir != NULL)
		closedir(dir);
}

void
sweep_stages(int parent)
{
	DIR *dir = list(parent);
	struct dirent *entry;

	/* cppcheck-suppress readdirCalled */
	while (dir != NULL && (entry = readdir(dir)) != NULL) {
		int fd;

		if (!is_stage(entry->d_name))
			continue;
		fd = openat(parent, entry->d_name,
		    O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);
		if (fd < 0)
			continue;
		if (is_left_over(fd)) {
			empty(fd);
			(void)unlinkat(parent, entry->d_name, AT_REMOVEDIR);
		}
		close(fd);
	}
	if (dir != NULL)
		closedir(dir);
}
