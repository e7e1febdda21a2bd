/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * stamp.h - timestamps that go on, for some nanoseconds each
 *
 * The text of a second is made once; of each message only the digits of the
 * microseconds are.
 */
#ifndef BENCH_STAMP_H
#define BENCH_STAMP_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

enum {
	STAMP_3164 = 15, /* Nov 22 10:00:00 */
	STAMP_5424 = 20, /* 2026-11-22T10:00:00. and six digits */
	US_PER_S = 1000000,
};

struct stamp {
	int64_t begin; /* of the second in text, us since 1970 */
	bool rfc3164;
	char text[32];
};

extern const char stamp_pairs[201]; /* 00 01 02 ... 99 */

/* Makes the text of the second that us is in. */
void stamp_turn(struct stamp *s, int64_t us);

/* Writes the timestamp us, which does not go back, to p. */
static inline void
stamp_put(struct stamp *s, int64_t us, char *p)
{
	size_t rest;

	if (us - s->begin >= US_PER_S)
		stamp_turn(s, us);
	if (s->rfc3164) {
		memcpy(p, s->text, STAMP_3164);
		return;
	}
	rest = (size_t)(us - s->begin);
	memcpy(p, s->text, STAMP_5424);
	memcpy(p + STAMP_5424, stamp_pairs + 2 * (rest / 10000 % 100), 2);
	memcpy(p + STAMP_5424 + 2, stamp_pairs + 2 * (rest / 100 % 100), 2);
	memcpy(p + STAMP_5424 + 4, stamp_pairs + 2 * (rest % 100), 2);
}

#endif
