/* SPDX-License-Identifier: BSD-2-Clause */
/* repair.c - what follows the last LF of a log file is moved to path.torn */
#include "output/repair.h"

#include <sys/stat.h>

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/os.h"
#include "output/folder.h"
#include "output/logfile.h"

enum { BLOCK = 16384 };

struct torn {
	char *path; /* owned */
	int fd;     /* owned */
	bool made;
	uint64_t size; /* before anything was appended */
};

static int
read_block(int fd, char *to, size_t n, uint64_t at)
{
	while (n > 0) {
		ssize_t got = pread(fd, to, n, (off_t)at);

		if (got == -1 && errno == EINTR)
			continue;
		if (got == 0)
			errno = EIO; /* someone cuts the file while we read */
		if (got <= 0)
			return -1;
		to += got;
		n -= (size_t)got;
		at += (uint64_t)got;
	}
	return 0;
}

static int
write_block(int fd, const char *from, size_t n)
{
	while (n > 0) {
		ssize_t done = os_write(fd, from, n);

		if (done == -1)
			return -1;
		from += done;
		n -= (size_t)done;
	}
	return 0;
}

/* Where the line begins that no LF ends: behind the last LF, or 0. */
static int
find_tail(int fd, uint64_t size, uint64_t *tail)
{
	char block[BLOCK], last;

	/* nearly always it is whole, and one byte says so */
	if (size > 0 && read_block(fd, &last, 1, size - 1) == -1)
		return -1;
	if (size > 0 && last == '\n') {
		*tail = size;
		return 0;
	}
	while (size > 0) {
		size_t n = size < BLOCK ? (size_t)size : BLOCK;
		const char *lf;

		if (read_block(fd, block, n, size - n) == -1)
			return -1;
		lf = memrchr(block, '\n', n);
		if (lf != NULL) {
			*tail = size - n + (size_t)(lf - block) + 1;
			return 0;
		}
		size -= n;
	}
	*tail = 0;
	return 0;
}

static int
copy_tail(int from, int to, uint64_t tail, uint64_t size)
{
	char block[BLOCK];

	while (tail < size) {
		size_t n = size - tail < BLOCK ? (size_t)(size - tail) : BLOCK;

		if (read_block(from, block, n, tail) == -1 ||
		    write_block(to, block, n) == -1)
			return -1;
		tail += n;
	}
	return write_block(to, "\n", 1);
}

static int
open_torn(const struct logfile *f, struct torn *t, struct err *err)
{
	struct folder_new new = f->new;
	struct stat st;
	char last = '\n';

	/* Whoever owns the folder may have linked it to what is no log; for a
	 * rest like this nobody needs another name. */
	new.alone = true;
	if (asprintf(&t->path, "%s.torn", f->path) == -1) {
		t->path = NULL;
		return err_sys(err, "%s", f->path);
	}
	t->fd = folder_open_file(f->dirfd, t->path, &new, &t->made, &st, err);
	if (t->fd == -1)
		return -1;
	t->size = (uint64_t)st.st_size;

	/* A crash in the middle of a repair tears this file. */
	if (t->size > 0 && read_block(t->fd, &last, 1, t->size - 1) == -1)
		return err_sys(err, "%s: read", t->path);
	if (last != '\n' && write_block(t->fd, "\n", 1) == -1)
		return err_sys(err, "%s: write", t->path);
	return 0;
}

static int
fill_torn(
    const struct logfile *f, struct torn *t, uint64_t tail, struct err *err)
{
	if (open_torn(f, t, err) == -1)
		return -1;
	if (copy_tail(f->fd, t->fd, tail, f->size) == -1)
		return err_sys(err, "%s: move %s", t->path, f->path);
	if (os_fsync(t->fd) == -1 || os_fsync(f->dirfd) == -1)
		return err_sys(err, "%s: sync", t->path);
	return 0;
}

/* Takes back what a failed attempt left, so that the next finds no rest. */
static void
empty_torn(const struct logfile *f, struct torn *t)
{
	if (t->made)
		(void)unlinkat(f->dirfd, folder_base(t->path), 0);
	else
		(void)!ftruncate(t->fd, (off_t)t->size);
}

int
repair_tail(struct logfile *f, uint64_t *moved, struct err *err)
{
	struct torn t = { .fd = -1 };
	uint64_t tail;
	int saved, status = -1;

	if (find_tail(f->fd, f->size, &tail) == -1)
		return err_sys(err, "%s: read", f->path);
	if (tail == f->size) {
		*moved = 0;
		return 0;
	}

	if (fill_torn(f, &t, tail, err) == -1)
		goto fail;
	if (ftruncate(f->fd, (off_t)tail) == -1) {
		(void)err_sys(err, "%s: cut", f->path);
		goto fail;
	}
	*moved = f->size - tail;
	f->size = tail;
	/* Without it a power cut could bring the tail back under new lines. */
	status = os_fsync(f->fd);
	if (status == -1)
		(void)err_sys(err, "%s: sync", f->path);
	goto out;

fail:
	saved = errno;
	if (t.fd != -1)
		empty_torn(f, &t);
	errno = saved;
out:
	saved = errno;
	if (t.fd != -1)
		close(t.fd);
	free(t.path);
	errno = saved;
	return status;
}
