/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * handshakes.h - the handshakes of one worker: how many, and when
 *
 * A handshake is what costs most in TLS, and anybody can ask for one. So its
 * steps are not done where they arrive: they queue, and after a turn of the
 * loop they get half of the time that everything else took, so that a
 * flood of them leaves those who send at half speed, as long as these send.
 * What it costs to take up connections that are to shake hands is part of
 * theirs. Only so many are at once; others wait without any cost but that of
 * their connection.
 */
#ifndef INPUT_HANDSHAKES_H
#define INPUT_HANDSHAKES_H

#include <sys/queue.h>

#include <event2/event_struct.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct secure;
struct tls_pipe;

enum { HANDSHAKES_MAX = 256 }; /* at once, of all workers */

TAILQ_HEAD(secure_list, secure);

struct handshakes {
	struct secure_list ready;   /* with a step to do */
	struct secure_list waiting; /* for their turn to begin */
	size_t now, max;            /* at once */
	size_t waits;               /* in waiting */
	struct event again;         /* keeps the loop from sleeping */
	int64_t left_at;            /* ns used, when it was looked at last */
	int64_t owed;               /* ns that steps had too much */
	int64_t charged;            /* ns, see there; since left_at */
	uint64_t taken;             /* messages, at that time */
	struct tls_pipe *pipe;      /* owned; NULL until it is needed */
};

/* workers: so many share HANDSHAKES_MAX. False: no memory. */
bool handshakes_init(
    struct handshakes *h, struct event_base *base, size_t workers);
void handshakes_clear(struct handshakes *h);

/* A step of s is due. */
void handshakes_queue(struct handshakes *h, struct secure *s);

/* Its handshake is over, well or not. */
void handshakes_leave(struct handshakes *h, struct secure *s);

/* What this thread did since then (clock_used_ns()) was no step, but for a
 * connection that has not shaken hands yet. */
void handshakes_charge(struct handshakes *h, int64_t since);

/* Do what is due, as long as it may take. busy: those who send had something
 * for us since the last time. */
void handshakes_work(struct handshakes *h, bool busy);

/* Is a step due? Then nobody naps. */
bool handshakes_are_due(const struct handshakes *h);

#endif
