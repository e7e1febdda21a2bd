/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * spool.h - messages on the disk, in order, until they are delivered
 *
 * A folder holds up to 64 parts, "00" to "63"; each open spool has one of them
 * locked. In a part are segments, named after the number of their first
 * record, and "state": which record was delivered last, and which comes next.
 * Each record has a number, a length and a CRC, so a damaged one is noticed,
 * counted, and the ones behind it are found.
 *
 * Nothing here is safe against other threads.
 */
#ifndef SPOOL_H
#define SPOOL_H

#include <stdint.h>

#include "wire/err.h"
#include "wire/slice.h"

struct spool;

enum {
	SPOOL_PARTS = 64,
	SPOOL_LIMIT_MIN = 1 << 20,
	SPOOL_RECORD_MAX = 160 * 1024 /* bytes of one record */
};

/*
 * Opens a part of the folder, which is made when need be: one that somebody
 * left messages in, else a free one. with_data: only such a one; *out is NULL
 * and 0 is returned when there is none. -1: *err, and errno.
 */
int spool_open(struct spool **out, const char *folder, uint64_t limit,
    bool with_data, struct err *err) __attribute__((cold));

/*
 * Is the part still ours? A program that closes all descriptors closes the
 * lock, too: then it is taken again. -1: not now (errno), or ESTALE: somebody
 * else has come first, for good, or has removed it. What is in the part's files
 * is theirs then, nothing is read or written any more, and spool_leave() is
 * due.
 */
int spool_hold(struct spool *s);

/* What is not in a file yet goes to another spool, which was just opened,
 * though that may be full, and s is freed; its damage, and what was removed, is
 * that of the other now; *err says why. -1: *err, and all of it is still there.
 */
int spool_leave(struct spool *s, struct spool *to, struct err *err);

/* Writes what is buffered, closes, frees. s may be NULL. */
void spool_close(struct spool *s);

/* Behind a fork(2): the parent's descriptors are closed, nothing is written,
 * and it is freed. s may be NULL. */
void spool_abandon(struct spool *s);

/*
 * Adds a record, behind the last; it is on the disk, as far as this process
 * is concerned, after spool_write(). -1: *err: the spool is full (ENOSPC), or
 * the disk refuses what is buffered.
 */
int spool_append(struct spool *s, struct slice record, struct err *err);
int spool_write(struct spool *s, struct err *err);

/*
 * Has the disk store what was written (fdatasync), and once for each segment
 * its name (fsync of the folder). When that fails, it is written once more, to
 * another file, by this call or later ones. -1: *err, not all is on the disk;
 * also ever after, until it is acknowledged, when it cannot be read any more.
 */
int spool_sync(struct spool *s, struct err *err);

/* The next record and its number; false: there is none. The slice is good
 * until the next call of any function. */
bool spool_read(struct spool *s, struct slice *record, uint64_t *number);

/* All records up to this number, which was read, are delivered. */
void spool_acknowledge(struct spool *s, uint64_t number);

/* What was read and not acknowledged is to be read again. */
void spool_rewind(struct spool *s);

/* How many are not acknowledged, and how many of them may wait in a buffer of
 * this process. */
uint64_t spool_left(const struct spool *s);
uint64_t spool_buffered(const struct spool *s);

static inline bool
spool_is_empty(const struct spool *s)
{
	return spool_left(s) == 0;
}

static inline bool
spool_is_written(const struct spool *s)
{
	return spool_buffered(s) == 0;
}

/* Nor in one of the kernel's, of what this process has written; nor was any
 * of it lost there. */
bool spool_is_synced(const struct spool *s);

uint64_t spool_bytes(const struct spool *s);
uint64_t spool_damaged(const struct spool *s); /* records, so far */

#endif
