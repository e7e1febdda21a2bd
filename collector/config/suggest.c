/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * suggest.c - what was probably meant by a name that does not exist
 */
#include "config/suggest.h"

#include <string.h>
#include <strings.h>

enum { WORD_MAX = 40 }; /* a longer word is no slip of the finger */

/*
 * Levenshtein's distance: letters to insert, drop or replace. One row of the
 * table is enough, because each cell needs only its left, upper and
 * upper-left neighbour.
 */
static size_t
edit_distance(const char *a, size_t an, const char *b, size_t bn)
{
	size_t row[WORD_MAX + 1];
	size_t i, j, corner, above, best;

	for (j = 0; j <= bn; j++)
		row[j] = j;
	for (i = 1; i <= an; i++) {
		corner = row[0];
		row[0] = i;
		for (j = 1; j <= bn; j++) {
			above = row[j];
			best = corner + (a[i - 1] == b[j - 1] ? 0 : 1);
			if (above + 1 < best)
				best = above + 1;
			if (row[j - 1] + 1 < best)
				best = row[j - 1] + 1;
			row[j] = best;
			corner = above;
		}
	}
	return row[bn];
}

void
suggest_init(struct suggest *s, const char *word)
{
	size_t n = strnlen(word, WORD_MAX + 1);

	s->word = word;
	s->best = NULL;
	/* One slip in three letters, but never more than three. */
	s->distance = n > WORD_MAX ? 0 : n / 3 + 1;
	if (s->distance > 4)
		s->distance = 4;
}

void
suggest_offer(struct suggest *s, const char *name)
{
	size_t an = strnlen(s->word, WORD_MAX + 1);
	size_t bn = strnlen(name, WORD_MAX + 1);
	size_t d;

	if (an > WORD_MAX || bn > WORD_MAX)
		return;
	d = edit_distance(s->word, an, name, bn);
	/* The start of a long name is meant more often than a short one. */
	if (d >= s->distance && an >= 3 && s->distance > 2 &&
	    strncasecmp(s->word, name, an) == 0)
		d = 2;
	if (d < s->distance) {
		s->distance = d;
		s->best = name;
	}
}
