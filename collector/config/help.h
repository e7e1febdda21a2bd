/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * help.h - what --help says
 */
#ifndef CONFIG_HELP_H
#define CONFIG_HELP_H

#include <stdio.h>

/* Writes lines of at most 80 columns; the caller checks the stream. */
void help_print(FILE *to);

#endif
