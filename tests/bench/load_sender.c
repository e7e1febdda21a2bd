/* SPDX-License-Identifier: BSD-2-Clause */
/* load_sender.c - see load.h */
#include "common.h"
#include "load.h"
#include "load_tls.h"

#include <errno.h>
#include <inttypes.h>
#include <netinet/in.h>
#include <netinet/udp.h>
#include <stdlib.h>
#include <sys/socket.h>
#include <unistd.h>

enum {
	BATCH_BYTES = 64 << 10,      /* of a write to a stream */
	BATCH_BYTES_MANY = 16 << 10, /* with many connections, for memory */
	MANY = 100,
	BATCH_DATAGRAMS = 128,
	SEGMENTS = 64,        /* of a send with segmentation offload */
	UDP_MOST = 65507,     /* what a datagram carries, or all segments */
	TICKS = 4000,         /* batches a second when there is a rate */
	RINGS_MOST = 1 << 30, /* bytes of all rings */
};

static uint32_t
at_most(uint32_t n, size_t limit)
{
	return n < limit ? n : limit < 1 ? 1 : (uint32_t)limit;
}

/* How many messages are best sent together. */
static uint32_t
batch(const struct load *l)
{
	const struct options *o = &l->options;
	size_t bytes = o->connections > MANY ? BATCH_BYTES_MANY : BATCH_BYTES;
	uint32_t n = o->per_write;

	if (n == 0) {
		n = target_is_stream(&o->target)
		    ? at_most(UINT32_MAX, bytes / l->plan.frame)
		    : BATCH_DATAGRAMS;
		if (o->rate > 0)
			n = at_most(n, (size_t)(o->rate / TICKS));
	}
	if (o->segments) {
		n = at_most(n, SEGMENTS);
		n = at_most(n, UDP_MOST / l->plan.frame);
	}
	return n;
}

/* The numbers must have room in the mark. */
static void
check_numbers(const struct load *l)
{
	const struct options *o = &l->options;
	uint64_t most = l->plan.seq_digits == 10 ? 10000000000 : 100000000;

	if (o->first_id + o->connections - 1 > l->plan.id_most)
		die(0, "messages of %zu bytes have ids up to %u only",
		    o->shape.size, l->plan.id_most);
	if ((o->messages - 1) / o->connections >= most)
		die(0,
		    "messages of %zu bytes have numbers below %" PRIu64
		    " only: fewer of them, or more connections",
		    o->shape.size, most);
}

void
senders_plan(struct load *l)
{
	struct options *o = &l->options;
	/* Names are dealt to the senders in turn; each ring holds all of its
	 * sender's. */
	uint32_t names = (o->shape.names + o->connections - 1) / o->connections;

	if (!target_is_stream(&o->target))
		o->shape.framing = FRAME_NONE;
	if (o->target.transport == TRANSPORT_UDP && o->shape.size > UDP_MOST)
		die(0, "-s %zu: a datagram has at most %d bytes", o->shape.size,
		    UDP_MOST);
	message_plan(&l->plan, &o->shape);
	check_numbers(l);
	l->stamp.rfc3164 = o->shape.rfc3164;
	l->batch = batch(l);
	l->slots = l->batch > names ? l->batch : names;
	if (l->slots > names && names > 1)
		l->slots += (names - l->slots % names) % names;
	if ((double)l->slots * (double)l->plan.frame * o->connections >
	    RINGS_MOST)
		die(0,
		    "%u connections with %u messages of %zu bytes: more "
		    "than a GiB",
		    o->connections, l->slots, l->plan.frame);
}

static void
render_ring(const struct load *l, struct sender *s, uint32_t number)
{
	const struct options *o = &l->options;
	size_t frame = l->plan.frame;

	for (uint32_t k = 0; k < l->slots; k++) {
		uint64_t name = number + (uint64_t)k * o->connections;

		if (k > 0 && o->shape.names == 1)
			memcpy(s->ring + k * frame, s->ring, frame);
		else
			message_render(&l->plan, s->ring + k * frame, s->id,
			    (uint32_t)(name % o->shape.names));
	}
}

