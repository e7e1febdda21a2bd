/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * escape.h - one message, one line: bytes that would break a line or a screen
 *
 * In text formats each of these bytes is written as '#' and three octal
 * digits: below 0x20 other than TAB, 0x7f, those of an invalid UTF-8
 * sequence, and every byte of U+0080-U+009F, U+061C, U+200E, U+200F, U+2028,
 * U+2029, U+202A-U+202E, U+2066-U+2069. A '#' that three octal digits follow
 * is written "#043", so the original can always be recovered. In JSON the
 * same characters are \uXXXX, and U+FFFD stands for each byte of an invalid
 * sequence.
 */
#ifndef WIRE_ESCAPE_H
#define WIRE_ESCAPE_H

#include "wire/slice.h"

/*
 * The length of the longest front of s that needs no escape in a text format.
 * A character is never split: the result is where one begins.
 */
size_t escape_span(struct slice s);

/* What one byte can become at most. */
enum { ESCAPE_TEXT_GROWTH = 4, ESCAPE_JSON_GROWTH = 6 };

/*
 * Writes s, escaped, to out, which must hold s.n * ESCAPE_TEXT_GROWTH (or
 * ESCAPE_JSON_GROWTH) bytes; returns the number written. The JSON form is
 * the inside of a string, without the quotes.
 */
size_t escape_text(struct slice s, char *out);
size_t escape_json(struct slice s, char *out);

/* The same for any machine, byte by byte; exported so that tests compare. */
size_t escape_json_portable(struct slice s, char *out);

/*
 * The length of s without a last UTF-8 character that is cut off in its
 * middle; for cutting at n: slice_of(p, escape_whole(slice_of(p, n))).
 * Bytes that are no UTF-8 anyway stay.
 */
size_t escape_whole(struct slice s);

#endif
