/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * intake.h - where every input delivers: parse, route, format, into a block
 *
 * One per worker thread. Inputs call down into it; it knows none of them.
 * For each output it fills a block with finished lines and hands it to the
 * writer: a full one at once, a partial one when the writer has nothing else
 * from here (small blocks would use the pool up).
 */
#ifndef ROUTE_INTAKE_H
#define ROUTE_INTAKE_H

#include <stdbool.h>
#include <time.h>

#include "wire/slice.h"

#include "base/limit.h"
#include "base/metrics.h"
#include "base/pool.h"
#include "base/run.h"
#include "config/config.h"
#include "config/pattern.h"
#include "route/format.h"
#include "route/lane.h"
#include "route/plan.h"
#include "route/record.h"
#include "route/wants.h"

/* One input as the intake sees it: a connection or a datagram socket. */
struct source {
	struct counters *count; /* borrowed; of this thread and listener */
	struct origin origin;
	bool waits; /* it stops reading while intake_ready() is false; one that
		       does not loses messages by severity when memory fills */
};

/* What of an intake belongs to one plan. */
struct intake_parts {
	struct lane **lane;   /* owned, and owned; by output */
	struct limit **limit; /* owned, and owned; by listener, NULL: no rate */
	struct wants *wants;  /* owned */
};

struct intake {
	const struct plan *plan;   /* borrowed */
	const struct config *conf; /* borrowed; the plan's */
	const int *listener_slot;  /* borrowed; the plan's */
	struct metrics *metrics;   /* borrowed */
	size_t thread;             /* number of the sets of counters */
	struct mailbox *writer;    /* borrowed; where full blocks go */
	struct pool pool;
	struct intake_parts parts;
	struct lane *leaving; /* owned; of outputs that a reload took away */
	size_t stream_high;   /* bytes of streams at which these pause ... */
	size_t files;         /* ... while the writer has so many files */
	size_t drop_high;     /* bytes at which when_full: drop drops */
	bool paused;          /* until half of stream_high */
	struct timespec now;  /* UTC, of this burst */
	uint64_t taken;       /* messages, ever */
	uint64_t taken_local; /* of them, from unix sockets */
	uint64_t taken_bytes; /* in all of them */
	struct msg_cache cache;
	struct formatter *formatter;     /* owned */
	struct pattern_scratch *matcher; /* owned */
	char *scratch; /* owned; for a line that may not fit its block */
	size_t scratch_n;
	struct slice self; /* our host name; the plan's */
	char name[RUN_NAME_MAX];
};

/* thread: whose counters. -1 sets *err; intake_clear() is due in any case. */
int intake_init(struct intake *in, const struct plan *plan, struct metrics *m,
    size_t thread, struct mailbox *writer, struct err *err);

/*
 * For a reload: what another plan needs beyond what old has, made in advance
 * by any thread. -1 sets *err; intake_parts_free() is due in any case.
 */
int intake_prepare(struct intake_parts *to, const struct plan *plan,
    const struct plan *old, struct err *err);

/*
 * From now on this plan; takes *parts over, and leaves there what is not
 * needed any more. map: the old number of a listener to its new one, SIZE_MAX
 * for none. Cannot fail.
 */
void intake_switch(struct intake *in, const struct plan *plan,
    struct intake_parts *parts, const size_t *map);
void intake_parts_free(struct intake_parts *p, const struct plan *plan);

/* The messages a second of the listener's peers; NULL: no limit. */
struct limit *intake_limit(struct intake *in, size_t listener);

/* All blocks must have come back. */
void intake_clear(struct intake *in);

/* Reads the clock for the messages of the burst that begins. */
void intake_burst(struct intake *in);

/*
 * Takes one message. It is copied, rendered, into the blocks being filled, so
 * the bytes of raw are the caller's again on return. Never fails and never
 * blocks; what has to be dropped is counted.
 */
void intake_take(
    struct intake *in, struct source *src, struct slice raw, bool truncated);

/* One message of our own, in RFC 5424: routed like any other, but counted by
 * itself. */
void intake_say(struct intake *in, struct slice raw);

/* False while too much waits for the writer: a stream stops reading. */
bool intake_ready(struct intake *in);

/* The worker stops: waits until intake_ready() or until clock_ms() says
 * deadline, which is false. */
bool intake_wait(struct intake *in, int64_t deadline);

/*
 * The burst is over: hands over what the writer has time for; a few lines not
 * more often than every 2 ms, unless `latency` is 0 or memory is short. True
 * when something is left: call again in FLUSH_AGAIN_US.
 */
bool intake_flush(struct intake *in);
enum { FLUSH_AGAIN_US = 2000 };

/* Hands over everything: the worker stops. */
void intake_finish(struct intake *in);

/* True when no block is with the writer. */
bool intake_is_idle(struct intake *in);

#endif
