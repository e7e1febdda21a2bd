/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * mark.h - how a message of the benchmark is known again in a file
 *
 *   id=IIIIII seq=SSSSSSSSSS len=LLLLL abcdefg... end=SSSSSSSSSS
 *
 * id is the sender, seq its message, len the bytes from "id" to the end; what
 * is in between repeats the alphabet, so that each byte can be checked. In
 * messages too small for that, the mark is
 *
 *   id=III seq=SSSSSSSS
 *
 * A line may hold it anywhere, whatever template made the line; behind it the
 * line ends, or the quote that closes it in JSON follows.
 */
#ifndef BENCH_MARK_H
#define BENCH_MARK_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

enum {
	MARK_ID = 6,
	MARK_SEQ = 10,
	MARK_LEN = 5,
	MARK_LONG = 50, /* without anything between len and end */
	MARK_PAD = 35,  /* where that begins */

	MARK_SHORT_ID = 3,
	MARK_SHORT_SEQ = 8,
	MARK_SHORT = 19,
};

struct mark {
	uint64_t id;
	uint64_t seq;
	size_t start; /* where in the line */
};

/* Finds the mark in a line (without its LF); false: there is none, or it is
 * damaged, or something else is with it. m->start is looked at first: where
 * the mark was in the line before. */
bool mark_find(const char *line, size_t length, struct mark *m);

#endif
