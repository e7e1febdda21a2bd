/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * report.h - the counters as text: Prometheus and JSON
 */
#ifndef REPORT_H
#define REPORT_H

#include <event2/buffer.h>

#include <stdbool.h>
#include <stddef.h>

#include "base/metrics.h"
#include "route/plan.h"

/* Prometheus text format 0.0.4. */
void report_metrics(
    struct evbuffer *to, const struct plan *plan, const struct metrics *m);

/* One JSON object. reason: why we are not ready, or NULL. */
void report_status(struct evbuffer *to, const struct plan *plan,
    const struct metrics *m, int64_t uptime_ms, const char *reason);

#endif
