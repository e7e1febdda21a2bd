/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * secure.h - what a connection in TLS has besides: its session, its handshake
 *
 * A PROXY header in clear text comes first where one is due, then the
 * handshake, whose steps have a queue of their own (handshakes.h), then
 * records, which are read like any stream. For conn.c and conns.c.
 */
#ifndef INPUT_SECURE_H
#define INPUT_SECURE_H

#include <sys/queue.h>
#include <sys/types.h>

#include <event2/event_struct.h>
#include <stdbool.h>
#include <stdint.h>

#include "tls_session.h"
#include "wire/slice.h"

struct conn;

enum secure_place { AT_NONE, AT_READY, AT_WAITING };

struct secure {
	TAILQ_ENTRY(secure) next; /* in a queue of handshakes, see at */
	struct conn *conn;        /* borrowed; whose it is */
	struct tls_session *tls;  /* owned */
	struct event writable;    /* for what the socket had no room for */
	enum secure_place at;
	bool shakes;   /* its handshake is one of those at once */
	int64_t began; /* when the handshake could begin */
	int64_t heard; /* when something arrived last */
};

/* secure_read() has closed the connection. */
enum { SECURE_GONE = -2 };

/* Makes c one in TLS. False: no memory. */
bool secure_start(struct conn *c);

/* Says goodbye, gives its place to the next, frees; before c's descriptor is
 * closed. c may be no connection in TLS. */
void secure_stop(struct conn *c);

/* The handshake is over and the peer is one of those that may send. */
bool secure_is_authorised(const struct secure *s);

/*
 * As recv(2) behind what is left of c: *in is both together. -1 with EAGAIN:
 * nothing for us now; 0: the end; SECURE_GONE.
 */
ssize_t secure_read(struct conn *c, struct slice *in);

/* Bytes of c before it is authorised: its PROXY header, and what came behind
 * it. False: c is gone. */
bool secure_take_front(struct conn *c, struct slice in, int64_t now);

/* The peer said that nothing more comes, or broke off. */
bool secure_is_over(const struct conn *c);

/* True: what is to be done is a step of a handshake, which waits its turn. */
bool secure_postpone(struct conn *c);

/* Once a second; false: c had its time, and is gone. */
bool secure_sweep(struct conn *c, int64_t now);

/* After a reload: what counts now. False: c is revoked, and gone. */
bool secure_switch(struct conn *c);

#endif
