/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * marks.h - files that were seen to, and are to be left alone for a while
 *
 * A set of hashes, of which there are MARKS_MAX at most: when it is full, or
 * memory is short, every file counts as marked.
 */
#ifndef OUTPUT_MARKS_H
#define OUTPUT_MARKS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "output/rotate.h"

enum { MARKS_MAX = 1 << 16 };

struct marks {
	uint64_t *hash; /* owned; open addressing; 0: free */
	size_t n, slots;
	bool full;
};

/* The rotated file of a live name. */
uint64_t marks_hash(const char *live, const struct rotated *r);

void marks_add(struct marks *m, uint64_t hash);
bool marks_has(const struct marks *m, uint64_t hash);
void marks_clear(struct marks *m);

#endif
