/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * spool_sync.c - what a spool has on the disk for sure
 *
 * The kernel tells once that it could not store something, and then says that
 * all is well. So a file is never synced again: what is in it is read, as long
 * as the kernel has it, looked at, and written to another one, which takes its
 * place when that is synced.
 */
#include "spool_parts.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <unistd.h>

bool
spool_is_synced(const struct spool *s)
{
	return s->out_n == 0 && !s->unsynced && s->doubted <= s->acknowledged;
}

/* This takes long: the program may have closed it meanwhile, and opened a file
 * of its own. */
__attribute__((noinline)) static bool
is_ours(const struct own *o)
{
	if (own_is_valid(o))
		return true;
	errno = EBADF;
	return false;
}

/* n bytes of what is open for writing, by way of the buffer, which is empty.
 * -1: errno. */
static int
copy(struct spool *s, const struct own *to, size_t n, off_t at)
{
	size_t have = 0, done = 0;
	ssize_t some = 0;

	while (have < n) {
		some = pread(s->out.fd, s->out_buffer + have, n - have,
		    at + (off_t)have);
		s->unread = some == -1;
		if (some == 0)
			errno = EBADMSG; /* it has become shorter */
		if (some <= 0)
			return -1;
		have += (size_t)some;
	}
	while (done < n) {
		if (!is_ours(to))
			return -1;
		some = pwrite(
		    to->fd, s->out_buffer + done, n - done, at + (off_t)done);
		if (some <= 0)
			return -1;
		done += (size_t)some;
	}
	return 0;
}

static int
copy_segment(struct spool *s, struct own *to)
{
	uint64_t at = 0, n;

	for (; at < s->out_at; at += n) {
		n = s->out_at - at;
		n = n < SPOOL_WRITE_BUFFER ? n : SPOOL_WRITE_BUFFER;
		if (copy(s, to, n, (off_t)at) == -1)
			return -1;
	}
	if (!spool_is_whole(s, to)) {
		if (is_ours(to) && is_ours(&s->out) && !s->unread)
			errno = EBADMSG;
		return -1;
	}
	return fdatasync(to->fd);
}

/* The last segment, to another file under its name. -1: errno, EBADMSG: it does
 * not read as it was written. */
static int
write_again(struct spool *s)
{
	struct own to = { .fd = -1 };
	char name[32];
	int saved;

	spool_segment_name(s->segments[s->count - 1].first, name);
	if (spool_open_file(s, &to, SPOOL_COPY, O_RDWR | O_CREAT | O_TRUNC) ==
	    -1)
		return -1;
	if (copy_segment(s, &to) == -1 || !is_ours(&to) ||
	    !is_ours(&s->folder) ||
	    renameat(s->folder.fd, SPOOL_COPY, s->folder.fd, name) == -1) {
		saved = errno;
		if (is_ours(&s->folder))
			(void)unlinkat(s->folder.fd, SPOOL_COPY, 0);
		own_close(&to);
		errno = saved;
		return -1;
	}
	own_close(&s->out); /* s->in is closed, too */
	s->out = to;
	return spool_sync_names(s);
}

static int
sync_segment(struct spool *s)
{
	if (!s->failed && fdatasync(s->out.fd) == 0 &&
	    (!s->unlisted || spool_sync_names(s) == 0))
		return 0;
	s->failed = true;
	return write_again(s);
}

int
spool_sync_out(struct spool *s, struct err *err)
{
	char name[32];

	if (spool_write(s, err) == -1)
		return -1;
	if (!s->unsynced || s->lost)
		return 0;
	if (spool_hold_out(s, err) == -1)
		return -1;
	s->unread = false;
	if (sync_segment(s) == -1) {
		spool_segment_name(s->segments[s->count - 1].first, name);
		err_sys(err, "spool: cannot %s %s/%s",
		    s->unread ? "read" : "sync", s->path, name);
		if (errno != EBADMSG)
			return -1;
		/* it stays as it is, and others may follow */
		s->doubted = s->next - 1;
		own_close(&s->out);
	}
	s->unsynced = s->failed = false;
	return 0;
}

int
spool_sync(struct spool *s, struct err *err)
{
	if (spool_sync_out(s, err) == -1)
		return -1;
	if (s->doubted <= s->acknowledged || s->lost)
		return 0;
	return err_set(
	    err, "spool: cannot sync %s: some of it is gone", s->path);
}
