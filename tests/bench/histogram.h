/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * histogram.h - how long many things took, in bounded memory
 *
 * A time is told to 1/256 of it, or to a nanosecond below 256 ns.
 */
#ifndef BENCH_HISTOGRAM_H
#define BENCH_HISTOGRAM_H

#include <stdint.h>

enum {
	HISTOGRAM_BITS = 8,
	HISTOGRAM_STEPS = 1 << HISTOGRAM_BITS,
	HISTOGRAM_BUCKETS = (64 - HISTOGRAM_BITS) * HISTOGRAM_STEPS,
};

struct histogram {
	uint64_t total;
	int64_t most;
	uint64_t buckets[HISTOGRAM_BUCKETS];
};

/* ns: less than 0 counts as 0. */
void histogram_add(struct histogram *h, int64_t ns);

/* The time that the part of all (0 to 1) do not exceed; 0 when there are
 * none. Part 1 is exact. */
int64_t histogram_part(const struct histogram *h, double part);

#endif
