/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * spool_file.c - what is in the files of a spool: see spool_parts.h
 */
#include "spool_parts.h"

#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <stdio.h>
#include <sys/file.h>
#include <unistd.h>

#include "wire/crc.h"

/* The folder was ours to open, even when its path has no meaning any more
 * (chroot); when it was closed, there is still the path. */
static int
hold_folder(struct spool *s)
{
	int fd;

	if (own_is_valid(&s->folder))
		return 0;
	fd = open(s->path, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	return fd == -1 ? -1 : own_take(&s->folder, fd);
}

static int
open_in_folder(struct spool *s, struct own *o, const char *name, int flags)
{
	int fd;

	flags |= O_CLOEXEC | O_NOFOLLOW | O_NOCTTY;
	if (hold_folder(s) == -1)
		return -1;
	fd = openat(s->folder.fd, name, flags, 0600);
	return fd == -1 ? -1 : own_take(o, fd);
}

int
spool_open_file(struct spool *s, struct own *o, const char *name, int flags)
{
	own_close(o);
	if (spool_hold(s) == -1)
		return -1;
	return open_in_folder(s, o, name, flags);
}

static int
sync_folder(const struct own *o)
{
	/* a file system that does not know what that is */
	return fsync(o->fd) == 0 || errno == EINVAL ? 0 : -1;
}

/* Who made these, we or one that crashed then, is not known. */
static int
sync_above(const struct spool *s, const char *name)
{
	int fd = openat(s->folder.fd, name, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	struct own o;
	int status, saved;

	if (fd == -1 && errno == EACCES)
		return 0; /* who may not read it has hardly made it */
	if (fd == -1 || own_take(&o, fd) == -1)
		return -1;
	status = sync_folder(&o);
	saved = errno;
	own_close(&o);
	errno = saved;
	return status;
}

int
spool_sync_names(struct spool *s)
{
	if (hold_folder(s) == -1 || sync_folder(&s->folder) == -1)
		return -1;
	if (!s->housed &&
	    (sync_above(s, "..") == -1 || sync_above(s, "../..") == -1))
		return -1;
	s->housed = true;
	s->unlisted = false;
	return 0;
}

int
spool_lock(struct spool *s)
{
	int saved;

	own_close(&s->lock);
	if (open_in_folder(s, &s->lock, "lock", O_RDWR | O_CREAT) == -1)
		return -1;
	if (flock(s->lock.fd, LOCK_EX | LOCK_NB) == 0 &&
	    lseek(s->lock.fd, spool_mark(s), SEEK_SET) != -1)
		return 0;
	saved = errno;
	own_close(&s->lock);
	errno = saved;
	return -1;
}

void
spool_segment_name(uint64_t first, char name[32])
{
	(void)snprintf(name, 32, "%016" PRIx64 ".log", first);
}

static struct slice
bytes_of(const void *p, size_t n)
{
	return slice_of(p, n);
}

uint32_t
spool_crc(uint64_t nonce, uint32_t n, uint64_t number, const char *text)
{
	uint32_t crc = crc_add(0, bytes_of(&nonce, sizeof(nonce)));

	crc = crc_add(crc, bytes_of(&n, sizeof(n)));
	crc = crc_add(crc, bytes_of(&number, sizeof(number)));
	return crc_add(crc, slice_of(text, n));
}

static bool
read_front(const struct own *o, void *to, size_t n)
{
	ssize_t got;

	do
		got = pread(o->fd, to, n, 0);
	while (got == -1 && errno == EINTR);
	return got == (ssize_t)n;
}

uint64_t
spool_read_head(const struct own *o)
{
	struct spool_head heads[2];

	if (!read_front(o, heads, sizeof(heads)))
		return 0;
	for (int i = 0; i < 2; i++) {
		if (memcmp(heads[i].magic, "SYNCSPL1", 8) == 0 &&
		    heads[i].crc ==
			crc_add(0, bytes_of(&heads[i].nonce, sizeof(uint64_t))))
			return heads[i].nonce;
	}
	return 0;
}

size_t
spool_check(struct slice bytes, uint64_t nonce, struct spool_record *record)
{
	struct spool_record r;

	if (bytes.n < sizeof(r))
		return bytes.n == 0 ? 0 : SIZE_MAX;
	(void)memcpy(&r, bytes.p, sizeof(r));
	if (r.magic != (SPOOL_RECORD_MAGIC ^ (uint32_t)nonce) ||
	    r.n > SPOOL_RECORD_MAX || r.zero != 0 || r.number == 0 ||
	    r.number > SPOOL_NUMBER_MAX)
		return 0;
	if (bytes.n < sizeof(r) + r.n)
		return SIZE_MAX;
	if (r.crc != spool_crc(nonce, r.n, r.number, bytes.p + sizeof(r)))
		return 0;
	*record = r;
	return spool_size(r.n);
}

void
spool_note(struct spool *s)
{
	struct spool_state state = { .magic = "SYNCSPS1",
		.acknowledged = s->acknowledged,
		.next = s->next };

	if (s->lost)
		return;
	state.crc = crc_add(0, bytes_of(&state.acknowledged, 16));
	if (!own_is_valid(&s->state) &&
	    spool_open_file(s, &s->state, "state", O_RDWR | O_CREAT) == -1)
		return;
	if (pwrite(s->state.fd, &state, sizeof(state), 0) !=
	    (ssize_t)sizeof(state))
		own_close(&s->state);
	else
		s->noted = state;
}

void
spool_recall(struct spool *s, struct spool_state *state)
{
	if (spool_open_file(s, &s->state, "state", O_RDWR | O_CREAT) == 0 &&
	    read_front(&s->state, state, sizeof(*state)) &&
	    memcmp(state->magic, "SYNCSPS1", 8) == 0 &&
	    state->crc == crc_add(0, bytes_of(&state->acknowledged, 16)) &&
	    state->next > state->acknowledged &&
	    state->next <= SPOOL_NUMBER_MAX)
		return;
	(void)memset(state, 0, sizeof(*state));
}

void
spool_trim(struct spool *s)
{
	char name[32];
	size_t gone = 0;

	if (s->lost)
		return;
	while (gone < s->count &&
	    (gone + 1 < s->count ? s->segments[gone + 1].first : s->next) <=
		s->acknowledged + 1) {
		/* The one being written stays until it is large enough. */
		if (gone + 1 == s->count && s->out.fd != -1 &&
		    s->segments[gone].bytes < s->segment_limit)
			break;
		if (gone + 1 == s->count) {
			own_close(&s->out);
			s->out_n = s->out_records = 0;
			s->unsynced = s->failed = false;
		}
		spool_segment_name(s->segments[gone].first, name);
		if (hold_folder(s) == -1 ||
		    (unlinkat(s->folder.fd, name, 0) == -1 && errno != ENOENT))
			break;
		s->bytes -= s->segments[gone].bytes;
		gone++;
	}
	if (gone == 0)
		return;
	s->count -= gone;
	(void)memmove(
	    s->segments, s->segments + gone, s->count * sizeof(*s->segments));
	if (s->in_segment >= gone) {
		s->in_segment -= gone;
	} else { /* it had read to the end of one that is gone */
		s->in_segment = 0;
		own_close(&s->in);
	}
}
