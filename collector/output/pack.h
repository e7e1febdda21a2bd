/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * pack.h - compresses one rotated file, step by step
 *
 * The new file is made beside the old one, under a temporary name, and takes
 * its place when it is safely on the disk. A crash at any moment leaves either
 * the old file, or both, whole; never less. Between two steps the caller may
 * do other things, or break it off.
 */
#ifndef OUTPUT_PACK_H
#define OUTPUT_PACK_H

#include <stdbool.h>
#include <stdint.h>

#include "output/rotate.h"
#include "wire/err.h"

struct pack;

/*
 * Begins with the file called name in dirfd, of which packing says how. The
 * folder is handed over, also when it fails. The file is locked for as long
 * as this takes. NULL: *err and errno: EWOULDBLOCK for one that somebody has
 * locked, ENOENT for one that is gone.
 */
struct pack *pack_new(
    int dirfd, const char *name, enum packing packing, struct err *err);

/* Goes on for about a mebibyte. 1: all is compressed; 0: there is more; -1:
 * *err and errno. */
int pack_step(struct pack *p, struct err *err);

/*
 * Puts what was made in the place of the old file, which is deleted. -1: *err
 * and errno, EEXIST when the name is taken; the old file is still there. *both
 * is set when it could not be deleted.
 */
int pack_finish(struct pack *p, bool *both, struct err *err);

/* Frees; what was made and is not finished is deleted. Accepts NULL. errno
 * is kept. */
void pack_free(struct pack *p);

/* Bytes read and written. */
uint64_t pack_read(const struct pack *p);
uint64_t pack_written(const struct pack *p);

#endif
