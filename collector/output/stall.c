/* SPDX-License-Identifier: BSD-2-Clause */
#include "output/stall.h"

#include <errno.h>

#include "base/clock.h"
#include "base/log.h"
#include "output/keeper.h"

enum { RETRY_MS = 250 };

static enum output_metric
metric_of(int error)
{
	switch (error) {
	case ENOSPC:
		return O_FAILED_ENOSPC;
	case EDQUOT:
		return O_FAILED_EDQUOT;
	case EFBIG:
		return O_FAILED_EFBIG;
	case EROFS:
		return O_FAILED_EROFS;
	case EIO:
		return O_FAILED_EIO;
	default:
		return O_FAILED_OTHER;
	}
}

void
stall_begin(struct stall *s, const struct output_settings *set, int error,
    const struct err *err)
{
	int64_t now = clock_ms();

	counter_add(set->count, metric_of(error), 1);
	if (error == ENOSPC || error == EDQUOT)
		keeper_wake(set->keeper, set->slot, KEEPER_STALLED);
	s->retry_at = now + RETRY_MS;
	if (s->on)
		return;
	s->on = true;
	s->since = now;
	log_line(LOG_ERR,
	    "output %s: %s; nothing is lost yet: senders wait or "
	    "memory fills until it can be written again",
	    set->path, err->text);
}

void
stall_end(struct stall *s, const struct output_settings *set)
{
	if (!s->on)
		return;
	s->on = false;
	log_line(LOG_NOTICE, "output %s: written again after %lld ms",
	    set->path, (long long)(clock_ms() - s->since));
}
