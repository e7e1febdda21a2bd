/* SPDX-License-Identifier: BSD-2-Clause */
/* backlog.c - see backlog.h */
#include "backlog.h"

#include "common.h"
#include "target.h"

#include <arpa/inet.h>
#include <errno.h>
#include <linux/inet_diag.h>
#include <linux/netlink.h>
#include <linux/sock_diag.h>
#include <netinet/in.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

void
backlog_open(struct backlog *b, const struct target *t)
{
	b->family = t->ipv6 ? AF_INET6 : AF_INET;
	b->port = htons(t->port);
	b->fd = socket(
	    AF_NETLINK, SOCK_DGRAM | SOCK_CLOEXEC, NETLINK_SOCK_DIAG);
	if (b->fd < 0)
		die(errno, "sock_diag");
}

void
backlog_close(struct backlog *b)
{
	close(b->fd);
}

/* Our own port, in network order. */
static uint16_t
port_of(int fd)
{
	/* Both families have it at the same place; the rest of the longer
	 * one is cut off. */
	struct sockaddr_in me = { 0 };
	socklen_t length = sizeof(me);

	if (getsockname(fd, (struct sockaddr *)&me, &length))
		die(errno, "getsockname");
	return me.sin_port;
}

static void
ask(const struct backlog *b, int from)
{
	struct {
		struct nlmsghdr head;
		struct inet_diag_req_v2 body;
	} q = { 0 };
	/* The kernel takes it for a datagram on its way from src to dst. */
	struct inet_diag_sockid *id = &q.body.id;

	q.head.nlmsg_len = sizeof(q);
	q.head.nlmsg_type = SOCK_DIAG_BY_FAMILY;
	q.head.nlmsg_flags = NLM_F_REQUEST;
	q.body.sdiag_family = (uint8_t)b->family;
	q.body.sdiag_protocol = IPPROTO_UDP;
	q.body.idiag_states = ~0u;
	id->idiag_sport = port_of(from);
	id->idiag_dport = b->port;
	id->idiag_cookie[0] = id->idiag_cookie[1] = INET_DIAG_NOCOOKIE;
	if (b->family == AF_INET6) {
		memcpy(id->idiag_src, &in6addr_loopback, 16);
		memcpy(id->idiag_dst, &in6addr_loopback, 16);
	} else {
		id->idiag_src[0] = id->idiag_dst[0] = htonl(INADDR_LOOPBACK);
	}
	if (send(b->fd, &q, sizeof(q), 0) < 0)
		die(errno, "sock_diag");
}

uint32_t
backlog_bytes(const struct backlog *b, int from)
{
	union {
		struct nlmsghdr head;
		char room[1024];
	} answer;
	struct nlmsgerr error;
	struct inet_diag_msg m;
	ssize_t n;

	ask(b, from);
	n = recv(b->fd, &answer, sizeof(answer), 0);
	if (n < 0)
		die(errno, "sock_diag");
	if (answer.head.nlmsg_type == NLMSG_ERROR &&
	    (size_t)n >= NLMSG_LENGTH(sizeof(error))) {
		memcpy(&error, NLMSG_DATA(&answer.head), sizeof(error));
		die(-error.error,
		    "the receiver's queue (is it there? is the "
		    "kernel's module udp_diag?)");
	}
	if (answer.head.nlmsg_type != SOCK_DIAG_BY_FAMILY ||
	    (size_t)n < NLMSG_LENGTH(sizeof(m)))
		die(0, "sock_diag: an answer of %zd bytes", n);
	memcpy(&m, NLMSG_DATA(&answer.head), sizeof(m));
	return m.idiag_rqueue;
}
