/* SPDX-License-Identifier: BSD-2-Clause */
/* load_stream.c - streams: whoever has room in its socket writes */
#include "common.h"
#include "load.h"
#include "load_tls.h"

#include <errno.h>
#include <fcntl.h>
#include <sys/epoll.h>
#include <sys/socket.h>
#include <unistd.h>

enum {
	EVENTS = 256,
	TURN_BYTES = 256 << 10, /* one sender, before the next has its turn */
};

enum progress {
	FINISHED,
	BLOCKED,
	GOES_ON,
};

/* One write, of a new batch or of what is left of the last one. */
static enum progress
write_batch(struct load *l, struct sender *s)
{
	ssize_t n;

	if (s->unsent_length == 0) {
		uint32_t slot, filled;

		if (s->next == s->quota)
			return FINISHED;
		if (!load_wait(l))
			return BLOCKED;
		filled = sender_fill(l, s, &slot);
		s->unsent = s->ring + slot * l->plan.frame;
		s->unsent_length = filled * l->plan.frame;
	}
	n = s->ssl ? tls_send(s)
		   : send(s->fd, s->unsent, s->unsent_length, MSG_NOSIGNAL);
	if (n < 0) {
		if (errno != EAGAIN && errno != EINTR)
			die(errno, "send");
		return BLOCKED;
	}
	s->unsent += n;
	s->unsent_length -= (size_t)n;
	return GOES_ON;
}

static enum progress
take_turn(struct load *l, struct sender *s)
{
	size_t batch = l->batch * l->plan.frame;
	size_t writes = TURN_BYTES / batch;
	enum progress p = GOES_ON;

	/* With a rate, who sends next is a question of order, too. */
	if (l->options.rate > 0 || writes == 0)
		writes = 1;
	while (writes-- > 0 && p == GOES_ON)
		p = write_batch(l, s);
	return p;
}

static void
watch_all(struct load *l, int epoll)
{
	for (uint32_t i = 0; i < l->options.connections; i++) {
		struct sender *s = &l->senders[i];
		struct epoll_event e = { .events = EPOLLOUT, .data.ptr = s };

		if (fcntl(s->fd, F_SETFL, O_NONBLOCK) ||
		    epoll_ctl(epoll, EPOLL_CTL_ADD, s->fd, &e))
			die(errno, "epoll");
	}
}

void
load_streams(struct load *l)
{
	struct epoll_event events[EVENTS];
	uint32_t live = l->options.connections;
	int epoll = epoll_create1(EPOLL_CLOEXEC);

	if (epoll < 0)
		die(errno, "epoll");
	watch_all(l, epoll);
	while (live > 0 && !load_is_late(l)) {
		int n = epoll_wait(epoll, events, EVENTS, 1000);

		if (n < 0 && errno != EINTR)
			die(errno, "epoll");
		for (int i = 0; i < n; i++) {
			struct sender *s = events[i].data.ptr;

			if (take_turn(l, s) != FINISHED)
				continue;
			live--;
			if (epoll_ctl(epoll, EPOLL_CTL_DEL, s->fd, NULL))
				die(errno, "epoll");
		}
	}
	close(epoll);
}
