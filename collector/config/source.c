/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * source.c - a file of the configuration, read whole
 */
#include "config/source.h"

#include <sys/stat.h>

#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

static int
check_file(const char *path, const struct stat *st, struct err *err)
{
	if (S_ISDIR(st->st_mode))
		return err_set(err, "is a folder; give a file");
	if (!S_ISREG(st->st_mode))
		return err_set(err, "is no ordinary file");
	/* Whoever can write it decides what a root process does. */
	if ((st->st_mode & S_IWOTH) != 0)
		return err_set(err,
		    "everybody may write to it; forbid that with chmod o-w "
		    "%.200s",
		    path);
	if (st->st_size > SOURCE_BYTES_MAX)
		return err_set(err, "is larger than 1M");
	return 0;
}

/* The bytes of fd, at most SOURCE_BYTES_MAX. */
static int
read_all(int fd, struct source *s, struct err *err)
{
	char *p = malloc(SOURCE_BYTES_MAX + 1);
	size_t n = 0;
	ssize_t got;

	if (p == NULL)
		return err_set(err, "out of memory");
	do {
		got = read(fd, p + n, SOURCE_BYTES_MAX + 1 - n);
		if (got > 0)
			n += (size_t)got;
	} while ((got > 0 && n <= SOURCE_BYTES_MAX) ||
	    (got == -1 && errno == EINTR));
	if (got == -1) {
		(void)err_sys(err, "cannot be read");
		free(p);
		return -1;
	}
	if (n > SOURCE_BYTES_MAX) {
		free(p);
		return err_set(err, "is larger than 1M");
	}
	s->text = p;
	s->n = n;
	return 0;
}

int
source_read(const char *path, struct source *s, struct err *err)
{
	struct source out = { 0 };
	struct stat st;
	/* O_NONBLOCK: a pipe without a writer would keep us for ever. */
	int fd = open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK);

	if (fd == -1)
		return err_sys(err, "cannot be read");
	if (fstat(fd, &st) == -1) {
		(void)err_sys(err, "cannot be read");
		goto fail;
	}
	if (check_file(path, &st, err) == -1 || read_all(fd, &out, err) == -1)
		goto fail;
	out.device = st.st_dev;
	out.inode = st.st_ino;
	out.path = strdup(path);
	if (out.path == NULL) {
		(void)err_set(err, "out of memory");
		goto fail;
	}
	(void)close(fd);
	*s = out;
	return 0;

fail:
	(void)close(fd);
	source_clear(&out);
	return -1;
}

void
source_drop_text(struct source *s)
{
	free(s->text);
	s->text = NULL;
	s->n = 0;
}

void
source_clear(struct source *s)
{
	source_drop_text(s);
	free(s->path);
	*s = (struct source){ 0 };
}
