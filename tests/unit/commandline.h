/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * commandline.h - runs of the command line, for its tests
 */
#ifndef UNIT_COMMANDLINE_H
#define UNIT_COMMANDLINE_H

#include "config/options.h"

#define LOOPBACK "udp://127.0.0.1:5514"

/* One run of options_load_to(). */
struct run {
	enum options_status status;
	struct config *c;
	char *help, *said; /* what it printed */
};

/* Breaks a command line at its spaces and loads it. */
struct run commandline_load(const char *line);

/* The same for one that must be right. */
struct run commandline_load_good(const char *line);

void commandline_done(struct run *r);

/* Of cmocka: leaves no variable of an option set. */
int commandline_clear_environment(void **state);

#endif
