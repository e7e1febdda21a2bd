/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * pattern.h - a regular expression (PCRE2) and what it may cost
 *
 * The compiled pattern is immutable and shared by all threads; what a match
 * needs beside it belongs to a thread.
 */
#ifndef CONFIG_PATTERN_H
#define CONFIG_PATTERN_H

#include "wire/err.h"
#include "wire/slice.h"

struct pattern;
struct pattern_scratch;

enum pattern_result {
	PATTERN_NO,
	PATTERN_YES,
	PATTERN_GAVE_UP /* a limit was met, or there was no memory */
};

/* NULL sets *err: the reason and where in the text it is. */
struct pattern *pattern_new(const char *text, struct err *err);
void pattern_free(struct pattern *p); /* accepts NULL */

/* One per thread, for every pattern. NULL sets *err. */
struct pattern_scratch *pattern_scratch_new(struct err *err);
void pattern_scratch_free(struct pattern_scratch *s); /* accepts NULL */

/*
 * Does p occur in s? s may hold any bytes; what is no UTF-8 matches nothing
 * but does no harm. Time and memory are bounded, to some 10 ms and 10 MiB, by
 * steps and not by a clock, so that the answer is always the same.
 */
enum pattern_result pattern_match(
    const struct pattern *p, struct pattern_scratch *m, struct slice s);

#endif
