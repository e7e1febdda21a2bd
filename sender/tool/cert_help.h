/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * cert_help.h - what `syncline cert COMMAND --help` says
 */
#ifndef TOOL_CERT_HELP_H
#define TOOL_CERT_HELP_H

extern const char cert_help_all[];

/* In the order of the commands in cert.c. */
extern const char *const cert_help[];

#endif
