/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * own.c - see own.h
 */
#include "own.h"

#include <errno.h>
#include <fcntl.h>
#include <unistd.h>

int
own_take(struct own *o, int fd)
{
	struct stat st;
	int saved, moved;

	if (fd <= STDERR_FILENO) {
		moved = fcntl(fd, F_DUPFD_CLOEXEC, STDERR_FILENO + 1);
		saved = errno;
		(void)close(fd);
		errno = saved;
		if (moved == -1)
			return -1;
		fd = moved;
	}
	if (fstat(fd, &st) == -1) {
		saved = errno;
		(void)close(fd);
		errno = saved;
		return -1;
	}
	*o = (struct own){ .fd = fd, .dev = st.st_dev, .ino = st.st_ino };
	return 0;
}

bool
own_is_valid(const struct own *o)
{
	struct stat st;

	return o->fd != -1 && fstat(o->fd, &st) == 0 && st.st_dev == o->dev &&
	    st.st_ino == o->ino;
}

void
own_close(struct own *o)
{
	if (own_is_valid(o))
		(void)close(o->fd);
	o->fd = -1;
}
