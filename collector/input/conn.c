/* SPDX-License-Identifier: BSD-2-Clause */
#include "input/conn.h"

#include <sys/socket.h>

#include <errno.h>
#include <event2/event.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/clock.h"
#include "base/log.h"
#include "base/peers.h"
#include "config/nets.h"
#include "input/proxy.h"
#include "input/rate.h"
#include "input/secure.h"

enum {
	HOLD_MS = 100,
	LOOK_EVERY = 16, /* messages */
	SAID_MAX = 5     /* complaints a second: a hostile peer fills no log */
};

const struct listen_conf *
conn_conf(const struct conn *c)
{
	return &c->home->intake->conf->listen[c->listener];
}

void
conn_configure(struct conn *c, size_t listener)
{
	struct origin *o = &c->source.origin;
	const struct listen_conf *l;

	c->listener = listener;
	c->limit = intake_limit(c->home->intake, listener);
	l = conn_conf(c);
	o->listener = slice_str(listen_label(l));
	o->zone = l->zone;
	o->distrust = !l->trust_hostname;
}

void
conn_unhold(struct conn *c)
{
	if (c->is_held)
		TAILQ_REMOVE(&c->home->held, c, waiting);
	c->is_held = false;
}

void
conn_close(struct conn *c, const char *why)
{
	struct conns *cs = c->home;
	struct origin *o = &c->source.origin;
	struct slice peer = origin_address(o);

	log_line(LOG_DEBUG, "listener %.*s: connection of %.*s closed: %s",
	    (int)o->listener.n, o->listener.p, (int)peer.n, peer.p, why);
	conn_unhold(c);
	conn_unpause(c);
	TAILQ_REMOVE(&cs->all, c, all);
	event_del(&c->readable);
	secure_stop(c);
	/* first its place is free: a peer that sees the end may come again */
	counter_add(c->source.count, L_CLOSED, 1);
	peer_leave(c->peer);
	close(c->fd);
	tail_drop(&c->tail);
	free(c);
}

static int
level_of_complaint(struct conns *cs)
{
	int64_t now = clock_ms();

	if (now - cs->said_at >= 1000) {
		cs->said_at = now;
		cs->said = 0;
	}
	return cs->said++ < SAID_MAX ? LOG_NOTICE : LOG_DEBUG;
}

static void
close_and_complain(struct conn *c, const char *why)
{
	struct origin *o = &c->source.origin;
	struct slice peer = origin_address(o);

	log_line(level_of_complaint(c->home),
	    "listener %.*s: closing the connection of %.*s: %s",
	    (int)o->listener.n, o->listener.p, (int)peer.n, peer.p, why);
	conn_close(c, why);
}

void
conn_close_badly(struct conn *c, const char *why)
{
	counter_add(c->source.count, L_MALFORMED, 1);
	close_and_complain(c, why);
}

void
conn_break(struct conn *c, const char *why)
{
	conn_take_rest(c);
	close_and_complain(c, why);
}

void
conn_refuse(struct conn *c, enum listener_metric reason, const char *why)
{
	counter_add(c->source.count, reason, 1);
	close_and_complain(c, why);
}

void
conn_arm_hold_timer(struct conns *cs)
{
	const struct conn *c = TAILQ_FIRST(&cs->held);
	struct timeval tv = { 0 };
	int64_t ms;

	if (c == NULL || evtimer_pending(&cs->hold_timer, NULL))
		return;
	ms = c->hold_at - clock_ms();
	tv.tv_usec = (ms > 0 ? ms : 1) * 1000;
	event_add(&cs->hold_timer, &tv);
}

/* The deadline begins anew with each byte that arrives. */
void
conn_hold(struct conn *c, int64_t now)
{
	conn_unhold(c);
	if (c->is_paused)
		return;
	c->hold_at = now + HOLD_MS;
	c->is_held = true;
	TAILQ_INSERT_TAIL(&c->home->held, c, waiting);
	conn_arm_hold_timer(c->home);
}

/* Who sends what is taken now, and when: asked once for many messages. */
struct asker {
	struct who who;
	int64_t now;
};

static struct asker
ask_for(const struct conn *c)
{
	struct asker a = { .now = 0 };

	if (c->limit != NULL) {
		a.who = rate_who(&c->source);
		a.now = clock_ms();
	}
	return a;
}

