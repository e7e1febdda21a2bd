/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * ring.h - records from any thread to the one that sends, in memory fixed at
 * open
 *
 * Without a lock: a signal handler may interrupt a producer and be one itself,
 * and a producer that is not scheduled holds up the reader alone, never
 * another producer. The memory is zeroed in the child of a fork(2)
 * (MADV_WIPEONFORK), so all zeroes is an empty ring.
 */
#ifndef RING_H
#define RING_H

#include <stdatomic.h>
#include <stdint.h>

#include "wire/slice.h"

enum { RING_SEVERITIES = 8 };

struct ring_ends {
	_Alignas(64) _Atomic uint64_t head; /* the next byte to be reserved */
	_Alignas(64) _Atomic uint64_t tail; /* the next to be read */
};

/* NOLINTNEXTLINE(clang-analyzer-optin.performance.Padding): see read */
struct ring {
	struct ring_ends *ends;
	char *data;
	uint64_t size;                   /* a power of two */
	uint64_t limit[RING_SEVERITIES]; /* of bytes used, by severity */
	/* The reader's own, written for each message: not in a line of the
	 * cache that the callers read. */
	_Alignas(64) uint64_t read; /* its tail; ends.tail follows it */
	uint64_t seen;              /* a head that it has looked at */
};

/* ends and data (8-aligned) are zeroed, borrowed. lowest: debug and info are
 * refused from 70 % on, notice and warning from 85 %. */
void ring_init(struct ring *r, struct ring_ends *ends, char *data,
    uint64_t size, bool lowest);

/*
 * Room for n bytes (at most an eighth of the ring, with RING_OVERHEAD), or
 * NULL. ring_commit() must follow, at once. *used is how full it is then.
 */
char *ring_reserve(struct ring *r, size_t n, unsigned severity, uint64_t *used);
void ring_commit(struct ring *r, char *record);

enum { RING_OVERHEAD = 16 };

/* The oldest record; false: there is none that is complete. */
bool ring_peek(struct ring *r, struct slice *record);

/* Where the tail will be then; there is a record. */
uint64_t ring_behind(struct ring *r);

/* Gives its room back: at the latest when ring_peek() finds nothing more. Each
 * time would have the reader and the callers fight for a line of the cache. */
void ring_pop(struct ring *r);
void ring_publish(struct ring *r);

/* So full that what waits may go elsewhere. */
static inline bool
ring_is_filling(const struct ring *r, uint64_t used)
{
	return used > r->size / 4;
}

static inline uint64_t
ring_used(const struct ring *r)
{
	uint64_t tail = atomic_load_explicit(
	    &r->ends->tail, memory_order_acquire);

	return atomic_load(&r->ends->head) - tail; /* see bell_ring() */
}

#endif
