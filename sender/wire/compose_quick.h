/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * compose_quick.h - what messages of one second have in common, made once
 *
 * compose() makes the header of the first of them; of the others only PRI,
 * microseconds, sequenceId and what they bring themselves are written. It is
 * the same as what compose() makes, byte for byte.
 */
#ifndef WIRE_COMPOSE_QUICK_H
#define WIRE_COMPOSE_QUICK_H

#include "wire/compose.h"

enum {
	QUICK_HEAD = 926, /* what compose() puts around the text, at most */
	QUICK_DIGITS = 10 /* of COMPOSE_SEQUENCE_MAX */
};

/* All zeroes: nothing was made yet. To be zeroed when names in struct compose
 * change. */
struct compose_quick {
	int64_t sec;
	int16_t offset;
	int8_t synced;
	bool numbered;    /* it ends before the digits of sequenceId */
	uint16_t n, usec; /* length; where the microseconds are, 0: none */
	uint8_t digits_n;
	uint32_t tens; /* the last number, rounded down to tens, as digits */
	char digits[QUICK_DIGITS];
	char head[QUICK_HEAD]; /* behind PRI */
};

/* As compose(). */
size_t compose_quick(struct compose_quick *q, const struct compose *c,
    const struct compose_msg *m, char *out);

#endif
