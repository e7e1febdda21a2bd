/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * fuzz_frame.c - however the network cuts a stream, the messages are the same
 *
 * The first byte chooses mode and limit, the next four where the stream is
 * cut. It is framed whole and in pieces, and both must agree; a third run,
 * in which the 100 ms of silence pass behind every piece, must only keep the
 * promises of frame.h.
 */
#include "wire/frame.h"

#include <stdint.h>
#include <stdlib.h>

enum { HEAD = 5, ROUND = 4 };

struct result {
	uint64_t sum; /* of all messages and how they were marked */
	size_t count; /* messages */
	size_t bytes; /* in them */
	bool bad;
};

static void
require(bool ok)
{
	if (!ok)
		abort();
}

static void
take(struct result *r, const struct framer *f, enum frame_status st,
    struct slice msg, struct slice from)
{
	require(msg.n <= f->max);
	require(msg.n == 0 || (msg.p >= from.p && msg.p < from.p + from.n));
	require(msg.n == 0 ||
	    (msg.p[msg.n - 1] != '\n' && msg.p[msg.n - 1] != '\0'));
	r->count++;
	r->bytes += msg.n;
	for (size_t i = 0; i < msg.n; i++)
		r->sum = r->sum * 31 + (uint8_t)msg.p[i];
	r->sum = r->sum * 31 + 256 + st;
}

/* Frames all; returns how many bytes at the end are an unfinished frame. */
static size_t
drain(struct result *r, struct framer *f, struct slice in)
{
	struct slice from = in, msg = { 0 };
	enum frame_status st;

	while ((st = frame_next(f, &in, &msg)) != FRAME_MORE) {
		if (st == FRAME_BAD) {
			r->bad = true;
			return 0;
		}
		take(r, f, st, msg, from);
	}
	require(in.n < FRAME_ROOM(f->max));
	require(in.n == 0 || in.p + in.n == from.p + from.n);
	require(f->skip == 0 || in.n == 0);
	(void)frame_is_counted(f, in);
	return in.n;
}

static void
finish(struct result *r, struct framer *f, struct slice in)
{
	struct slice from = in, msg = { 0 };
	enum frame_status st;

	while ((st = frame_end(f, &in, &msg)) != FRAME_MORE) {
		require(st != FRAME_BAD);
		take(r, f, st, msg, from);
	}
	require(in.n == 0);
}

static struct slice
copy_of(struct slice s)
{
	char *p = malloc(s.n + 1);

	require(p != NULL);
	if (s.n > 0)
		memcpy(p + 1, s.p, s.n); /* + 1: not aligned */
	return slice_of(p + 1, s.n);
}

static void
free_copy(struct slice s)
{
	free((char *)(uintptr_t)(s.p - 1));
}

/* The pieces are step[0..3] + 1 bytes long, over and over; each read sees an
 * exact copy of the kept tail and the piece. */
static struct result
run(struct slice in, size_t max, enum frame_mode mode, const uint8_t *step,
    bool settle)
{
	struct result r = { 0 };
	struct framer f;
	size_t kept = 0, at = 0, n;
	struct slice copy;

	framer_init(&f, max, mode);
	for (size_t i = 0; at < in.n && !r.bad; i++) {
		n = step != NULL ? (size_t)step[i % ROUND] + 1 : in.n;
		if (n > in.n - at)
			n = in.n - at;
		at += n;
		copy = copy_of(slice_of(in.p + at - n - kept, n + kept));
		kept = drain(&r, &f, copy);
		free_copy(copy);
		if (settle && !r.bad) {
			frame_settle(&f);
			require(!f.holding);
			copy = copy_of(slice_of(in.p + at - kept, kept));
			kept = drain(&r, &f, copy);
			free_copy(copy);
		}
	}
	if (!r.bad) {
		copy = copy_of(slice_of(in.p + in.n - kept, kept));
		finish(&r, &f, copy);
		free_copy(copy);
	}
	require(r.bytes <= in.n);
	require(r.count <= in.n);
	return r;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	static const size_t limits[] = { 1, 8, 16, 100 };
	struct result whole, pieces, single;
	static const uint8_t ones[ROUND] = { 0 };
	enum frame_mode mode;
	struct slice in, datagram, msg;
	size_t max;

	if (size < HEAD)
		return 0;
	mode = (enum frame_mode)(data[0] & 3);
	max = limits[data[0] >> 2 & 3];
	in = slice_of(data + HEAD, size - HEAD);

	whole = run(in, max, mode, NULL, false);
	pieces = run(in, max, mode, data + 1, false);
	single = run(in, max, mode, ones, false);
	require(whole.sum == pieces.sum && whole.count == pieces.count);
	require(whole.bad == pieces.bad);
	require(whole.sum == single.sum && whole.count == single.count);
	require(whole.bad == single.bad);
	(void)run(in, max, mode, data + 1, true);

	datagram = copy_of(in);
	(void)frame_datagram(datagram, max, &msg);
	require(msg.n <= max);
	free_copy(datagram);
	return 0;
}
