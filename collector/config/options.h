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
	OPTIONS_ASK,  /* the one who runs is to be asked, by *out's http; NULL:
			 why that is not known was printed. Exit 0 or 1 */
	OPTIONS_DONE, /* what was asked for was printed: exit 0 */
	OPTIONS_BAD   /* every problem was printed to standard error: exit 2 */
};

/*
 * Reads the command line, then the SYNCLINE_* environment for what it leaves
 * open, then the configuration's files, then the defaults. All problems are
 * printed, not only the first, each naming the option, the variable or
 * FILE:LINE, the value, and what would be right. *out is the caller's to
 * free, and NULL unless OPTIONS_RUN or OPTIONS_ASK. argv is put in another
 * order, options first, as getopt_long(3) does.
 */
enum options_status options_load(int argc, char **argv, struct config **out);

/* The same; what was asked for goes to help, problems to problems. */
enum options_status options_load_to(
    int argc, char **argv, struct config **out, FILE *help, FILE *problems);

/* The same once more while running, with the arguments that options_load()
 * had. -1: problems were printed, and *out is NULL. */
int options_reload(int argc, char **argv, struct config **out, FILE *problems);

/* What a reload cannot change but new would: prints a line for each such key,
 * and returns how many there are. */
size_t options_refuse_restart(
    const struct config *old, const struct config *new, FILE *problems);

#endif
