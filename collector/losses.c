/* SPDX-License-Identifier: BSD-2-Clause */
#include "losses.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>

static const struct {
	unsigned id; /* of the counter */
	bool output; /* of outputs, not of listeners */
	const char *name, *cure;
} causes[LOSS_CAUSES] = {
	{ L_DROPPED_KERNEL, false, "kernel",
	    "the socket's buffer is full: raise receive_buffer" },
	{ L_DROPPED_MEMORY, false, "memory",
	    "an output is slower than what comes: raise memory or see to the "
	    "disk" },
	{ L_DROPPED_RATE, false, "rate",
	    "a sender sends more than rate allows" },
	{ O_DROPPED_FULL, true, "full",
	    "the output is slower than what comes, and when_full is drop: see "
	    "to its disk" },
};

void
losses_clear(struct losses *l)
{
	for (int i = 0; i < LOSS_CAUSES; i++)
		free(l->cause[i].each);
	*l = (struct losses){ 0 };
}

static uint64_t
count_of(const struct metrics *m, int cause, size_t slot)
{
	unsigned id = causes[cause].id;

	return causes[cause].output
	    ? metrics_output_sum(m, (int)slot, (enum output_metric)id)
	    : metrics_listener_sum(m, (int)slot, (enum listener_metric)id);
}

static bool
make_room(struct loss *c, size_t n)
{
	uint64_t *grown;

	if (n <= c->n)
		return true;
	grown = reallocarray(c->each, n, sizeof(*grown));
	if (grown == NULL)
		return false;
	for (; c->n < n; c->n++)
		grown[c->n] = 0;
	c->each = grown;
	return true;
}

/* The sum over all, and who has lost most since the last look. */
static uint64_t
add_up(struct loss *c, int cause, const struct metrics *m, const char **most)
{
	const struct slots *s = causes[cause].output ? &m->outputs
						     : &m->listeners;
	uint64_t sum = 0, worst = 0;

	*most = "?";
	for (size_t i = 0; i < s->n && make_room(c, i + 1); i++) {
		uint64_t n = count_of(m, cause, i), more = n - c->each[i];

		if (more > worst) {
			worst = more;
			*most = s->slot[i].label;
		}
		c->each[i] = n;
		sum += n;
	}
	return sum;
}

bool
losses_look(struct losses *l, int cause, const struct metrics *m, int64_t now,
    bool last, char text[LOSS_TEXT])
{
	struct loss *c = &l->cause[cause];
	const char *most;
	uint64_t n = add_up(c, cause, m, &most);
	bool rises = n != c->seen, begins = rises && c->since == 0;

	if (begins) {
		c->since = now;
		c->start = c->seen;
	}
	c->seen = n;
	if (c->since == 0 || (rises && !begins && !last))
		return false;
	if (begins && !last) {
		(void)snprintf(text, LOSS_TEXT,
		    "%s %s: messages are being lost (%s): %s",
		    causes[cause].output ? "output" : "listener", most,
		    causes[cause].name, causes[cause].cure);
		return true;
	}
	(void)snprintf(text, LOSS_TEXT,
	    "%" PRIu64 " messages were lost (%s) in %" PRId64 " ms",
	    n - c->start, causes[cause].name, now - c->since);
	c->since = 0;
	return true;
}
