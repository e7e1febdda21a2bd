/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * load_handshakes.c - connections that are closed when they are made
 *
 * All are full handshakes: no session is kept. One counts when the server has
 * closed it, too: then it has seen all of it.
 */
#include "common.h"
#include "load.h"
#include "load_tls.h"

#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <openssl/err.h>
#include <openssl/ssl.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/epoll.h>
#include <sys/socket.h>
#include <unistd.h>

enum {
	EVENTS = 64,
	LOOK_MS = 100, /* whether it is time to give up */
};

struct attempt {
	int fd; /* -1: there is none to be made any more */
	SSL *ssl;
	bool ending;
};

struct handshakes {
	struct load *load;
	int epoll;
	uint32_t live;
	uint64_t begun, good;
};

enum progress {
	WAITS,
	GOOD,
	FAILED,
};

static enum progress
advance(struct attempt *a)
{
	char junk[4096];
	ssize_t n;

	if (!a->ending) {
		int r = SSL_connect(a->ssl);

		if (r != 1) {
			int why = SSL_get_error(a->ssl, r);

			ERR_clear_error();
			return why == SSL_ERROR_WANT_READ ? WAITS : FAILED;
		}
		tls_end(a->ssl, a->fd);
		a->ending = true;
	}
	do
		n = recv(a->fd, junk, sizeof(junk), MSG_DONTWAIT);
	while (n > 0);
	if (n == 0)
		return GOOD;
	return errno == EAGAIN || errno == EINTR ? WAITS : FAILED;
}

static void
finish(struct handshakes *h, struct attempt *a, enum progress p)
{
	SSL_free(a->ssl);
	close(a->fd);
	*a = (struct attempt){ .fd = -1 };
	h->live--;
	if (p == GOOD)
		h->good++;
}

/* The next one, and those behind it that are over at once. */
static void
begin(struct handshakes *h, struct attempt *a)
{
	struct load *l = h->load;
	struct epoll_event e = { .events = EPOLLIN, .data.ptr = a };

	while (a->fd < 0 && h->begun < l->options.messages) {
		enum progress p;

		h->begun++;
		h->live++;
		a->fd = target_connect(&l->options.target);
		a->ssl = tls_new(l->tls, a->fd, &l->options.target);
		if (fcntl(a->fd, F_SETFL, O_NONBLOCK) ||
		    epoll_ctl(h->epoll, EPOLL_CTL_ADD, a->fd, &e))
			die(errno, "epoll");
		p = advance(a);
		if (p != WAITS)
			finish(h, a, p);
	}
}

static void
run(struct handshakes *h, struct attempt *all)
{
	struct epoll_event events[EVENTS];

	for (uint32_t i = 0; i < h->load->options.connections; i++) {
		all[i].fd = -1;
		begin(h, &all[i]);
	}
	while (h->live > 0 && !load_is_late(h->load)) {
		int n = epoll_wait(h->epoll, events, EVENTS, LOOK_MS);

		if (n < 0 && errno != EINTR)
			die(errno, "epoll");
		for (int i = 0; i < n; i++) {
			struct attempt *a = events[i].data.ptr;
			enum progress p = advance(a);

			if (p == WAITS)
				continue;
			finish(h, a, p);
			begin(h, a);
		}
	}
}

int
load_handshakes(struct load *l)
{
	struct options *o = &l->options;
	struct handshakes h = { .load = l,
		.epoll = epoll_create1(EPOLL_CLOEXEC) };
	struct attempt *all = calloc(o->connections, sizeof(*all));
	double cpu, seconds;

	if (h.epoll < 0)
		die(errno, "epoll");
	if (!all)
		die(ENOMEM, "%u connections", o->connections);
	l->tls = tls_context(o->ca);
	cpu = (double)clock_ns(CLOCK_PROCESS_CPUTIME_ID);
	l->first = clock_ns(CLOCK_MONOTONIC);
	l->deadline = l->first + (int64_t)(o->give_up * (double)NS_PER_S);
	run(&h, all);
	l->last = clock_ns(CLOCK_MONOTONIC);
	cpu = (double)clock_ns(CLOCK_PROCESS_CPUTIME_ID) - cpu;
	for (uint32_t i = 0; i < o->connections; i++)
		if (all[i].fd >= 0)
			finish(&h, &all[i], FAILED);
	seconds = (double)(l->last - l->first) / (double)NS_PER_S;
	printf("{\"handshakes\":%" PRIu64 ",\"failed\":%" PRIu64
	       ",\"seconds\":%.6f,\"rate\":%.1f,\"cpu\":%.6f}\n",
	    h.good, o->messages - h.good, seconds, (double)h.good / seconds,
	    cpu / (double)NS_PER_S);
	close(h.epoll);
	free(all);
	SSL_CTX_free(l->tls);
	return h.good == o->messages ? STATUS_GOOD : STATUS_BAD;
}
