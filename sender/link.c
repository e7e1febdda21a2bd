/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * link.c - see link.h
 */
#include "link.h"

#include <errno.h>
#include <inttypes.h>
#include <poll.h>
#include <sys/un.h>

#include "io_tls.h"
#include "tls_line.h"

enum {
	LOOK_UP_POLL = 10, /* ms between two looks at a look-up */
	ANSWER = 1000      /* ms that a server has for tls_line_is_waiting() */
};

void
link_init(struct link *l, const struct targets *targets, int64_t limit,
    int64_t retry_min, int64_t retry_max)
{
	(void)memset(l, 0, sizeof(*l));
	l->targets = targets;
	l->limit = limit;
	io_init(&l->io);
	backoff_init(&l->backoff, retry_min, retry_max);
}

int
link_trust(struct link *l, struct err *err)
{
	const struct target *t;
	struct err why;

	for (size_t i = 0; i < l->targets->n; i++) {
		t = &l->targets->at[i];
		if (t->kind != TARGET_TLS)
			continue;
		l->trust[i] = tls_trust_new(&t->wish, &why);
		if (l->trust[i] == NULL)
			return err_set(err, "%s: %s", t->url, why.text);
	}
	return 0;
}

void
link_abandon(struct link *l)
{
	io_abandon(&l->io);
	/* The thread that would end it is not here; nor is it known whether
	 * ours was just about to free it: it stays. */
	l->resolve = NULL;
	l->late = NULL;
	l->address = NULL;
}

void
link_reset(struct link *l, uint32_t random)
{
	link_abandon(l);
	l->state = LINK_DOWN;
	l->at = 0;
	l->retry_at = 0;
	l->random = random | 1;
	backoff_reset(&l->backoff);
}

static void
leave(struct link *l)
{
	io_close(&l->io);
	resolve_drop(l->resolve);
	l->resolve = NULL;
	l->address = NULL;
	l->state = LINK_DOWN;
}

void
link_clear(struct link *l)
{
	leave(l);
	resolve_drop(l->late);
	l->late = NULL;
	for (size_t i = 0; i < TARGETS_MAX; i++) {
		tls_trust_free(l->trust[i]);
		l->trust[i] = NULL;
	}
}

/* xorshift32: only so that senders differ. */
static uint32_t
next_random(struct link *l)
{
	l->random ^= l->random << 13;
	l->random ^= l->random >> 17;
	l->random ^= l->random << 5;
	return l->random;
}

static void
wait_for_next_round(struct link *l, int64_t now)
{
	leave(l);
	l->at = 0;
	l->retry_at = now + backoff_take(&l->backoff, next_random(l));
}

static enum link_news start(struct link *l, int64_t now);

/* This target cannot be reached (why is set): the next one. */
static enum link_news
give_up(struct link *l, int64_t now)
{
	leave(l);
	if (l->at + 1 < l->targets->n) {
		l->at++;
		return start(l, now);
	}
	wait_for_next_round(l, now);
	return LINK_UNREACHABLE;
}

static enum link_news
up(struct link *l)
{
	resolve_drop(l->resolve);
	l->resolve = NULL;
	l->address = NULL;
	l->state = LINK_UP;
	return LINK_CONNECTED;
}

/* In words of the peer, where it has some, or of errno. */
static void
set_why(struct link *l)
{
	const char *said = io_why(&l->io);

	if (said != NULL)
		(void)err_set(&l->why, "%s: %s", link_target(l)->url, said);
	else
		(void)err_sys(&l->why, "%s%s", link_target(l)->url,
		    l->state == LINK_SHAKING ? ": in the TLS handshake" : "");
}

static enum link_news go_on_shaking(struct link *l, int64_t now);

/* TCP is connected. */
static enum link_news
connected(struct link *l, int64_t now)
{
	if (link_target(l)->kind != TARGET_TLS)
		return up(l);
	if (io_tls_begin(&l->io, l->trust[l->at]) == -1) {
		set_why(l);
		return give_up(l, now);
	}
	l->state = LINK_SHAKING;
	l->answer_by = 0;
	return go_on_shaking(l, now);
}

/* Tries the addresses, from this one on. */
static enum link_news
try_addresses(struct link *l, int64_t now)
{
	for (; l->address != NULL; l->address = l->address->ai_next) {
		io_close(&l->io);
		switch (io_open(&l->io, l->address->ai_addr,
		    l->address->ai_addrlen, l->address->ai_socktype)) {
		case IO_OK:
			return connected(l, now);
		case IO_LATER:
			l->state = LINK_CONNECTING;
			return LINK_NO_NEWS;
		case IO_FAILED:
			break;
		}
		set_why(l);
	}
	return give_up(l, now);
}

static enum link_news
next_address(struct link *l, int64_t now)
{
	if (now >= l->deadline)
		return give_up(l, now);
	l->address = l->address->ai_next;
	return try_addresses(l, now);
}

static enum link_news
go_on_shaking(struct link *l, int64_t now)
{
	switch (io_tls_shake(&l->io)) {
	case IO_OK:
		return up(l);
	case IO_LATER:
		if (tls_line_is_waiting(l->io.line)) {
			if (l->answer_by == 0)
				l->answer_by = now + ANSWER;
			if (now >= l->answer_by || now >= l->deadline) {
				tls_line_open(l->io.line);
				return up(l);
			}
		}
		if (now < l->deadline)
			return LINK_NO_NEWS;
		(void)err_set(&l->why,
		    "%s: the TLS handshake takes longer than %d ms",
		    link_target(l)->url, (int)l->limit);
		return give_up(l, now);
	case IO_FAILED:
		break;
	}
	set_why(l);
	return next_address(l, now);
}

