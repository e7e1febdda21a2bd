/* SPDX-License-Identifier: BSD-2-Clause */
/* os.c - the system calls on which the promises about files rest */
#include "base/os.h"

#include <sys/syscall.h>

#include <errno.h>
#include <fcntl.h>
#include <linux/openat2.h>
#include <stdint.h>
#include <stdio.h>
#include <unistd.h>

ssize_t
os_write(int fd, const void *from, size_t n)
{
	ssize_t done;

	do
		done = write(fd, from, n);
	while (done == -1 && errno == EINTR);
	/* No file does this. One that did would keep its caller in a loop. */
	if (done == 0 && n > 0) {
		errno = EIO;
		return -1;
	}
	return done;
}

int
os_fdatasync(int fd)
{
	int status;

	do
		status = fdatasync(fd);
	while (status == -1 && errno == EINTR);
	return status;
}

int
os_fsync(int fd)
{
	int status;

	do
		status = fsync(fd);
	while (status == -1 && errno == EINTR);
	return status;
}

int
os_syncfs(int fd)
{
	int status;

	do
		status = syncfs(fd);
	while (status == -1 && errno == EINTR);
	return status;
}

int
os_rename(int dirfd, const char *from, const char *to)
{
	return renameat(dirfd, from, dirfd, to);
}

int
os_exchange(int dirfd, const char *a, const char *b)
{
	return renameat2(dirfd, a, dirfd, b, RENAME_EXCHANGE);
}

int
os_rename_new(int dirfd, const char *from, const char *to)
{
	int status = renameat2(dirfd, from, dirfd, to, RENAME_NOREPLACE);

	if (status == 0 || (errno != EINVAL && errno != ENOSYS))
		return status;
	if (linkat(dirfd, from, dirfd, to, 0) == -1)
		return -1;
	return os_unlink(dirfd, from);
}

int
os_unlink(int dirfd, const char *name)
{
	return unlinkat(dirfd, name, 0);
}

int
os_open_beneath(int dirfd, const char *name, int flags)
{
	struct open_how how = { .flags = (unsigned)flags,
		.resolve = RESOLVE_BENEATH | RESOLVE_NO_SYMLINKS };

	return (int)syscall(SYS_openat2, dirfd, name, &how, sizeof(how));
}
