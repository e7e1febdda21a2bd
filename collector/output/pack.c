/* SPDX-License-Identifier: BSD-2-Clause */
/* pack.c - compresses one rotated file, step by step */
#include "output/pack.h"

#include <sys/stat.h>

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>
#include <zlib.h>
#include <zstd.h>

#include "base/os.h"
#include "output/folder.h"

enum {
	CHUNK = 128 << 10,
	STEP = 1 << 20,
	FLUSH = 8 << 20, /* bytes written before the disk gets to know */
	ZSTD_LEVEL = 3,
	GZIP_LEVEL = 6,
	GZIP_BITS = 15 + 16, /* with gzip's header, not zlib's */
	GZIP_MEMORY = 8
};

struct pack {
	enum packing packing;
	int dirfd, from, to; /* owned; -1: none */
	struct stat st;      /* of the old file */
	uint64_t in, out;    /* bytes */
	uint64_t flushed;    /* of out */
	bool read, made;     /* to its end; the temporary file is there */
	ZSTD_CCtx *zstd;     /* owned */
	z_stream gzip;
	bool has_gzip;
	char name[NAME_MAX + 1], new[NAME_MAX + 1], temp[NAME_MAX + 1];
	char buf[CHUNK], packed[CHUNK];
};

static int
set_up(struct pack *p)
{
	if (p->packing == PACK_GZIP) {
		p->has_gzip = deflateInit2(&p->gzip, GZIP_LEVEL, Z_DEFLATED,
				  GZIP_BITS, GZIP_MEMORY,
				  Z_DEFAULT_STRATEGY) == Z_OK;
		return p->has_gzip ? 0 : -1;
	}
	p->zstd = ZSTD_createCCtx();
	if (p->zstd == NULL ||
	    ZSTD_isError(ZSTD_CCtx_setParameter(
		p->zstd, ZSTD_c_compressionLevel, ZSTD_LEVEL)) ||
	    ZSTD_isError(
		ZSTD_CCtx_setParameter(p->zstd, ZSTD_c_checksumFlag, 1)) ||
	    ZSTD_isError(ZSTD_CCtx_setPledgedSrcSize(
		p->zstd, (unsigned long long)p->st.st_size)))
		return -1;
	return 0;
}

/* The temporary file, with owner and mode of the old one: nobody may read
 * here who may not there. A left-over of that name is ours to delete, for we
 * have the lock. */
static int
make_temp(struct pack *p)
{
	const int flags = O_WRONLY | O_CREAT | O_EXCL | O_NOFOLLOW | O_CLOEXEC;

	p->to = openat(p->dirfd, p->temp, flags, 0600);
	if (p->to == -1 && errno == EEXIST && os_unlink(p->dirfd, p->temp) == 0)
		p->to = openat(p->dirfd, p->temp, flags, 0600);
	if (p->to == -1)
		return -1;
	p->made = true;
	if ((p->st.st_uid != geteuid() || p->st.st_gid != getegid()) &&
	    fchown(p->to, p->st.st_uid, p->st.st_gid) == -1)
		return -1;
	return fchmod(p->to, p->st.st_mode & 07777);
}

static bool
make_names(struct pack *p, const char *name)
{
	int n = snprintf(p->name, sizeof(p->name), "%s", name);
	int m = snprintf(
	    p->new, sizeof(p->new), "%s%s", name, rotate_ends[p->packing]);
	int k = snprintf(p->temp, sizeof(p->temp), ".%s%s.tmp", name,
	    rotate_ends[p->packing]);

	return n > 0 && m > 0 && k > 0 && (size_t)k < sizeof(p->temp);
}

struct pack *
pack_new(int dirfd, const char *name, enum packing packing, struct err *err)
{
	struct pack *p = calloc(1, sizeof(*p));

	if (p == NULL) {
		(void)err_sys(err, "%s", name);
		close(dirfd);
		return NULL;
	}
	p->packing = packing;
	p->dirfd = dirfd;
	p->from = p->to = -1;
	if (!make_names(p, name)) {
		errno = ENAMETOOLONG;
		(void)err_sys(err, "%s", name);
		goto fail;
	}
	p->from = folder_claim(dirfd, name, &p->st);
	if (p->from == -1) {
		(void)err_sys(err, "%s", name);
		goto fail;
	}
	if (set_up(p) == -1) {
		errno = ENOMEM;
		(void)err_sys(err, "%s", name);
		goto fail;
	}
	if (make_temp(p) == -1) {
		(void)err_sys(err, "make %s", p->temp);
		goto fail;
	}
	(void)posix_fadvise(p->from, 0, 0, POSIX_FADV_SEQUENTIAL);
	return p;

fail:
	pack_free(p);
	return NULL;
}

