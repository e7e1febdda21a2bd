/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * sdata.h - walking through STRUCTURED-DATA (RFC 5424 section 6.3)
 *
 * For readers of a message that msg_parse() called valid. Nothing is copied
 * and no escape is resolved: a PARAM-VALUE is handed out as it was sent, and
 * sdata_unescape() says what it means.
 */
#ifndef WIRE_SDATA_H
#define WIRE_SDATA_H

#include "wire/slice.h"

struct sdata_param {
	struct slice name, value; /* the value without its quotes, escaped */
};

/*
 * Takes the next "[SD-ID ...]" from the front of *sd: *id is the SD-ID and
 * *params the bytes between it and the closing bracket. False at the end.
 */
bool sdata_next(struct slice *sd, struct slice *id, struct slice *params);

/* Takes the next SD-PARAM from the front of *params. False at the end. */
bool sdata_next_param(struct slice *params, struct sdata_param *param);

/*
 * The length of the valid STRUCTURED-DATA that s starts with: NILVALUE or one
 * or more SD-ELEMENTs whose SD-IDs all differ, PARAM-VALUEs in UTF-8. 0 when
 * it is malformed (RFC-26 to RFC-36). Time grows with the length of s; it is
 * read once more for every 12,000 elements.
 */
size_t sdata_span(struct slice s);

/*
 * Writes the meaning of a PARAM-VALUE to out, which must hold value.n bytes:
 * \" \\ and \] lose their backslash, any other backslash stays (RFC-32,
 * RFC-33). Returns the number of bytes written.
 */
size_t sdata_unescape(struct slice value, char *out);

#endif
