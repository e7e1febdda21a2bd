/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * log.h - the daemon's own voice: one line a call on standard error
 *
 * A line is "syncline: TEXT", written with one write(2). Bytes that could
 * break the line or the terminal are escaped as in the output files, so text
 * from the network may be passed as it is. At most 2 KiB are written; what is
 * longer is cut and ends with "...". Thread-safe; keeps errno. A standard
 * error that is full or gone never stops or blocks the daemon for long: the
 * line is lost. (SIGPIPE has to be ignored, as in all of the daemon.)
 */
#ifndef BASE_LOG_H
#define BASE_LOG_H

#include <stdbool.h>
#include <syslog.h> /* LOG_ERR … LOG_DEBUG */

/*
 * Levels by who should act: ERR an operator must do something; WARNING
 * something was lost or will be; NOTICE a peer misbehaved, state changed;
 * INFO start, stop, rotation; DEBUG only with --verbose.
 */
void log_line(int level, const char *fmt, ...)
    __attribute__((format(printf, 2, 3)));

/* The same, followed by ": " and the text of errno. */
void log_sys(int level, const char *fmt, ...)
    __attribute__((format(printf, 2, 3)));

void log_verbose(bool on);

#endif
