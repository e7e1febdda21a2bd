/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * load_parts.h - what load.c and section.c share; nobody else includes this
 */
#ifndef CONFIG_LOAD_PARTS_H
#define CONFIG_LOAD_PARTS_H

#include "config/keys.h"
#include "config/load.h"
#include "config/problem.h"
#include "config/source.h"
#include "config/trail.h"
#include "config/yaml.h"

enum { LOAD_GLOBALS_MAX = 32 }; /* rows of global_keys; there are fewer */

struct place {
	const char *path; /* borrowed from a source */
	int64_t line;     /* 0: nowhere */
};

struct loader {
	struct config *c;      /* borrowed */
	struct problems *p;    /* borrowed */
	struct source *source; /* owned; every file that was read */
	size_t sources;
	const char *path; /* borrowed: of the file that is being read */
	struct trail trail;
	unsigned depth;                        /* of includes */
	struct place global[LOAD_GLOBALS_MAX]; /* where a key was given */
	struct place *listen, *output; /* owned; of those in c, in order */
	char where[LOAD_PLACE_TEXT];
};

/* "FILE:LINE: TRAIL" in ld->where. */
const char *load_where(struct loader *ld, int64_t line);

/* False when an entry before e has its key; that was then said. */
bool load_is_first(
    struct loader *ld, const struct node *map, const struct node *e);

/* Sets a key of a section to the text or the texts of n. */
void load_values(struct loader *ld, const struct conf_key *k, void *section,
    const struct node *n);

/* Says that there is no such key in table, and which was meant. more: a list
 * of other names that there are, up to NULL. */
void load_refuse_key(struct loader *ld, const struct conf_key *table,
    const char *const *more, const struct node *e);

/* In section.c: the items of listen and output, a list or a single one. */
void section_read_listen(struct loader *ld, const struct node *n);
void section_read_output(struct loader *ld, const struct node *n);

#endif
