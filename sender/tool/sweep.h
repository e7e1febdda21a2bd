/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * sweep.h - what a crash left of files that were being put somewhere
 */
#ifndef TOOL_SWEEP_H
#define TOOL_SWEEP_H

/* The folder in which such files are until they are complete: this, and six
 * characters. Whoever uses one holds a lock on it (flock(2)). */
#define SWEEP_PREFIX ".syncline-"

/*
 * Deletes such folders beneath parent which are ours, are not locked, and
 * are older than a minute (a new one is locked a moment after it was made).
 * There may be keys in them.
 */
void sweep_stages(int parent);

#endif
