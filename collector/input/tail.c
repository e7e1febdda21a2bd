/* SPDX-License-Identifier: BSD-2-Clause */
#include "input/tail.h"

#include <stdlib.h>
#include <string.h>

enum { TAIL_MIN = 256 };

bool
tail_grow(struct tail *t, size_t need)
{
	size_t cap = t->cap > 0 ? t->cap : TAIL_MIN;
	char *p;

	if (need > t->max)
		return false;
	while (cap < need)
		cap *= 2;
	cap = cap > t->max ? t->max : cap;
	if (cap == t->cap)
		return true;
	p = realloc(t->p, cap);
	if (p == NULL)
		return false;
	*t->sum += cap - t->cap;
	t->p = p;
	t->cap = cap;
	return true;
}

bool
tail_keep(struct tail *t, struct slice rest)
{
	if (rest.n == 0) {
		tail_drop(t);
		return true;
	}
	if (t->cap > 0 && rest.p >= t->p && rest.p < t->p + t->cap) {
		memmove(t->p, rest.p, rest.n);
	} else {
		if (!tail_grow(t, rest.n))
			return false;
		memcpy(t->p, rest.p, rest.n);
	}
	t->n = rest.n;
	return true;
}

void
tail_drop(struct tail *t)
{
	free(t->p);
	*t->sum -= t->cap;
	t->p = NULL;
	t->n = 0;
	t->cap = 0;
}
