/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * select.h - the words of an output's conditions
 *
 * A word is a label of RFC 5427 ("auth", "warning"), another name in use for
 * it ("security", "error"), or its number.
 */
#ifndef CONFIG_SELECT_H
#define CONFIG_SELECT_H

#include <stdint.h>

struct err;

/*
 * Adds one word of a list of facilities, or "*", to *with; when it has "!" in
 * front, to *without ("!*" is an error). -1 sets *err, with what was probably
 * meant. The list takes what is in with, or everything when that is 0, and
 * not in without; the caller sees to it that something is left.
 */
int select_facility(
    const char *word, uint32_t *with, uint32_t *without, struct err *err);

/*
 * The bits, at least one, of "warning" (it and the more severe), "=info"
 * (exactly it), "!warning" (the less severe), "!=info" (all but it), "*".
 * -1 sets *err, with what was probably meant.
 */
int select_severity(const char *word, uint8_t *mask, struct err *err);

#endif