/* Writes n bytes of p->packed. */
static int
put(struct pack *p, size_t n, struct err *err)
{
	size_t done = 0;

	while (done < n) {
		ssize_t some = os_write(p->to, p->packed + done, n - done);

		if (some == -1)
			return err_sys(err, "write %s", p->temp);
		done += (size_t)some;
	}
	p->out += n;
	/* so that the sync at the end has little left to wait for */
	if (p->out - p->flushed >= FLUSH) {
		(void)sync_file_range(p->to, (off_t)p->flushed,
		    (off_t)(p->out - p->flushed), SYNC_FILE_RANGE_WRITE);
		p->flushed = p->out;
	}
	return 0;
}

/* Compresses n bytes of p->buf; the last ones when p->read is set. 1: that
 * was the end. */
static int
pack_gzip(struct pack *p, size_t n, struct err *err)
{
	int rc;

	p->gzip.next_in = (unsigned char *)p->buf;
	p->gzip.avail_in = (unsigned)n;
	do {
		p->gzip.next_out = (unsigned char *)p->packed;
		p->gzip.avail_out = CHUNK;
		rc = deflate(&p->gzip, p->read ? Z_FINISH : Z_NO_FLUSH);
		if (rc == Z_STREAM_ERROR) {
			errno = EIO;
			return err_set(err, "%s: zlib failed", p->name);
		}
		if (put(p, CHUNK - p->gzip.avail_out, err) == -1)
			return -1;
	} while (p->gzip.avail_out == 0);
	return rc == Z_STREAM_END;
}

static int
pack_zstd(struct pack *p, size_t n, struct err *err)
{
	ZSTD_inBuffer in = { p->buf, n, 0 };
	size_t left;

	do {
		ZSTD_outBuffer out = { p->packed, CHUNK, 0 };

		left = ZSTD_compressStream2(
		    p->zstd, &out, &in, p->read ? ZSTD_e_end : ZSTD_e_continue);
		if (ZSTD_isError(left)) {
			errno = EIO;
			return err_set(err, "%s: zstd: %s", p->name,
			    ZSTD_getErrorName(left));
		}
		if (put(p, out.pos, err) == -1)
			return -1;
	} while (p->read ? left > 0 : in.pos < in.size);
	return p->read;
}

int
pack_step(struct pack *p, struct err *err)
{
	uint64_t end = p->in + STEP;
	int rc = 0;

	while (rc == 0 && p->in < end) {
		ssize_t n = read(p->from, p->buf, CHUNK);

		if (n == -1 && errno == EINTR)
			continue;
		if (n == -1)
			return err_sys(err, "read %s", p->name);
		p->in += (uint64_t)n;
		p->read = n == 0;
		rc = p->packing == PACK_GZIP ? pack_gzip(p, (size_t)n, err)
					     : pack_zstd(p, (size_t)n, err);
	}
	/* what was read once will not be read again */
	(void)posix_fadvise(p->from, 0, (off_t)p->in, POSIX_FADV_DONTNEED);
	return rc;
}

/* Nobody changed the old file meanwhile? */
static bool
is_the_same(const struct pack *p)
{
	struct stat st;

	return fstat(p->from, &st) == 0 && st.st_size == p->st.st_size &&
	    (uint64_t)st.st_size == p->in &&
	    folder_is_at(p->dirfd, p->name, p->from);
}

int
pack_finish(struct pack *p, bool *both, struct err *err)
{
	struct timespec times[2] = { p->st.st_atim, p->st.st_mtim };

	*both = false;
	if (!is_the_same(p)) {
		errno = EAGAIN;
		return err_set(err, "%s: another process changed it", p->name);
	}
	if (futimens(p->to, times) == -1 || os_fsync(p->to) == -1)
		return err_sys(err, "%s: fsync", p->temp);
	(void)posix_fadvise(p->to, 0, 0, POSIX_FADV_DONTNEED);
	if (os_rename_new(p->dirfd, p->temp, p->new) == -1)
		return err_sys(err, "rename %s to %s", p->temp, p->new);
	p->made = false;
	/* The old one goes when the new name is sure to stay. */
	if (os_fsync(p->dirfd) == -1) {
		*both = true;
		return err_sys(err, "%s: fsync of its folder", p->new);
	}
	if (os_unlink(p->dirfd, p->name) == -1 && errno != ENOENT) {
		*both = true;
		return err_sys(err, "delete %s", p->name);
	}
	return 0;
}

void
pack_free(struct pack *p)
{
	int saved = errno;

	if (p == NULL)
		return;
	if (p->made)
		(void)os_unlink(p->dirfd, p->temp);
	if (p->has_gzip)
		(void)deflateEnd(&p->gzip);
	ZSTD_freeCCtx(p->zstd);
	if (p->to != -1)
		close(p->to);
	if (p->from != -1)
		close(p->from);
	close(p->dirfd);
	free(p);
	errno = saved;
}

uint64_t
pack_read(const struct pack *p)
{
	return p->in;
}

uint64_t
pack_written(const struct pack *p)
{
	return p->out;
}
