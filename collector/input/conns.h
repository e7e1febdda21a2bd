/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * conns.h - stream connections of one worker: TCP and unix stream sockets
 *
 * All connections are read into one large buffer and their messages taken
 * from there; only an unfinished frame is kept with its connection, in a
 * buffer that grows with what really arrived. An idle connection holds none.
 */
#ifndef INPUT_CONNS_H
#define INPUT_CONNS_H

#include <event2/event.h>

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/mailbox.h"
#include "config/config.h"
#include "route/intake.h"

struct conns;

/* A connection that was accepted and goes to a worker. */
struct newcomer {
	struct letter letter; /* first: a letter is its newcomer */
	int fd;               /* handed over */
	size_t listener;      /* its number in the configuration */
	struct sockaddr_storage addr;
	bool credentials;
	pid_t pid;
	uid_t uid;
	gid_t gid;
	struct peer *peer;   /* handed over; NULL: not counted yet, or never */
	struct peers *peers; /* borrowed: where to count whom a proxy speaks
				for; NULL: it is no proxy */
};

/* thread: the number of the worker's sets of counters. NULL sets *err. */
struct conns *conns_new(struct event_base *base, struct intake *in,
    struct metrics *m, size_t thread, struct err *err);

/* The datagram sockets of the same worker (borrowed; how many there are may
 * change) have their turn between two bites of streams. */
struct dgram;
void conns_mind(
    struct conns *cs, struct dgram *const *dgram, const size_t *dgrams);

/* Serves a newcomer; frees it. */
void conns_adopt(struct conns *cs, struct newcomer *n);

/*
 * The intake has another configuration now, by a reload: map has the new
 * number of each listener for its old one, SIZE_MAX where it is gone. What
 * connections borrowed of the old one is let go; those of a listener that is
 * gone are closed. Returns how many count under another label now.
 */
size_t conns_switch(struct conns *cs, const size_t *map);

/* True while connections wait because the intake was not ready. */
bool conns_are_paused(const struct conns *cs);
void conns_resume(struct conns *cs);

/* After each turn of the loop: handshakes of TLS. */
void conns_shake(struct conns *cs);
/* Some are due: nobody should nap. */
bool conns_are_shaking(const struct conns *cs);

/* Once a second: closes what is idle or unfinished for too long. */
void conns_sweep(struct conns *cs);

/*
 * Takes what the kernel holds of every connection, then closes it. Waits for
 * the writer where needed, until clock_ms() says deadline. Returns the bytes
 * that were there when it began and could not be read in time.
 */
uint64_t conns_drain(struct conns *cs, int64_t deadline);

/* Accepts NULL; connections that are left are closed. */
void conns_free(struct conns *cs);

#endif
