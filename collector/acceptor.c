/* SPDX-License-Identifier: BSD-2-Clause */
#include "acceptor.h"

#include <sys/socket.h>

#include <errno.h>
#include <event2/event.h>
#include <stdlib.h>
#include <unistd.h>

#include "base/clock.h"
#include "base/log.h"
#include "config/nets.h"

enum { BURST = 64, PAUSE_US = 20000, LAST_MAX = 65536 };

enum taken { TAKEN, NONE_LEFT, MUST_PAUSE };

static const struct listen_conf *
conf_of(const struct acceptor *a)
{
	return &a->tools->plan->conf->listen[a->listener];
}

static struct counters *
counters_of(const struct acceptor *a)
{
	return metrics_listener(a->tools->metrics, a->tools->thread,
	    a->tools->plan->listener_slot[a->listener]);
}

/* Open connections of one listener. */
static uint64_t
open_at(const struct acceptor_tools *t, int slot)
{
	/* closed first: it never is ahead of opened then */
	uint64_t closed = metrics_listener_sum(t->metrics, slot, L_CLOSED);

	return metrics_listener_sum(t->metrics, slot, L_OPENED) - closed;
}

uint64_t
acceptor_open_in_all(const struct acceptor_tools *t)
{
	uint64_t n = 0;

	for (size_t i = 0; i < t->metrics->listeners.n; i++)
		n += open_at(t, (int)i);
	return n;
}

uint64_t
acceptor_open(const struct acceptor_tools *t, size_t listener)
{
	return open_at(t, t->plan->listener_slot[listener]);
}

/* Out of descriptors: stop accepting for a moment instead of spinning. */
static void
pause_accepting(struct acceptor *a)
{
	static const struct timeval pause = { 0, PAUSE_US };

	event_del(&a->readable);
	event_add(&a->resume, &pause);
	if (a->told)
		return;
	a->told = true;
	log_line(LOG_WARNING,
	    "listener %s: no descriptors left: connections "
	    "wait until others close; raise the limit (ulimit -n, "
	    "LimitNOFILE=)",
	    listen_label(conf_of(a)));
}

static void
on_resume(evutil_socket_t fd, short what, void *arg)
{
	struct acceptor *a = arg;

	(void)fd;
	(void)what;
	event_add(&a->readable, NULL);
}

static struct worker *
least_loaded(const struct acceptor_tools *t)
{
	struct worker *best = t->worker[0];

	for (size_t i = 1; i < t->workers; i++)
		if (worker_load(t->worker[i]) < worker_load(best))
			best = t->worker[i];
	return best;
}

static void
read_credentials(const struct acceptor *a, struct newcomer *n)
{
	struct ucred cred;
	socklen_t len = sizeof(cred);

	if (conf_of(a)->kind != LISTEN_UNIX_STREAM ||
	    getsockopt(n->fd, SOL_SOCKET, SO_PEERCRED, &cred, &len) == -1)
		return;
	n->credentials = true;
	n->pid = cred.pid;
	n->uid = cred.uid;
	n->gid = cred.gid;
}

/* NULL: no memory, which is counted; fd is the caller's still. */
static struct newcomer *
new_newcomer(struct acceptor *a, int fd, const struct sockaddr_storage *ss)
{
	struct newcomer *n = calloc(1, sizeof(*n));

	if (n == NULL) {
		log_line(LOG_ERR, "listener %s: no memory for a connection",
		    listen_label(conf_of(a)));
		counter_add(counters_of(a), L_REJECTED_ERROR, 1);
		return NULL;
	}
	n->fd = fd;
	n->listener = a->listener;
	n->addr = *ss;
	read_credentials(a, n);
	return n;
}

static struct who
who_is(const struct acceptor *a, const struct newcomer *n)
{
	return listen_is_net_stream(conf_of(a))
	    ? who_address(&n->addr)
	    : who_user(n->credentials, n->uid);
}

/* All connections of a peer whose messages are counted are served by one
 * worker, which alone counts them. */
static struct worker *
choose_worker(struct acceptor *a, const struct newcomer *n)
{
	const struct acceptor_tools *t = a->tools;
	struct who w;

	if (conf_of(a)->rate == 0)
		return least_loaded(t);
	w = who_is(a, n);
	/* the upper half, which every byte of an address has a part in */
	return t
	    ->worker[((w.id[0] + w.id[1] * 31) * UINT64_C(0x9e3779b97f4a7c15) >>
			 32) %
		t->workers];
}

static void
give(struct acceptor *a, struct newcomer *n)
{
	counter_add(counters_of(a), L_OPENED, 1);
	worker_give(choose_worker(a, n), n);
}

/* The newest has to go when a listener has as many as it may have. */
static bool
is_over_limit(struct acceptor *a)
{
	const struct listen_conf *l = conf_of(a);

	if (acceptor_open(a->tools, a->listener) <
	    (uint64_t)l->max_connections) {
		a->told_max = false;
		return false;
	}
	counter_add(counters_of(a), L_REJECTED_MAX, 1);
	if (!a->told_max)
		log_line(LOG_WARNING,
		    "listener %s: %lld connections are open, "
		    "as many as max_connections allows: closing new ones",
		    listen_label(l), (long long)l->max_connections);
	a->told_max = true;
	return true;
}

