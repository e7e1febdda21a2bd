/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * ageclock.h - what time it is, for whoever deletes what is old
 *
 * A clock on the wall that is set forward makes every file old at once. When
 * it was set by mistake, what is deleted is gone. So a step forward counts
 * only when the clock has shown the new time for AGECLOCK_HOLD seconds; until
 * then time goes on as it would have without it. Back is believed at once:
 * that makes files younger.
 */
#ifndef OUTPUT_AGECLOCK_H
#define OUTPUT_AGECLOCK_H

#include <stdbool.h>
#include <stdint.h>

enum {
	AGECLOCK_STEP = 60, /* seconds; less is an adjustment */
	AGECLOCK_HOLD = 3600
};

/* Begins as zero. */
struct ageclock {
	bool known;
	int64_t offset; /* of the wall's time that counts */
	int64_t seen;   /* of the one that it showed last */
	int64_t until;  /* boot time; 0: nothing is held back */
};

/*
 * wall: seconds since 1970; boot: seconds of a clock that never steps and
 * goes on while the machine sleeps. Returns the time that counts. *step: by
 * how much the clock was set just now; 0: it was not.
 */
int64_t ageclock_now(
    struct ageclock *c, int64_t wall, int64_t boot, int64_t *step);

#endif
