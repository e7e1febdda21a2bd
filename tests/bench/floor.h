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
#include <sys/types.h>

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

struct ssl_ctx_st;
struct ssl_st;

enum framing {
	OCTET,
	LF,
};

/* What main() gives to the one that receives. */
struct floor {
	int fd; /* listening, or of datagrams */
	enum framing framing;
	struct ssl_ctx_st *tls; /* NULL: what comes is plain */
	unsigned nap;           /* us, when nothing waits; 0: wait at once */
	struct output output;
};

/* Both return when floor_is_over(). */
void floor_datagrams(struct floor *f);
void floor_streams(struct floor *f);

/* The streams of tls. */
void floor_tls_open(struct floor *f, const char *certificate, const char *key);
void floor_tls_close(struct floor *f);
struct ssl_st *floor_tls_accept(const struct floor *f, int fd);
void floor_tls_free(struct ssl_st *ssl);

/* As recv(2). */
ssize_t floor_tls_read(struct ssl_st *ssl, char *to, size_t room);

/* Nothing waits: writes what there is, and naps. */
void floor_rest(struct floor *f);

/* Told to end? Then what waits is still read, for some seconds at most. */
bool floor_is_stopping(void);
bool floor_is_over(void);

#endif
