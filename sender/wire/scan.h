/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * scan.h - finding the bytes that a line of text cannot hold as they are
 *
 * What needs an escape is said in escape.h. Most messages need none, so the
 * question "is all of this clean?" is asked of every byte received and is
 * answered 16 bytes at a time where the machine can.
 */
#ifndef WIRE_SCAN_H
#define WIRE_SCAN_H

#include <stdint.h>

#include "wire/slice.h"

/*
 * The length of the longest front of s that needs no escape in a text format.
 * A character is never split: the result is where one begins. A '#' is clean
 * unless three octal digits follow it within s.
 */
size_t scan_clean(struct slice s);

/* The same for any machine, byte by byte; exported so that tests compare. */
size_t scan_clean_portable(struct slice s);

/*
 * The length (1 to 4) of the UTF-8 character that s starts with, in shortest
 * form, no surrogate, at most U+10FFFF (RFC 3629 section 4); *code is its code
 * point. 0, and *code is untouched, when there is none: also when s is empty
 * or ends within the character.
 */
size_t scan_char(struct slice s, uint32_t *code);

/*
 * True when that character needs an escape wherever it stands: controls other
 * than TAB, U+0080-U+009F, line separators and what reorders text. '#' needs
 * one only before three octal digits: see scan_is_octal().
 */
bool scan_is_unsafe(uint32_t code);

/* True when s starts with '#' and three octal digits. */
bool scan_is_octal(struct slice s);

/* The length of the longest front of s that is UTF-8 a person can see: no
 * scan_is_unsafe(). For what an operator writes, where '#' is no escape. */
size_t scan_visible(struct slice s);

/* The length of the longest front of s that is valid UTF-8. */
size_t scan_utf8(struct slice s);

#endif
