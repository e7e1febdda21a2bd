/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * newest.h - the newest rotated file of a live one, found in its folder
 *
 * A rotation first reserves the new name with an empty file (logfile.c). Who
 * is killed in that moment leaves it behind: it is the newest one, empty, and
 * nobody holds its lock. Here such left-overs are removed, so that the number
 * is used again; an empty one before the newest is not ours to judge.
 */
#ifndef OUTPUT_NEWEST_H
#define OUTPUT_NEWEST_H

#include "output/rotate.h"

/*
 * Looks through the folder dirfd for rotated files of the live name, and
 * removes what a crash left. *r: the highest number and the latest stamp, and
 * both 0 when there are none. -1: errno.
 */
int newest_find(int dirfd, const char *live, struct rotated *r);

/*
 * Removes what a crash left of all live files in base and in the folders below
 * it, at most depth deep. No symbolic link is followed. It looks at a bounded
 * number of names: what it does not come to goes when newest_find() does.
 */
void newest_sweep(int base, int depth);

#endif
