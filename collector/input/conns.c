/* SPDX-License-Identifier: BSD-2-Clause */
#include "input/conns.h"

#include <sys/ioctl.h>

#include <event2/event.h>
#include <stdlib.h>
#include <unistd.h>

#include "base/clock.h"
#include "base/log.h"
#include "base/peers.h"
#include "config/nets.h"
#include "input/conn.h"
#include "input/dgram.h"
#include "input/secure.h"

enum {
	BITE_BYTES = 1024 * 1024, /* then datagrams come first: none can wait */
	TURN_BITES = 4,           /* then everybody else of the worker */
	DRAIN_READS = 8,          /* of one connection, then comes the next */
	BUFFERS_MAX = 16 * 1024 * 1024, /* tcp_rmem and tcp_wmem, generous */
	TRICKLE_MS = 500, /* after a first moment without anything */
	QUIET_MS = 50,    /* then nothing more is on its way */
	UNFINISHED_MS = 30000,
	PROXY_MS = 10000, /* for the PROXY header */
	LAST_READS = 64   /* of a connection whose listener is gone */
};

/* Past the bound of all unfinished frames the largest has to go. */
static void
enforce_bound(struct conns *cs)
{
	while (cs->tails > cs->tails_max) {
		struct conn *c, *largest = NULL;

		TAILQ_FOREACH(c, &cs->all, all)
			if (largest == NULL || c->tail.cap > largest->tail.cap)
				largest = c;
		if (largest == NULL)
			return;
		conn_close_badly(largest,
		    "unfinished frames take half of memory, "
		    "and its is the largest");
	}
}

/* A turn over many busy streams would be long for everybody else. To end it
 * is not free: the loop then asks for each of them again if it is ready. */
static void
end_bite(struct conns *cs)
{
	cs->bite = 0;
	for (size_t i = 0; cs->dgrams != NULL && i < *cs->dgrams; i++)
		dgram_serve(cs->dgram[i]);
	if (++cs->bites < TURN_BITES)
		return;
	cs->bites = 0;
	event_base_loopbreak(cs->base);
}

static void
on_readable(evutil_socket_t fd, short what, void *arg)
{
	struct conn *c = arg;
	struct conns *cs = c->home;
	ssize_t n;

	(void)fd;
	(void)what;
	if (secure_postpone(c))
		return;
	if (c->source.waits && !intake_ready(cs->intake)) {
		conn_pause(c, false);
		return;
	}
	n = conn_serve(c);
	enforce_bound(cs);
	if (n <= 0)
		return;
	cs->bite += (size_t)n;
	if (cs->bite >= BITE_BYTES)
		end_bite(cs);
}

static void
on_hold(evutil_socket_t fd, short what, void *arg)
{
	struct conns *cs = arg;
	int64_t now = clock_ms();
	struct conn *c;

	(void)fd;
	(void)what;
	while ((c = TAILQ_FIRST(&cs->held)) != NULL && c->hold_at <= now) {
		conn_unhold(c);
		frame_settle(&c->framer);
		conn_take_bytes(c, slice_of(c->tail.p, c->tail.n), now);
	}
	conn_arm_hold_timer(cs);
}

struct conns *
conns_new(struct event_base *base, struct intake *in, struct metrics *m,
    size_t thread, struct err *err)
{
	struct conns *cs = calloc(1, sizeof(*cs));

	if (cs == NULL)
		goto fail;
	cs->base = base;
	cs->intake = in;
	cs->metrics = m;
	cs->thread = thread;
	cs->tails_max = in->pool.share / 2;
	/* what was read is stored, however it grows: little memory, small bites
	 */
	cs->read_size = in->pool.share / 32;
	if (cs->read_size > CONN_READ_SIZE)
		cs->read_size = CONN_READ_SIZE;
	if (cs->read_size < CONN_READ_MIN)
		cs->read_size = CONN_READ_MIN;
	TAILQ_INIT(&cs->all);
	TAILQ_INIT(&cs->held);
	TAILQ_INIT(&cs->paused);
	cs->scratch = malloc(CONN_TAIL_COPY + CONN_READ_SIZE);
	if (cs->scratch == NULL ||
	    !handshakes_init(
		&cs->handshakes, base, (size_t)in->conf->workers) ||
	    event_assign(&cs->hold_timer, base, -1, 0, on_hold, cs) == -1)
		goto fail;
	return cs;

fail:
	err_set(err, "worker: no memory for connections");
	if (cs != NULL)
		free(cs->scratch);
	free(cs);
	return NULL;
}

void
conns_mind(struct conns *cs, struct dgram *const *dgram, const size_t *dgrams)
{
	cs->dgram = dgram;
	cs->dgrams = dgrams;
}

