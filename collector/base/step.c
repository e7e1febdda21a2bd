/* SPDX-License-Identifier: BSD-2-Clause */
#include "base/step.h"

#include <time.h>

#include "base/clock.h"

struct step_clocks
step_read(void)
{
	struct step_clocks c;
	struct timespec t;

	c.before = clock_ms();
	clock_gettime(CLOCK_REALTIME, &t);
	c.wall = (int64_t)t.tv_sec * 1000 + t.tv_nsec / 1000000;
	c.after = clock_ms();
	return c;
}

int64_t
step_look(struct step *s, struct step_clocks c)
{
	int64_t offset = c.wall - c.after, by = offset - s->offset;

	if (c.after - c.before > STEP_DOUBT_MS)
		return 0; /* the next look will see it, if there is one */
	/* each look starts anew: a clock that is slewed, or drifts, never
	 * adds up to a step */
	s->offset = offset;
	if (!s->known) {
		s->known = true;
		return 0;
	}
	if (by >= -STEP_MIN_MS && by <= STEP_MIN_MS)
		return 0;
	s->stepped = true;
	s->at = c.after;
	return by;
}

bool
step_was_within(const struct step *s, int64_t now, int64_t ms)
{
	return s->stepped && now - s->at < ms;
}
