/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * census.h - the rotated files of an output, as they are in its folder
 *
 * Nothing is remembered from one time to the next: what the folder holds is
 * the truth, whoever put it there. Memory is bounded: files are numbers, and
 * past CENSUS_MAX of them the rest is left for the next time, which can only
 * let too many live.
 */
#ifndef OUTPUT_CENSUS_H
#define OUTPUT_CENSUS_H

#include <stdbool.h>
#include <stddef.h>

#include "output/hash.h"
#include "output/keepplan.h"
#include "wire/err.h"

enum { CENSUS_MAX = 1000000 /* files, folders, live names, left-overs */ };

/* Texts, one behind the other; each by the number of its first byte. */
struct texts_of {
	char *text; /* owned */
	size_t n, room;
};

struct census {
	struct kept *file; /* owned; joined, in order by retain_join() */
	size_t files, room;
	struct texts_of names;
	size_t *live; /* owned; where the name of that number begins */
	size_t lives, live_room;
	uint32_t *slot; /* owned; live names by hash, plus one */
	size_t slots;
	size_t *temp; /* owned; where names of left-overs begin */
	size_t temps, temp_room;
	size_t *folder; /* owned; where names of folders begin; being read */
	size_t folders, folder_room;
	struct hash_key key;
	int64_t now; /* seconds: ages count to there */
	bool more;   /* not all of them are here */
};

/*
 * Counts the files of o, whose folder is open. now: what the age of files is
 * counted to. -1: *err; no memory, or a folder that cannot be read: what
 * is in c then may be incomplete and has to be cleared all the same.
 */
int census_take(struct census *c, const struct keep_plan *p,
    const struct keep_output *o, int folder, int64_t now, struct err *err);
void census_clear(struct census *c);

/* The name of a live file below the folder. */
const char *census_live(const struct census *c, uint32_t live);

/* A temporary file that was left, below the folder. */
const char *census_temp(const struct census *c, size_t i);

#endif
