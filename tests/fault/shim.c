/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * shim.c - a bad disk for system tests, by LD_PRELOAD
 *
 * Stands before write, writev, pwrite, fsync and fdatasync of the program it
 * is loaded into. Only regular files are touched; sockets, pipes and event
 * descriptors work as ever. Everything else is done for real: a short write
 * has written what it says (strace's retval= only pretends). What calls the
 * kernel by another way (a static program, io_uring, stdio) is not reached.
 *
 * The environment, read once, when the first such call is made:
 *
 *   SHIM_UNDER=PATH       only files whose path begins with PATH (for those of
 *                         a folder it ends with a slash)
 *   SHIM_SHORT=K          every K-th write takes only half of its bytes, at
 *                         least one
 *   SHIM_EINTR=K          every K-th write, fsync or fdatasync fails with
 *                         EINTR and does nothing
 *   SHIM_ENOSPC_AFTER=N   the disk has room for N more bytes: the write that
 *                         crosses the limit is short, those after it fail
 *   SHIM_ENOSPC_FILE=PATH while PATH exists the disk is full, or has room for
 *                         SHIM_ENOSPC_AFTER more bytes, anew each time it
 *                         comes; while it does not, there is room
 *   SHIM_FULL_ERROR=N     the error with that number, instead of ENOSPC
 *   SHIM_SYNC_EIO=K       every K-th fsync or fdatasync fails with EIO and
 *                         does nothing
 *   SHIM_WRITE_MS=N       every write takes so long
 *   SHIM_SYNC_MS=N        every fsync or fdatasync takes so long
 *   SHIM_HANG_FILE=PATH   while PATH exists none of these calls comes back, as
 *                         on a disk that answers no more
 *
 * K counts over all threads and files; 1 is every call, so that with
 * SHIM_EINTR=1 none ever succeeds. 0 is never.
 */
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/uio.h>

#include <errno.h>
#include <limits.h>
#include <pthread.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

/* RULE: variables of the whole file; a preloaded library has no object. */
static struct {
	char *under, *flag, *hang;                         /* NULL: not given */
	unsigned long every_short, every_eintr, every_eio; /* 0: never */
	bool limited;
	unsigned long long limit;
	int full;                        /* the error of a disk that is */
	unsigned long write_ms, sync_ms; /* what each takes */
} want;

static pthread_once_t once = PTHREAD_ONCE_INIT;

/* What has happened so far; under lock. */
static pthread_mutex_t lock = PTHREAD_MUTEX_INITIALIZER;
static unsigned long writes, calls, syncs;
static unsigned long long used;
static bool flag_was_there;

static unsigned long long
number(const char *name)
{
	const char *text = getenv(name);
	char *end;
	unsigned long long n;

	if (text == NULL)
		return 0;
	errno = 0;
	n = strtoull(text, &end, 10);
	if (errno == 0 && end != text && *end == '\0' && *text != '-')
		return n;
	(void)fprintf(stderr, "shim: %s=%s is not a number\n", name, text);
	_exit(99);
}

static char *
text(const char *name)
{
	const char *value = getenv(name);

	return value == NULL ? NULL : strdup(value);
}

static void
read_environment(void)
{
	want.under = text("SHIM_UNDER");
	want.flag = text("SHIM_ENOSPC_FILE");
	want.every_short = (unsigned long)number("SHIM_SHORT");
	want.every_eintr = (unsigned long)number("SHIM_EINTR");
	want.every_eio = (unsigned long)number("SHIM_SYNC_EIO");
	want.limited = getenv("SHIM_ENOSPC_AFTER") != NULL;
	want.limit = number("SHIM_ENOSPC_AFTER");
	want.full = (int)number("SHIM_FULL_ERROR");
	if (want.full == 0)
		want.full = ENOSPC;
	want.hang = text("SHIM_HANG_FILE");
	want.write_ms = (unsigned long)number("SHIM_WRITE_MS");
	want.sync_ms = (unsigned long)number("SHIM_SYNC_MS");
}

static bool
is_ours(int fd)
{
	char link[64], path[PATH_MAX];
	struct stat st;
	ssize_t n;

	pthread_once(&once, read_environment);
	if (fstat(fd, &st) == -1 || !S_ISREG(st.st_mode))
		return false;
	if (want.under == NULL)
		return true;
	(void)snprintf(link, sizeof(link), "/proc/self/fd/%d", fd);
	n = readlink(link, path, sizeof(path));
	return n > 0 && (size_t)n >= strlen(want.under) &&
	    memcmp(path, want.under, strlen(want.under)) == 0;
}

static bool
is_due(unsigned long *count, unsigned long every)
{
	return every > 0 && ++*count % every == 0;
}

static void
sleep_ms(unsigned long ms)
{
	struct timespec t = { (time_t)(ms / 1000),
		(long)(ms % 1000) * 1000000 };

	while (clock_nanosleep(CLOCK_MONOTONIC, 0, &t, &t) == EINTR)
		;
}

static void
be_slow(unsigned long ms)
{
	if (ms > 0)
		sleep_ms(ms);
	while (want.hang != NULL && access(want.hang, F_OK) == 0)
		sleep_ms(1);
}

/* The bytes that the disk has left; under lock. */
static unsigned long long
room(void)
{
	if (want.flag != NULL) {
		bool there = access(want.flag, F_OK) == 0;

		if (there && !flag_was_there)
			used = 0;
		flag_was_there = there;
		if (!there)
			return ULLONG_MAX;
	} else if (!want.limited) {
		return ULLONG_MAX;
	}
	return want.limit > used ? want.limit - used : 0;
}

/*
 * How many of n bytes may be written now. They count as used at once, so that
 * threads cannot share the same room; 0 and errno: none.
 */
static size_t
allowed(size_t n)
{
	unsigned long long left;
	int error = 0;

	be_slow(want.write_ms);
	pthread_mutex_lock(&lock);
	if (is_due(&calls, want.every_eintr)) {
		error = EINTR;
	} else {
		if (is_due(&writes, want.every_short) && n > 1)
			n /= 2;
		left = room();
		if (left == 0)
			error = want.full;
		else if (n > left)
			n = (size_t)left;
	}
	if (error == 0)
		used += n;
	pthread_mutex_unlock(&lock);
	if (error == 0)
		return n;
	errno = error;
	return 0;
}

/* libc's own names of the parameters are reserved ones.
 * NOLINTBEGIN(readability-inconsistent-declaration-parameter-name) */

ssize_t
write(int fd, const void *from, size_t n)
{
	if (n > 0 && is_ours(fd)) {
		n = allowed(n);
		if (n == 0)
			return -1;
	}
	return syscall(SYS_write, fd, from, n);
}

static ssize_t
put(int fd, const void *from, size_t n, off_t at)
{
	if (n > 0 && is_ours(fd)) {
		n = allowed(n);
		if (n == 0)
			return -1;
	}
	return syscall(SYS_pwrite64, fd, from, n, at);
}

ssize_t
pwrite(int fd, const void *from, size_t n, off_t at)
{
	return put(fd, from, n, at);
}

ssize_t
pwrite64(int fd, const void *from, size_t n, off64_t at)
{
	return put(fd, from, n, at);
}

/* A short one ends inside of a buffer, which is the case worth a test. */
ssize_t
writev(int fd, const struct iovec *v, int count)
{
	struct iovec cut[IOV_MAX];
	size_t all = 0, left;
	int i;

	if (count <= 0 || count > IOV_MAX || !is_ours(fd))
		return syscall(SYS_writev, fd, v, count);
	for (i = 0; i < count; i++)
		all += v[i].iov_len;
	left = all > 0 ? allowed(all) : 0;
	if (all > 0 && left == 0)
		return -1;
	for (i = 0; i < count; i++) {
		cut[i] = v[i];
		if (cut[i].iov_len > left)
			cut[i].iov_len = left;
		left -= cut[i].iov_len;
	}
	return syscall(SYS_writev, fd, cut, count);
}

/* 0: go on; otherwise what fails. */
static int
sync_error(int fd)
{
	int error = 0;

	if (!is_ours(fd))
		return 0;
	be_slow(want.sync_ms);
	pthread_mutex_lock(&lock);
	if (is_due(&calls, want.every_eintr))
		error = EINTR;
	else if (is_due(&syncs, want.every_eio))
		error = EIO;
	pthread_mutex_unlock(&lock);
	return error;
}

int
fsync(int fd)
{
	int error = sync_error(fd);

	if (error == 0)
		return (int)syscall(SYS_fsync, fd);
	errno = error;
	return -1;
}

int
fdatasync(int fd)
{
	int error = sync_error(fd);

	if (error == 0)
		return (int)syscall(SYS_fdatasync, fd);
	errno = error;
	return -1;
}

/* NOLINTEND(readability-inconsistent-declaration-parameter-name) */
