/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * format.h - one record becomes one line of an output
 */
#ifndef ROUTE_FORMAT_H
#define ROUTE_FORMAT_H

#include <stdbool.h>
#include <stddef.h>

#include "route/record.h"

enum format { FORMAT_RFC5424, FORMAT_RAW, FORMAT_JSON };

/* The format of that name ("rfc5424", "raw", "json"); false: there is none. */
bool format_by_name(const char *name, enum format *f);
const char *format_name(enum format f);

/* What the formats remember between messages: one per thread. No message may
 * be longer than max_message bytes. NULL: no memory. */
struct formatter;
struct formatter *formatter_new(size_t max_message);
void formatter_free(struct formatter *f);

/* The most bytes that format_line() can write for this record: less when the
 * message is known to be clean. */
size_t format_bound(enum format f, const struct record *r);

/*
 * Writes the record as one line, the LF at its end included, to out, which
 * must hold format_bound() bytes. Returns the number of bytes written. Never
 * fails, never allocates. In JSON "from" is null on a unix socket. (A message
 * that is valid and clean needs none of this for FORMAT_RFC5424: its line is
 * its bytes and an LF.)
 */
size_t format_line(
    struct formatter *fm, enum format f, const struct record *r, char *out);

#endif
