/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * step.h - notices that the clock on the wall was set
 *
 * What is old by that clock may be young, and the other way round, right after
 * it was set. Timers do not run on it (base/clock.h), so they do not mind.
 */
#ifndef BASE_STEP_H
#define BASE_STEP_H

#include <stdbool.h>
#include <stdint.h>

enum {
	STEP_MIN_MS = 2000,  /* what is said; less comes from slewing, too */
	STEP_DOUBT_MS = 500, /* a reading that took longer says nothing */
};

/* Both clocks in milliseconds; the one that never steps is read twice, so that
 * a pause in between does not look like a step. */
struct step_clocks {
	int64_t before; /* CLOCK_MONOTONIC */
	int64_t wall;   /* CLOCK_REALTIME */
	int64_t after;  /* CLOCK_MONOTONIC */
};

/* Zeroed at first. Owned by whoever looks; threads have one each. */
struct step {
	bool known;
	int64_t offset; /* of the wall clock from the other */
	bool stepped;   /* ever */
	int64_t at;     /* clock_ms(): when that was seen last */
};

struct step_clocks step_read(void);

/*
 * By how many milliseconds the wall clock was set since the last look: > 0
 * forward, < 0 back, 0 when it was not, or by no more than STEP_MIN_MS. Each
 * step is told once. A machine that slept is as one whose clock was set.
 */
int64_t step_look(struct step *s, struct step_clocks c);

/* Was it set within the last so many milliseconds before now, a clock_ms()? */
bool step_was_within(const struct step *s, int64_t now, int64_t ms);

#endif
