/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * healthcheck.h - asks a collector that runs whether it is well
 *
 * For containers, which have nothing else inside that could ask.
 */
#ifndef HEALTHCHECK_H
#define HEALTHCHECK_H

#include "config/config.h"

/*
 * Asks /healthz where c says that the status server is, for 3 s at most.
 * Returns an exit status: 0, or 1 when the reason was said on standard error.
 * Takes SIGALRM; one thread only.
 */
int healthcheck(const struct config *c);

#endif
