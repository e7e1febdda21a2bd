/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * options.h - command line and environment become a configuration
 */
#ifndef CONFIG_OPTIONS_H
#define CONFIG_OPTIONS_H

#include <stdio.h>

#include "config/config.h"

enum options_status {
	OPTIONS_RUN,  /* *out is a complete configuration */
	OPTIONS_DONE, /* --help or --version was printed: exit 0 */
	OPTIONS_BAD   /* every problem was printed to standard error: exit 2 */
};

/*
 * Reads the command line, then the SYNCLINE_* environment for what it leaves
 * open, then the defaults. All problems are printed, not only the first,
 * each naming the option or variable, the value, and what would be right.
 * *out is the caller's to free, and NULL unless OPTIONS_RUN. argv is put in
 * another order, options first, as getopt_long(3) does.
 */
enum options_status options_load(int argc, char **argv, struct config **out);

/* The same; help goes to help, problems to problems. */
enum options_status options_load_to(
    int argc, char **argv, struct config **out, FILE *help, FILE *problems);

#endif
