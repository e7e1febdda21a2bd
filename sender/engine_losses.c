/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * engine_losses.c - the collector is told what was dropped (RFC-57, RFC-58)
 *
 * Once when it has ended, and every ten seconds while it goes on.
 */
#include "engine_parts.h"

#include <inttypes.h>
#include <stdio.h>

#include "wire/pri.h"

enum {
	QUIET = 500,         /* ms without a loss is an end */
	AGAIN = 20,          /* ms until it is tried again */
	AT_LEAST = 10000,    /* ms between two reports when there is none */
	PRI_LOSS = 5 * 8 + 4 /* syslog.warning */
};

/* The text, and in now[] what it says. */
static size_t
words(struct engine *e, char *text, size_t size, uint64_t now[])
{
	uint64_t sum = 0, n;
	size_t at = 0;
	char parts[256] = "";

	for (unsigned i = 0; i < RING_SEVERITIES; i++) {
		now[i] = atomic_load(&e->s->shared->dropped[i]);
		n = now[i] - e->told[i];
		sum += n;
		if (n > 0 && at < sizeof(parts))
			at += (size_t)snprintf(parts + at, sizeof(parts) - at,
			    "%s%" PRIu64 " %s", at > 0 ? ", " : "", n,
			    pri_severity_name(i));
	}
	return (size_t)snprintf(text, size,
	    "libsyncline: %" PRIu64 " messages dropped, there was no room: %s",
	    sum, parts);
}

static bool
is_due(const struct engine *e, bool stop)
{
	return stop || e->now - e->dropped_since >= QUIET ||
	    e->now - e->told_at >= AT_LEAST;
}

void
engine_tell_losses(struct engine *e)
{
	uint64_t dropped = handle_dropped(e->s), told = 0;
	uint64_t now[RING_SEVERITIES];
	bool stop = atomic_load(&e->s->shared->stop) != 0 ||
	    atomic_load(&e->s->shared->flushers) != 0;
	char text[384];
	size_t n;

	if (dropped != e->dropped_before) {
		e->dropped_before = dropped;
		e->dropped_since = e->now;
		if (!e->dropping) {
			e->dropping = true;
			e->told_at = e->now;
			handle_event(e->s, SYNCLINE_DROPPING, 0, "");
		}
	}
	if (!e->dropping || !is_due(e, stop))
		return;
	n = words(e, text, sizeof(text), now);
	if (!engine_say(e, PRI_LOSS, slice_of(text, n)))
		return;
	for (unsigned i = 0; i < RING_SEVERITIES; i++) {
		told += now[i] - e->told[i];
		e->told[i] = now[i];
	}
	e->told_at = e->now;
	e->telling = true;
	if (stop || e->now - e->dropped_since >= QUIET) {
		e->dropping = false;
		handle_event(e->s, SYNCLINE_DROPPED, told, "");
	}
}

int64_t
engine_losses_due(const struct engine *e)
{
	int64_t due = e->dropped_since + QUIET;

	if (!e->dropping || e->link.state != LINK_UP)
		return INT64_MAX;
	/* overdue: there was no room for it */
	return due > e->now ? due : e->now + AGAIN;
}
