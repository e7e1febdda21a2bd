/* SPDX-License-Identifier: BSD-2-Clause */
#include "base/limit.h"

#include <assert.h>
#include <stdlib.h>

/* A sender is found or placed among those of one set only: what a message
 * costs is bounded, whatever is in the table. */
enum { WAYS = 8, SETS = LIMIT_SENDERS / WAYS };

enum { SECOND = 1000, MESSAGE = 1000 /* thousandths */ };

struct bucket {
	struct who who;
	int64_t saved; /* thousandths of a message */
	int64_t seen;  /* clock_ms() when that was so */
};

struct limit {
	struct who_secret secret;
	int64_t rate; /* messages a second: thousandths of one a millisecond */
	struct bucket set[SETS][WAYS];
};

struct limit *
limit_new(int64_t rate, struct err *err)
{
	struct limit *l = calloc(1, sizeof(*l));

	if (l == NULL || who_secret_make(&l->secret) == -1) {
		err_sys(err, "table of senders");
		free(l);
		return NULL;
	}
	limit_set_rate(l, rate);
	return l;
}

void
limit_free(struct limit *l)
{
	free(l);
}

void
limit_set_rate(struct limit *l, int64_t rate)
{
	assert(rate > 0 && rate <= INT64_MAX / SECOND / 2);
	l->rate = rate;
}

/*
 * The sender's bucket; a new one is full. The buckets of a set stand in the
 * order of their last use, so that a new sender drives out the one that has
 * been silent for longest, also among many in the same millisecond.
 */
static struct bucket *
find(struct limit *l, const struct who *w, int64_t now)
{
	struct bucket *set = l->set[who_hash(w, &l->secret) % SETS];
	struct bucket found = {
		.who = *w, .saved = l->rate * SECOND, .seen = now
	};
	size_t i = 0;

	while (i < WAYS - 1 && !who_eq(&set[i].who, w) && set[i].who.kind != 0)
		i++; /* none is behind a free one */
	if (who_eq(&set[i].who, w))
		found = set[i];
	for (; i > 0; i--)
		set[i] = set[i - 1];
	set[0] = found;
	return &set[0];
}

bool
limit_take(struct limit *l, const struct who *w, int64_t now)
{
	struct bucket *b = find(l, w, now);
	int64_t passed = now - b->seen, most = l->rate * SECOND;

	if (passed > 0) {
		b->seen = now;
		passed = passed < SECOND ? passed : SECOND;
		b->saved += passed * l->rate;
	}
	if (b->saved > most)
		b->saved = most;
	if (b->saved < MESSAGE)
		return false;
	b->saved -= MESSAGE;
	return true;
}
