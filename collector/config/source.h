/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * source.h - a file of the configuration, read whole
 */
#ifndef CONFIG_SOURCE_H
#define CONFIG_SOURCE_H

#include <sys/types.h>

#include <stddef.h>

#include "wire/err.h"

enum { SOURCE_BYTES_MAX = 1 << 20 };

struct source {
	char *path;   /* owned: as it was named */
	dev_t device; /* which file it was */
	ino_t inode;
	char *text; /* owned: what it held; NULL once it was let go */
	size_t n;   /* bytes of text */
};

/*
 * Reads a regular file that not everybody may write to. -1 sets *err, and
 * nothing is owned.
 */
int source_read(const char *path, struct source *s, struct err *err);

void source_drop_text(struct source *s);
void source_clear(struct source *s);

#endif
