/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * engine.h - starts everything, obeys signals, stops everything in order
 */
#ifndef ENGINE_H
#define ENGINE_H

#include "config/config.h"

/*
 * Runs the collector until a signal ends it, in the main thread. Takes conf
 * over; argc and argv, borrowed, are read again for each reload. Returns the
 * exit status: 0, or 1 when it could not start or something was lost at the
 * end.
 */
int engine_run(struct config *conf, int argc, char **argv);

#endif
