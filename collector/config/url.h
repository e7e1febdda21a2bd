/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * url.h - taking URLs apart
 *
 * SCHEME://AUTHORITY[/PATH][?NAME=VALUE[&NAME=VALUE]...], as much of RFC 3986
 * as listeners need. There is no user, and '#' is an ordinary byte.
 */
#ifndef CONFIG_URL_H
#define CONFIG_URL_H

#include <stdint.h>

#include "wire/err.h"
#include "wire/slice.h"

struct url {
	struct slice scheme, authority, path, query; /* none: empty */
	size_t plain; /* bytes of the text before its query */
};

/* The slices are views of text. False: there is no "scheme://". */
bool url_split(const char *text, struct url *u);

/*
 * Takes the next "name=value" from the front of a query. False: no more. A
 * pair without '=' has an empty value with a null pointer.
 */
bool url_next_pair(
    struct slice *query, struct slice *name, struct slice *value);

/*
 * s with each %XX as the byte it stands for (RFC 3986 section 2.1), as a new
 * string, the caller's to free. NULL and *err: a '%' without two hexadecimal
 * digits, a NUL, or no memory.
 */
char *url_decode(struct slice s, struct err *err);

/*
 * Reads HOST[:PORT]. HOST is "*", an IPv4 address, an IPv6 address in
 * brackets, with a scope if need be, or a name. *host is a new string
 * without brackets, the caller's to free; *port stays as it is when none was
 * given. -1: *err, and both are untouched.
 */
int url_host_port(struct slice s, char **host, int64_t *port, struct err *err);

#endif
