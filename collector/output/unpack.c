/* SPDX-License-Identifier: BSD-2-Clause */
/* unpack.c - is a compressed file the same as the plain one beside it? */
#include "output/unpack.h"

#include <errno.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>
#include <zlib.h>
#include <zstd.h>

enum {
	CHUNK = 128 << 10,
	STEP = 1 << 20,
	GZIP_BITS = 15 + 16,
	WINDOW = 23 /* more than we ever use: a stranger's */
};

struct unpack {
	enum packing packing;
	int plain, packed; /* borrowed */
	ZSTD_DCtx *zstd;   /* owned */
	z_stream gzip;
	bool has_gzip;
	bool whole;   /* it ends here, as far as can be told */
	size_t n, at; /* of buf: bytes there are, and are used */
	char buf[CHUNK], out[CHUNK], other[CHUNK];
};

struct unpack *
unpack_new(int plain, int packed, enum packing packing)
{
	struct unpack *u = calloc(1, sizeof(*u));

	if (u == NULL)
		return NULL;
	u->packing = packing;
	u->plain = plain;
	u->packed = packed;
	if (packing == PACK_GZIP) {
		u->has_gzip = inflateInit2(&u->gzip, GZIP_BITS) == Z_OK;
	} else {
		u->zstd = ZSTD_createDCtx();
		if (u->zstd != NULL)
			(void)ZSTD_DCtx_setParameter(
			    u->zstd, ZSTD_d_windowLogMax, WINDOW);
	}
	if (u->has_gzip || u->zstd != NULL)
		return u;
	free(u);
	errno = ENOMEM;
	return NULL;
}

void
unpack_free(struct unpack *u)
{
	if (u == NULL)
		return;
	if (u->has_gzip)
		(void)inflateEnd(&u->gzip);
	ZSTD_freeDCtx(u->zstd);
	free(u);
}

/* As many bytes as there are, n at most. -1: errno. */
static ssize_t
fill(int fd, char *to, size_t n)
{
	size_t have = 0;

	while (have < n) {
		ssize_t some = read(fd, to + have, n - have);

		if (some == -1 && errno == EINTR)
			continue;
		if (some == -1)
			return -1;
		if (some == 0)
			break;
		have += (size_t)some;
	}
	return (ssize_t)have;
}

/* Decompresses some of buf to out. -1: it is broken. */
static ssize_t
take_gzip(struct unpack *u)
{
	int rc;

	if (u->whole && inflateReset(&u->gzip) != Z_OK)
		return -1; /* another one may follow the first */
	u->gzip.next_in = (unsigned char *)u->buf + u->at;
	u->gzip.avail_in = (unsigned)(u->n - u->at);
	u->gzip.next_out = (unsigned char *)u->out;
	u->gzip.avail_out = CHUNK;
	rc = inflate(&u->gzip, Z_NO_FLUSH);
	if (rc != Z_OK && rc != Z_STREAM_END && rc != Z_BUF_ERROR)
		return -1;
	u->at = u->n - u->gzip.avail_in;
	u->whole = rc == Z_STREAM_END;
	return (ssize_t)(CHUNK - u->gzip.avail_out);
}

static ssize_t
take_zstd(struct unpack *u)
{
	ZSTD_inBuffer in = { u->buf, u->n, u->at };
	ZSTD_outBuffer out = { u->out, CHUNK, 0 };
	size_t rc = ZSTD_decompressStream(u->zstd, &out, &in);

	if (ZSTD_isError(rc))
		return -1;
	u->at = in.pos;
	u->whole = rc == 0;
	return (ssize_t)out.pos;
}

/* 0: go on. 1: the end of what is compressed. -1: as unpack_step(). */
static int
refill(struct unpack *u)
{
	ssize_t n;

	if (u->at < u->n)
		return 0;
	n = fill(u->packed, u->buf, CHUNK);
	if (n == -1)
		return -1;
	u->n = (size_t)n;
	u->at = 0;
	return n == 0;
}

int
unpack_step(struct unpack *u)
{
	ssize_t n, m;
	int rc;

	errno = 0;
	for (size_t done = 0; done < STEP; done += (size_t)n + 1) {
		rc = refill(u);
		if (rc == -1)
			return -1;
		if (rc == 1 && u->whole) {
			m = fill(u->plain, u->other, 1);
			return m == 0 ? 1 : -1;
		}
		n = u->packing == PACK_GZIP ? take_gzip(u) : take_zstd(u);
		errno = 0;
		if (n == -1 || (rc == 1 && n == 0))
			return -1; /* broken, or cut */
		m = fill(u->plain, u->other, (size_t)n);
		if (m != n)
			return -1;
		if (memcmp(u->out, u->other, (size_t)n) != 0)
			return -1;
	}
	return 0;
}
