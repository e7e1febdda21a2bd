/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * field.h - what a field of a template says of a record
 */
#ifndef ROUTE_FIELD_H
#define ROUTE_FIELD_H

#include <stddef.h>

#include "wire/slice.h"

#include "config/template.h"
#include "route/record.h"
#include "route/when.h"

enum { FIELD_TEXT = 64 }; /* bytes of a value that no one sent */

/* Room for the values that no message holds as they are: one per thread. */
struct fields {
	struct when when;
	char *value; /* owned; an SD-PARAM of the longest message */
	size_t max_message;
	char text[FIELD_TEXT];
};

/* False: no memory; fields_clear() is due in any case. */
bool fields_init(struct fields *f, size_t max_message);
void fields_clear(struct fields *f);

/*
 * The value of a field or literal, not escaped; never empty: "-" stands for
 * none. Valid until the next call, and not longer than the record.
 */
struct slice field_value(
    struct fields *f, const struct piece *p, const struct record *r);

/* The most bytes that it can have once it is escaped. */
size_t field_bound(const struct piece *p, const struct record *r);

#endif
