/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * spool_parts.h - what a spool is made of; for spool*.c only
 *
 * A segment begins with two copies of its head, so that one damaged byte costs
 * one record at most. The nonce is in each CRC: what a message contains cannot
 * be taken for a record, because its writer does not know the nonce. Records
 * begin at multiples of 8. Numbers are those of this machine: a spool does not
 * travel.
 */
#ifndef SPOOL_PARTS_H
#define SPOOL_PARTS_H

#include "own.h"
#include "spool.h"

struct spool_head {
	char magic[8];
	uint64_t nonce;
	uint32_t crc, zero;
};

enum { SPOOL_HEADS = 2 * sizeof(struct spool_head) };

struct spool_record {
	uint32_t magic, n;
	uint64_t number;
	uint32_t crc, zero;
};

struct spool_state {
	char magic[8];
	uint64_t acknowledged, next;
	uint32_t crc, zero;
};

struct spool_segment {
	uint64_t first, bytes;
};

enum { SPOOL_WRITE_BUFFER = 256 * 1024, SPOOL_READ_BUFFER = 256 * 1024 };

/* What becomes a segment when it is synced; of no use to who comes later. */
#define SPOOL_COPY "copy"

/* No number comes so far: what says so is damaged. */
#define SPOOL_NUMBER_MAX (UINT64_C(1) << 62)

#define SPOOL_RECORD_MAGIC 0x6b3cd1a7U

struct spool {
	struct own folder, lock, state, out, in;
	char path[4096];          /* of the part */
	bool lost;                /* somebody else has the part */
	bool removed;             /* or nobody: it is lost, too */
	bool linked;              /* the file system counts names */
	struct spool_state noted; /* as we left it on the disk */
	uint64_t limit, segment_limit, bytes, damaged;
	struct spool_segment *segments;
	size_t count, room;
	/* writing: to the last segment when it is open */
	uint64_t next;              /* number of the next record */
	uint64_t out_nonce, out_at; /* where the buffer goes */
	char *out_buffer;
	size_t out_n;
	uint64_t out_records; /* that begin in it, or did when it was full */
	bool unsynced;
	bool failed;      /* the sync of it: another one proves nothing */
	uint64_t doubted; /* up to this number some may be on no disk */
	bool unread;      /* the last read failed: it may yet be right */
	bool unlisted;    /* its name in the folder is not on the disk */
	bool housed;      /* those of the folders are */
	/* reading */
	size_t in_segment;        /* index */
	uint64_t in_nonce, in_at; /* in_at: of in_begin, in the file */
	char *in_buffer;
	size_t in_begin, in_end;
	uint64_t expected;     /* number of the next record to be read */
	uint64_t last_read;    /* number of the last one that was */
	uint64_t counted;      /* damage before this number is counted */
	uint64_t acknowledged; /* number of the last that was delivered */
};

/* Opens a file of the part, when that is ours; -1: errno. */
int spool_open_file(
    struct spool *s, struct own *o, const char *name, int flags);

/* The last segment is open for writing, or is opened again. */
int spool_hold_out(struct spool *s, struct err *err);

/* spool_sync(), but for what was lost before: others may follow. */
int spool_sync_out(struct spool *s, struct err *err);

/* o has all records of the last segment, as they were written. What was being
 * read is to be entered again. */
bool spool_is_whole(struct spool *s, struct own *o);

/* Has the disk store the name of a new segment, and those of the folders that
 * it is in. -1: errno. */
int spool_sync_names(struct spool *s);

/* Somebody has removed it, if the file system counts names. */
bool spool_is_gone(const struct own *o);

/* Locks the part. -1: errno, EWOULDBLOCK: somebody else has it. */
int spool_lock(struct spool *s);

/* Reads the state; zeroes: there is none. */
void spool_recall(struct spool *s, struct spool_state *state);

void spool_segment_name(uint64_t first, char name[32]);

uint32_t spool_crc(
    uint64_t nonce, uint32_t n, uint64_t number, const char *text);

/* The nonce of an open segment; 0: its head is unreadable. */
uint64_t spool_read_head(const struct own *o);

/* The front of bytes is a record: its size; 0: it is none; SIZE_MAX: it may
 * be one, but there are not bytes enough to tell. */
size_t spool_check(
    struct slice bytes, uint64_t nonce, struct spool_record *record);

/* Writes the state; best effort: without it records are delivered twice. */
void spool_note(struct spool *s);

/* Closes and frees, and writes nothing. */
void spool_free(struct spool *s);

/* -1: no memory. */
int spool_add_segment(struct spool *s, struct spool_segment segment);

/* Behind opening: looks at the last segment for the number of the next record.
 * A torn record is a number that is missing. */
void spool_find_end(struct spool *s);

/* Removes the segments that are delivered as a whole. */
void spool_trim(struct spool *s);

/* The offset of our lock, which differs from that of any other spool. */
static inline off_t
spool_mark(const struct spool *s)
{
	return (off_t)((uintptr_t)s / 16 & INT32_MAX);
}

static inline size_t
spool_size(size_t n)
{
	return (sizeof(struct spool_record) + n + 7) & ~(size_t)7;
}

#endif
