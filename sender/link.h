/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * link.h - a connection to the first of several targets that can be reached
 *
 * Never waits: link_step() does what can be done now, link_wants() says what
 * to wait for. A round of attempts begins with the first target; between two
 * rounds there is a back-off.
 */
#ifndef LINK_H
#define LINK_H

#include "backoff.h"
#include "io.h"
#include "resolve.h"

enum link_state {
	LINK_DOWN, /* waits for retry_at */
	LINK_RESOLVING,
	LINK_CONNECTING,
	LINK_SHAKING, /* hands, in TLS */
	LINK_UP
};

enum link_news { LINK_NO_NEWS, LINK_CONNECTED, LINK_UNREACHABLE };

struct link {
	const struct targets *targets; /* borrowed */
	/* owned; of those in TLS: whom we talk to, and as whom */
	struct tls_trust *trust[TARGETS_MAX];
	size_t at; /* the target being tried, or used */
	enum link_state state;
	struct io io;
	struct resolve *resolve;
	struct resolve *late; /* a look-up that was given up, still going on:
				 there is never more than one */
	const struct addrinfo *address; /* of resolve: the one being tried */
	int64_t limit;                  /* of one attempt, ms */
	int64_t deadline;               /* of this one */
	int64_t answer_by; /* a handshake waits for the last word; 0: not yet */
	int64_t retry_at;
	struct backoff backoff;
	uint32_t random;
	struct err why;   /* of the last failure */
	struct err stale; /* files of TLS could not be read again: until it was
			     told, not empty */
};

void link_init(struct link *l, const struct targets *targets, int64_t limit,
    int64_t retry_min, int64_t retry_max);
void link_clear(struct link *l);

/* Reads the files of all targets in TLS. -1: *err. */
int link_trust(struct link *l, struct err *err);

/* In the child of a fork: the parent's connection is left to the parent. */
void link_abandon(struct link *l);
void link_reset(struct link *l, uint32_t random);

/* Goes on with connecting; now is CLOCK_MONOTONIC in ms. */
enum link_news link_step(struct link *l, int64_t now);

/* The connection is of no use: why from errno. good: it was, for a while, so
 * the next attempt comes at once. */
void link_break(struct link *l, int64_t now, bool good);

/* The same of a peer that has taken nothing for so long (ms): the next target
 * is tried at once. */
void link_leave(struct link *l, int64_t now, bool good, int64_t stalled);

/* Leaves a good one, and begins with the first target. */
void link_restart(struct link *l);

/* When to step again, at the latest, INT64_MAX: never; *fd (-1: none) and
 * *events are what to poll(2) for, while it is not up. */
int64_t link_wants(const struct link *l, int64_t now, int *fd, short *events);

static inline const struct target *
link_target(const struct link *l)
{
	return &l->targets->at[l->at];
}

#endif
