/* SPDX-License-Identifier: BSD-2-Clause */
#include "output/beneath.h"

#include <sys/stat.h>

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <string.h>
#include <unistd.h>

#include "base/os.h"
#include "output/folder.h"

enum {
	STEP = O_PATH | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC,
	LAST = O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC
};

bool
beneath_is_safe(struct slice name)
{
	const char *p = name.p, *end = name.p + name.n;

	if (name.n == 0 || memchr(p, '\0', name.n) != NULL)
		return false;
	for (;;) {
		const char *slash = memchr(p, '/', (size_t)(end - p));
		size_t n = (size_t)((slash != NULL ? slash : end) - p);

		if (n == 0 || (n == 1 && p[0] == '.') ||
		    (n == 2 && p[0] == '.' && p[1] == '.'))
			return false;
		if (slash == NULL)
			return true;
		p = slash + 1;
	}
}

static int
copy_name(char to[NAME_MAX + 1], const char *from, size_t n)
{
	if (n > NAME_MAX) {
		errno = ENAMETOOLONG;
		return -1;
	}
	memcpy(to, from, n);
	to[n] = '\0';
	return 0;
}

/* The folder called name in at, made when it is missing and make says so. */
static int
step(int at, const char *name, const struct folder_new *make, bool *made)
{
	int fd = openat(at, name, STEP);

	if (fd != -1 || errno != ENOENT || make == NULL)
		return fd;
	if (folder_make(at, name, make) == 0)
		*made = true;
	else if (errno != EEXIST)
		return -1;
	return openat(at, name, STEP);
}

/* Component by component, each without following a link. */
static int
walk(int base, const char *name, const char *last,
    const struct folder_new *make, bool *made)
{
	char part[NAME_MAX + 1];
	int fd, saved, at = openat(base, ".", STEP);

	for (const char *end; at != -1 && name < last; name = end + 1) {
		int from = at;

		end = strchr(name, '/');
		at = copy_name(part, name, (size_t)(end - name));
		if (at != -1)
			at = step(from, part, make, made);
		saved = errno;
		close(from);
		errno = saved;
	}
	if (at == -1)
		return -1;
	fd = openat(at, ".", LAST);
	saved = errno;
	close(at);
	errno = saved;
	return fd;
}

int
beneath_open(
    int base, const char *name, const struct folder_new *make, bool *made)
{
	const char *last = folder_base(name);
	char folders[PATH_MAX];
	size_t n = (size_t)(last - name);
	int fd;

	if (n == 0)
		return openat(base, ".", LAST);
	if (n > sizeof(folders)) {
		errno = ENAMETOOLONG;
		return -1;
	}
	memcpy(folders, name, n);
	folders[n - 1] = '\0';
	fd = os_open_beneath(base, folders, LAST);
	if (fd != -1)
		return fd;
	if (errno == ENOSYS || errno == EPERM || errno == EAGAIN ||
	    (errno == ENOENT && make != NULL))
		return walk(base, name, last, make, made);
	return -1;
}

static bool
look_at(int base, const char *name, struct stat *st)
{
	bool made = false;
	int status, dirfd = beneath_open(base, name, NULL, &made);

	if (dirfd == -1)
		return false;
	status = fstatat(dirfd, folder_base(name), st, AT_SYMLINK_NOFOLLOW);
	close(dirfd);
	return status == 0;
}

bool
beneath_has(int base, const char *name)
{
	struct stat st;

	return look_at(base, name, &st) && S_ISREG(st.st_mode);
}

bool
beneath_is_at(int base, const char *name, int fd)
{
	struct stat a, b;

	return fstat(fd, &a) == 0 && look_at(base, name, &b) &&
	    a.st_dev == b.st_dev && a.st_ino == b.st_ino;
}
