/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * unpack.h - is a compressed file the same as the plain one beside it?
 */
#ifndef OUTPUT_UNPACK_H
#define OUTPUT_UNPACK_H

#include <stdint.h>

#include "output/rotate.h"

struct unpack;

/*
 * Begins to compare; both descriptors, at their beginnings, are borrowed.
 * NULL: errno.
 */
struct unpack *unpack_new(int plain, int packed, enum packing packing);

/*
 * Goes on for about a mebibyte. 0: there is more; 1: they are the same; -1:
 * they are not, or what is compressed is broken, or has no end; or errno is
 * not 0: a file cannot be read.
 */
int unpack_step(struct unpack *u);

void unpack_free(struct unpack *u); /* accepts NULL */

#endif