static void
take_message(struct conn *c, const struct asker *a, struct slice msg, bool cut)
{
	if (c->limit == NULL ||
	    rate_allows(c->limit, &c->source, &a->who, msg, a->now))
		intake_take(c->home->intake, &c->source, msg, cut);
}

/*
 * No byte of a stream reaches the parser before this says so: in TLS the
 * handshake is over, and the peer is one of those that may send.
 */
static bool
peer_authorised(const struct conn *c)
{
	return c->secure == NULL || secure_is_authorised(c->secure);
}

enum progress { ALL_TAKEN, MUST_WAIT, OUT_OF_STEP };

/*
 * Gives the whole messages in *in to the intake; to the last one when all,
 * else only while it is ready: what was read can be far more when it is
 * rendered.
 */
static enum progress
take_frames(struct conn *c, struct slice *in, bool all, bool *some)
{
	struct intake *intake = c->home->intake;
	struct asker a = ask_for(c);
	struct slice msg;

	/* looked at now and then: a few messages more do not matter */
	for (unsigned n = 0; all || n % LOOK_EVERY != 0 || intake_ready(intake);
	     n++) {
		switch (frame_next(&c->framer, in, &msg)) {
		case FRAME_OK:
			take_message(c, &a, msg, false);
			*some = true;
			break;
		case FRAME_CUT:
			take_message(c, &a, msg, true);
			*some = true;
			break;
		case FRAME_MORE:
			return ALL_TAKEN;
		case FRAME_BAD:
			return OUT_OF_STEP;
		}
	}
	return MUST_WAIT;
}

/* The stream is over: what is left of it are messages too. */
void
conn_take_rest(struct conn *c)
{
	struct slice in = slice_of(c->tail.p, c->tail.n), msg;
	struct asker a = ask_for(c);
	enum frame_status st;
	bool some;

	/* the front of a PROXY header is no message, nor is ciphertext */
	if (c->awaits_proxy || !peer_authorised(c))
		in.n = 0;
	intake_burst(c->home->intake);
	if (c->is_pending)
		(void)take_frames(c, &in, true, &some);
	while ((st = frame_end(&c->framer, &in, &msg)) == FRAME_OK ||
	    st == FRAME_CUT)
		take_message(c, &a, msg, st == FRAME_CUT);
	tail_drop(&c->tail);
	c->is_pending = false;
	c->since = 0;
}

/* Not read now: TCP makes the peer wait with us. What was read already is
 * first when it goes on. */
void
conn_pause(struct conn *c, bool pending)
{
	struct conns *cs = c->home;

	c->is_pending = pending;
	if (c->is_paused)
		return;
	event_del(&c->readable);
	conn_unhold(c);
	c->is_paused = true;
	if (pending)
		TAILQ_INSERT_HEAD(&cs->paused, c, waiting);
	else
		TAILQ_INSERT_TAIL(&cs->paused, c, waiting);
}

void
conn_unpause(struct conn *c)
{
	if (c->is_paused)
		TAILQ_REMOVE(&c->home->paused, c, waiting);
	c->is_paused = false;
}

/* When the frame that is begun began, and what decides its end. */
static void
watch_rest(struct conn *c, bool some, int64_t now)
{
	if (c->tail.n == 0 && c->framer.skip == 0)
		c->since = 0;
	else if (some || c->since == 0)
		c->since = now;
	if (c->framer.holding && c->tail.n > 0)
		conn_hold(c, now);
	else
		conn_unhold(c);
}

/* Has whom a proxy speaks for few enough connections? Checks of the proxy
 * itself are not limited. False: c is gone. */
static bool
has_place(struct conn *c)
{
	uint64_t max = (uint64_t)conn_conf(c)->max_connections_per_peer;
	struct who w;

	if (max == 0 || c->peers == NULL)
		return true;
	w = who_address(&c->source.origin.addr);
	c->peer = peers_enter(
	    c->peers, c->home->intake->listener_slot[c->listener], &w, max);
	if (c->peer != NULL)
		return true;
	if (errno == EUSERS)
		conn_refuse(c, L_REJECTED_PEER,
		    "it has as many as max_connections_per_peer allows");
	else
		conn_refuse(c, L_REJECTED_ERROR, "no memory");
	return false;
}

/* The header is there: whose messages they are, and may they be sent? False:
 * c is gone. */
