/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * pipeout.h - standard output, whose reader may be slow or gone
 *
 * It is written to without ever waiting, so that a reader that stands still
 * does not stop the writer, which has other outputs and a stop to obey.
 */
#ifndef OUTPUT_PIPEOUT_H
#define OUTPUT_PIPEOUT_H

#include <stdbool.h>

#include "wire/err.h"
#include "wire/slice.h"

struct pipeout {
	int fd;    /* STDOUT_FILENO, or owned: the same pipe opened again */
	int flags; /* of STDOUT_FILENO, to be put back; -1: untouched */
};

int pipeout_open(struct pipeout *p, struct err *err); /* -1 sets *err */
void pipeout_close(struct pipeout *p);

/*
 * Writes *s and moves *s past what was written, also when it fails. -1 with
 * errno EAGAIN: the reader has not taken what it has.
 */
int pipeout_write(struct pipeout *p, struct slice *s, struct err *err);

#endif
