/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * spool_open.c - finding a part of a spool's folder, and what is in it
 */
#include "spool_parts.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

enum { SEGMENT_MAX = 8 << 20 };

static int
by_first(const void *a, const void *b)
{
	const struct spool_segment *x = a, *y = b;

	return (x->first > y->first) - (x->first < y->first);
}

/* The number that a segment's name says; false: it is none. */
static bool
is_segment(const char *name, uint64_t *first)
{
	char again[32];

	*first = strtoull(name, NULL, 16);
	if (*first == 0 || *first > SPOOL_NUMBER_MAX)
		return false;
	spool_segment_name(*first, again);
	return strcmp(name, again) == 0;
}

static int
list_segments(struct spool *s)
{
	int fd = openat(s->folder.fd, ".", O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	DIR *folder = fd != -1 ? fdopendir(fd) : NULL;
	struct spool_segment segment;
	struct dirent *entry;
	struct stat st;
	int status = 0;

	if (folder == NULL)
		return -1;
	/* cppcheck-suppress readdirCalled ; each caller has its own folder */
	while (status == 0 && (entry = readdir(folder)) != NULL) {
		if (!is_segment(entry->d_name, &segment.first) ||
		    fstatat(s->folder.fd, entry->d_name, &st,
			AT_SYMLINK_NOFOLLOW) == -1 ||
		    !S_ISREG(st.st_mode))
			continue;
		segment.bytes = (uint64_t)st.st_size;
		s->bytes += segment.bytes;
		status = spool_add_segment(s, segment);
	}
	(void)closedir(folder);
	if (s->count > 1)
		qsort(s->segments, s->count, sizeof(*s->segments), by_first);
	return status;
}

static void
read_state(struct spool *s)
{
	spool_recall(s, &s->noted);
	s->acknowledged = s->noted.acknowledged;
	s->next = s->noted.next > 0 ? s->noted.next : 1;
}

static int
open_part(struct spool *s, const char *folder, unsigned part)
{
	int fd;

	(void)snprintf(s->path, sizeof(s->path), "%s/%02u", folder, part);
	if (mkdir(s->path, 0700) == -1 && errno != EEXIST)
		return -1;
	fd = open(s->path, O_RDONLY | O_DIRECTORY | O_CLOEXEC | O_NOFOLLOW);
	if (fd == -1 || own_take(&s->folder, fd) == -1)
		return -1;
	if (spool_lock(s) == -1)
		return -1;
	s->linked = !spool_is_gone(&s->lock);
	return 0;
}

static struct spool *
new_spool(uint64_t limit)
{
	struct spool *s = calloc(1, sizeof(*s));

	if (s == NULL)
		return NULL;
	s->folder.fd = s->lock.fd = s->state.fd = s->out.fd = s->in.fd = -1;
	s->limit = limit;
	s->segment_limit = limit / 8 < SEGMENT_MAX ? limit / 8 : SEGMENT_MAX;
	s->in_buffer = malloc(SPOOL_READ_BUFFER);
	s->out_buffer = malloc(SPOOL_WRITE_BUFFER + SPOOL_HEADS);
	if (s->in_buffer != NULL && s->out_buffer != NULL)
		return s;
	spool_free(s);
	return NULL;
}

/* Opens this part; NULL and errno EWOULDBLOCK: somebody else has it. */
static struct spool *
try_part(const char *folder, unsigned part, uint64_t limit)
{
	struct spool *s = new_spool(limit);
	int saved;

	if (s == NULL)
		return NULL;
	if (open_part(s, folder, part) == 0 && list_segments(s) == 0) {
		(void)unlinkat(s->folder.fd, SPOOL_COPY, 0);
		read_state(s);
		spool_find_end(s);
		return s;
	}
	saved = errno;
	spool_free(s);
	errno = saved;
	return NULL;
}

/* The first part in which somebody left something: the others come first. */
static struct spool *
find_part(const char *folder, uint64_t limit, bool with_data)
{
	struct spool *s, *free_one = NULL;
	char path[4096];

	for (unsigned i = 0; i < SPOOL_PARTS; i++) {
		(void)snprintf(path, sizeof(path), "%s/%02u", folder, i);
		if (access(path, F_OK) == -1 && (with_data || free_one != NULL))
			continue;
		s = try_part(folder, i, limit);
		if (s == NULL && errno != EWOULDBLOCK) {
			if (free_one != NULL)
				spool_free(free_one);
			return NULL;
		}
		if (s == NULL)
			continue;
		if (!spool_is_empty(s)) {
			if (free_one != NULL)
				spool_free(free_one);
			return s;
		}
		if (free_one == NULL && !with_data)
			free_one = s;
		else
			spool_free(s);
	}
	if (free_one == NULL)
		errno = with_data ? 0 : EUSERS;
	return free_one;
}

int
spool_open(struct spool **out, const char *folder, uint64_t limit,
    bool with_data, struct err *err)
{
	char whole[3072];
	char *real;

	if (mkdir(folder, 0700) == -1 && errno != EEXIST)
		return err_sys(err, "spool: cannot make %s", folder);
	/* The program may change its folder later. */
	real = realpath(folder, NULL);
	if (real == NULL)
		return err_sys(err, "spool: %s", folder);
	if (snprintf(whole, sizeof(whole), "%s", real) >= (int)sizeof(whole)) {
		free(real);
		errno = ENAMETOOLONG;
		return err_sys(err, "spool: %s", folder);
	}
	free(real);
	*out = find_part(whole, limit, with_data);
	if (*out != NULL || (with_data && errno == 0))
		return 0;
	if (errno == EUSERS)
		return err_set(err, "spool: all %d parts of %s are in use",
		    (int)SPOOL_PARTS, whole);
	return err_sys(err, "spool: cannot use %s", whole);
}
