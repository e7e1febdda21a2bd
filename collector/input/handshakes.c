/* SPDX-License-Identifier: BSD-2-Clause */
#include "input/handshakes.h"

#include <event2/event.h>

#include "tls_session.h"

#include "base/clock.h"
#include "input/conn.h"
#include "input/secure.h"

/* ns that steps may take after a turn at most, whatever the turn took. */
enum { SLICE_MAX = 5000000 };

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

static void
do_step(struct handshakes *h, struct secure *s)
{
	take_out(h, s);
	if (event_add(&s->conn->readable, NULL) == -1)
		conn_refuse(s->conn, L_REJECTED_ERROR, "no memory");
	else
		(void)conn_serve(s->conn);
}

void
handshakes_charge(struct handshakes *h, int64_t since)
{
	h->charged += clock_used_ns() - since;
}

/*
 * After a turn of so many ns in which others sent. Beside handshakes, which
 * take the caches, what others need takes up to a fifth more, and closing who
 * has shaken hands is done in their time: they have their half speed when they
 * have two thirds of it. What was charged is no part of theirs, and is paid
 * with ours; half of that is left whatever comes, or connections that never
 * shake hands would keep out all others.
 */
static int64_t
room_beside_others(int64_t turn, int64_t charged)
{
	int64_t room = (turn - charged) / 2;

	return room - (charged < room / 2 ? charged : room / 2);
}

/*
 * A step can take far longer than the turn before it, and cannot be cut: what
 * it took more is owed to those who send, and no step is done until they had
 * it. Who sends nothing is owed nothing. By the clock of this thread: that
 * somebody else had the processor is nobody's part.
 */
void
handshakes_work(struct handshakes *h, bool busy)
{
	int64_t now, room, end;

	if (TAILQ_EMPTY(&h->ready))
		return;
	now = clock_used_ns();
	room = SLICE_MAX;
	if (busy)
		room = room_beside_others(now - h->left_at, h->charged) -
		    h->owed;
	end = now + (room < SLICE_MAX ? room : SLICE_MAX);
	while (now < end && !TAILQ_EMPTY(&h->ready)) {
		do_step(h, TAILQ_FIRST(&h->ready));
		now = clock_used_ns();
	}
	h->owed = now > end ? now - end : 0;
	h->left_at = now;
	h->charged = 0;
	if (!TAILQ_EMPTY(&h->ready))
		event_active(&h->again, EV_TIMEOUT, 0);
}
