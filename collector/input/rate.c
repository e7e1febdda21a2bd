/* SPDX-License-Identifier: BSD-2-Clause */
#include "input/rate.h"

struct who
rate_who(const struct source *src)
{
	const struct origin *o = &src->origin;

	return o->local ? who_user(o->credentials, o->uid)
			: who_address(&o->addr);
}

bool
rate_allows(struct limit *l, struct source *src, const struct who *w,
    struct slice raw, int64_t now)
{
	if (raw.n == 0 || limit_take(l, w, now))
		return true;
	counter_add(src->count, L_RECEIVED, 1);
	counter_add(src->count, L_BYTES, raw.n);
	counter_add(src->count, L_DROPPED_RATE, 1);
	return false;
}
