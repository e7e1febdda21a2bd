/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * match.h - which names of live files a path with fields can give
 *
 * The other direction of route/pathname.h: not what a message's file is
 * called, but whether a file that was found could be one. Pure; a copy of its
 * own, so that it outlives the configuration.
 */
#ifndef OUTPUT_MATCH_H
#define OUTPUT_MATCH_H

#include <stdbool.h>
#include <stddef.h>

#include "config/template.h"
#include "wire/slice.h"

struct match;

struct match *match_new(const struct template *t); /* NULL: no memory */
void match_free(struct match *m);                  /* accepts NULL */

/* Folders below the base, and then a file. */
size_t match_folders(const struct match *m);

/* Fields that it has: the fewer, the more it says. */
size_t match_fields(const struct match *m);

/* Could the component that has so many folders before it be called so? */
bool match_part(const struct match *m, size_t folders, struct slice name);

/* Could a live file below the base be called so, "_other" included? */
bool match_name(const struct match *m, struct slice name);

#endif
