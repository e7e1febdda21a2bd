/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * tzfile.h - what a zone file says (TZif, RFC 8536, versions 1 to 4)
 *
 * Bytes in, a table of changes out. The bytes may be anything.
 */
#ifndef BASE_TZFILE_H
#define BASE_TZFILE_H

#include <stdbool.h>
#include <stdint.h>

#include "wire/err.h"
#include "wire/slice.h"

/* From at[i] (UTC) on the clocks are offset[i] seconds east of UTC. */
struct tztable {
	int64_t *at;     /* ascending; owned */
	int32_t *offset; /* owned */
	size_t n;
	int32_t first; /* the offset before at[0] */
};

/*
 * Reads the file's bytes into *t and the rule for the time behind the table
 * into *rule, which points into file and may be empty. -1: *err says what is
 * wrong, and there is nothing to free.
 */
int tzfile_read(
    struct slice file, struct tztable *t, struct slice *rule, struct err *err);

/* Adds a change; one of the same instant takes the place of the last, one
 * before that is left out. False: no memory. */
bool tztable_add(struct tztable *t, int64_t at, int32_t offset);
void tztable_clear(struct tztable *t);

#endif
