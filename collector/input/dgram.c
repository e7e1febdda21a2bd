/* SPDX-License-Identifier: BSD-2-Clause */
#include "input/dgram.h"

#include <sys/socket.h>
#include <sys/uio.h>

#include <errno.h>
#include <linux/sock_diag.h>
#include <netinet/in.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "wire/frame.h"

#include "base/clock.h"
#include "base/log.h"
#include "config/nets.h"
#include "input/rate.h"

enum {
	BURST = 64, /* more brings nothing */
	TURNS = 16, /* bursts before the others of this worker come again */
	/* whole pages are touched only as far as datagrams reach; some lines
	 * more, else all slots would begin in one and the same set of a cache
	 */
	SLOT = 256 * 1024 + 5 * 64,
	TELL_MS = 60000, /* what is refused may come all day */
	/* for the kernel's word on the sender, and no descriptor beside it */
	CONTROL = CMSG_SPACE(sizeof(struct ucred))
};

struct control {
	_Alignas(struct cmsghdr) char bytes[CONTROL];
};

/* The kernel is asked only for what there is: an address costs it some 60 ns,
 * a tenth of what a datagram does. */
struct dgram_slots {
	struct mmsghdr net[BURST];   /* with the sender's address */
	struct mmsghdr local[BURST]; /* with control */
	struct iovec iov[BURST];
	struct sockaddr_storage peer[BURST];
	struct control control[BURST];
	char *bytes; /* owned; BURST slots */
};

static struct mmsghdr *
headers(const struct dgram *d)
{
	return d->source.origin.local ? d->slots->local : d->slots->net;
}

struct dgram_slots *
dgram_slots_new(void)
{
	struct dgram_slots *s = calloc(1, sizeof(*s));

	if (s == NULL)
		return NULL;
	s->bytes = malloc((size_t)BURST * SLOT);
	if (s->bytes == NULL) {
		free(s);
		return NULL;
	}
	for (unsigned i = 0; i < BURST; i++) {
		struct msghdr *net = &s->net[i].msg_hdr;
		struct msghdr *local = &s->local[i].msg_hdr;

		s->iov[i] = (struct iovec){ s->bytes + (size_t)i * SLOT, SLOT };
		net->msg_iov = local->msg_iov = &s->iov[i];
		net->msg_iovlen = local->msg_iovlen = 1;
		net->msg_name = &s->peer[i];
		net->msg_namelen = sizeof(s->peer[i]);
		local->msg_control = s->control[i].bytes;
		local->msg_controllen = sizeof(s->control[i].bytes);
	}
	return s;
}

void
dgram_slots_free(struct dgram_slots *s)
{
	if (s == NULL)
		return;
	free(s->bytes);
	free(s);
}

void
dgram_switch(struct dgram *d, const struct listen_conf *l, size_t listener)
{
	struct origin *o = &d->source.origin;

	o->listener = slice_str(listen_label(l));
	o->zone = l->zone;
	o->distrust = !l->trust_hostname;
	d->listener = listener;
	d->allow = o->local ? NULL : l->allow;
	d->limit = intake_limit(d->intake, listener);
}

/* The kernel's count goes up only, and round at 2^32. */
static void
note_drops(struct dgram *d, uint32_t total)
{
	uint32_t more = total - d->drops;

	d->drops = total;
	counter_add(d->source.count, L_DROPPED_KERNEL, more);
}

void
dgram_count_drops(struct dgram *d)
{
	uint32_t info[SK_MEMINFO_VARS] = { 0 };
	socklen_t n = sizeof(info);

	if (d->source.origin.local)
		return; /* senders wait there, nothing is dropped */
	if (getsockopt(d->fd, SOL_SOCKET, SO_MEMINFO, info, &n) == 0 &&
	    n > SK_MEMINFO_DROPS * sizeof(info[0]))
		note_drops(d, info[SK_MEMINFO_DROPS]);
}

static void
close_rights(const struct cmsghdr *c)
{
	size_t n = (c->cmsg_len - CMSG_LEN(0)) / sizeof(int);
	int fd;

	for (size_t i = 0; i < n; i++) {
		memcpy(&fd, CMSG_DATA(c) + i * sizeof(fd), sizeof(fd));
		close(fd);
	}
}

/* What was sent before somebody asked has nobody's, which the kernel shows as
 * process 0 and the user that stands for none. */
static bool
is_nobody(const struct ucred *c)
{
	enum { NO_USER = 65534 };

	return c->pid == 0 && c->uid == NO_USER && c->gid == NO_USER;
}

static void
read_control(struct dgram *d, struct msghdr *h)
{
	struct origin *o = &d->source.origin;
	struct ucred cred;

	for (struct cmsghdr *c = CMSG_FIRSTHDR(h); c != NULL;
	     c = CMSG_NXTHDR(h, c)) {
		if (c->cmsg_level != SOL_SOCKET)
			continue;
		if (c->cmsg_type == SCM_CREDENTIALS &&
		    c->cmsg_len >= CMSG_LEN(sizeof(cred))) {
			memcpy(&cred, CMSG_DATA(c), sizeof(cred));
			o->credentials = !is_nobody(&cred);
			o->pid = cred.pid;
			o->uid = cred.uid;
			o->gid = cred.gid;
		} else if (c->cmsg_type == SCM_RIGHTS) {
			close_rights(c);
		}
	}
}

/* The address's text is made only when a line needs it: keep it while the
 * same sender goes on. */
