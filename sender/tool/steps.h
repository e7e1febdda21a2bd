/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * steps.h - what a test of several steps says of each of them
 *
 * A line each, as it happens: "ok", "FAILED" with a line for the cure, or
 * "note". What comes from a peer has to be safe to print already.
 */
#ifndef TOOL_STEPS_H
#define TOOL_STEPS_H

struct steps {
	int failed; /* how many */
};

void steps_good(const char *step, const char *fmt, ...)
    __attribute__((format(printf, 2, 3)));
void steps_note(const char *step, const char *fmt, ...)
    __attribute__((format(printf, 2, 3)));
void steps_bad(struct steps *s, const char *cure, const char *step,
    const char *fmt, ...) __attribute__((format(printf, 4, 5)));

#endif
