/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * names.h - how many files messages may make
 *
 * The names of files come from messages, so whoever sends could fill a disk
 * with files. Names are counted for a local day, and new ones for a minute
 * and sender. Only their hashes are kept: memory is bounded by max_files, and
 * the table of senders has a fixed size.
 */
#ifndef OUTPUT_NAMES_H
#define OUTPUT_NAMES_H

#include <stdbool.h>
#include <stdint.h>
#include <time.h>

#include "wire/err.h"

enum names_verdict {
	NAMES_OK,
	NAMES_TOO_MANY, /* max_files that day */
	NAMES_TOO_FAST  /* max_new_files that minute from that sender */
};

struct names_limits {
	int64_t files;     /* max_files */
	int64_t new_files; /* max_new_files; 0: no limit */
};

struct names;

struct names *names_new(struct err *err); /* NULL sets *err */
void names_free(struct names *n);         /* accepts NULL */

/* Has that name been admitted today? wall: now. A new day knows none. */
bool names_know(struct names *n, uint64_t hash, time_t wall);

/* No name will be admitted before tomorrow. */
bool names_are_full(const struct names *n, const struct names_limits *limits);

/*
 * Admits a name that is not known: its file may be made. exists: there is
 * such a file already, from an earlier day or life, so it counts as a name of
 * today but not as a new one of that peer. ms: clock_ms(). What is not
 * admitted may be asked for again.
 */
enum names_verdict names_admit(struct names *n, uint64_t hash, uint64_t peer,
    bool exists, const struct names_limits *limits, int64_t ms);

#endif
