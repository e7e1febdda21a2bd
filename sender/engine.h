/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * engine.h - who takes messages from the ring and sees that they arrive
 *
 * engine_step() does what can be done now and never waits. It is called by
 * the handle's thread, or by the program.
 *
 * A message goes from the ring into the flight, and from there into a
 * socket. While there is no connection and a spool, it goes into the spool;
 * and as long as there is something in the spool, so does all that comes
 * later, so that the order is kept.
 */
#ifndef ENGINE_H
#define ENGINE_H

#include <stdatomic.h>

#include "flight.h"
#include "link.h"
#include "spool.h"
#include "wire/compose_quick.h"

struct syncline;

/* Together a second at least: of one slot only a part has gone by, and what was
 * acknowledged since the last look, up to 100 ms ago, counts as of then. */
enum { ENGINE_SLOTS = 10, ENGINE_SLOT_MS = 125 };

struct engine {
	struct syncline *s; /* borrowed: it is a part of it */
	struct compose compose;
	struct compose_quick quick;
	struct link link;
	struct flight flight;
	bool flight_is_spooled; /* what is in it is in the spool, too */
	bool was_up;            /* the connection took something */
	bool telling;   /* of losses: it is on its way, flushing waits for it */
	bool reopening; /* nothing new is sent until all is */
	bool crowded;   /* the kernel had no memory: ENOBUFS */
	bool more;      /* the step ended before the work did */
	bool busy;      /* messages came in this step */
	struct spool *spool;
	bool spool_only; /* file:// */
	bool spooling, spool_failed;
	bool sync_failed;  /* of the spool, the last time */
	uint64_t buffered; /* given to it, and not counted as in a file */
	uint64_t damaged;  /* records of parts that we had before */
	int64_t spool_retry, spool_sync, spool_look;
	uint64_t spool_limit;
	char spool_folder[TARGET_PATH + 1];
	char *scratch; /* a message being composed */
	size_t scratch_size;
	size_t
	    prefix; /* of the last frame: the next one's is as long, mostly */
	size_t datagram; /* the longest that is taken, as far as we know */
	uint32_t sequence;
	uint64_t dropped;             /* so far, as this step sees it */
	uint64_t dropped_in_sequence; /* how many of them have a number */
	int64_t zone_until;           /* sec: until when offset holds */
	int16_t offset;               /* minutes east of UTC */
	/* losses and whether they were told */
	uint64_t told[8], dropped_before;
	int64_t dropped_since, told_at;
	bool dropping, unreachable;
	/* acknowledged, by when: for what TCP cannot know */
	uint64_t recent[ENGINE_SLOTS];
	int64_t recent_slot;
	int64_t progress_at;   /* the peer acknowledged something */
	size_t unacknowledged; /* bytes, as far as it was looked */
	int64_t moved_at;      /* when they last became fewer, or first some */
	int64_t flow, flow_at; /* ms in which the peer took something */
	uint64_t told_delivered; /* whoever flushes was woken for this */
	uint32_t orders;         /* of shared, as the last step saw it */
	int64_t now;             /* CLOCK_MONOTONIC, ms */
};

/* Everything that is due. */
void engine_step(struct engine *e);

/* When to step again: 0 now, -1 never; *fd and *events are for poll(2). */
int64_t engine_wants(struct engine *e, int *fd, short *events);

/* A message would have somewhere to go now, when the ring has used bytes: else
 * it is of no use to wake the sender for one. */
bool engine_takes(struct engine *e, uint64_t used);

/* All that was in the ring is delivered, and losses were told. */
bool engine_is_done(struct engine *e);

/* It is to stop, and has done what it could in time. */
bool engine_has_ended(struct engine *e);

/* Time is up: what is left goes to the spool. Returns how many messages are
 * lost, at least. */
uint64_t engine_leave(struct engine *e);

/* In the child of a fork. */
void engine_reset(struct engine *e);

int64_t engine_clock(void);

#endif
