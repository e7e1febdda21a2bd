/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * filter.h - does an output take this message?
 */
#ifndef ROUTE_FILTER_H
#define ROUTE_FILTER_H

#include "config/config.h"
#include "config/pattern.h"
#include "route/record.h"

enum filter_result {
	FILTER_NO,
	FILTER_YES,
	FILTER_GAVE_UP /* match met a limit; it counts as no */
};

/* All conditions of c hold for r; the cheap ones are asked first. An app or
 * host list without a plain pattern takes what no "!" pattern matches. */
enum filter_result filter_ask(const struct choice *c, const struct record *r,
    struct pattern_scratch *scratch);

/* No condition at all. */
static inline bool
filter_is_open(const struct choice *c)
{
	return c->facilities == 0 && c->severities == 0 && c->app.n == 0 &&
	    c->host.n == 0 && c->match == NULL;
}

/* '*' is any number of bytes, '?' exactly one; fold: letters of either case
 * are alike (names of hosts). Linear in pattern times text at worst. */
bool filter_glob(const char *pattern, struct slice text, bool fold);

#endif
