/* SPDX-License-Identifier: BSD-2-Clause */
/* marks.c - files that are to be left alone for a while */
#include "output/marks.h"

#include <stdlib.h>

enum { FIRST = 64 };

/* Who makes names that hash alike has them left alone: no more. */
uint64_t
marks_hash(const char *live, const struct rotated *r)
{
	uint64_t h = UINT64_C(0xcbf29ce484222325);

	for (; *live != '\0'; live++)
		h = (h ^ (unsigned char)*live) * UINT64_C(0x100000001b3);
	h = (h ^ r->number) * UINT64_C(0x9e3779b97f4a7c15);
	h = (h ^ h >> 32 ^ (uint64_t)r->stamp) * UINT64_C(0x9e3779b97f4a7c15);
	h ^= h >> 32;
	return h != 0 ? h : 1;
}

static uint64_t *
find(const struct marks *m, uint64_t hash)
{
	size_t i = hash & (m->slots - 1);

	while (m->hash[i] != 0 && m->hash[i] != hash)
		i = (i + 1) & (m->slots - 1);
	return &m->hash[i];
}

void
marks_add(struct marks *m, uint64_t hash)
{
	struct marks more = { .slots = m->slots > 0 ? 2 * m->slots : FIRST };

	if (marks_has(m, hash))
		return;
	if (m->slots / 2 <= m->n) {
		if (m->n < MARKS_MAX)
			more.hash = calloc(more.slots, sizeof(*more.hash));
		m->full = more.hash == NULL;
		if (m->full)
			return;
		for (size_t i = 0; i < m->slots; i++)
			if (m->hash[i] != 0)
				*find(&more, m->hash[i]) = m->hash[i];
		more.n = m->n;
		free(m->hash);
		*m = more;
	}
	*find(m, hash) = hash;
	m->n++;
}

bool
marks_has(const struct marks *m, uint64_t hash)
{
	return m->full || (m->slots > 0 && *find(m, hash) != 0);
}

void
marks_clear(struct marks *m)
{
	free(m->hash);
	*m = (struct marks){ .hash = NULL };
}
