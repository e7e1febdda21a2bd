/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * select.h - the words of an output's conditions
 */
#ifndef CONFIG_SELECT_H
#define CONFIG_SELECT_H

#include <stdint.h>

#include "config/config.h"

struct err;

/*
 * Adds one word of a list of facilities to *mask and *not: a label of RFC
 * 5427 ("auth"), its usual other names, a number from 0 to 23, "*", or one of
 * them with "!" in front, which goes to *not. -1 sets *err, with what was
 * probably meant.
 */
int select_facility(
    const char *word, uint32_t *mask, uint32_t * not, struct err *err);

/*
 * The bits of "warning" (it and the more severe), "=info" (exactly it),
 * "!warning" (the less severe), "!=info" (all but it), "*"; labels of RFC
 * 5427, their usual other names, numbers from 0 to 7. -1 sets *err.
 */
int select_severity(const char *word, uint8_t *mask, struct err *err);

#endif
