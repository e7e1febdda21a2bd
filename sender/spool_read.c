/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * spool_read.c - the records of a spool, oldest first, past what is damaged
 */
#include "spool_parts.h"

#include <errno.h>
#include <fcntl.h>
#include <unistd.h>

/* Numbers before this one that were not found are lost. */
static void
count_gap(struct spool *s, uint64_t before)
{
	uint64_t from = s->expected > s->counted ? s->expected : s->counted;

	if (before > from) {
		s->damaged += before - from;
		s->counted = before;
	}
	if (s->expected < before)
		s->expected = before;
}

static uint64_t
end_of_segment(const struct spool *s)
{
	return s->in_segment + 1 < s->count
	    ? s->segments[s->in_segment + 1].first
	    : s->next;
}

enum entry { ENTERED, UNREADABLE, NOT_NOW };

/* Opens the segment to be read. Not now: what lacks may come again, as
 * descriptors do, and then nothing of it is lost. */
static enum entry
enter(struct spool *s)
{
	char name[32];

	if (s->in_segment >= s->count)
		return UNREADABLE;
	spool_segment_name(s->segments[s->in_segment].first, name);
	s->in_begin = s->in_end = 0;
	s->in_at = SPOOL_HEADS;
	s->in_nonce = 0;
	if (spool_open_file(s, &s->in, name, O_RDONLY) == -1)
		return errno == ENOENT || errno == ELOOP ? UNREADABLE : NOT_NOW;
	s->in_nonce = spool_read_head(&s->in);
	return s->in_nonce != 0 ? ENTERED : UNREADABLE;
}

static bool
next_segment(struct spool *s)
{
	/* The last one may still grow: its place is kept. */
	if (s->in_segment + 1 >= s->count)
		return false;
	own_close(&s->in);
	count_gap(s, end_of_segment(s));
	s->in_segment++;
	return true;
}

/* Fills the buffer; false: there is nothing more to be had now. */
static bool
fill(struct spool *s)
{
	ssize_t n;
	size_t have = s->in_end - s->in_begin;

	(void)memmove(s->in_buffer, s->in_buffer + s->in_begin, have);
	s->in_begin = 0;
	s->in_end = have;
	do
		n = pread(s->in.fd, s->in_buffer + have,
		    SPOOL_READ_BUFFER - have, (off_t)(s->in_at + have));
	while (n == -1 && errno == EINTR);
	/* the program may have closed it: this may be a file of its own */
	if (!own_is_valid(&s->in)) {
		s->in.fd = -1;
		s->in_begin = s->in_end = 0;
		return false;
	}
	s->unread = n == -1;
	if (n <= 0)
		return false;
	s->in_end += (size_t)n;
	return true;
}

static void
skip(struct spool *s, size_t n)
{
	size_t have = s->in_end - s->in_begin;

	s->in_at += n;
	s->in_begin += n < have ? n : have;
}

/* The next record of this segment, whatever its number. */
static bool
find(struct spool *s, struct spool_record *record, struct slice *text)
{
	struct slice bytes;
	size_t size;

	for (;;) {
		bytes = slice_of(
		    s->in_buffer + s->in_begin, s->in_end - s->in_begin);
		size = spool_check(bytes, s->in_nonce, record);
		if (size != 0 && size != SIZE_MAX) {
			*text = slice_of(bytes.p + sizeof(*record), record->n);
			skip(s, size);
			return true;
		}
		if ((bytes.n == 0 || size == SIZE_MAX) && fill(s))
			continue;
		if (s->in_end - s->in_begin == 0)
			return false;
		/* no record begins here, or not all of it is there */
		skip(s, 8);
	}
}

bool
spool_is_whole(struct spool *s, struct own *o)
{
	uint64_t next = s->segments[s->count - 1].first;
	struct spool_record record;
	struct slice text;
	bool whole;

	own_close(&s->in);
	s->in = *o;
	s->in_begin = s->in_end = 0;
	s->in_at = SPOOL_HEADS;
	s->in_nonce = spool_read_head(o);
	while (find(s, &record, &text) && record.number == next)
		next++;
	whole = own_is_valid(&s->in) && s->in_nonce == s->out_nonce &&
	    next == s->next && s->in_at == s->out_at;
	s->in.fd = -1;
	return whole;
}

void
spool_find_end(struct spool *s)
{
	struct spool_segment last;
	struct spool_record record;
	struct slice text;
	uint64_t next, good = SPOOL_HEADS;

	if (s->count > 0) {
		if (s->segments[0].first > s->acknowledged + 1)
			s->acknowledged = s->segments[0].first - 1;
		s->in_segment = s->count - 1;
		last = s->segments[s->in_segment];
		next = last.first;
		if (enter(s) == ENTERED) {
			while (find(s, &record, &text)) {
				if (record.number < next)
					continue;
				next = record.number + 1;
				good = s->in_at;
			}
		}
		if (last.bytes > good)
			next++;
		if (next > s->next)
			s->next = next;
	} else { /* somebody has removed all that was left */
		s->damaged = spool_left(s);
		s->acknowledged = s->next - 1;
	}
	spool_rewind(s);
	s->counted = s->expected;
	if (spool_is_empty(s))
		s->next = s->acknowledged + 1;
	spool_trim(s);
}

/* Nothing is left to be read before this number. */
static void
reach_end(struct spool *s, uint64_t end)
{
	count_gap(s, end);
	if (end < s->next) /* a torn one is read anew when it is whole */
		own_close(&s->in);
	if (s->last_read <= s->acknowledged && s->acknowledged + 1 < end)
		spool_acknowledge(s, end - 1);
}

bool
spool_read(struct spool *s, struct slice *record, uint64_t *number)
{
	struct spool_record r;
	struct err ignored;
	enum entry entry;
	uint64_t end = s->next;

	/* what is in the files is read: on a full disk it makes room */
	if (spool_write(s, &ignored) == -1)
		end -= s->out_records;
	if (s->lost || s->expected >= end)
		return false;
	for (;;) {
		entry = own_is_valid(&s->in) ? ENTERED : enter(s);
		if (entry == NOT_NOW)
			return false;
		if (entry == UNREADABLE) {
			if (!next_segment(s))
				break;
			continue;
		}
		while (find(s, &r, record)) {
			if (r.number < s->expected || r.number >= s->next)
				continue;
			count_gap(s, r.number);
			s->expected = r.number + 1;
			s->last_read = r.number;
			*number = r.number;
			return true;
		}
		if (s->in.fd == -1)
			return false; /* it is opened again, and read anew */
		if (!next_segment(s))
			break;
	}
	reach_end(s, end);
	return false;
}

void
spool_acknowledge(struct spool *s, uint64_t number)
{
	/* what is missing behind the last good record is done with, too */
	if (number >= s->last_read && s->expected == s->next)
		number = s->next - 1;
	if (number <= s->acknowledged)
		return;
	s->acknowledged = number;
	spool_trim(s);
	spool_note(s);
}

void
spool_rewind(struct spool *s)
{
	own_close(&s->in);
	s->in_segment = 0;
	s->expected = s->acknowledged + 1;
	s->last_read = s->acknowledged;
}

uint64_t
spool_left(const struct spool *s)
{
	return s->acknowledged < s->next ? s->next - 1 - s->acknowledged : 0;
}

uint64_t
spool_bytes(const struct spool *s)
{
	return s->bytes + s->out_n;
}

uint64_t
spool_damaged(const struct spool *s)
{
	return s->damaged;
}
