/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * wants.h - which outputs want a message, as far as its head tells
 *
 * Conditions but `match` ask for PRI, APP-NAME and host alone. There are few
 * PRIs, so what they mean is worked out beforehand; and a sender says the same
 * of itself in every message, so the answers to the last names are kept. A
 * message costs a look or two, and not a question for each of a hundred
 * outputs. One per worker and plan.
 */
#ifndef ROUTE_WANTS_H
#define ROUTE_WANTS_H

#include <stddef.h>
#include <stdint.h>

#include "config/config.h"
#include "route/record.h"

/* A set of outputs has a bit for each, in words of so many. */
enum { WANTS_WORD = 64 };

struct wants_names;

struct wants {
	const struct config *conf; /* borrowed */
	size_t words;              /* of a set */
	bool asks, apps, hosts;    /* some output has such a condition */
	uint64_t *now;             /* owned; the answer, if none is kept */
	uint64_t *by_pri;          /* owned; a set for each PRI */
	uint64_t *naming;          /* owned; who asks for names */
	struct wants_names *names; /* owned; NULL: so few ask that asking costs
				      no more */
	uint64_t *by_names;        /* owned; a set for each of names */
};

/* NULL: no memory. */
struct wants *wants_new(const struct config *conf);
void wants_free(struct wants *w); /* accepts NULL */

const uint64_t *wants_look(struct wants *w, const struct record *r);

/* The outputs whose conditions hold for r, `match` left aside. Good until the
 * next call. */
static inline const uint64_t *
wants_ask(struct wants *w, const struct record *r)
{
	return w->asks ? wants_look(w, r) : w->now;
}

/* The first output of the set that is not before from; end: there is none. */
static inline size_t
wants_next(const uint64_t *set, size_t from, size_t end)
{
	while (from < end) {
		uint64_t left = set[from / WANTS_WORD] >> from % WANTS_WORD;

		if (left != 0)
			return from + (size_t)__builtin_ctzll(left);
		from = (from / WANTS_WORD + 1) * WANTS_WORD;
	}
	return end;
}

#endif
