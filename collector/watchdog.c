/* SPDX-License-Identifier: BSD-2-Clause */
#include "watchdog.h"

static int
arm(struct watchdog *d, int64_t ms)
{
	struct timeval tv = { ms / 1000, ms % 1000 * 1000 };

	return evtimer_add(d->timer, &tv);
}

/* Twice in the time that we have; sooner again while there is no answer. */
static void
on_time(evutil_socket_t fd, short what, void *arg)
{
	struct watchdog *d = arg;

	(void)fd;
	(void)what;
	if (!writer_has_answered(d->writer)) {
		(void)arm(d, d->period / 8 + 1);
		return;
	}
	notify_alive(d->notify);
	writer_ask(d->writer);
	(void)arm(d, d->period);
}

int
watchdog_start(struct watchdog *d, struct event_base *base,
    const struct notify *notify, struct writer *writer, struct err *err)
{
	*d = (struct watchdog){ .notify = notify, .writer = writer };
	if (notify->watchdog_ms == 0)
		return 0;
	d->period = notify->watchdog_ms / 2;
	d->timer = evtimer_new(base, on_time, d);
	if (d->timer == NULL || arm(d, d->period) == -1)
		return err_set(err, "start: no memory for the watchdog");
	writer_ask(writer);
	return 0;
}

void
watchdog_clear(struct watchdog *d)
{
	if (d->timer != NULL)
		event_free(d->timer);
	d->timer = NULL;
}
