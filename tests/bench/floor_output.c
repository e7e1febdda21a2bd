/* SPDX-License-Identifier: BSD-2-Clause */
/* floor_output.c - see floor.h */
#include "common.h"
#include "floor.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

static void
open_file(struct output *o)
{
	o->fd = open(o->path, O_WRONLY | O_CREAT | O_APPEND | O_CLOEXEC, 0644);
	if (o->fd < 0)
		die(errno, "%s", o->path);
	o->size = 0;
}

void
output_open(struct output *o, const char *path, uint64_t rotate)
{
	o->path = path;
	o->rotate = rotate;
	o->block = pages(BLOCK + MESSAGE_MOST + 1);
	open_file(o);
}

/* Rotated files sort in the order written. */
static void
rotate(struct output *o)
{
	char *name;

	if (asprintf(&name, "%s-%06u", o->path, ++o->rotated) < 0)
		die(ENOMEM, "%s", o->path);
	if (close(o->fd) || rename(o->path, name))
		die(errno, "%s", name);
	free(name);
	open_file(o);
}

static void
write_all(struct output *o, const char *p, size_t length)
{
	o->size += length;
	while (length > 0) {
		ssize_t n = write(o->fd, p, length);

		if (n < 0 && errno != EINTR)
			die(errno, "%s", o->path);
		if (n > 0) {
			p += n;
			length -= (size_t)n;
		}
	}
	if (o->rotate && o->size >= o->rotate)
		rotate(o);
}

void
output_flush(struct output *o)
{
	if (o->length > 0)
		write_all(o, o->block, o->length);
	o->length = 0;
}

void
output_close(struct output *o)
{
	output_flush(o);
	if (close(o->fd))
		die(errno, "%s", o->path);
	free(o->block);
}

void
output_lines(struct output *o, const char *lines, size_t length)
{
	output_flush(o);
	write_all(o, lines, length);
}
