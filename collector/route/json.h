/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * json.h - one record as a JSON object (RFC 8259)
 */
#ifndef ROUTE_JSON_H
#define ROUTE_JSON_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <time.h>

#include "route/record.h"
#include "route/when.h"

struct json_param;

/* The front of the last object, up to its PRI, and what it came from. */
struct json_front {
	struct timespec received;
	struct slice listener; /* borrowed; compared only */
	uint8_t pri;
	size_t from_n, n; /* n == 0: there is none */
	char from[64], text[512];
};

/* The middle of the last object, HOSTNAME to STRUCTURED-DATA, and the bytes of
 * a valid message that it was made of. */
struct json_middle {
	size_t head_n, n; /* n == 0: there is none */
	char head[256], text[1024];
};

/* Room for the STRUCTURED-DATA of the longest message. */
struct json {
	size_t max_message;
	struct json_param *param; /* owned */
	uint32_t *order;          /* owned; two of as many */
	char *value;              /* owned; one PARAM-VALUE, unescaped */
	struct json_front front;
	struct json_middle middle;
};

/* False: no memory; json_clear() is due in any case. */
bool json_init(struct json *j, size_t max_message);
void json_clear(struct json *j);

/* For a reload: a listener's label may be where another one was. */
void json_forget(struct json *j);

/* For format_bound() and format_line(), which see; without the LF. */
size_t json_bound(const struct record *r);
size_t json_write(
    struct json *j, struct when *w, const struct record *r, char *out);

#endif
