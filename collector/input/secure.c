/* SPDX-License-Identifier: BSD-2-Clause */
#include "input/secure.h"

#include <sys/socket.h>

#include <errno.h>
#include <event2/event.h>
#include <stdlib.h>
#include <string.h>

#include "base/clock.h"
#include "base/log.h"
#include "input/conn.h"

enum {
	HANDSHAKE_MS = 10000,
	SILENT_MS = 1000, /* of a handshake, while others wait for theirs */
	HEADER_READ = 4096
};

static struct handshakes *
handshakes_of(const struct conn *c)
{
	return &c->home->handshakes;
}

/* What the socket had no room for goes when it has some. */
static void
on_writable(evutil_socket_t fd, short what, void *arg)
{
	struct conn *c = arg;

	(void)fd;
	(void)what;
	if (tls_session_flush(c->secure->tls) == 0 &&
	    !tls_session_is_full(c->secure->tls))
		event_del(&c->secure->writable);
	/* a socket that is broken is readable, too: the end is seen there */
}

static struct tls_pipe *
pipe_of(struct conns *cs)
{
	struct handshakes *h = &cs->handshakes;

	if (h->pipe == NULL)
		h->pipe = tls_pipe_new(cs->read_size);
	return h->pipe;
}

bool
secure_start(struct conn *c)
{
	struct secure *s = calloc(1, sizeof(*s));
	struct tls_pipe *pipe = pipe_of(c->home);

	if (s == NULL || pipe == NULL)
		goto fail;
	s->tls = tls_session_new(conn_conf(c)->tls, pipe, c->fd);
	if (s->tls == NULL)
		goto fail;
	if (event_assign(&s->writable, c->home->base, c->fd,
		EV_WRITE | EV_PERSIST, on_writable, c) == -1)
		goto fail;
	s->conn = c;
	s->began = s->heard = c->active;
	c->secure = s;
	/* what one read makes is kept behind a long tail */
	c->tail.max += TLS_PIPE_MAX + TLS_HELD_MAX;
	return true;

fail:
	if (s != NULL)
		tls_session_free(s->tls);
	free(s);
	return false;
}

void
secure_stop(struct conn *c)
{
	struct secure *s = c->secure;

	if (s == NULL)
		return;
	handshakes_leave(handshakes_of(c), s);
	event_del(&s->writable);
	tls_session_free(s->tls);
	free(s);
	c->secure = NULL;
}

bool
secure_is_authorised(const struct secure *s)
{
	return tls_session_is_authorised(s->tls);
}

bool
secure_is_over(const struct conn *c)
{
	return c->secure != NULL && tls_session_is_over(c->secure->tls);
}

/* Is its PROXY header due, in clear text? */
static bool
has_header_first(const struct conn *c)
{
	return c->awaits_proxy && !conn_conf(c)->proxy_in_tls;
}

static ssize_t
read_header(struct conn *c, struct slice *in)
{
	char *to = c->home->scratch;
	ssize_t n;

	if (c->tail.n > 0)
		memcpy(to, c->tail.p, c->tail.n);
	do
		n = recv(c->fd, to + c->tail.n, HEADER_READ, MSG_DONTWAIT);
	while (n == -1 && errno == EINTR);
	if (n > 0)
		*in = slice_of(to, c->tail.n + (size_t)n);
	return n;
}

/* The handshake went well: from now on it is a stream like others. */
static void
open_stream(struct conn *c)
{
	struct secure *s = c->secure;

	handshakes_leave(handshakes_of(c), s);
	c->source.origin.tls_peer = tls_session_peer(s->tls);
	if (c->awaits_proxy)
		c->since = clock_ms();
}

static ssize_t
give_up(struct conn *c)
{
	const struct tls_session *t = c->secure->tls;
	enum listener_metric reason = tls_session_is_refused(t)
	    ? L_REJECTED_TLS_PEER
	    : L_REJECTED_TLS;
	/* freed with the session */
	char *why = strdup(tls_session_why(t));

	if (secure_is_authorised(c->secure))
		conn_break(c, why != NULL ? why : "TLS failed");
	else
		conn_refuse(c, reason, why != NULL ? why : "TLS failed");
	free(why);
	return SECURE_GONE;
}