static bool
believe(struct conn *c, const struct proxy *p)
{
	const struct nets *allow = conn_conf(c)->allow;
	struct origin *o = &c->source.origin;

	c->awaits_proxy = false;
	c->since = 0;
	if (p->stated) {
		o->addr = p->source;
		o->text_n = 0;
	}
	if (allow != NULL && !nets_hold(allow, &o->addr)) {
		conn_refuse(c, L_REJECTED_ALLOW,
		    "the address in its PROXY header is not in `allow`");
		return false;
	}
	return !p->stated || has_place(c);
}

bool
conn_take_header(struct conn *c, struct slice *in)
{
	struct proxy p;

	switch (proxy_parse(*in, &p)) {
	case PROXY_MORE:
		if (tail_keep(&c->tail, *in))
			return true;
		conn_close_badly(c, "no memory for its PROXY header");
		return false;
	case PROXY_BAD:
		conn_refuse(c, L_REJECTED_PROXY, CONN_NO_HEADER);
		return false;
	case PROXY_OK:
		break;
	}
	slice_skip(in, p.used);
	return believe(c, &p);
}

bool
conn_take_bytes(struct conn *c, struct slice in, int64_t now)
{
	bool some = false;
	enum progress p;

	if (!peer_authorised(c))
		return secure_take_front(c, in, now);
	if (c->awaits_proxy && !conn_take_header(c, &in))
		return false;
	if (c->awaits_proxy)
		return true;
	intake_burst(c->home->intake);
	p = take_frames(c, &in, !c->source.waits, &some);
	if (p == OUT_OF_STEP) {
		conn_close_badly(c,
		    "its framing is broken: an octet count is "
		    "expected here (framing=octet)");
		return false;
	}
	if (!tail_keep(&c->tail, in)) {
		conn_close_badly(c, "no memory for its unfinished frame");
		return false;
	}
	c->is_pending = false;
	if (p == MUST_WAIT && c->tail.n > 0)
		conn_pause(c, true);
	else
		watch_rest(c, some, now);
	return true;
}

/* One recv(2) behind what is left; *in is both together. A long tail is read
 * behind where it lies, so that a slow sender never makes us copy it. */
static ssize_t
read_some(struct conn *c, struct slice *in)
{
	char *to = c->home->scratch;
	size_t room = c->home->read_size;
	ssize_t n;

	if (c->tail.n > CONN_TAIL_COPY) {
		if (!tail_grow(&c->tail, c->tail.n + CONN_TAIL_AHEAD)) {
			errno = ENOMEM;
			return -1;
		}
		to = c->tail.p;
		room = c->tail.cap - c->tail.n;
	} else if (c->tail.n > 0) {
		memcpy(to, c->tail.p, c->tail.n);
	}
	do
		n = recv(c->fd, to + c->tail.n, room, MSG_DONTWAIT);
	while (n == -1 && errno == EINTR);
	if (n > 0)
		*in = slice_of(to, c->tail.n + (size_t)n);
	return n;
}

/* A balancer that only looks whether we are there sends nothing. */
static void
end(struct conn *c, const char *why)
{
	if (c->awaits_proxy && c->tail.n > 0) {
		conn_refuse(c, L_REJECTED_PROXY, CONN_NO_HEADER);
		return;
	}
	conn_take_rest(c);
	conn_close(c, why);
}

/* What was read; false: c is gone. In TLS the end may have come along. */
static bool
serve_bytes(struct conn *c, struct slice in, int64_t now)
{
	if (!conn_take_bytes(c, in, now))
		return false;
	if (!secure_is_over(c) || c->is_pending)
		return true;
	end(c, "by the peer");
	return false;
}

/* Reads once. >0: bytes were taken; 0: nothing there now; -1: c is gone. */
ssize_t
conn_serve(struct conn *c)
{
	int64_t now = clock_ms();
	struct slice in;
	ssize_t n;

	if (c->is_pending)
		return serve_bytes(c, slice_of(c->tail.p, c->tail.n), now) ? 1
									   : -1;
	n = c->secure != NULL ? secure_read(c, &in) : read_some(c, &in);
	if (n == SECURE_GONE)
		return -1;
	if (n == -1 && errno == EAGAIN)
		return 0;
	if (n <= 0) {
		end(c, n == 0 ? "by the peer" : strerror(errno));
		return -1;
	}
	c->active = now;
	return serve_bytes(c, in, now) ? n : -1;
}
