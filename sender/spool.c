/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * spool.c - opening a spool, writing to it; see spool.h
 */
#include "spool_parts.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/random.h>
#include <unistd.h>

#include "wire/crc.h"

int
spool_hold_out(struct spool *s, struct err *err)
{
	char name[32];

	if (own_is_valid(&s->out))
		return 0;
	spool_segment_name(s->segments[s->count - 1].first, name);
	if (spool_open_file(s, &s->out, name, O_RDWR) == -1)
		return err_sys(err, "spool: %s/%s", s->path, name);
	return 0;
}

int
spool_write(struct spool *s, struct err *err)
{
	ssize_t n;

	while (s->out_n > 0) {
		if (s->lost) {
			errno = ESTALE;
			return err_sys(err, "spool: %s", s->path);
		}
		if (spool_hold_out(s, err) == -1)
			return -1;
		n = pwrite(
		    s->out.fd, s->out_buffer, s->out_n, (off_t)s->out_at);
		if (n == -1 && errno == EINTR)
			continue;
		if (n <= 0)
			return err_sys(
			    err, "spool: cannot write to %s", s->path);
		s->out_at += (uint64_t)n;
		s->bytes += (uint64_t)n;
		s->segments[s->count - 1].bytes += (uint64_t)n;
		s->out_n -= (size_t)n;
		(void)memmove(s->out_buffer, s->out_buffer + n, s->out_n);
		s->unsynced = true;
		if (s->out_n > 0)
			continue;
		s->out_records = 0;
		spool_note(s);
	}
	return 0;
}

uint64_t
spool_buffered(const struct spool *s)
{
	return s->out_records;
}

int
spool_add_segment(struct spool *s, struct spool_segment segment)
{
	struct spool_segment *more;

	if (s->count == s->room) {
		more = realloc(
		    s->segments, (s->room * 2 + 16) * sizeof(*s->segments));
		if (more == NULL)
			return -1;
		s->segments = more;
		s->room = s->room * 2 + 16;
	}
	s->segments[s->count++] = segment;
	return 0;
}

static int
begin_segment(struct spool *s, struct err *err)
{
	struct spool_head head = { .magic = "SYNCSPL1" };
	char name[32];

	if (spool_sync_out(s, err) == -1)
		return -1;
	/* one without records: its number is free again */
	if (s->count > 0 && s->segments[s->count - 1].first == s->next)
		s->bytes -= s->segments[--s->count].bytes;
	if (getrandom(&head.nonce, sizeof(head.nonce), GRND_NONBLOCK) !=
	    (ssize_t)sizeof(head.nonce))
		head.nonce = (uint64_t)getpid() << 32 ^ s->next;
	head.nonce |= 1; /* 0 means: unreadable */
	head.crc = crc_add(0, slice_of(&head.nonce, sizeof(head.nonce)));
	spool_segment_name(s->next, name);
	if (spool_open_file(s, &s->out, name, O_RDWR | O_CREAT | O_TRUNC) == -1)
		return err_sys(err, "spool: cannot make %s/%s", s->path, name);
	if (spool_add_segment(s, (struct spool_segment){ .first = s->next }) ==
	    -1) {
		own_close(&s->out);
		return err_sys(err, "spool: %s", s->path);
	}
	s->unlisted = true;
	s->out_nonce = head.nonce;
	s->out_at = 0;
	(void)memcpy(s->out_buffer, &head, sizeof(head));
	(void)memcpy(s->out_buffer + sizeof(head), &head, sizeof(head));
	s->out_n = SPOOL_HEADS;
	return 0;
}

int
spool_append(struct spool *s, struct slice record, struct err *err)
{
	struct spool_record head = { .n = (uint32_t)record.n };
	size_t size = spool_size(record.n);
	char *to;

	assert(record.n <= SPOOL_RECORD_MAX);
	if (s->lost) {
		errno = ESTALE;
		return err_sys(err, "spool: %s", s->path);
	}
	if (spool_bytes(s) + size + SPOOL_HEADS > s->limit) {
		errno = ENOSPC;
		return err_set(err, "spool: %s is full", s->path);
	}
	/* the heads are extra: what was in one buffer fits into another */
	if (s->out_n + size >
		SPOOL_WRITE_BUFFER + (s->out_at == 0 ? SPOOL_HEADS : 0) &&
	    spool_write(s, err) == -1)
		return -1;
	if ((s->out.fd == -1 || s->out_at + s->out_n > s->segment_limit) &&
	    begin_segment(s, err) == -1)
		return -1;
	head.number = s->next++;
	head.magic = SPOOL_RECORD_MAGIC ^ (uint32_t)s->out_nonce;
	head.crc = spool_crc(s->out_nonce, head.n, head.number, record.p);
	to = s->out_buffer + s->out_n;
	(void)memset(to, 0, size);
	(void)memcpy(to, &head, sizeof(head));
	(void)memcpy(to + sizeof(head), record.p, record.n);
	s->out_n += size;
	s->out_records++;
	return 0;
}

void
spool_free(struct spool *s)
{
	own_close(&s->in);
	own_close(&s->out);
	own_close(&s->state);
	own_close(&s->lock);
	own_close(&s->folder);
	free(s->segments);
	free(s->in_buffer);
	free(s->out_buffer);
	free(s);
}

void
spool_close(struct spool *s)
{
	struct err ignored;
	int saved = errno;

	if (s == NULL)
		return;
	if (spool_hold(s) == 0) {
		(void)spool_sync(s, &ignored);
		if (spool_is_empty(s)) {
			s->segment_limit = 0;
			spool_trim(s);
		}
		spool_note(s);
	}
	spool_free(s);
	errno = saved;
}

void
spool_abandon(struct spool *s)
{
	if (s == NULL)
		return;
	/* The parent's thread may have been about to move it: it stays. */
	s->segments = NULL;
	spool_free(s);
}
