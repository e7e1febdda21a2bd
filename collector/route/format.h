/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * format.h - one record becomes one line of an output
 */
#ifndef ROUTE_FORMAT_H
#define ROUTE_FORMAT_H

#include <stdbool.h>
#include <stddef.h>

#include "config/config.h"
#include "route/record.h"

/* What the formats remember between messages: one per thread. No message may
 * be longer than max_message bytes. NULL: no memory. */
struct formatter;
struct formatter *formatter_new(size_t max_message);
void formatter_free(struct formatter *f); /* accepts NULL */

/* For a reload: nothing of the configuration before is remembered. */
void formatter_forget(struct formatter *f);

/* What knows the values of fields, for names of files. Borrowed from f. */
struct fields;
struct fields *formatter_fields(struct formatter *f);

/* The most bytes that format_line() can write for this record in the output's
 * format: less when the message is known to be clean. */
size_t format_bound(const struct output_conf *o, const struct record *r);

/*
 * Writes the record as one line, the LF at its end included, to out, which
 * must hold format_bound() bytes. Returns the number of bytes written. Never
 * fails, never allocates. In JSON "from" is null on a unix socket. (A message
 * for which format_is_raw() is true needs none of this: its line is its bytes
 * and an LF.)
 */
size_t format_line(struct formatter *fm, const struct output_conf *o,
    const struct record *r, char *out);

/* The line is the message's own bytes. */
static inline bool
format_is_raw(const struct output_conf *o, const struct record *r)
{
	return r->msg->clean &&
	    (o->format == FORMAT_RAW ||
		(o->format == FORMAT_RFC5424 && r->msg->valid &&
		    !r->origin->distrust));
}

#endif
