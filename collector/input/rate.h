/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * rate.h - the listener's `rate`, asked for one message
 */
#ifndef INPUT_RATE_H
#define INPUT_RATE_H

#include <stdbool.h>
#include <stdint.h>

#include "wire/slice.h"

#include "base/limit.h"
#include "route/intake.h"

/* Who sends: the address, or the user of this machine. */
struct who rate_who(const struct source *src);

/*
 * May this message go on to the intake, at clock_ms() now? When its sender has
 * sent too many it may not: it is counted as received and dropped. Empty ones
 * cost nothing.
 */
bool rate_allows(struct limit *l, struct source *src, const struct who *w,
    struct slice raw, int64_t now);

#endif