/* A check of a balancer connects and sends nothing. */
static ssize_t
end_early(struct conn *c)
{
	if (!tls_session_has_begun(c->secure->tls))
		return 0;
	conn_refuse(c, L_REJECTED_TLS,
	    "it went away during the TLS handshake; the reason may be in its "
	    "own log");
	return SECURE_GONE;
}

/* The unfinished frame of c and n bytes of clear text, together. */
static bool
join(struct conn *c, char *text, size_t n, struct slice *in)
{
	struct tail *t = &c->tail;

	if (t->n <= CONN_TAIL_COPY) {
		if (t->n > 0)
			memcpy(text - t->n, t->p, t->n);
		*in = slice_of(text - t->n, t->n + n);
		return true;
	}
	/* a long one is not copied each time, only what came */
	if (!tail_grow(t, t->n + n))
		return false;
	memcpy(t->p + t->n, text, n);
	*in = slice_of(t->p, t->n + n);
	return true;
}

static void
await_room(struct secure *s)
{
	if (tls_session_is_full(s->tls) &&
	    !event_pending(&s->writable, EV_WRITE, NULL))
		(void)event_add(&s->writable, NULL);
}

ssize_t
secure_read(struct conn *c, struct slice *in)
{
	struct secure *s = c->secure;
	bool was_open = secure_is_authorised(s);
	char *to = c->home->scratch + CONN_TAIL_COPY;
	struct slice ahead = { .n = 0 };
	enum tls_status st;
	size_t got;

	if (has_header_first(c))
		return read_header(c, in);
	if (!was_open)
		ahead = slice_of(c->tail.p, c->tail.n);
	st = tls_session_read(s->tls, ahead, to, CONN_READ_SIZE, &got);
	if (!was_open)
		tail_drop(&c->tail);
	s->heard = clock_ms();
	if (!was_open && secure_is_authorised(s))
		open_stream(c);
	await_room(s);
	switch (st) {
	case TLS_DATA:
		if (join(c, to, got, in))
			return (ssize_t)got;
		errno = ENOMEM;
		return -1;
	case TLS_MORE:
		errno = EAGAIN;
		return -1;
	case TLS_END:
		return 0;
	case TLS_CUT:
		return secure_is_authorised(s) ? 0 : end_early(c);
	case TLS_FAILED:
		break;
	}
	return give_up(c);
}

bool
secure_take_front(struct conn *c, struct slice in, int64_t now)
{
	struct secure *s = c->secure;

	if (c->awaits_proxy && !conn_take_header(c, &in))
		return false;
	if (c->awaits_proxy)
		return true;
	/* what came behind the header is of TLS, and waits with c's turn */
	if (!tail_keep(&c->tail, in)) {
		conn_refuse(c, L_REJECTED_ERROR, "no memory");
		return false;
	}
	s->began = s->heard = now;
	if (in.n > 0)
		(void)secure_postpone(c);
	return true;
}

bool
secure_postpone(struct conn *c)
{
	struct secure *s = c->secure;
	int64_t from;

	if (s == NULL || secure_is_authorised(s) || has_header_first(c))
		return false;
	from = clock_used_ns();
	event_del(&c->readable);
	handshakes_queue(handshakes_of(c), s);
	handshakes_charge(handshakes_of(c), from);
	return true;
}

bool
secure_sweep(struct conn *c, int64_t now)
{
	struct secure *s = c->secure;

	if (s == NULL || secure_is_authorised(s) || has_header_first(c))
		return true;
	if (now - s->began >= HANDSHAKE_MS) {
		conn_refuse(c, L_REJECTED_TLS,
		    "its TLS handshake took longer than 10 s");
		return false;
	}
	if (s->shakes && s->at == AT_NONE && handshakes_of(c)->waits > 0 &&
	    now - s->heard >= SILENT_MS) {
		conn_refuse(c, L_REJECTED_TLS,
		    "its TLS handshake stood still while others waited for "
		    "theirs");
		return false;
	}
	return true;
}

bool
secure_switch(struct conn *c)
{
	if (c->secure == NULL ||
	    tls_session_switch(c->secure->tls, conn_conf(c)->tls))
		return true;
	conn_take_rest(c);
	conn_refuse(c, L_REJECTED_TLS_PEER,
	    "its certificate is revoked by the new `crl`");
	return false;
}