/* At most one a second: a hostile peer fills no log. */
static void
complain(struct acceptor *a, const struct newcomer *n, const char *why)
{
	struct origin o = { .addr = n->addr };
	struct slice peer = origin_address(&o);
	int64_t now = clock_ms();
	int level = now - a->refused_at >= 1000 ? LOG_NOTICE : LOG_DEBUG;

	if (level == LOG_NOTICE)
		a->refused_at = now;
	if (listen_is_net_stream(conf_of(a)))
		log_line(level,
		    "listener %s: closing the connection of %.*s: %s",
		    listen_label(conf_of(a)), (int)peer.n, peer.p, why);
	else
		log_line(level,
		    "listener %s: closing a connection of user %u: %s",
		    listen_label(conf_of(a)), (unsigned)n->uid, why);
}

/* Does the sender have few enough connections? n->peer is one more then. */
static bool
has_place(struct acceptor *a, struct newcomer *n)
{
	uint64_t max = (uint64_t)conf_of(a)->max_connections_per_peer;
	struct who w;

	if (max == 0)
		return true;
	w = who_is(a, n);
	n->peer = peers_enter(a->tools->peers,
	    a->tools->plan->listener_slot[a->listener], &w, max);
	if (n->peer != NULL)
		return true;
	if (errno != EUSERS) {
		counter_add(counters_of(a), L_REJECTED_ERROR, 1);
		complain(a, n, "no memory");
		return false;
	}
	counter_add(counters_of(a), L_REJECTED_PEER, 1);
	complain(a, n, "it has as many as max_connections_per_peer allows");
	return false;
}

/*
 * May this peer send, and has it few enough connections? A proxy may always:
 * both are asked about the address that it names when it has named it.
 */
static bool
is_welcome(struct acceptor *a, struct newcomer *n)
{
	const struct listen_conf *l = conf_of(a);

	if (listen_is_net_stream(l) && l->proxy != NULL &&
	    nets_hold(l->proxy, &n->addr)) {
		n->peers = a->tools->peers;
		return true;
	}
	if (listen_is_net_stream(l) && l->allow != NULL &&
	    !nets_hold(l->allow, &n->addr)) {
		counter_add(counters_of(a), L_REJECTED_ALLOW, 1);
		complain(a, n, "its address is not in `allow`");
		return false;
	}
	return has_place(a, n);
}

static void
welcome(struct acceptor *a, int fd, const struct sockaddr_storage *ss)
{
	struct newcomer *n = NULL;

	if (!is_over_limit(a))
		n = new_newcomer(a, fd, ss);
	if (n != NULL && is_welcome(a, n)) {
		give(a, n);
		return;
	}
	close(fd);
	free(n);
}

static enum taken
take_one(struct acceptor *a)
{
	struct sockaddr_storage ss = { 0 };
	socklen_t n = sizeof(ss);
	int fd;

	if (acceptor_open_in_all(a->tools) >= a->tools->fds_max)
		return MUST_PAUSE;
	fd = accept4(
	    a->fd, (struct sockaddr *)&ss, &n, SOCK_NONBLOCK | SOCK_CLOEXEC);
	if (fd != -1) {
		welcome(a, fd, &ss);
		return TAKEN;
	}
	switch (errno) {
	case EAGAIN:
		a->told = false;
		return NONE_LEFT;
	case EMFILE:
	case ENFILE:
	case ENOBUFS:
	case ENOMEM:
		return MUST_PAUSE;
	default:
		/* of that one connection: ECONNABORTED and what the network
		 * reports through accept(2), see its manual */
		return TAKEN;
	}
}

static void
on_readable(evutil_socket_t fd, short what, void *arg)
{
	struct acceptor *a = arg;

	(void)fd;
	(void)what;
	for (int i = 0; i < BURST; i++) {
		enum taken t = take_one(a);

		if (t == MUST_PAUSE)
			pause_accepting(a);
		if (t != TAKEN)
			return;
	}
}

int
acceptor_start(struct acceptor *a, struct event_base *base, struct err *err)
{
	if (event_assign(&a->readable, base, a->fd, EV_READ | EV_PERSIST,
		on_readable, a) == -1 ||
	    event_assign(&a->resume, base, -1, 0, on_resume, a) == -1 ||
	    event_add(&a->readable, NULL) == -1)
		return err_sys(
		    err, "listener %s: cannot wait for it", conf_of(a)->url);
	return 0;
}

void
acceptor_forget(struct acceptor *a)
{
	event_del(&a->readable);
	event_del(&a->resume);
}

void
acceptor_stop(struct acceptor *a)
{
	acceptor_forget(a);
	/* bounded, whatever keeps connecting */
	for (int i = 0; i < LAST_MAX && take_one(a) == TAKEN; i++)
		;
}
