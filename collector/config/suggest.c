/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * suggest.c - what was probably meant by a name that does not exist
 */
#include "config/suggest.h"

#include <string.h>
#include <strings.h>

enum { WORD_MAX = 40 }; /* a longer word is no slip of the finger */

static size_t
smaller(size_t a, size_t b)
{
	return a < b ? a : b;
}

/*
 * Letters to insert, drop, replace, or to change with their neighbour: the
 * distance of Damerau and Levenshtein, where no letter is touched twice. Of
 * the table three rows are enough.
 */
static size_t
edit_distance(const char *a, size_t an, const char *b, size_t bn)
{
	size_t row[3][WORD_MAX + 1];

	for (size_t j = 0; j <= bn; j++)
		row[0][j] = j;
	for (size_t i = 1; i <= an; i++) {
		size_t *now = row[i % 3], *above = row[(i + 2) % 3];

		now[0] = i;
		for (size_t j = 1; j <= bn; j++) {
			now[j] = above[j - 1] + (a[i - 1] != b[j - 1]);
			now[j] = smaller(now[j], above[j] + 1);
			now[j] = smaller(now[j], now[j - 1] + 1);
			if (i > 1 && j > 1 && a[i - 1] == b[j - 2] &&
			    a[i - 2] == b[j - 1])
				now[j] = smaller(
				    now[j], row[(i + 1) % 3][j - 2] + 1);
		}
	}
	return row[an % 3][bn];
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
