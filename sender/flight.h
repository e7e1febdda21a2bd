/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * flight.h - what is being sent, until the peer's kernel has it
 *
 * A queue of frames in one buffer of a size fixed at open. Of a stream, what
 * was sent but not acknowledged stays here: when the connection breaks, it is
 * sent again, from the beginning of a message.
 */
#ifndef FLIGHT_H
#define FLIGHT_H

#include <stdint.h>

#include "wire/slice.h"

struct flight_frame {
	uint32_t n;              /* bytes, with framing */
	uint16_t prefix, suffix; /* bytes of it that are framing */
	uint64_t mark;           /* the caller's */
};

struct flight {
	char *buf;
	size_t size;
	size_t begin, next, end; /* first kept, first unsent, behind the last */
	struct flight_frame *frames;     /* a ring */
	size_t frames_max, first, count; /* frames_max is a power of two */
};

/* -1: no memory. size is at least what one frame needs. */
int flight_init(struct flight *f, size_t size);
void flight_clear(struct flight *f);

/* Forgets everything: this is the child of a fork. */
void flight_reset(struct flight *f);

/* Room for a frame of n bytes, NULL: not now. flight_add() makes it one. */
char *flight_room(struct flight *f, size_t n);
void flight_add(struct flight *f, struct flight_frame frame);

/* What is to be sent next on a stream, and that n bytes of it were. */
struct slice flight_unsent(const struct flight *f);
void flight_send(struct flight *f, size_t n);

/* The i-th message, without framing; false: there is none. For datagrams,
 * which are acknowledged when they are sent: flight_send_frames(). */
void flight_send_frames(struct flight *f, size_t n);
bool flight_message(const struct flight *f, size_t i, struct slice *message);

/* The peer has all but the last unacknowledged bytes of what was sent: takes
 * such frames out. Returns their number; *mark is that of the last. */
size_t flight_acknowledge(
    struct flight *f, size_t unacknowledged, uint64_t *mark);

/* The connection broke: all that is left is unsent. Returns how many frames
 * were sent before, as a whole or in part. */
size_t flight_rewind(struct flight *f);

/* Takes out the oldest message; false: none. The slice is good until the next
 * call. For the spool, after flight_rewind(). */
bool flight_take(struct flight *f, struct slice *message);

static inline bool
flight_is_empty(const struct flight *f)
{
	return f->count == 0;
}

static inline bool
flight_is_sent(const struct flight *f)
{
	return f->next == f->end;
}

#endif
