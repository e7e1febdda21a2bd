/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * place.h - several files that belong together, put into a folder at once
 *
 * They are written beside it, synced, and renamed. Where the folder is not
 * there or empty it comes whole: with all files, or not at all. Into a folder
 * that has other files they go one after the other, each whole. Nobody but
 * the owner can read a secret file, from its first moment on.
 */
#ifndef TOOL_PLACE_H
#define TOOL_PLACE_H

#include <stdbool.h>
#include <stddef.h>

#include "wire/err.h"

struct place_file {
	const char *name; /* without folder */
	char *text;
	size_t n;
	bool secret; /* 0600; others 0644 */
};

enum place_how {
	PLACE_NEW,    /* a file that is there is an error, nothing changes */
	PLACE_REPLACE /* such a file is replaced */
};

/*
 * Puts count files into dir, which is made, with mode dir_mode, as are the
 * folders above it. When it fails nothing is left of them, but that files
 * which were already replaced stay so.
 */
int place_files(const char *dir, unsigned int dir_mode,
    const struct place_file *files, size_t count, enum place_how how,
    struct err *err);

/* Something of that name is in dir. */
bool place_has(const char *dir, const char *name);

#endif
