/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * conn.h - one stream connection: read, framed, held, closed
 *
 * For conns.c, which owns them all; others include conns.h.
 */
#ifndef INPUT_CONN_H
#define INPUT_CONN_H

#include <sys/queue.h>
#include <sys/types.h>

#include <event2/event_struct.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "wire/frame.h"

#include "input/conns.h"
#include "input/handshakes.h"
#include "input/tail.h"
#include "route/intake.h"

enum {
	CONN_READ_SIZE = 256 * 1024,
	CONN_READ_MIN = 16 * 1024,
	CONN_TAIL_COPY = 16 *
	    1024,              /* a longer tail is read behind, not copied */
	CONN_TAIL_AHEAD = 4096 /* what is read behind it at least */
};

#define CONN_NO_HEADER                                                   \
	"it did not begin with a PROXY header; take it out of `proxy`, " \
	"or let it send one"

struct secure;

struct conn {
	TAILQ_ENTRY(conn) all;
	TAILQ_ENTRY(conn) waiting; /* on one of the lists below, or none */
	struct event readable;
	struct conns *home;
	size_t listener;
	int fd;
	bool is_held, is_paused;
	bool is_pending;   /* whole frames may wait in its tail */
	bool awaits_proxy; /* its PROXY header has to come first */
	struct framer framer;
	struct secure *secure; /* owned; NULL: no TLS */
	struct tail tail;      /* the unfinished frame */
	int64_t since;         /* when the unfinished frame or the wait for the
				  PROXY header began; 0: none */
	int64_t active;        /* when something was read last */
	int64_t hold_at;       /* when the delimiter is taken to be LF */
	int64_t held;          /* bytes that the kernel had at the stop */
	int64_t dry_at;        /* when nothing was there first at the stop */
	struct limit *limit;   /* borrowed from the intake; NULL: no rate */
	struct peer *peer;     /* to leave when it is closed; NULL: none */
	struct peers *peers;   /* borrowed; of newcomer */
	struct source source;
};

TAILQ_HEAD(conn_list, conn);

struct conns {
	struct event_base *base; /* borrowed */
	struct intake *intake;   /* borrowed */
	struct metrics *metrics; /* borrowed */
	size_t thread;
	struct conn_list all, held, paused;
	struct event hold_timer;
	struct handshakes handshakes;
	char *scratch; /* owned; where connections are read into */
	size_t tails;  /* bytes in all tails */
	size_t tails_max;
	size_t read_size;           /* of one recv(2) */
	struct dgram *const *dgram; /* borrowed, and borrowed */
	const size_t *dgrams;
	size_t bite;     /* bytes read since datagrams had their turn, */
	unsigned bites;  /* and how often they had it in this one */
	int64_t said_at; /* when a peer was complained of, */
	unsigned said;   /* and how often in that second */
};

const struct listen_conf *conn_conf(const struct conn *c);

/*
 * Reads once and takes what came. The number of bytes; 0: there is nothing
 * now; -1: c is gone, and what was left of it was taken.
 */
ssize_t conn_serve(struct conn *c);

/*
 * Frames in, the tail and what arrived behind it, and keeps what is left. When
 * the intake is not ready for all of it, c is paused. False: c is gone.
 */
bool conn_take_bytes(struct conn *c, struct slice in, int64_t now);

/* Takes the PROXY header off the front of *in, which waits in the tail until
 * it is whole: then c->awaits_proxy is false. False: c is gone. */
bool conn_take_header(struct conn *c, struct slice *in);

/* The stream is over, or may wait no longer: what is left are messages. */
void conn_take_rest(struct conn *c);

/* What c borrows of the configuration; also after a reload. */
void conn_configure(struct conn *c, size_t listener);

/* Closes and frees c. Badly: its peer broke a rule of framing, which is
 * counted. Broken: what came last of it is no good, and all else was taken.
 * Refused: it may not send at all, which counts as reason. */
void conn_close(struct conn *c, const char *why);
void conn_close_badly(struct conn *c, const char *why);
void conn_break(struct conn *c, const char *why);
void conn_refuse(struct conn *c, enum listener_metric reason, const char *why);

/* Not read until conn_unpause(), which does not begin to read again. */
void conn_pause(struct conn *c, bool pending);
void conn_unpause(struct conn *c);

/* The delimiter is not decided: LF, if nothing comes for 100 ms. */
void conn_hold(struct conn *c, int64_t now);
void conn_unhold(struct conn *c);
void conn_arm_hold_timer(struct conns *cs);

#endif
