/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * units.h - sizes and durations as people write them, both ways
 *
 * A size is a plain number of bytes, or one with K, M, G or T (KiB, MiB, GiB,
 * TiB): powers of 1024, in either case. A duration is a number with ms, s, m,
 * h, d or w; only 0 needs no unit. No signs, no fractions, no spaces.
 */
#ifndef CONFIG_UNITS_H
#define CONFIG_UNITS_H

#include <stdint.h>

#include "wire/err.h"

enum { UNITS_TEXT = 24 }; /* holds any int64_t with its unit */

/*
 * Each takes the whole of text. They return 0, or -1 with what is wrong with
 * it and what would be right; *out is then untouched. The reason does not
 * repeat the text: who reports it puts it in front.
 */
int units_parse_number(const char *text, int64_t *out, struct err *err);
int units_parse_size(const char *text, int64_t *bytes, struct err *err);
int units_parse_duration(const char *text, int64_t *msec, struct err *err);
int units_parse_octal(const char *text, int64_t *out, struct err *err);

/*
 * The same value in the largest unit that expresses it without a fraction:
 * what the parser takes back. to has UNITS_TEXT bytes and is returned.
 */
char *units_write_size(int64_t bytes, char *to);
char *units_write_duration(int64_t msec, char *to);

#endif
