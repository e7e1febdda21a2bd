/* SPDX-License-Identifier: BSD-2-Clause */
/* lag_send.c - see lag.h; sends evenly, each message with its time */
#include "common.h"
#include "lag.h"

#include <errno.h>
#include <sys/socket.h>

/* Sends n messages of the ring; false: it is time to give up. */
static bool
send_some(struct load *l, struct sender *s, uint32_t slot, uint32_t n)
{
	size_t frame = l->plan.frame, done = 0, all = n * frame;

	while (done < all) {
		const char *from = s->ring + slot * frame + done;
		/* Of datagrams one at a time, of a stream as many as go. */
		size_t length = target_is_stream(&l->options.target)
		    ? all - done
		    : frame;
		ssize_t sent = send(s->fd, from, length, MSG_NOSIGNAL);

		if (sent > 0) {
			done += (size_t)sent;
			continue;
		}
		if (errno != EAGAIN && errno != EINTR && errno != ENOBUFS &&
		    errno != ECONNREFUSED)
			die(errno, "send");
		if (errno == ECONNREFUSED &&
		    l->options.target.transport != TRANSPORT_UDP)
			die(errno, "send");
		if (load_is_late(l)) {
			s->unsent_length = all - done;
			return false;
		}
	}
	return true;
}

/* The next batch of a sender; false: it is time to give up. */
static bool
send_batch(struct lag *g, struct sender *s)
{
	struct load *l = &g->load;
	int64_t due = load_due(l), now;
	uint32_t slot, n;

	if (!load_wait(l))
		return false;
	n = sender_fill(l, s, &slot);
	now = clock_ns(CLOCK_MONOTONIC);
	histogram_add(&g->late, now - due);
	for (uint32_t i = 0; i < n; i++)
		message_at(&l->plan, s->ring + (slot + i) * l->plan.frame, now);
	return send_some(l, s, slot, n);
}

void *
lag_send(void *arg)
{
	struct lag *g = arg;
	struct load *l = &g->load;
	bool goes_on = true;

	while (goes_on && l->filled < l->options.messages) {
		for (uint32_t i = 0; i < l->options.connections; i++) {
			struct sender *s = &l->senders[i];

			if (goes_on && s->next < s->quota)
				goes_on = send_batch(g, s);
		}
	}
	l->last = clock_ns(CLOCK_MONOTONIC);
	g->sent = true;
	return NULL;
}
