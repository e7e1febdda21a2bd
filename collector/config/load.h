/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * load.h - the files of a configuration, and where in them something was said
 */
#ifndef CONFIG_LOAD_H
#define CONFIG_LOAD_H

#include "config/config.h"
#include "config/problem.h"

enum {
	LOAD_FILES_MAX = 1000,
	LOAD_DEPTH_MAX = 8, /* files that include each other */
	LOAD_PLACE_TEXT = 4500
};

struct loader;

/* Borrows both; what is read is added to *c, what is wrong to *p. NULL: no
 * memory. */
struct loader *loader_new(struct config *c, struct problems *p);
void loader_free(struct loader *ld); /* accepts NULL */

/*
 * Reads the file and what it includes. Goes on after each problem, so that
 * all of them are found; a listener or an output whose place is not known is
 * left out.
 */
void loader_read(struct loader *ld, const char *path);

/* "FILE:LINE: KEY" of a key of the whole configuration; of one that was not
 * given, the first line of the first file. to is returned. */
char *loader_place(
    const struct loader *ld, const char *key, char to[LOAD_PLACE_TEXT]);

#endif
