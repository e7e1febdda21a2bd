/* SPDX-License-Identifier: BSD-2-Clause */
#include "input/conn.h"

#include <sys/ioctl.h>
#include <sys/queue.h>
#include <sys/socket.h>

#include <errno.h>
#include <event2/event_struct.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/clock.h"
#include "base/log.h"
#include "input/tail.h"
#include "wire/frame.h"

enum {
	READ_SIZE = 256 * 1024,
	TAIL_COPY = 16 * 1024, /* a longer one is read behind, not copied */
	HOLD_MS = 100,         /* nothing decided the delimiter: it is LF */
	UNFINISHED_MS = 30000,
};

struct conn {
	TAILQ_ENTRY(conn) all;
	TAILQ_ENTRY(conn) waiting; /* on one of the lists below, or none */
	struct event readable;
	struct conns *home;
	size_t listener;
	int fd;
	bool is_held, is_paused;
	struct framer framer;
	struct tail tail; /* the unfinished frame */
	int64_t since;    /* when the unfinished frame began; 0: none */
	int64_t active;   /* when something was read last */
	int64_t hold_at;  /* when the delimiter is taken to be LF */
	struct source source;
};

TAILQ_HEAD(conn_list, conn);

struct conns {
	struct event_base *base; /* borrowed */
	struct intake *intake;   /* borrowed */
	struct metrics *metrics; /* borrowed */
	size_t thread;
	struct conn_list all, held, paused;
	struct event hold_timer;
	char *scratch; /* owned; where connections are read into */
	size_t tails;  /* bytes in all tails */
	size_t tails_max;
};

static void on_hold(evutil_socket_t fd, short what, void *arg);
static void on_readable(evutil_socket_t fd, short what, void *arg);

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
	TAILQ_INIT(&cs->all);
	TAILQ_INIT(&cs->held);
	TAILQ_INIT(&cs->paused);
	cs->scratch = malloc(TAIL_COPY + READ_SIZE);
	if (cs->scratch == NULL ||
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

static const struct listen_conf *
conf_of(const struct conn *c)
{
	return &c->home->intake->conf->listen[c->listener];
}

static void
unhold(struct conn *c)
{
	if (c->is_held)
		TAILQ_REMOVE(&c->home->held, c, waiting);
	c->is_held = false;
}

static void
close_conn(struct conn *c, const char *why)
{
	struct conns *cs = c->home;
	struct slice peer = origin_address(&c->source.origin);

	log_line(LOG_DEBUG, "listener %s: connection of %.*s closed: %s",
	    listen_label(conf_of(c)), (int)peer.n, peer.p, why);
	unhold(c);
	if (c->is_paused)
		TAILQ_REMOVE(&cs->paused, c, waiting);
	TAILQ_REMOVE(&cs->all, c, all);
	event_del(&c->readable);
	close(c->fd);
	tail_drop(&c->tail);
	counter_add(c->source.count, L_CLOSED, 1);
	free(c);
}

static void
close_badly(struct conn *c, const char *why)
{
	struct slice peer = origin_address(&c->source.origin);

	counter_add(c->source.count, L_MALFORMED, 1);
	log_line(LOG_NOTICE, "listener %s: closing the connection of %.*s: %s",
	    listen_label(conf_of(c)), (int)peer.n, peer.p, why);
	close_conn(c, why);
}

static void
arm_hold_timer(struct conns *cs)
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
static void
hold(struct conn *c, int64_t now)
{
	unhold(c);
	if (c->is_paused)
		return;
	c->hold_at = now + HOLD_MS;
	c->is_held = true;
	TAILQ_INSERT_TAIL(&c->home->held, c, waiting);
	arm_hold_timer(c->home);
}

/* Gives every whole message in *in to the intake; false: out of step. */
static bool
take_frames(struct conn *c, struct slice *in, bool *some)
{
	struct slice msg;

	for (;;) {
		switch (frame_next(&c->framer, in, &msg)) {
		case FRAME_OK:
			intake_take(c->home->intake, &c->source, msg, false);
			*some = true;
			break;
		case FRAME_CUT:
			intake_take(c->home->intake, &c->source, msg, true);
			*some = true;
			break;
		case FRAME_MORE:
			return true;
		case FRAME_BAD:
			return false;
		}
	}
}

/* The stream is over: what is left of it are messages too. */
static void
take_rest(struct conn *c)
{
	struct slice in = slice_of(c->tail.p, c->tail.n), msg;
	enum frame_status st;

	intake_burst(c->home->intake);
	while ((st = frame_end(&c->framer, &in, &msg)) == FRAME_OK ||
	    st == FRAME_CUT)
		intake_take(c->home->intake, &c->source, msg, st == FRAME_CUT);
	tail_drop(&c->tail);
	c->since = 0;
}

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
		close_badly(largest,
		    "unfinished frames take half of memory, "
		    "and its is the largest");
	}
}