void
conns_shake(struct conns *cs)
{
	struct handshakes *h = &cs->handshakes;
	uint64_t taken = cs->intake->taken;

	if (!handshakes_are_due(h))
		return;
	handshakes_work(h, taken != h->taken);
	/* what a step brings along is part of the step */
	h->taken = cs->intake->taken;
	enforce_bound(cs);
}

bool
conns_are_shaking(const struct conns *cs)
{
	return handshakes_are_due(&cs->handshakes);
}

static struct counters *
counters_of(const struct conns *cs, size_t listener)
{
	return metrics_listener(
	    cs->metrics, cs->thread, cs->intake->listener_slot[listener]);
}

static void
init_source(struct conn *c, const struct newcomer *n)
{
	struct origin *o = &c->source.origin;

	conn_configure(c, n->listener);
	o->local = conn_conf(c)->kind == LISTEN_UNIX_STREAM;
	o->addr = n->addr;
	o->credentials = n->credentials;
	o->pid = n->pid;
	o->uid = n->uid;
	o->gid = n->gid;
	c->source.count = counters_of(c->home, n->listener);
	/* a local program must not stand still because a disk does */
	c->source.waits = !o->local;
}

/* Whoever is configured as a proxy must say first whom it speaks for. */
static void
await_proxy(struct conn *c)
{
	const struct nets *proxy = conn_conf(c)->proxy;

	c->awaits_proxy = proxy != NULL &&
	    nets_hold(proxy, &c->source.origin.addr);
	if (c->awaits_proxy)
		c->since = c->active;
}

void
conns_adopt(struct conns *cs, struct newcomer *n)
{
	struct conn *c = calloc(1, sizeof(*c));
	struct counters *count = counters_of(cs, n->listener);
	int64_t from = clock_used_ns();

	if (c == NULL)
		goto fail;
	c->home = cs;
	c->tail.sum = &cs->tails;
	c->tail.max = FRAME_ROOM((size_t)cs->intake->conf->max_message) +
	    CONN_TAIL_AHEAD + cs->read_size;
	c->fd = n->fd;
	c->peer = n->peer;
	c->peers = n->peers;
	c->active = clock_ms();
	init_source(c, n);
	await_proxy(c);
	framer_init(&c->framer, (size_t)cs->intake->conf->max_message,
	    (enum frame_mode)conn_conf(c)->framing);
	if (conn_conf(c)->kind == LISTEN_TLS && !secure_start(c))
		goto fail;
	if (event_assign(&c->readable, cs->base, c->fd, EV_READ | EV_PERSIST,
		on_readable, c) == -1 ||
	    event_add(&c->readable, NULL) == -1)
		goto fail;
	TAILQ_INSERT_TAIL(&cs->all, c, all);
	free(n);
	if (c->secure != NULL)
		handshakes_charge(&cs->handshakes, from);
	return;

fail:
	log_line(LOG_ERR, "listener %s: no memory for a connection",
	    listen_label(&cs->intake->conf->listen[n->listener]));
	counter_add(count, L_REJECTED_ERROR, 1);
	counter_add(count, L_CLOSED, 1);
	if (c != NULL)
		secure_stop(c);
	close(n->fd);
	peer_leave(n->peer);
	free(c);
	free(n);
}

/* What it sent before the reload is taken, as far as that ever ends. */
static void
let_go(struct conn *c)
{
	for (int i = 0; i < LAST_READS && !c->awaits_proxy; i++) {
		ssize_t n = conn_serve(c);

		if (n == -1)
			return;
		if (n == 0)
			break;
	}
	conn_take_rest(c);
	conn_close(c, "its listener is gone");
}

/* Its listener has another label: it is a connection of that one now. */
static bool
recount(struct conn *c)
{
	struct conns *cs = c->home;
	struct counters *to = metrics_listener(
	    cs->metrics, cs->thread, cs->intake->listener_slot[c->listener]);

	if (to == c->source.count)
		return false;
	counter_add(to, L_OPENED, 1);
	counter_add(c->source.count, L_CLOSED, 1);
	c->source.count = to;
	return true;
}

size_t
conns_switch(struct conns *cs, const size_t *map)
{
	struct conn *c, *next;
	size_t moved = 0;

	for (c = TAILQ_FIRST(&cs->all); c != NULL; c = next) {
		next = TAILQ_NEXT(c, all);
		if (map[c->listener] == SIZE_MAX) {
			let_go(c);
			continue;
		}
		conn_configure(c, map[c->listener]);
		moved += recount(c);
		(void)secure_switch(c);
	}
	return moved;
}

bool
conns_are_paused(const struct conns *cs)
{
	return !TAILQ_EMPTY(&cs->paused);
}

