/* SPDX-License-Identifier: BSD-2-Clause */
#include "acceptor.h"

#include <sys/socket.h>

#include <errno.h>
#include <event2/event.h>
#include <stdlib.h>
#include <unistd.h>

#include "base/log.h"

enum { BURST = 64, PAUSE_US = 20000, LAST_MAX = 65536 };

enum taken { TAKEN, NONE_LEFT, MUST_PAUSE };

/* Open connections of one listener. */
static uint64_t
open_at(const struct acceptor_tools *t, size_t listener)
{
	/* closed first: it never is ahead of opened then */
	uint64_t closed = metrics_listener_sum(t->metrics, listener, L_CLOSED);

	return metrics_listener_sum(t->metrics, listener, L_OPENED) - closed;
}

static uint64_t
open_in_all(const struct acceptor_tools *t)
{
	uint64_t n = 0;

	for (size_t i = 0; i < t->conf->listens; i++)
		n += open_at(t, i);
	return n;
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
	    listen_label(&a->tools->conf->listen[a->listener]));
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
give(struct acceptor *a, int fd, const struct sockaddr_storage *ss)
{
	const struct listen_conf *l = &a->tools->conf->listen[a->listener];
	struct counters *count = metrics_listener(
	    a->tools->metrics, a->tools->thread, a->listener);
	struct newcomer *n = calloc(1, sizeof(*n));
	struct ucred cred;
	socklen_t len = sizeof(cred);

	if (n == NULL) {
		log_line(LOG_ERR, "listener %s: no memory for a connection",
		    listen_label(l));
		counter_add(count, L_REJECTED_ERROR, 1);
		close(fd);
		return;
	}
	n->fd = fd;
	n->listener = a->listener;
	n->addr = *ss;
	if (l->kind == LISTEN_UNIX_STREAM &&
	    getsockopt(fd, SOL_SOCKET, SO_PEERCRED, &cred, &len) == 0) {
		n->credentials = true;
		n->pid = cred.pid;
		n->uid = cred.uid;
		n->gid = cred.gid;
	}
	counter_add(count, L_OPENED, 1);
	worker_give(least_loaded(a->tools), n);
}

/* The newest has to go when a listener has as many as it may have. */
static bool
is_over_limit(struct acceptor *a, int fd)
{
	const struct listen_conf *l = &a->tools->conf->listen[a->listener];

	if (open_at(a->tools, a->listener) < (uint64_t)l->max_connections) {
		a->told_max = false;
		return false;
	}
	counter_add(
	    metrics_listener(a->tools->metrics, a->tools->thread, a->listener),
	    L_REJECTED_MAX, 1);
	if (!a->told_max)
		log_line(LOG_WARNING,
		    "listener %s: %lld connections are open, "
		    "as many as max_connections allows: closing new ones",
		    listen_label(l), (long long)l->max_connections);
	a->told_max = true;
	close(fd);
	return true;
}

static enum taken
take_one(struct acceptor *a)
{
	struct sockaddr_storage ss = { 0 };
	socklen_t n = sizeof(ss);
	int fd;

	if (open_in_all(a->tools) >= a->tools->fds_max)
		return MUST_PAUSE;
	fd = accept4(
	    a->fd, (struct sockaddr *)&ss, &n, SOCK_NONBLOCK | SOCK_CLOEXEC);
	if (fd != -1) {
		if (!is_over_limit(a, fd))
			give(a, fd, &ss);
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
		return err_set(err, "listener %s: cannot wait for it",
		    a->tools->conf->listen[a->listener].url);
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
