/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * message.h - the messages that the benchmark sends
 *
 * Each of them has exactly the size asked for, and a mark (mark.h) as its
 * text. All messages of a run have their fields at the same places, so one is
 * rendered once, and sent again and again with other digits.
 */
#ifndef BENCH_MESSAGE_H
#define BENCH_MESSAGE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

enum {
	SIZE_LEAST = 64,
	SIZE_MOST = 65536,
	NAMES_MOST = 100000,
	AT_DIGITS = 19, /* of nanoseconds */
};

enum framing {
	FRAME_NONE, /* datagrams */
	FRAME_OCTET,
	FRAME_LF,
};

/* What is asked for. */
struct shape {
	size_t size;
	enum framing framing;
	uint32_t names; /* APP-NAME is app0 to app<names - 1>; 1: app */
	bool rfc3164;
	bool sdata;
	bool timed; /* "at=" and AT_DIGITS digits before the mark */
};

enum framing message_framing(const char *text); /* of option -f */

/* Where things are in a frame. */
struct plan {
	struct shape shape;
	size_t frame; /* bytes, with framing */
	size_t head;  /* of them before the message */
	size_t stamp;
	size_t at; /* timed only */
	size_t mark;
	size_t mark_length;
	size_t seq;
	size_t seq_again; /* small messages have it once: the same as seq */
	unsigned seq_digits;
	uint32_t id_most;
	unsigned host;   /* width of HOSTNAME where it fills the message */
	bool small_head; /* one letter for a field */
};

/* Ends the tool when the message cannot be that small. */
void message_plan(struct plan *p, const struct shape *shape);

/* One frame, with timestamp and digits still to be filled in. */
void message_render(const struct plan *p, char *to, uint32_t id, uint32_t name);

/* Writes the time of a timed one. */
void message_at(const struct plan *p, char *frame, int64_t ns);

/* Text of a sequence number, counted up in place. */
struct digits {
	char text[10];
};

static inline void
digits_next(struct digits *d, unsigned n)
{
	unsigned i = n - 1;

	while (i > 0 && d->text[i] == '9')
		d->text[i--] = '0';
	d->text[i]++;
}

static inline void
message_number(const struct plan *p, char *frame, const struct digits *d)
{
	/* Two lengths known to the compiler: no call. */
	if (p->seq_digits == sizeof(d->text)) {
		memcpy(frame + p->seq, d->text, sizeof(d->text));
		memcpy(frame + p->seq_again, d->text, sizeof(d->text));
	} else {
		memcpy(frame + p->seq, d->text, 8);
	}
}

#endif
