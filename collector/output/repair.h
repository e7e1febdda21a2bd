/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * repair.h - after a crash: what follows the last LF of a log file goes away
 *
 * It is no line, and what is appended behind it would become one with it. It
 * may still be of use to somebody, so it is kept beside, in "path.torn".
 */
#ifndef OUTPUT_REPAIR_H
#define OUTPUT_REPAIR_H

#include <stdint.h>

#include "wire/err.h"

struct logfile;

/*
 * Moves what follows the last LF of f, which is open and locked, to the end
 * of path.torn, with an LF behind it: first written and synced there, only
 * then cut off here. A crash in between leaves it in both, never in neither.
 * *moved is its length, f->size the size afterwards. Memory does not grow
 * with the file. -1: *err; the bytes are
 * still in one of the two.
 */
int repair_tail(struct logfile *f, uint64_t *moved, struct err *err);

#endif
