/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * tail.h - the unfinished frame that a connection keeps between two reads
 *
 * It grows with what arrived, at most twofold, never with what a peer
 * announced, and holds nothing while there is nothing to keep.
 */
#ifndef INPUT_TAIL_H
#define INPUT_TAIL_H

#include <stdbool.h>
#include <stddef.h>

#include "wire/slice.h"

struct tail {
	char *p; /* owned */
	size_t n, cap;
	size_t max;  /* it never has to hold more */
	size_t *sum; /* borrowed; the capacity of all tails of one worker */
};

/* At least need bytes of capacity, at most max. False: no memory, or need is
 * more; nothing changed. */
bool tail_grow(struct tail *t, size_t need);

/* Keeps rest, which may lie in the tail itself. False: no memory. */
bool tail_keep(struct tail *t, struct slice rest);

void tail_drop(struct tail *t);

#endif
