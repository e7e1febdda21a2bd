/* SPDX-License-Identifier: BSD-2-Clause */
#include "nap.h"

#include <time.h>

#include "base/clock.h"

enum { WORTH_IT = 8, MS_NS = 1000000 };

static void
begin_window(struct nap *n, const struct intake *in, uint64_t now)
{
	n->since = now;
	n->taken = in->taken;
	n->local = in->taken_local;
}

bool
nap_is_due(struct nap *n, const struct intake *in)
{
	uint64_t latency = (uint64_t)in->conf->latency * MS_NS;
	uint64_t now, age;
	bool due;

	if (latency == 0)
		return false;
	now = clock_ns();
	age = now - n->since;
	/* senders on unix sockets wait when a few datagrams are queued */
	due = in->taken - n->taken >= WORTH_IT && in->taken_local == n->local &&
	    age <= 2 * latency + MS_NS;
	if (due || age > latency)
		begin_window(n, in, now);
	return due;
}

void
nap_take(const struct intake *in)
{
	const struct timespec t = { in->conf->latency / 1000,
		in->conf->latency % 1000 * MS_NS };

	(void)nanosleep(&t, NULL);
}
