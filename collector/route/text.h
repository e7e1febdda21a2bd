/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * text.h - one record as a line of RFC 5424
 */
#ifndef ROUTE_TEXT_H
#define ROUTE_TEXT_H

#include <stddef.h>

#include "route/record.h"
#include "route/when.h"

/* For format_bound() and format_line(), which see; without the LF. */
size_t text_bound(const struct record *r);
size_t text_write(struct when *w, const struct record *r, char *out);

/* The message as it came, with the escapes alone. */
size_t text_bound_raw(const struct msg *m);
size_t text_write_raw(const struct msg *m, char *out);

#endif