static enum link_news
go_on_resolving(struct link *l, int64_t now)
{
	const struct addrinfo *found;
	struct err err;

	if (!resolve_done(l->resolve, &found, &err)) {
		if (now < l->deadline)
			return LINK_NO_NEWS;
		(void)err_set(&l->why,
		    "%s: looking up the name takes longer than %d ms",
		    link_target(l)->url, (int)l->limit);
		l->late = l->resolve;
		l->resolve = NULL;
		return give_up(l, now);
	}
	if (found == NULL) {
		(void)err_set(&l->why, "%s: %s", link_target(l)->url, err.text);
		return give_up(l, now);
	}
	l->address = found;
	return try_addresses(l, now);
}

static enum link_news
start_unix(struct link *l, int64_t now)
{
	const struct target *t = link_target(l);
	struct sockaddr_un to = { .sun_family = AF_UNIX };
	bool stream = t->kind == TARGET_UNIX_STREAM;
	enum io_status status;

	(void)memcpy(to.sun_path, t->path, strlen(t->path) + 1);
	status = io_open(&l->io, (const struct sockaddr *)&to, sizeof(to),
	    stream ? SOCK_STREAM : SOCK_DGRAM);
	if (status == IO_FAILED && errno == EPROTOTYPE && !stream) {
		io_close(&l->io);
		status = io_open(&l->io, (const struct sockaddr *)&to,
		    sizeof(to), SOCK_STREAM);
	}
	if (status == IO_OK)
		return up(l);
	(void)err_sys(&l->why, "%s", t->url);
	return give_up(l, now);
}

/* False: a former look-up still goes on. */
static bool
forget_late(struct link *l)
{
	const struct addrinfo *found;
	struct err ignored;

	if (l->late == NULL)
		return true;
	if (!resolve_done(l->late, &found, &ignored))
		return false;
	resolve_drop(l->late);
	l->late = NULL;
	return true;
}

/* Were files of it changed? If they are no good, the former stay. */
static void
renew(struct link *l)
{
	struct err why;

	if (tls_trust_renew(l->trust[l->at], &why) == -1)
		(void)err_set(&l->stale, "%s: %s; what was read before is used",
		    link_target(l)->url, why.text);
}

static enum link_news
start(struct link *l, int64_t now)
{
	const struct target *t = link_target(l);

	l->deadline = now + l->limit;
	if (!target_has_host(t))
		return start_unix(l, now);
	if (t->kind == TARGET_TLS)
		renew(l);
	l->resolve = resolve_start(t, !forget_late(l));
	if (l->resolve == NULL) {
		(void)err_sys(&l->why, "%s: cannot look up the name%s", t->url,
		    l->late != NULL ? ", it is still being looked up" : "");
		return give_up(l, now);
	}
	l->state = LINK_RESOLVING;
	return go_on_resolving(l, now);
}

static enum link_news
go_on_connecting(struct link *l, int64_t now)
{
	switch (io_connected(&l->io)) {
	case IO_OK:
		return connected(l, now);
	case IO_LATER:
		if (now < l->deadline)
			return LINK_NO_NEWS;
		errno = ETIMEDOUT;
		break;
	case IO_FAILED:
		break;
	}
	set_why(l);
	return next_address(l, now);
}

enum link_news
link_step(struct link *l, int64_t now)
{
	switch (l->state) {
	case LINK_DOWN:
		return now < l->retry_at ? LINK_NO_NEWS : start(l, now);
	case LINK_RESOLVING:
		return go_on_resolving(l, now);
	case LINK_CONNECTING:
		return go_on_connecting(l, now);
	case LINK_SHAKING:
		return go_on_shaking(l, now);
	case LINK_UP:
		break;
	}
	return LINK_NO_NEWS;
}

void
link_break(struct link *l, int64_t now, bool good)
{
	set_why(l);
	if (good)
		backoff_reset(&l->backoff);
	wait_for_next_round(l, now);
	if (good)
		l->retry_at = now;
}

void
link_leave(struct link *l, int64_t now, bool good, int64_t stalled)
{
	(void)err_set(&l->why,
	    "%s: it has taken nothing for %" PRId64 " ms; the next URL is "
	    "tried",
	    link_target(l)->url, stalled);
	if (good)
		backoff_reset(&l->backoff);
	io_discard(&l->io);
	leave(l);
	l->at = (l->at + 1) % l->targets->n;
	l->retry_at = now;
}

void
link_restart(struct link *l)
{
	leave(l);
	l->at = 0;
	l->retry_at = 0;
	backoff_reset(&l->backoff);
}

int64_t
link_wants(const struct link *l, int64_t now, int *fd, short *events)
{
	switch (l->state) {
	case LINK_DOWN:
		return l->retry_at;
	case LINK_RESOLVING:
		return now + LOOK_UP_POLL;
	case LINK_CONNECTING:
		*fd = l->io.own.fd;
		*events = POLLOUT;
		return l->deadline;
	case LINK_SHAKING:
		*fd = l->io.own.fd;
		*events = io_tls_events(&l->io);
		return l->answer_by != 0 && l->answer_by < l->deadline
		    ? l->answer_by
		    : l->deadline;
	case LINK_UP:
		break;
	}
	return INT64_MAX;
}
