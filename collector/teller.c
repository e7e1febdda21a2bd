/* SPDX-License-Identifier: BSD-2-Clause */
#include "teller.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include "base/clock.h"
#include "base/log.h"
#include "route/when.h"

enum { OWN_PRI = 44, OWN_TEXT = 1024 }; /* syslog.warning */

/* One message of RFC 5424 around text. */
static void
compose(const struct house *h, const char *text, char to[OWN_TEXT])
{
	struct timespec now;
	struct when w;
	char when[WHEN_TEXT];
	size_t n;

	when_init(&w);
	clock_gettime(CLOCK_REALTIME, &now);
	n = when_received(&w, now, when);
	(void)snprintf(to, OWN_TEXT, "<%d>1 %.*s %s synclined %d - - %s",
	    OWN_PRI, (int)n, when, h->plan->conf->hostname, (int)getpid(),
	    text);
}

static void
say(struct house *h, const char *text, bool last)
{
	struct worker *w = h->tools.worker[0];
	char line[OWN_TEXT] = "";
	struct order *o;

	log_line(LOG_WARNING, "%s", text);
	compose(h, text, line);
	if (last) {
		worker_say_last(w, line);
		return;
	}
	o = order_new(ORDER_SAY);
	if (o != NULL)
		o->text = strdup(line);
	if (o == NULL || o->text == NULL) {
		log_line(LOG_ERR, "no memory to write that to the outputs");
		order_free(o);
		return;
	}
	worker_order(w, o);
}

/* It cannot say so itself. */
static void
look_at_writer(struct teller *t, const struct metrics *m)
{
	int64_t ms;
	int slot = metrics_writer_hangs(m, &ms);

	if (slot != -1 && !t->hangs)
		log_line(LOG_ERR,
		    "output %s: the disk has not answered for %" PRId64
		    " s; nothing is lost yet: senders wait or memory fills "
		    "until it does",
		    m->outputs.slot[slot].label, ms / 1000);
	else if (slot == -1 && t->hangs)
		log_line(LOG_NOTICE, "the disk answers again");
	t->hangs = slot != -1;
}

void
teller_look(struct teller *t, struct house *h, bool last)
{
	char text[LOSS_TEXT];

	look_at_writer(t, h->metrics);
	for (int i = 0; i < LOSS_CAUSES; i++)
		if (losses_look(
			&t->losses, i, h->metrics, clock_ms(), last, text))
			say(h, text, last);
}

void
teller_clear(struct teller *t)
{
	losses_clear(&t->losses);
}

static uint64_t
sum_over_listeners(const struct metrics *m, enum listener_metric id)
{
	uint64_t n = 0;

	for (size_t i = 0; i < m->listeners.n; i++)
		n += metrics_listener_sum(m, (int)i, id);
	return n;
}

/* What each output wrote, and what it was given and did not write. */
static uint64_t
tell_outputs(const struct metrics *m)
{
	uint64_t lost = 0;

	for (size_t i = 0; i < m->outputs.n; i++) {
		uint64_t n = metrics_output_sum(m, (int)i, O_WRITTEN);
		uint64_t taken = metrics_output_sum(m, (int)i, O_TAKEN);
		/* taken may be read while a label changes: less than nothing */
		uint64_t left = (int64_t)(taken - n) > 0 ? taken - n : 0;
		uint64_t full = metrics_output_sum(m, (int)i, O_DROPPED_FULL);

		log_line(left > 0 ? LOG_ERR : LOG_INFO,
		    "output %s: %" PRIu64 " written, %" PRIu64 " lost, %" PRIu64
		    " dropped (full)",
		    m->outputs.slot[i].label, n, left, full);
		lost += left;
	}
	return lost;
}

/* What peers had sent and no time was left to read. */
static uint64_t
tell_unread(const struct house *h)
{
	uint64_t n = 0;

	for (size_t i = 0; i < h->tools.workers; i++)
		n += worker_unread(h->tools.worker[i]);
	if (n > 0)
		log_line(LOG_ERR,
		    "%" PRIu64 " bytes that had arrived on "
		    "streams were not read in time (stop_timeout)",
		    n);
	return n;
}

uint64_t
teller_last_words(const struct house *h)
{
	const struct metrics *m = h->metrics;
	uint64_t lost = tell_outputs(m);

	log_line(LOG_INFO,
	    "stopped: %" PRIu64 " received, %" PRIu64
	    " dropped (memory), %" PRIu64 " dropped (rate), %" PRIu64
	    " dropped (kernel), %" PRIu64 " filtered",
	    sum_over_listeners(m, L_RECEIVED),
	    sum_over_listeners(m, L_DROPPED_MEMORY),
	    sum_over_listeners(m, L_DROPPED_RATE),
	    sum_over_listeners(m, L_DROPPED_KERNEL),
	    metrics_global_sum(m, G_FILTERED));
	return lost + tell_unread(h);
}
