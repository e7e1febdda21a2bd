/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * watchdog.h - tells systemd that we work, as long as we do
 *
 * The main loop turns, or it could not say so; the writer is asked, because
 * it is the thread that a disk can keep for ever. A full disk keeps nobody.
 */
#ifndef WATCHDOG_H
#define WATCHDOG_H

#include <event2/event.h>

#include "notify.h"
#include "writer.h"

struct watchdog {
	const struct notify *notify; /* borrowed */
	struct writer *writer;       /* borrowed */
	struct event *timer;         /* owned; NULL: nobody watches */
	int64_t period;
};

/* In the main thread, once the writer runs. -1 sets *err. */
int watchdog_start(struct watchdog *d, struct event_base *base,
    const struct notify *notify, struct writer *writer, struct err *err);
void watchdog_clear(struct watchdog *d);

#endif
