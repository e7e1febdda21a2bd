/* SPDX-License-Identifier: BSD-2-Clause */
#include "nap.h"

#include <time.h>

#include "base/clock.h"

enum { WORTH_IT = 8, US_NS = 1000, MS_NS = 1000000, SECOND_NS = 1000000000 };

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

uint64_t
nap_length(const struct intake *in, bool held)
{
	const uint64_t again = (uint64_t)FLUSH_AGAIN_US * US_NS;
	uint64_t latency = (uint64_t)in->conf->latency * MS_NS;

	return held && latency > again ? again : latency;
}

void
nap_take(const struct intake *in, bool held)
{
	uint64_t ns = nap_length(in, held);
	const struct timespec t = { (time_t)(ns / SECOND_NS),
		(long)(ns % SECOND_NS) };

	(void)nanosleep(&t, NULL);
}
