/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * rotate.h - the pure part of rotation: names, and what still fits
 *
 * A rotated file is called NAME-YYYYMMDDTHHMMSSZ-NNNNNN, NAME being that of
 * the live file, the stamp in UTC, the number of six digits or more; when it
 * is compressed with ".gz" or ".zst" behind it, and while it is being made
 * with "." in front and ".tmp" behind that.
 */
#ifndef OUTPUT_ROTATE_H
#define OUTPUT_ROTATE_H

#include <limits.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <time.h>

/* How a rotated file is stored; the end of its name says it. */
enum packing { PACK_NONE, PACK_GZIP, PACK_ZSTD, PACKINGS };

struct rotated {
	uint64_t number;
	time_t stamp; /* when it was rotated */
	enum packing packing;
};

extern const char *const rotate_ends[PACKINGS]; /* "", ".gz", ".zst" */

/*
 * Composes the name of a rotated file; out has NAME_MAX + 1 bytes. False: it
 * would be longer. An instant outside the years 0 to 9999 becomes the first
 * or last one inside.
 */
bool rotate_name(char *out, const char *live, const struct rotated *r);

/*
 * True when the file called entry is a rotated one of the live file, and then
 * *r says which. A number of more than 18 digits is none of ours, so there
 * is always room for the next one.
 */
bool rotate_parse(const char *entry, const char *live, struct rotated *r);

/*
 * The same when the name of the live file is not known: its length, and 0 when
 * entry is no rotated file at all. temporary: the name of one that is being
 * compressed, and the live name begins behind its first byte.
 */
size_t rotate_split(const char *entry, bool temporary, struct rotated *r);

/*
 * The length of the longest front of n bytes that ends with LF and is at most
 * room bytes long. 0: not even the first line is, or there is no LF.
 */
size_t rotate_fit(const char *data, size_t n, uint64_t room);

#endif
