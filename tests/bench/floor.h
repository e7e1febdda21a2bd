/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * floor.h - the least that a collector has to do
 *
 * Receive, cut frames, write; one thread, no parsing, no limits, no counters.
 * What a collector costs is measured against that.
 */
#ifndef BENCH_FLOOR_H
#define BENCH_FLOOR_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

enum {
	BLOCK = 256 << 10,       /* of a write, of a read */
	MESSAGE_MOST = 64 << 10, /* bytes */
};

/* The file, and what is to be written to it. */
struct output {
	const char *path;
	int fd;
	uint64_t size;
	uint64_t rotate; /* at that size; 0: never */
	unsigned rotated;
	size_t length; /* of what is in block */
	char *block;   /* BLOCK and room for one message */
};

void output_open(struct output *o, const char *path, uint64_t rotate);
void output_flush(struct output *o);
void output_close(struct output *o); /* flushes */

/* Lines that lie somewhere else, after those in the block. */
void output_lines(struct output *o, const char *lines, size_t length);

/* Writes the block when it is full. */
static inline void
output_full(struct output *o)
{
	if (o->length >= BLOCK)
		output_flush(o);
}

/* One message becomes a line. length: at most MESSAGE_MOST. */
static inline void
output_message(struct output *o, const char *message, size_t length)
{
	/* There is always room for one: it is written when it is full. */
	output_full(o);
	memcpy(o->block + o->length, message, length);
	o->length += length;
	o->block[o->length++] = '\n';
}

enum framing {
	OCTET,
	LF,
};

/* What main() gives to the one that receives. */
struct floor {
	int fd; /* listening, or of datagrams */
	enum framing framing;
	unsigned nap; /* us, when nothing waits; 0: wait at once */
	struct output output;
};

/* Both return when floor_is_over(). */
void floor_datagrams(struct floor *f);
void floor_streams(struct floor *f);

/* Nothing waits: writes what there is, and naps. */
void floor_rest(struct floor *f);

/* Told to end? Then what waits is still read, for some seconds at most. */
bool floor_is_stopping(void);
bool floor_is_over(void);

#endif
