/* SPDX-License-Identifier: BSD-2-Clause */
/* ageclock.c - what time it is, for whoever deletes what is old */
#include "output/ageclock.h"

int64_t
ageclock_now(struct ageclock *c, int64_t wall, int64_t boot, int64_t *step)
{
	int64_t offset = wall - boot, moved;

	*step = 0;
	if (!c->known)
		*c = (struct ageclock){ true, offset, offset, 0 };
	moved = offset - c->seen;
	c->seen = offset;
	if (moved > AGECLOCK_STEP || moved < -AGECLOCK_STEP) {
		*step = moved;
		c->until = boot + AGECLOCK_HOLD;
	}
	if (offset <= c->offset + AGECLOCK_STEP || boot >= c->until) {
		c->offset = offset;
		c->until = 0;
	}
	return boot + c->offset;
}