/* Reading goes on; what was read before comes first. */
static void
resume_one(struct conn *c, int64_t now)
{
	conn_unpause(c);
	/* the time that we did not read is not the peer's fault */
	c->active = now;
	if (c->since != 0)
		c->since = now;
	if (event_add(&c->readable, NULL) == -1) {
		conn_close_badly(c, "cannot wait for it");
		return;
	}
	if (c->is_pending)
		(void)conn_serve(c);
	else if (c->framer.holding && c->tail.n > 0)
		conn_hold(c, now);
}

void
conns_resume(struct conns *cs)
{
	int64_t now = clock_ms();
	struct conn *c;

	while (
	    (c = TAILQ_FIRST(&cs->paused)) != NULL && intake_ready(cs->intake))
		resume_one(c, now);
}

static void
sweep_one(struct conn *c, int64_t now)
{
	int64_t idle = conn_conf(c)->idle_timeout;

	if (c->is_paused || !secure_sweep(c, now))
		return;
	if (c->awaits_proxy && now - c->since >= PROXY_MS) {
		conn_refuse(c, L_REJECTED_PROXY, CONN_NO_HEADER);
		return;
	}
	if (c->since != 0 && now - c->since >= UNFINISHED_MS) {
		if (c->framer.skip > 0 ||
		    frame_is_counted(
			&c->framer, slice_of(c->tail.p, c->tail.n))) {
			conn_close_badly(
			    c, "a frame stayed unfinished for 30 s");
			return;
		}
		conn_unhold(c);
		conn_take_rest(c);
	}
	if (idle > 0 && now - c->active >= idle) {
		conn_take_rest(c);
		conn_close(c, "idle_timeout");
	}
}

void
conns_sweep(struct conns *cs)
{
	int64_t now = clock_ms();
	struct conn *c, *next;

	for (c = TAILQ_FIRST(&cs->all); c != NULL; c = next) {
		next = TAILQ_NEXT(c, all);
		sweep_one(c, now);
	}
}

/*
 * Nothing is there at this moment, but what a peer sent before the stop may
 * still be on its way from its own kernel's buffer. That comes in no time; a
 * peer that goes on and on is not waited for.
 */
static bool
is_drained(struct conn *c)
{
	int64_t now = clock_ms();

	if (c->dry_at == 0)
		c->dry_at = now;
	return now - c->active >= QUIET_MS || now - c->dry_at >= TRICKLE_MS;
}

/*
 * Reads what one connection has now, and closes it at its end. More than two
 * kernels hold was sent after we began to stop. True: something came.
 */
static bool
drain_some(struct conn *c, int64_t deadline)
{
	bool some = false;

	for (int i = 0; i < DRAIN_READS && clock_ms() < deadline; i++) {
		ssize_t n;

		if (!intake_wait(c->home->intake, deadline))
			return some;
		n = conn_serve(c);
		if (n == -1)
			return true;
		if (c->held < -BUFFERS_MAX || (n == 0 && is_drained(c))) {
			conn_take_rest(c);
			conn_close(c, "the collector stops");
			return some;
		}
		if (n == 0)
			return some;
		c->held -= n;
		some = true;
	}
	return some;
}

uint64_t
conns_drain(struct conns *cs, int64_t deadline)
{
	static const struct timespec moment = { 0, 2000000 };
	struct conn *c, *next;
	uint64_t unread = 0;
	int held;

	TAILQ_FOREACH(c, &cs->all, all) {
		c->held = ioctl(c->fd, FIONREAD, &held) == 0 ? held : 0;
		c->active = clock_ms();
	}
	while (!TAILQ_EMPTY(&cs->all) && clock_ms() < deadline) {
		bool some = false;

		for (c = TAILQ_FIRST(&cs->all); c != NULL; c = next) {
			next = TAILQ_NEXT(c, all);
			some |= drain_some(c, deadline);
		}
		intake_flush(cs->intake);
		if (!some)
			nanosleep(&moment, NULL);
	}
	while ((c = TAILQ_FIRST(&cs->all)) != NULL) {
		unread += c->held > 0 ? (uint64_t)c->held : 0;
		conn_take_rest(c);
		/* the analyzer does not see TAILQ_REMOVE take c off the list */
		/* NOLINTNEXTLINE(clang-analyzer-unix.Malloc) */
		conn_close(c, "the collector stops");
	}
	return unread;
}

void
conns_free(struct conns *cs)
{
	struct conn *c;

	if (cs == NULL)
		return;
	while ((c = TAILQ_FIRST(&cs->all)) != NULL)
		/* NOLINTNEXTLINE(clang-analyzer-unix.Malloc): as above */
		conn_close(c, "the collector stops");
	event_del(&cs->hold_timer);
	handshakes_clear(&cs->handshakes);
	free(cs->scratch);
	free(cs);
}
