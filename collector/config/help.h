/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * help.h - what --help, --help-config and --version say
 */
#ifndef CONFIG_HELP_H
#define CONFIG_HELP_H

#include <stdio.h>

#include "config/given.h"

/*
 * Writes what was asked for, help in lines of at most 80 columns; form is that
 * of --help-config, or NULL. The caller checks the stream. Returns 0, -1 when
 * it could not be written, or 1: there is no such form.
 */
int help_show(enum given_status what, const char *form, FILE *to);

#endif
