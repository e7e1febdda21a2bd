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

/* The conditions on facility and severity. */
bool filter_pri(const struct choice *c, uint8_t pri);

/* The conditions on APP-NAME and record_host(). A list without a plain pattern
 * takes what no "!" pattern matches. */
bool filter_names(const struct choice *c, const struct record *r);

/* Are there such conditions? */
static inline bool
filter_has_pri(const struct choice *c)
{
	return c->facilities != 0 || c->severities != 0;
}

static inline bool
filter_has_names(const struct choice *c)
{
	return c->app.n > 0 || c->host.n > 0;
}

/* The condition that is left, `match`; there may be none. */
enum filter_result filter_match(const struct choice *c, const struct record *r,
    struct pattern_scratch *scratch);

/* All conditions of c hold for r; the cheap ones are asked first. */
enum filter_result filter_ask(const struct choice *c, const struct record *r,
    struct pattern_scratch *scratch);

/* '*' is any number of bytes, '?' exactly one; fold: letters of either case
 * are alike (names of hosts). Linear in pattern times text at worst. */
bool filter_glob(const char *pattern, struct slice text, bool fold);

#endif
