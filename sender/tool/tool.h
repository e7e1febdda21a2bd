/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * tool.h - what the sub-commands of syncline have in common
 *
 * A sub-command is a function cmd_NAME(argc, argv), with argv[0] its
 * name; it returns the exit status. Results
 * go to standard output, problems to standard error.
 */
#ifndef TOOL_TOOL_H
#define TOOL_TOOL_H

#include "wire/err.h"

enum tool_status {
	TOOL_OK = 0,
	TOOL_FAILED = 1, /* at run time */
	TOOL_USAGE = 2   /* the command line is wrong; nothing was done */
};

int cmd_cert(int argc, char **argv);
int cmd_check_tls(int argc, char **argv);
int cmd_log(int argc, char **argv);

/* Prints "COMMAND: text" and where help is; returns TOOL_USAGE. */
int tool_usage(const char *command, const char *fmt, ...)
    __attribute__((format(printf, 2, 3)));

/* The same for what getopt_long(3) did not like, with ":" before its letters
 * and opterr 0: a letter of ':' or '?'. */
int tool_bad_option(const char *command, int letter, char **argv);

/* Prints "COMMAND: reason"; returns TOOL_FAILED. */
int tool_failed(const char *command, const struct err *err);

/* Prints the help of a command; returns TOOL_OK. */
int tool_help(const char *text);

/* Prints the version of them all; returns TOOL_OK. */
int tool_version(void);

#endif
