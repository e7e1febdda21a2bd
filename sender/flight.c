/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * flight.c - see flight.h
 */
#include "flight.h"

#include <stdlib.h>

enum { BYTES_PER_FRAME = 64 }; /* fewer, and frames run out before bytes */

int
flight_init(struct flight *f, size_t size)
{
	*f = (struct flight){ .size = size, .frames_max = 1 };
	while (f->frames_max * 2 <= size / BYTES_PER_FRAME)
		f->frames_max *= 2;
	f->buf = malloc(size);
	f->frames = malloc(f->frames_max * sizeof(*f->frames));
	if (f->buf != NULL && f->frames != NULL)
		return 0;
	flight_clear(f);
	return -1;
}

void
flight_clear(struct flight *f)
{
	free(f->buf);
	free(f->frames);
	f->buf = NULL;
	f->frames = NULL;
}

void
flight_reset(struct flight *f)
{
	f->begin = f->next = f->end = 0;
	f->first = f->count = 0;
}

static struct flight_frame *
frame_at(const struct flight *f, size_t i)
{
	return &f->frames[(f->first + i) & (f->frames_max - 1)];
}

char *
flight_room(struct flight *f, size_t n)
{
	if (f->count == f->frames_max)
		return NULL;
	/* When there is room only with what is free at the front, what is kept
	 * moves there: seldom, because it waits until half is free. */
	if (n > f->size - f->end &&
	    (f->begin >= f->size / 2 || f->count == 0)) {
		(void)memmove(f->buf, f->buf + f->begin, f->end - f->begin);
		f->next -= f->begin;
		f->end -= f->begin;
		f->begin = 0;
	}
	return n <= f->size - f->end ? f->buf + f->end : NULL;
}

void
flight_add(struct flight *f, struct flight_frame frame)
{
	assert(f->count < f->frames_max && frame.n <= f->size - f->end);
	*frame_at(f, f->count++) = frame;
	f->end += frame.n;
}

struct slice
flight_unsent(const struct flight *f)
{
	return slice_of(f->buf + f->next, f->end - f->next);
}

void
flight_send(struct flight *f, size_t n)
{
	assert(n <= f->end - f->next);
	f->next += n;
}

static struct slice
message_at(const struct flight *f, size_t at, const struct flight_frame *frame)
{
	return slice_of(f->buf + at + frame->prefix,
	    frame->n - frame->prefix - frame->suffix);
}

bool
flight_message(const struct flight *f, size_t i, struct slice *message)
{
	size_t at = f->begin;

	if (i >= f->count)
		return false;
	for (size_t j = 0; j < i; j++)
		at += frame_at(f, j)->n;
	*message = message_at(f, at, frame_at(f, i));
	return true;
}

void
flight_send_frames(struct flight *f, size_t n)
{
	for (size_t i = 0; i < n; i++)
		f->next += frame_at(f, i)->n;
}

static void
take_out(struct flight *f)
{
	f->begin += frame_at(f, 0)->n;
	f->first = (f->first + 1) & (f->frames_max - 1);
	f->count--;
	if (f->next < f->begin)
		f->next = f->begin;
	if (f->count == 0) /* what is used again is in the cache */
		flight_reset(f);
}

size_t
flight_acknowledge(struct flight *f, size_t unacknowledged, uint64_t *mark)
{
	size_t sent = f->next - f->begin, done, n = 0;

	done = unacknowledged < sent ? sent - unacknowledged : 0;
	while (f->count > 0 && frame_at(f, 0)->n <= done) {
		done -= frame_at(f, 0)->n;
		*mark = frame_at(f, 0)->mark;
		take_out(f);
		n++;
	}
	return n;
}

size_t
flight_rewind(struct flight *f)
{
	size_t bytes = f->next - f->begin, n = 0;

	for (; n < f->count && bytes > 0; n++) {
		size_t frame = frame_at(f, n)->n;

		bytes -= frame < bytes ? frame : bytes;
	}
	f->next = f->begin;
	return n;
}

bool
flight_take(struct flight *f, struct slice *message)
{
	if (f->count == 0)
		return false;
	*message = message_at(f, f->begin, frame_at(f, 0));
	take_out(f);
	return true;
}
