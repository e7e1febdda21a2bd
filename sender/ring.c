/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * ring.c - see ring.h
 *
 * A record is a header and its bytes, in one piece; where it would reach
 * beyond the end, a filler takes what is left there. All sizes are multiples
 * of 8. The first word of a header is 0 until the record is complete; the
 * reader zeroes what it has read, so that it is 0 again when it comes to be a
 * header the next time.
 */
#include "ring.h"

struct header {
	_Atomic uint32_t size; /* of all, header included; 0: not complete */
	uint32_t n;            /* of the bytes; FILLER: none */
};

enum { ALIGN = 8 };

#define FILLER UINT32_MAX

_Static_assert(sizeof(struct header) == ALIGN, "a filler needs a header");
_Static_assert(sizeof(struct header) + ALIGN <= RING_OVERHEAD, "RING_OVERHEAD");

void
ring_init(struct ring *r, struct ring_ends *ends, char *data, uint64_t size,
    bool lowest)
{
	r->ends = ends;
	r->data = data;
	r->size = size;
	r->read = r->seen = 0;
	for (unsigned i = 0; i < RING_SEVERITIES; i++) {
		if (lowest && i >= 6)
			r->limit[i] = size * 70 / 100;
		else if (lowest && i >= 4)
			r->limit[i] = size * 85 / 100;
		else
			r->limit[i] = size;
	}
}

static struct header *
header_at(const struct ring *r, uint64_t at)
{
	return (struct header *)(void *)(r->data + (at & (r->size - 1)));
}

char *
ring_reserve(struct ring *r, size_t n, unsigned severity, uint64_t *used)
{
	uint64_t size = (sizeof(struct header) + n + ALIGN - 1) &
	    ~(ALIGN - 1ULL);
	uint64_t tail, head, left, total;
	struct header *h;

	assert(size <= r->size / 8 && severity < RING_SEVERITIES);
	do {
		/* The tail first: what is read then is never before it. */
		tail = atomic_load_explicit(
		    &r->ends->tail, memory_order_acquire);
		head = atomic_load_explicit(
		    &r->ends->head, memory_order_relaxed);
		left = r->size - (head & (r->size - 1));
		total = left < size ? left + size : size;
		*used = head + total - tail;
		if (*used > r->limit[severity])
			return NULL;
		/* sequentially consistent: see bell_ring() */
	} while (!atomic_compare_exchange_weak_explicit(&r->ends->head, &head,
	    head + total, memory_order_seq_cst, memory_order_relaxed));

	h = header_at(r, head);
	if (total != size) {
		h->n = FILLER;
		atomic_store_explicit(
		    &h->size, (uint32_t)left, memory_order_release);
		h = header_at(r, head + left);
	}
	h->n = (uint32_t)n;
	return (char *)(h + 1);
}

void
ring_commit(struct ring *r, char *record)
{
	struct header *h = (struct header *)(void *)record - 1;

	(void)r;
	atomic_store_explicit(&h->size,
	    (uint32_t)((sizeof(*h) + h->n + ALIGN - 1) & ~(ALIGN - 1U)),
	    memory_order_release);
}

/* The bytes of the header at the tail, 0 when it is not complete. */
static uint64_t
first(struct ring *r, struct header **h)
{
	/* A head that has gone round would make an old header look new. It is
	 * looked at seldom, because the callers write it all the time. */
	if (r->read == r->seen)
		r->seen = atomic_load_explicit(
		    &r->ends->head, memory_order_acquire);
	if (r->read == r->seen)
		return 0;
	*h = header_at(r, r->read);
	return atomic_load_explicit(&(*h)->size, memory_order_acquire);
}

void
ring_publish(struct ring *r)
{
	atomic_store_explicit(&r->ends->tail, r->read, memory_order_release);
}

static void
drop(struct ring *r, struct header *h, uint64_t size)
{
	uint64_t tail = atomic_load_explicit(
	    &r->ends->tail, memory_order_relaxed);

	(void)memset((void *)h, 0, size);
	r->read += size;
	if (r->read - tail >= r->size / 32)
		ring_publish(r);
}

bool
ring_peek(struct ring *r, struct slice *record)
{
	struct header *h = NULL;
	uint64_t size = first(r, &h);

	if (size > 0 && h->n == FILLER) {
		drop(r, h, size);
		size = first(r, &h);
	}
	if (size == 0) {
		if (r->read !=
		    atomic_load_explicit(&r->ends->tail, memory_order_relaxed))
			ring_publish(r);
		return false;
	}
	*record = slice_of(h + 1, h->n);
	return true;
}

uint64_t
ring_behind(struct ring *r)
{
	struct header *h = NULL;

	return r->read + first(r, &h);
}

void
ring_pop(struct ring *r)
{
	struct header *h = NULL;
	uint64_t size = first(r, &h);

	assert(size > 0);
	drop(r, h, size);
}
