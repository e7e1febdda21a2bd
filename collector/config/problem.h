/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * problem.h - what is wrong with a configuration: all of it, a line each
 *
 * Loading goes on after a problem, so that an operator sees every one at
 * once and not one a try.
 */
#ifndef CONFIG_PROBLEM_H
#define CONFIG_PROBLEM_H

#include <stddef.h>
#include <stdio.h>

struct problems {
	FILE *to;           /* borrowed */
	const char *prefix; /* borrowed; begins each line: "synclined: " */
	size_t count;
};

/*
 * Writes 'PREFIX WHERE: "VALUE": REASON' as one line, and counts it. where
 * is the option, the variable or the place in a file, value what stood
 * there; either may be NULL. Bytes that could break the line or the terminal
 * are escaped as in the output files, and a long value is cut.
 */
void problem_add(struct problems *p, const char *where, const char *value,
    const char *fmt, ...) __attribute__((format(printf, 4, 5)));

#endif
