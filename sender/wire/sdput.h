/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * sdput.h - writing STRUCTURED-DATA (RFC 5424 section 6.3)
 *
 * Each function returns the number of bytes it writes, and with out NULL
 * writes none: measure, take the room, write.
 */
#ifndef WIRE_SDPUT_H
#define WIRE_SDPUT_H

#include "wire/slice.h"

/* "[ID": bytes that an SD-ID may not hold become '_', past 32 it is cut. */
size_t sdput_open(struct slice id, char *out);

/* ` NAME="VALUE"`: ", \ and ] get a backslash (RFC-32), each byte that is no
 * part of valid UTF-8 is U+FFFD (RFC-35). */
size_t sdput_param(struct slice name, struct slice value, char *out);

/* "]" */
size_t sdput_close(char *out);

/* True when both are the same SD-ID once written. */
bool sdput_same(struct slice a, struct slice b);

#endif