static void
make_headers(const struct load *l, struct sender *s)
{
	s->headers = calloc(l->slots, sizeof(*s->headers));
	s->vectors = calloc(l->slots, sizeof(*s->vectors));
	if (!s->headers || !s->vectors)
		die(ENOMEM, "%u datagrams", l->slots);
	for (uint32_t k = 0; k < l->slots; k++) {
		s->vectors[k].iov_base = s->ring + k * l->plan.frame;
		s->vectors[k].iov_len = l->plan.frame;
		s->headers[k].msg_hdr.msg_iov = &s->vectors[k];
		s->headers[k].msg_hdr.msg_iovlen = 1;
	}
}

static void
set_socket(const struct load *l, const struct sender *s)
{
	struct timeval patience = { .tv_usec = 100000 };
	int size = (int)l->plan.frame;

	/* A receiver that hangs must not make us hang. */
	if (setsockopt(
		s->fd, SOL_SOCKET, SO_SNDTIMEO, &patience, sizeof(patience)))
		die(errno, "SO_SNDTIMEO");
	if (l->options.segments &&
	    setsockopt(s->fd, IPPROTO_UDP, UDP_SEGMENT, &size, sizeof(size)))
		die(errno, "UDP_SEGMENT");
}

void
senders_open(struct load *l)
{
	const struct options *o = &l->options;

	l->senders = calloc(o->connections, sizeof(*l->senders));
	if (!l->senders)
		die(ENOMEM, "%u connections", o->connections);
	for (uint32_t i = 0; i < o->connections; i++) {
		struct sender *s = &l->senders[i];

		s->id = o->first_id + i;
		s->quota = o->messages / o->connections +
		    (i < o->messages % o->connections);
		memset(s->digits.text, '0', sizeof(s->digits.text));
		s->ring = malloc(l->slots * l->plan.frame);
		if (!s->ring)
			die(ENOMEM, "%u messages", l->slots);
		render_ring(l, s, i);
		if (!target_is_stream(&o->target))
			make_headers(l, s);
		s->fd = target_connect(&o->target);
		set_socket(l, s);
		if (o->target.transport == TRANSPORT_TLS)
			tls_open(l, s);
	}
}

void
senders_close(struct load *l)
{
	if (l->tls)
		tls_close(l);
	for (uint32_t i = 0; i < l->options.connections; i++) {
		struct sender *s = &l->senders[i];

		close(s->fd);
		free(s->vectors);
		free(s->headers);
		free(s->ring);
	}
	free(l->senders);
}

int64_t
load_due(const struct load *l)
{
	double seconds = l->options.rate > 0
	    ? (double)l->filled / l->options.rate
	    : 0;

	return l->first + (int64_t)(seconds * (double)NS_PER_S);
}

bool
load_is_late(const struct load *l)
{
	return clock_ns(CLOCK_MONOTONIC) > l->deadline;
}

bool
load_wait(const struct load *l)
{
	int64_t due = load_due(l);

	if (due > l->deadline)
		return false;
	if (l->options.rate > 0 && due > clock_ns(CLOCK_MONOTONIC))
		sleep_until(due);
	return true;
}

uint32_t
sender_fill(struct load *l, struct sender *s, uint32_t *slot)
{
	const struct plan *p = &l->plan;
	int64_t now = clock_ns(CLOCK_REALTIME) / NS_PER_US, from = l->stamp_us;
	uint32_t n = l->batch;
	uint64_t rest = s->quota - s->next;
	char *frame;

	n = n < l->slots - s->at ? n : l->slots - s->at;
	n = n < rest ? n : (uint32_t)rest;
	if (n == 0)
		return 0;
	*slot = s->at;
	frame = s->ring + s->at * p->frame;
	/* The messages happened one after the other since the last batch. */
	if (now < from || from == 0)
		now = from = now > from ? now : from;
	for (uint32_t i = 0; i < n; i++, frame += p->frame) {
		l->stamp_us = from + (now - from) * (i + 1) / n;
		stamp_put(&l->stamp, l->stamp_us, frame + p->stamp);
		message_number(p, frame, &s->digits);
		digits_next(&s->digits, p->seq_digits);
	}
	s->next += n;
	s->at = s->at + n < l->slots ? s->at + n : 0;
	l->filled += n;
	return n;
}

uint64_t
senders_sent(const struct load *l)
{
	uint64_t sent = 0;

	for (uint32_t i = 0; i < l->options.connections; i++) {
		const struct sender *s = &l->senders[i];
		size_t frame = l->plan.frame;

		sent += s->next - (s->unsent_length + frame - 1) / frame;
	}
	return sent;
}
