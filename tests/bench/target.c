/* SPDX-License-Identifier: BSD-2-Clause */
/* target.c - see target.h */
#include "target.h"

#include "common.h"

#include <arpa/inet.h>
#include <errno.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <stdio.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/un.h>

static enum transport
transport(const char *text)
{
	if (strcmp(text, "udp") == 0)
		return TRANSPORT_UDP;
	if (strcmp(text, "tcp") == 0)
		return TRANSPORT_TCP;
	if (strcmp(text, "tls") == 0)
		return TRANSPORT_TLS;
	if (strcmp(text, "unix") == 0)
		return TRANSPORT_UNIX;
	die(0, "-t %s: not one of udp, tcp, tls and unix", text);
}

bool
target_option(struct target *t, int o, const char *text)
{
	switch (o) {
	case 't':
		t->transport = transport(text);
		return true;
	case 'p':
		t->port = (uint16_t)number("-p", text, 1, 65535);
		return true;
	case 'u':
		t->path = text;
		return true;
	case '6':
		t->ipv6 = true;
		return true;
	default:
		return false;
	}
}

void
target_check(const struct target *t)
{
	struct sockaddr_un un;

	if (t->transport == TRANSPORT_NONE)
		die(0, "-t udp, tcp, tls or unix is needed; see -h");
	if (t->transport == TRANSPORT_UNIX) {
		if (!t->path || t->port || t->ipv6)
			die(0, "-t unix goes with -u, not with -p and -6");
		if (strlen(t->path) >= sizeof(un.sun_path))
			die(0, "-u %s: longer than %zu bytes", t->path,
			    sizeof(un.sun_path) - 1);
	} else if (!t->port || t->path) {
		die(0, "-t udp, tcp and tls go with -p, not with -u");
	}
}

static socklen_t
address(const struct target *t, struct sockaddr_storage *to)
{
	struct sockaddr_in in = { .sin_family = AF_INET,
		.sin_port = htons(t->port),
		.sin_addr.s_addr = htonl(INADDR_LOOPBACK) };
	struct sockaddr_in6 in6 = { .sin6_family = AF_INET6,
		.sin6_port = htons(t->port),
		.sin6_addr = IN6ADDR_LOOPBACK_INIT };
	struct sockaddr_un un = { .sun_family = AF_UNIX };

	if (t->transport == TRANSPORT_UNIX) {
		snprintf(un.sun_path, sizeof(un.sun_path), "%s", t->path);
		memcpy(to, &un, sizeof(un));
		return sizeof(un);
	}
	if (t->ipv6) {
		memcpy(to, &in6, sizeof(in6));
		return sizeof(in6);
	}
	memcpy(to, &in, sizeof(in));
	return sizeof(in);
}

int
target_connect(const struct target *t)
{
	struct sockaddr_storage to = { 0 };
	socklen_t length = address(t, &to);
	int type = target_is_stream(t) ? SOCK_STREAM : SOCK_DGRAM;
	int room = 4 << 20, one = 1;
	int fd = socket(to.ss_family, type | SOCK_CLOEXEC, 0);

	if (fd < 0)
		die(errno, "socket");
	if (connect(fd, (struct sockaddr *)&to, length)) {
		if (t->path)
			die(errno, "connect to %s", t->path);
		die(errno, "connect to port %u of loopback", t->port);
	}
	/* A datagram is sent whole or not at all: room for the largest. A
	 * stream's room is what the kernel finds right. */
	if (type == SOCK_DGRAM &&
	    setsockopt(fd, SOL_SOCKET, SO_SNDBUF, &room, sizeof(room)))
		die(errno, "SO_SNDBUF");
	if (type == SOCK_STREAM &&
	    setsockopt(fd, IPPROTO_TCP, TCP_NODELAY, &one, sizeof(one)))
		die(errno, "TCP_NODELAY");
	return fd;
}
