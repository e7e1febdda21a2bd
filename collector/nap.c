/* SPDX-License-Identifier: BSD-2-Clause */
#include "nap.h"

#include <time.h>

enum {
	/* bytes: a turn that brought no more costs more than they do */
	FEW = 32 * 1024,
	WORTH_IT = 8, /* messages */
	ENOUGH = 256, /* messages: to wait for more saves nothing more */
	SOME = 64,    /* of fewer there is no saying how fast they come */
	US_NS = 1000,
	MS_NS = 1000000,
	SECOND_NS = 1000000000
};

static void
begin_window(struct nap *n, const struct intake *in, uint64_t now)
{
	n->since = now;
	n->taken = in->taken;
	n->local = in->taken_local;
}

/* Have the last turns brought several messages? Then the nap is to bring
 * enough of them, at the rate at which these came. */
static bool
is_worth_it(struct nap *n, const struct intake *in, uint64_t now)
{
	uint64_t latency = (uint64_t)in->conf->latency * MS_NS;
	uint64_t age = now - n->since, taken = in->taken - n->taken;
	bool due;

	if (latency == 0)
		return false;
	/* senders on unix sockets wait when a few datagrams are queued */
	due = taken >= WORTH_IT && in->taken_local == n->local &&
	    age <= 2 * latency + MS_NS;
	if (due)
		n->length = taken > SOME && age / taken * ENOUGH < latency
		    ? age / taken * ENOUGH
		    : latency;
	if (due || age > latency)
		begin_window(n, in, now);
	return due;
}

enum nap_next
nap_after(struct nap *n, const struct intake *in, uint64_t now, uint64_t bytes,
    bool shaking)
{
	if (bytes > FEW)
		return NAP_LOOK;
	if (is_worth_it(n, in, now) && !shaking)
		return NAP_SLEEP;
	return bytes == 0 ? NAP_WAIT : NAP_LOOK;
}

uint64_t
nap_length(const struct nap *n, bool held)
{
	const uint64_t again = (uint64_t)FLUSH_AGAIN_US * US_NS;

	return held && n->length > again ? again : n->length;
}

void
nap_take(const struct nap *n, bool held)
{
	uint64_t ns = nap_length(n, held);
	const struct timespec t = { (time_t)(ns / SECOND_NS),
		(long)(ns % SECOND_NS) };

	(void)nanosleep(&t, NULL);
}
