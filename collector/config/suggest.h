/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * suggest.h - what was probably meant by a name that does not exist
 *
 *	suggest_init(&s, "framin");
 *	for (each name there is)
 *		suggest_offer(&s, name);
 *	s.best is "framing"
 */
#ifndef CONFIG_SUGGEST_H
#define CONFIG_SUGGEST_H

#include <stddef.h>

struct suggest {
	const char *word; /* borrowed: what was written */
	const char *best; /* borrowed: the nearest yet; NULL: none is near */
	size_t distance;  /* of best; before that, what is too far */
};

void suggest_init(struct suggest *s, const char *word);
void suggest_offer(struct suggest *s, const char *name);

#endif
