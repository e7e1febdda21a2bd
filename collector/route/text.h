/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * text.h - one record as a line of RFC 5424
 */
#ifndef ROUTE_TEXT_H
#define ROUTE_TEXT_H

#include <stddef.h>

#include "route/record.h"
#include "route/when.h"

/* What RFC 5424 section 6 allows, bytes. */
enum { TEXT_HOST_MAX = 255, TEXT_APP_MAX = 48, TEXT_PROCID_MAX = 128 };

/* For format_bound() and format_line(), which see; without the LF. */
size_t text_bound(const struct record *r);
size_t text_write(struct when *w, const struct record *r, char *out);

/* The message as it came, with the escapes alone. */
size_t text_bound_raw(const struct msg *m);
size_t text_write_raw(const struct msg *m, char *out);

/* Both write to out and return its end. */

/*
 * A header field: PRINTUSASCII, at most max bytes, '-' when it is empty. The
 * escape of '#' holds here too, or it could not be told from one that the
 * sender wrote; it is never cut.
 */
char *text_put_field(char *out, struct slice s, size_t max);

/* Part of a message, text_growth() times as long at most. */
char *text_put_part(char *out, const struct msg *m, struct slice part);
size_t text_growth(const struct msg *m);

#endif
