/* SPDX-License-Identifier: BSD-2-Clause */
/* histogram.c - see histogram.h */
#include "histogram.h"

/* Buckets of one power of two are as wide as 1/256 of it. */
static unsigned
bucket(uint64_t ns)
{
	unsigned shift;

	if (ns < HISTOGRAM_STEPS)
		return (unsigned)ns;
	shift = 63 - (unsigned)__builtin_clzll(ns) - HISTOGRAM_BITS;
	return (shift + 1) * HISTOGRAM_STEPS +
	    (unsigned)((ns >> shift) - HISTOGRAM_STEPS);
}

/* The highest time in it. */
static int64_t
top(unsigned i)
{
	unsigned shift = i / HISTOGRAM_STEPS;
	uint64_t step = i % HISTOGRAM_STEPS;

	if (shift == 0)
		return (int64_t)step;
	shift--;
	return (int64_t)(((HISTOGRAM_STEPS + step + 1) << shift) - 1);
}

void
histogram_add(struct histogram *h, int64_t ns)
{
	if (ns < 0)
		ns = 0;
	h->buckets[bucket((uint64_t)ns)]++;
	h->total++;
	if (ns > h->most)
		h->most = ns;
}

int64_t
histogram_part(const struct histogram *h, double part)
{
	double wanted = part * (double)h->total;
	uint64_t below = 0;

	for (unsigned i = 0; i < HISTOGRAM_BUCKETS; i++) {
		below += h->buckets[i];
		if (below > 0 && (double)below >= wanted)
			return top(i) < h->most ? top(i) : h->most;
	}
	return h->most;
}
