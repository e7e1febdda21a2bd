/* SPDX-License-Identifier: BSD-2-Clause */
/* load_datagram.c - datagrams, a batch of each sender in turn */
#include "common.h"
#include "load.h"

#include <errno.h>
#include <sys/socket.h>

enum {
	LOOK_NS = 20000, /* between two looks at the receiver's queue */
};

/* Is it an error that passes? */
static bool
passes(struct load *l)
{
	switch (errno) {
	case ECONNREFUSED:
		/* What an earlier datagram met; this one was not sent. A unix
		 * socket says it when the server is gone. */
		l->refused++;
		return l->options.target.transport == TRANSPORT_UDP;
	case EAGAIN:
	case EINTR:
	case ENOBUFS:
		return true;
	default:
		return false;
	}
}

/* Sends n messages of the ring. What is left when it is time to give up is
 * noted as unsent. */
static void
send_batch(struct load *l, struct sender *s, uint32_t slot, uint32_t n)
{
	size_t frame = l->plan.frame;

	while (n > 0) {
		ssize_t sent;

		if (l->options.segments) {
			sent = send(
			    s->fd, s->ring + slot * frame, n * frame, 0);
			sent = sent < 0 ? sent : (ssize_t)n;
		} else {
			sent = sendmmsg(s->fd, s->headers + slot, n, 0);
		}
		if (sent > 0) {
			slot += (uint32_t)sent;
			n -= (uint32_t)sent;
		} else if (!passes(l)) {
			die(errno, "send");
		} else if (load_is_late(l)) {
			s->unsent_length = n * frame;
			return;
		}
	}
}

/* Waits until the receiver has read enough; false: it is time to give up. */
static bool
wait_for_room(const struct load *l, const struct backlog *b, int fd)
{
	while (backlog_bytes(b, fd) > l->options.waiting) {
		if (load_is_late(l))
			return false;
		sleep_until(clock_ns(CLOCK_MONOTONIC) + LOOK_NS);
	}
	return true;
}

/* A batch of each sender; false: all is sent, or it is time to give up. */
static bool
send_round(struct load *l, const struct backlog *b)
{
	bool more = false;

	for (uint32_t i = 0; i < l->options.connections; i++) {
		struct sender *s = &l->senders[i];
		uint32_t slot, n;

		if (s->next == s->quota)
			continue;
		if (!load_wait(l) || (b && !wait_for_room(l, b, s->fd)))
			return false;
		n = sender_fill(l, s, &slot);
		send_batch(l, s, slot, n);
		more = true;
	}
	return more && !load_is_late(l);
}

void
load_datagrams(struct load *l)
{
	struct backlog backlog;

	if (l->options.waiting) {
		backlog_open(&backlog, &l->options.target);
		while (send_round(l, &backlog))
			continue;
		backlog_close(&backlog);
	} else {
		while (send_round(l, NULL))
			continue;
	}
}
