/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * trail.c - the way to a value in a file: "listen[2].allow[0]"
 */
#include "config/trail.h"

#include <stdio.h>
#include <string.h>

/* After text was written behind what there was. */
static size_t
step(struct trail *t)
{
	size_t before = t->n;

	t->n = strnlen(t->text, sizeof(t->text) - 1);
	return before;
}

size_t
trail_name(struct trail *t, const char *name)
{
	(void)snprintf(t->text + t->n, sizeof(t->text) - t->n, "%s%.*s",
	    t->n > 0 ? "." : "", (int)TRAIL_NAME, name);
	return step(t);
}

size_t
trail_index(struct trail *t, size_t i)
{
	(void)snprintf(t->text + t->n, sizeof(t->text) - t->n, "[%zu]", i);
	return step(t);
}

void
trail_back(struct trail *t, size_t n)
{
	t->n = n;
	t->text[n] = '\0';
}