static void
set_peer(struct origin *o, const struct sockaddr_storage *ss, size_t n)
{
	if (n > sizeof(o->addr) || memcmp(&o->addr, ss, n) == 0)
		return;
	memcpy(&o->addr, ss, n);
	o->text_n = 0;
}

/* One line a minute: who is refused is told nothing, and so does not stop. */
static void
tell_refused(struct dgram *d)
{
	struct origin *o = &d->source.origin;
	struct slice peer = origin_address(o);
	int64_t now = clock_ms();

	if (d->told_at != 0 && now - d->told_at < TELL_MS)
		return;
	d->told_at = now;
	log_line(LOG_NOTICE,
	    "listener %.*s: dropping what %.*s sends: its address is not in "
	    "`allow`",
	    (int)o->listener.n, o->listener.p, (int)peer.n, peer.p);
}

/* False: who sent it may not, which is counted. */
static bool
is_allowed(struct dgram *d)
{
	if (d->allow == NULL || nets_hold(d->allow, &d->source.origin.addr))
		return true;
	counter_add(d->source.count, L_DROPPED_ALLOW, 1);
	tell_refused(d);
	return false;
}

/* False: its sender has sent too many, and it is counted. */
static bool
is_within_rate(struct dgram *d, struct slice msg, int64_t now)
{
	struct who w;

	if (d->limit == NULL)
		return true;
	w = rate_who(&d->source);
	return rate_allows(d->limit, &d->source, &w, msg, now);
}

/* Whose is it? And the header is made ready for the next one. */
static void
see_sender(struct dgram *d, unsigned i, struct msghdr *h)
{
	struct dgram_slots *s = d->slots;

	if (d->source.origin.local) {
		d->source.origin.credentials = false;
		if (h->msg_controllen > 0)
			read_control(d, h);
		h->msg_controllen = sizeof(s->control[i].bytes);
	} else {
		set_peer(&d->source.origin, &s->peer[i], h->msg_namelen);
		h->msg_namelen = sizeof(s->peer[i]);
	}
}

static void
take_one(struct dgram *d, struct mmsghdr *m, unsigned i, int64_t now)
{
	struct slice msg, all = slice_of(d->slots->iov[i].iov_base, m->msg_len);
	bool cut = (m->msg_hdr.msg_flags & MSG_TRUNC) != 0;

	see_sender(d, i, &m->msg_hdr);
	if (!is_allowed(d))
		return;
	cut |= frame_datagram(all, d->max, &msg) == FRAME_CUT;
	if (is_within_rate(d, msg, now))
		intake_take(d->intake, &d->source, msg, cut);
}

static void
take_burst(struct dgram *d, unsigned n)
{
	int64_t now = d->limit != NULL ? clock_ms() : 0;

	intake_burst(d->intake);
	for (unsigned i = 0; i < n; i++)
		take_one(d, headers(d) + i, i, now);
}

/* One burst. False: there is nothing more. */
static bool
read_burst(struct dgram *d)
{
	int n = recvmmsg(d->fd, headers(d), BURST, MSG_DONTWAIT, NULL);

	if (n == -1) {
		if (errno == EINTR)
			return true;
		if (errno != EAGAIN)
			log_sys(LOG_WARNING, "listener %.*s: recvmmsg",
			    (int)d->source.origin.listener.n,
			    d->source.origin.listener.p);
		return false;
	}
	take_burst(d, (unsigned)n);
	/* less means empty; but who waited to send on a unix socket has done
	 * so meanwhile, and finding that costs less than being woken for it */
	return n == BURST || d->source.origin.local;
}

/* When a queue is empty that was not short, some may have been lost. */
bool
dgram_serve(struct dgram *d)
{
	for (int turn = 0; turn < TURNS; turn++) {
		if (read_burst(d)) {
			d->was_long = true;
			continue;
		}
		if (d->was_long)
			dgram_count_drops(d);
		d->was_long = false;
		return false;
	}
	return true;
}

static void
on_readable(evutil_socket_t fd, short what, void *arg)
{
	(void)fd;
	(void)what;
	dgram_serve(arg);
}

int
dgram_start(struct dgram *d, struct event_base *base, struct err *err)
{
	if (event_assign(&d->readable, base, d->fd, EV_READ | EV_PERSIST,
		on_readable, d) == -1 ||
	    event_add(&d->readable, NULL) == -1)
		return err_sys(err, "listener %s: cannot wait for it",
		    d->source.origin.listener.p);
	return 0;
}

void
dgram_stop(struct dgram *d)
{
	struct sockaddr_in6 nobody = { .sin6_family = AF_INET6,
		.sin6_port = htons(9),
		.sin6_addr = in6addr_loopback };
	struct sockaddr_in nobody4 = { .sin_family = AF_INET,
		.sin_port = htons(9),
		.sin_addr = { htonl(INADDR_LOOPBACK) } };

	event_del(&d->readable);
	/* senders learn at once that nobody reads any more */
	if (d->source.origin.local)
		(void)shutdown(d->fd, SHUT_RD);
	/*
	 * A connected UDP socket takes datagrams of its peer alone: what
	 * arrived stays, and a flood cannot keep us from coming to its end.
	 */
	if (!d->source.origin.local &&
	    connect(d->fd, (struct sockaddr *)(void *)&nobody,
		sizeof(nobody)) == -1)
		(void)connect(d->fd, (struct sockaddr *)(void *)&nobody4,
		    sizeof(nobody4));
}