/* Frames what arrived, in front of it what was left. False: c is gone. */
static bool
take_bytes(struct conn *c, struct slice in, int64_t now)
{
	bool some = false, fine;

	intake_burst(c->home->intake);
	fine = take_frames(c, &in, &some);
	if (!fine) {
		close_badly(c,
		    "its framing is broken: an octet count is "
		    "expected here (framing=octet)");
		return false;
	}
	if (!tail_keep(&c->tail, in)) {
		close_badly(c, "no memory for its unfinished frame");
		return false;
	}
	if (c->tail.n == 0)
		c->since = 0;
	else if (some || c->since == 0)
		c->since = now;
	if (c->framer.holding && c->tail.n > 0)
		hold(c, now);
	else
		unhold(c);
	return true;
}

/* One recv(2) behind what is left; *in is both together. A long tail is read
 * behind where it lies, so that a slow sender never makes us copy it. */
static ssize_t
read_some(struct conn *c, struct slice *in)
{
	char *to = c->home->scratch;
	size_t room = READ_SIZE;
	ssize_t n;

	if (c->tail.n > TAIL_COPY) {
		if (!tail_grow(&c->tail, c->tail.n + TAIL_COPY)) {
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

/* Reads once. >0: bytes were taken; 0: nothing there now; -1: c is gone. */
static ssize_t
serve(struct conn *c)
{
	int64_t now = clock_ms();
	struct slice in;
	ssize_t n = read_some(c, &in);

	if (n == -1 && errno == EAGAIN)
		return 0;
	if (n <= 0) {
		const char *why = n == 0 ? "by the peer" : strerror(errno);

		take_rest(c);
		close_conn(c, why);
		return -1;
	}
	c->active = now;
	if (!take_bytes(c, in, now))
		return -1;
	return n;
}

static void
on_readable(evutil_socket_t fd, short what, void *arg)
{
	struct conn *c = arg;
	struct conns *cs = c->home;

	(void)fd;
	(void)what;
	if (c->source.waits && !intake_ready(cs->intake)) {
		/* not read now: TCP makes the peer wait with us */
		event_del(&c->readable);
		unhold(c);
		c->is_paused = true;
		TAILQ_INSERT_TAIL(&cs->paused, c, waiting);
		return;
	}
	serve(c);
	enforce_bound(cs);
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
		unhold(c);
		frame_settle(&c->framer);
		take_bytes(c, slice_of(c->tail.p, c->tail.n), now);
	}
	arm_hold_timer(cs);
}

static void
init_source(struct conn *c, const struct newcomer *n)
{
	struct conns *cs = c->home;
	const struct listen_conf *l = conf_of(c);
	struct origin *o = &c->source.origin;

	o->listener = slice_str(listen_label(l));
	o->local = l->kind == LISTEN_UNIX_STREAM;
	o->addr = n->addr;
	o->credentials = n->credentials;
	o->pid = n->pid;
	o->uid = n->uid;
	o->gid = n->gid;
	c->source.count = metrics_listener(
	    cs->metrics, cs->thread, c->listener);
	/* a local program must not stand still because a disk does */
	c->source.waits = !o->local;
}

void
conns_adopt(struct conns *cs, struct newcomer *n)
{
	struct conn *c = calloc(1, sizeof(*c));
	struct counters *count = metrics_listener(
	    cs->metrics, cs->thread, n->listener);

	if (c == NULL)
		goto fail;
	c->home = cs;
	c->tail.sum = &cs->tails;
	c->fd = n->fd;
	c->listener = n->listener;
	c->active = clock_ms();
	init_source(c, n);
	framer_init(&c->framer, (size_t)cs->intake->conf->max_message,
	    (enum frame_mode)conf_of(c)->framing);
	if (event_assign(&c->readable, cs->base, c->fd, EV_READ | EV_PERSIST,
		on_readable, c) == -1 ||
	    event_add(&c->readable, NULL) == -1)
		goto fail;
	TAILQ_INSERT_TAIL(&cs->all, c, all);
	free(n);
	return;

fail:
	log_line(LOG_ERR, "listener %s: no memory for a connection",
	    listen_label(&cs->intake->conf->listen[n->listener]));
	counter_add(count, L_REJECTED_ERROR, 1);
	counter_add(count, L_CLOSED, 1);
	close(n->fd);
	free(c);
	free(n);
}

bool
conns_are_paused(const struct conns *cs)
{
	return !TAILQ_EMPTY(&cs->paused);
}

void
conns_resume(struct conns *cs)
{
	int64_t now = clock_ms();
	struct conn *c;

	while ((c = TAILQ_FIRST(&cs->paused)) != NULL) {
		TAILQ_REMOVE(&cs->paused, c, waiting);
		c->is_paused = false;
		/* the time that we did not read is not the peer's fault */
		c->active = now;
		if (c->since != 0)
			c->since = now;
		if (c->framer.holding && c->tail.n > 0)
			hold(c, now);
		if (event_add(&c->readable, NULL) == -1)
			close_badly(c, "cannot wait for it");
	}
}

static void
sweep_one(struct conn *c, int64_t now)
{
	int64_t idle = conf_of(c)->idle_timeout;

	if (c->is_paused)
		return;
	if (c->since != 0 && now - c->since >= UNFINISHED_MS) {
		if (frame_is_counted(
			&c->framer, slice_of(c->tail.p, c->tail.n))) {
			close_badly(c, "a frame stayed unfinished for 30 s");
			return;
		}
		unhold(c);
		take_rest(c);
	}
	if (idle > 0 && now - c->active >= idle) {
		take_rest(c);
		close_conn(c, "idle_timeout");
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

/* What arrived before the stop is read, not what a busy peer goes on
 * sending: the kernel says how much that is. False: c is gone. */
static bool
drain_one(struct conn *c, int64_t deadline)
{
	int held = 0;
	ssize_t n;

	if (ioctl(c->fd, FIONREAD, &held) == -1)
		held = 0;
	do {
		if (!intake_wait(c->home->intake, deadline))
			return true;
		n = serve(c);
		if (n == -1)
			return false;
		held -= (int)n;
	} while (n > 0 && held > 0);
	return true;
}

void
conns_drain(struct conns *cs, int64_t deadline)
{
	struct conn *c;

	while ((c = TAILQ_FIRST(&cs->all)) != NULL) {
		/* the analyzer does not see TAILQ_REMOVE take c off the list */
		/* NOLINTNEXTLINE(clang-analyzer-unix.Malloc) */
		if (!drain_one(c, deadline))
			continue;
		take_rest(c);
		close_conn(c, "the collector stops");
	}
}

void
conns_free(struct conns *cs)
{
	struct conn *c;

	if (cs == NULL)
		return;
	while ((c = TAILQ_FIRST(&cs->all)) != NULL)
		/* NOLINTNEXTLINE(clang-analyzer-unix.Malloc): as above */
		close_conn(c, "the collector stops");
	event_del(&cs->hold_timer);
	free(cs->scratch);
	free(cs);
}
