/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * record.h - a message together with what the collector knows about it
 */
#ifndef ROUTE_RECORD_H
#define ROUTE_RECORD_H

#include <netinet/in.h>
#include <sys/socket.h>
#include <sys/types.h>

#include <stdbool.h>
#include <time.h>

#include "wire/msg.h"

/* Where a message came from. Owned by the input; one per connection, or one
 * per datagram socket that is filled anew for each datagram. */
struct origin {
	struct slice listener; /* its label; borrowed from the configuration */
	const struct zone *zone; /* of times that name none; borrowed likewise,
				    NULL: UTC */
	bool local;              /* a unix socket: the host is our own */
	bool distrust;           /* the host that a message names is not
				    believed */
	bool credentials;        /* pid, uid, gid hold the kernel's word */
	pid_t pid;
	uid_t uid;
	gid_t gid;
	struct slice tls_peer; /* its verified name; borrowed; empty: none */
	struct sockaddr_storage addr; /* not on a unix socket */
	char text[64]; /* the address, made when first asked for */
	size_t text_n; /* 0: not made yet */
};

/* The peer's address as text, IPv4-mapped IPv6 as IPv4, without a scope (no
 * HOSTNAME may have one, RFC-21); empty when local. Borrowed from o. */
struct slice origin_make_address(struct origin *o);
static inline struct slice
origin_address(struct origin *o)
{
	if (o->text_n > 0 || o->local)
		return slice_of(o->text, o->text_n);
	return origin_make_address(o);
}
unsigned origin_port(const struct origin *o); /* 0 when local */

struct record {
	const struct msg *msg;
	struct origin *origin;
	struct timespec received; /* UTC */
	struct slice self;        /* our own host name */
	const struct zone *zone;  /* of this machine; NULL: UTC */
	/* These are stored one by one, and stream and own are asked for at
	 * once: side by side they are read in one, for which the processor
	 * has to wait until it has stored everything before. */
	bool stream; /* it came from a stream, which waits when need be */
	bool truncated;
	bool own; /* a message of our own: not counted as written */
};

/* The host that the message names; when it names none, or is not believed,
 * the peer's address, or our own name when the peer is local. */
struct slice record_host(const struct record *r);

/* The same, but empty when a valid message has NILVALUE there: it says what
 * it says, and nothing where it says nothing. */
struct slice record_named_host(const struct record *r);

#endif
