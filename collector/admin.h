/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * admin.h - the status server: /metrics, /healthz, /readyz, /status
 *
 * GET and HEAD only, in the main thread, over evhttp. It answers requests
 * whose Host is an address, localhost or our own name, so that no web page
 * can read it by way of a name of its own.
 */
#ifndef ADMIN_H
#define ADMIN_H

#include <event2/event.h>

#include "base/metrics.h"
#include "route/plan.h"
#include "wire/err.h"

struct admin;

/* Listens on the plan's http. NULL sets *err. */
struct admin *admin_new(struct event_base *base, const struct plan *plan,
    struct metrics *m, struct err *err);

/* A reload: names and hosts of this plan from now on. */
void admin_set_plan(struct admin *a, const struct plan *plan);

/* "http://127.0.0.1:8514", with the real port. */
const char *admin_url(const struct admin *a);

/* /readyz says from now on that we stop. */
void admin_set_stopping(struct admin *a);

void admin_free(struct admin *a); /* accepts NULL */

#endif
