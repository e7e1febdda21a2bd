/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * upkeep.h - what many files need from time to time: to be synced, rotated,
 * opened again, looked for
 *
 * Hundreds may need it at once; it is spread, so that the writer never waits
 * for the disk.
 */
#ifndef OUTPUT_UPKEEP_H
#define OUTPUT_UPKEEP_H

#include <stdint.h>

#include "output/files.h"

/* Does what is due. Returns the clock_ms() of the next call. */
int64_t upkeep_tick(struct files *fs, int64_t now);

/* Rotates every file that is open; those that were closed for others stay as
 * they are. */
void upkeep_rotate(struct files *fs);

/* Closes files that were moved away: the next line makes new ones. */
void upkeep_reopen(struct files *fs);

/* What was written is on the disk when it returns. 0: there was nothing; 1: it
 * is; -1: it is not, and those files have failed. */
int upkeep_sync(struct files *fs);

#endif
