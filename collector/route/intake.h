/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * intake.h - where every input delivers: parse, format, into a block
 *
 * One per worker thread. Inputs call down into it; it knows none of them.
 * For each output it fills a block with finished lines and hands it to the
 * writer: a full one at once, a partial one when the writer has nothing else
 * from here (small blocks would use the pool up).
 */
#ifndef ROUTE_INTAKE_H
#define ROUTE_INTAKE_H

#include <stdatomic.h>
#include <stdbool.h>
#include <time.h>

#include "wire/slice.h"

#include "base/metrics.h"
#include "base/pool.h"
#include "config/config.h"
#include "route/format.h"
#include "route/record.h"

/* One input as the intake sees it: a connection or a datagram socket. */
struct source {
	struct counters *count; /* borrowed; of this thread and listener */
	struct origin origin;
	bool waits; /* it stops reading while intake_ready() is false; one that
		       does not loses messages by severity when memory fills */
};

/* The block of one output that is being filled. */
struct lane {
	_Alignas(64) struct block *block;      /* owned; NULL: none */
	uint64_t posted;                       /* blocks handed over */
	_Alignas(64) _Atomic uint64_t written; /* counted by the writer */
};

struct intake {
	const struct config *conf; /* borrowed */
	struct mailbox *writer;    /* borrowed; where full blocks go */
	struct pool pool;
	struct lane *lane; /* owned; one per output */
	size_t lanes;
	size_t stream_high;  /* bytes of streams at which these pause */
	bool from_stream;    /* the message being taken */
	bool paused;         /* until half of that */
	struct timespec now; /* UTC, of this burst */
	struct msg_cache cache;
	struct formatter *formatter; /* owned */
	char *scratch; /* owned; for a line that may not fit its block */
	size_t scratch_n;
	struct slice self; /* our host name */
};

/* -1 sets *err; intake_clear() is due in any case. */
int intake_init(struct intake *in, const struct config *conf,
    struct mailbox *writer, struct err *err);

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

/* False while too much waits for the writer: a stream stops reading. */
bool intake_ready(struct intake *in);

/* The worker stops: waits until intake_ready() or until clock_ms() says
 * deadline, which is false. */
bool intake_wait(struct intake *in, int64_t deadline);

/*
 * The burst is over: hands over what the writer has time for. True when
 * something is left: call again in FLUSH_AGAIN_US.
 */
bool intake_flush(struct intake *in);
enum { FLUSH_AGAIN_US = 2000 };

/* Hands over everything: the worker stops. */
void intake_finish(struct intake *in);

/* True when no block is with the writer. */
bool intake_is_idle(struct intake *in);

#endif
