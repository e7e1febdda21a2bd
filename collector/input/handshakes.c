/* SPDX-License-Identifier: BSD-2-Clause */
#include "input/handshakes.h"

#include <event2/event.h>
#include <time.h>

#include "tls_session.h"

#include "input/conn.h"
#include "input/secure.h"

/* ns that steps may take after a turn at most, whatever the turn took. */
enum { SLICE_MAX = 5000000 };

static int64_t
now_ns(void)
{
	struct timespec ts;

	clock_gettime(CLOCK_MONOTONIC, &ts);
	return ts.tv_sec * INT64_C(1000000000) + ts.tv_nsec;
}

/* Only wakes the loop: the worker calls handshakes_work() after each turn. */
static void
on_again(evutil_socket_t fd, short what, void *arg)
{
	(void)fd;
	(void)what;
	(void)arg;
}

bool
handshakes_init(struct handshakes *h, struct event_base *base, size_t workers)
{
	*h = (struct handshakes){ .max = HANDSHAKES_MAX / workers };
	TAILQ_INIT(&h->ready);
	TAILQ_INIT(&h->waiting);
	return event_assign(&h->again, base, -1, 0, on_again, NULL) == 0;
}

void
handshakes_clear(struct handshakes *h)
{
	event_del(&h->again);
	tls_pipe_free(h->pipe);
}

static void
make_ready(struct handshakes *h, struct secure *s)
{
	s->at = AT_READY;
	TAILQ_INSERT_TAIL(&h->ready, s, next);
	if (!event_pending(&h->again, EV_TIMEOUT, NULL))
		event_active(&h->again, EV_TIMEOUT, 0);
}

void
handshakes_queue(struct handshakes *h, struct secure *s)
{
	if (s->at != AT_NONE)
		return;
	if (!s->shakes && h->now >= h->max) {
		s->at = AT_WAITING;
		h->waits++;
		TAILQ_INSERT_TAIL(&h->waiting, s, next);
		return;
	}
	h->now += !s->shakes;
	s->shakes = true;
	make_ready(h, s);
}

static void
take_out(struct handshakes *h, struct secure *s)
{
	switch (s->at) {
	case AT_READY:
		TAILQ_REMOVE(&h->ready, s, next);
		break;
	case AT_WAITING:
		TAILQ_REMOVE(&h->waiting, s, next);
		h->waits--;
		break;
	case AT_NONE:
		break;
	}
	s->at = AT_NONE;
}

void
handshakes_leave(struct handshakes *h, struct secure *s)
{
	struct secure *first;

	take_out(h, s);
	if (!s->shakes)
		return;
	s->shakes = false;
	h->now--;
	first = TAILQ_FIRST(&h->waiting);
	if (first != NULL) {
		take_out(h, first);
		handshakes_queue(h, first);
	}
}

bool
handshakes_are_due(const struct handshakes *h)
{
	return !TAILQ_EMPTY(&h->ready);
}

void
handshakes_work(struct handshakes *h)
{
	int64_t start, most;
	struct secure *s;

	if (TAILQ_EMPTY(&h->ready))
		return;
	start = now_ns();
	most = start - h->left_at;
	most = most < SLICE_MAX ? most : SLICE_MAX;
	do {
		s = TAILQ_FIRST(&h->ready);
		if (s == NULL)
			break;
		take_out(h, s);
		if (event_add(&s->conn->readable, NULL) == -1)
			conn_refuse(s->conn, L_REJECTED_ERROR, "no memory");
		else
			(void)conn_serve(s->conn);
	} while (now_ns() - start < most);
	h->left_at = now_ns();
	if (!TAILQ_EMPTY(&h->ready))
		event_active(&h->again, EV_TIMEOUT, 0);
}
