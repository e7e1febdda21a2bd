/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * beneath.h - folders below the one of an output, whose names come from
 * messages
 *
 * The names are hostile, and so may be the owner of a folder on the way: it
 * never leads through a symbolic link, nor up.
 */
#ifndef OUTPUT_BENEATH_H
#define OUTPUT_BENEATH_H

#include <sys/types.h>

#include <stdbool.h>

#include "wire/slice.h"

/* No component of name is empty, "." or ".."; no NUL in it. */
bool beneath_is_safe(struct slice name);

/*
 * Opens the folder in which the file of that name (safe, NUL behind it) is,
 * below the folder base. make: what is missing is made like that, and *made
 * says so: nothing is synced. NULL: it is not made. The caller closes it. -1:
 * errno; ENOTDIR or ELOOP when something other than a folder is on the way.
 */
struct folder_new;
int beneath_open(
    int base, const char *name, const struct folder_new *make, bool *made);

/* Is there a regular file of that name? */
bool beneath_has(int base, const char *name);

/* True when the file of that name is the very one that is open as fd. */
bool beneath_is_at(int base, const char *name, int fd);

#endif
