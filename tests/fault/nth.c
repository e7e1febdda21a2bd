/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * nth.c - the N-th call of a kind fails, or is the last one, by LD_PRELOAD
 *
 * What is to happen stands in a page that is shared with the test (a file that
 * NTH_CONTROL names), so that it can be changed while the program runs: one
 * process serves for many N. nth.py writes the page and knows its layout.
 *
 * Calls of the armed kinds are counted from when they are armed, over all
 * threads, those about files only below a path. The N-th (and with "lasting"
 * all after it) are not made: the call fails with an errno, or the process is
 * killed as by kill -9. A write can be made in part before that, for real.
 * Reached is what is called through libc's names, syscall(2) among them; not
 * what libc does for itself (stdio, opendir), which no log file depends on.
 */
#include <sys/file.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/types.h>
#include <sys/uio.h>

#include <dirent.h>
#include <dlfcn.h>
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <pthread.h>
#include <signal.h>
#include <stdarg.h>
#include <stdatomic.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

/* As in nth.py. */
enum kind {
	K_WRITE,
	K_FSYNC,
	K_FDATASYNC,
	K_SYNCFS,
	K_RENAME,
	K_EXCHANGE,
	K_OPEN,
	K_OPENAT2,
	K_FTRUNCATE,
	K_UNLINK,
	K_CHOWN,
	K_CHMOD,
	K_MKDIR,
	K_FLOCK,
	K_FSTAT,
	K_STATAT,
	K_READ,
	K_CLOSE,
	K_DUP,
	K_READDIR,
	K_ALLOC,
	K_THREAD
};

enum { TRACE = 2048 };
enum how { FAIL, KILL, PART /* half of it, then KILL */, SHORT, ROOM };

struct control {
	_Atomic uint64_t armed; /* kinds; written last */
	int64_t at;
	int32_t how, error;
	int32_t lasting;
	uint32_t lacking; /* kinds that this system does not know (ENOSYS) */
	_Atomic int64_t count, hits;
	_Atomic int64_t room; /* bytes that may be written yet */
	char under[1024];
	uint8_t trace[TRACE]; /* the kinds of the first calls, in order */
};

/* RULE: variables of the whole file; a preloaded library has no object. */
static struct control *page;
static pthread_once_t once = PTHREAD_ONCE_INIT;
static __thread bool inside __attribute__((tls_model("initial-exec")));

#define REAL(name)                     \
	static __typeof__(&name) real; \
	if (real == NULL)              \
	real = (__typeof__(&name))dlsym(RTLD_NEXT, #name)

static void
find_page(void)
{
	const char *path = getenv("NTH_CONTROL");
	long fd = path == NULL ? -1 : syscall(SYS_open, path, O_RDWR);
	void *at;

	if (fd == -1)
		return;
	at = mmap(NULL, sizeof(*page), PROT_READ | PROT_WRITE, MAP_SHARED,
	    (int)fd, 0);
	(void)syscall(SYS_close, fd);
	if (at != MAP_FAILED)
		page = at;
}

__attribute__((constructor)) static void
start(void)
{
	(void)pthread_once(&once, find_page);
}

static bool
is_armed(enum kind k)
{
	return page != NULL && !inside &&
	    (atomic_load(&page->armed) & (uint64_t)1 << k) != 0;
}

static bool
is_under(const char *path)
{
	size_t n = strlen(page->under);

	return n == 0 || strncmp(path, page->under, n) == 0 ||
	    (strlen(path) == n - 1 && memcmp(path, page->under, n - 1) == 0);
}

static bool
resolve(const char *link, char path[PATH_MAX])
{
	long n = syscall(SYS_readlink, link, path, PATH_MAX - 1);

	if (n < 0)
		return false;
	path[n] = '\0';
	return true;
}

static bool
fd_counts(int fd)
{
	char link[64], path[PATH_MAX];

	if (page->under[0] == '\0')
		return true;
	(void)snprintf(link, sizeof(link), "/proc/self/fd/%d", fd);
	return resolve(link, path) && is_under(path);
}

static bool
name_counts(int dirfd, const char *name)
{
	char link[64], folder[PATH_MAX], path[2 * PATH_MAX];

	if (page->under[0] == '\0')
		return true;
	if (strncmp(name, "/proc/self/fd/", 14) == 0)
		return resolve(name, folder) && is_under(folder);
	if (name[0] == '/')
		return is_under(name);
	(void)snprintf(link, sizeof(link), "/proc/self/fd/%d", dirfd);
	if (!resolve(dirfd == AT_FDCWD ? "/proc/self/cwd" : link, folder))
		return false;
	if (name[0] == '\0' || strcmp(name, ".") == 0)
		return is_under(folder);
	(void)snprintf(path, sizeof(path), "%s/%s",
	    strcmp(folder, "/") == 0 ? "" : folder, name);
	return is_under(path);
}

/* EINVAL: as file systems say it that cannot exchange names. */
static bool
lacks(enum kind k)
{
	if (page == NULL || (page->lacking & (uint32_t)1 << k) == 0)
		return false;
	errno = k == K_EXCHANGE ? EINVAL : ENOSYS;
	return true;
}

static void
die(void)
{
	(void)syscall(SYS_kill, syscall(SYS_getpid), SIGKILL);
	for (;;)
		(void)syscall(SYS_pause);
}

/* Is it the one? errno is what it fails with then; unless the test wants
 * another thing than a failure of all of it. */
static bool
hits(enum kind k)
{
	int64_t n = atomic_fetch_add(&page->count, 1) + 1;

	if (n <= TRACE)
		page->trace[n - 1] = (uint8_t)k;
	if (n != page->at && !(page->lasting && n > page->at))
		return false;
	if (page->how == KILL)
		die();
	atomic_fetch_add(&page->hits, 1);
	errno = page->error;
	return true;
}

static bool
fails_fd(enum kind k, int fd)
{
	bool yes = false;

	if (!is_armed(k))
		return false;
	inside = true;
	yes = fd_counts(fd) && hits(k);
	inside = false;
	return yes;
}

static bool
fails_at(enum kind k, int dirfd, const char *name)
{
	bool yes = false;

	if (!is_armed(k))
		return false;
	inside = true;
	yes = name_counts(dirfd, name) && hits(k);
	inside = false;
	return yes;
}

static bool
fails(enum kind k)
{
	return is_armed(k) && hits(k);
}

/* A write of n bytes: how many may be written; 0: errno says why not. *end:
 * afterwards the process does. */
static size_t
allowed(int fd, size_t n, bool *end)
{
	int64_t left;

	*end = false;
	if (!is_armed(K_WRITE) || n == 0)
		return n;
	if (page->how == ROOM) {
		if (!fd_counts(fd))
			return n;
		atomic_fetch_add(&page->count, 1);
		left = atomic_load(&page->room);
		if (left <= 0) {
			atomic_fetch_add(&page->hits, 1);
			errno = page->error;
			return 0;
		}
		n = (int64_t)n < left ? n : (size_t)left;
		atomic_fetch_sub(&page->room, (int64_t)n);
		return n;
	}
	if (!fails_fd(K_WRITE, fd))
		return n;
	if (page->how == FAIL)
		return 0;
	*end = page->how == PART;
	return n > 1 ? n / 2 : 1;
}

/* libc's own names of the parameters are reserved ones.
 * NOLINTBEGIN(readability-inconsistent-declaration-parameter-name) */

ssize_t
write(int fd, const void *from, size_t n)
{
	bool end;
	size_t some = allowed(fd, n, &end);
	ssize_t done;

	if (some == 0 && n > 0)
		return -1;
	done = syscall(SYS_write, fd, from, some);
	if (end)
		die();
	return done;
}

ssize_t
writev(int fd, const struct iovec *v, int count)
{
	bool end;
	size_t all = 0;

	for (int i = 0; i < count; i++)
		all += v[i].iov_len;
	if (all > 0 && allowed(fd, all, &end) == 0)
		return -1;
	return syscall(SYS_writev, fd, v, count);
}

static ssize_t
put(int fd, const void *from, size_t n, off_t at)
{
	bool end;
	size_t some = allowed(fd, n, &end);

	if (some == 0 && n > 0)
		return -1;
	return syscall(SYS_pwrite64, fd, from, some, at);
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

ssize_t
pread64(int fd, void *to, size_t n, off64_t at)
{
	if (fails_fd(K_READ, fd))
		return -1;
	return syscall(SYS_pread64, fd, to, n, at);
}

ssize_t
pread(int fd, void *to, size_t n, off_t at)
{
	return pread64(fd, to, n, at);
}

ssize_t
__pread64_chk(int fd, void *to, size_t n, off64_t at, size_t size)
{
	(void)size;
	return pread64(fd, to, n, at);
}

ssize_t
__pread_chk(int fd, void *to, size_t n, off_t at, size_t size)
{
	(void)size;
	return pread64(fd, to, n, at);
}

int
fsync(int fd)
{
	return fails_fd(K_FSYNC, fd) ? -1 : (int)syscall(SYS_fsync, fd);
}

int
fdatasync(int fd)
{
	return fails_fd(K_FDATASYNC, fd) ? -1 : (int)syscall(SYS_fdatasync, fd);
}

int
syncfs(int fd)
{
	return fails_fd(K_SYNCFS, fd) ? -1 : (int)syscall(SYS_syncfs, fd);
}

int
renameat(int from_fd, const char *from, int to_fd, const char *to)
{
	if (fails_at(K_RENAME, from_fd, from))
		return -1;
	return (int)syscall(SYS_renameat, from_fd, from, to_fd, to);
}

int
rename(const char *from, const char *to)
{
	return renameat(AT_FDCWD, from, AT_FDCWD, to);
}

int
renameat2(
    int from_fd, const char *from, int to_fd, const char *to, unsigned flags)
{
	if (lacks(K_EXCHANGE) ||
	    fails_at((flags & RENAME_EXCHANGE) != 0 ? K_EXCHANGE : K_RENAME,
		from_fd, from))
		return -1;
	return (int)syscall(SYS_renameat2, from_fd, from, to_fd, to, flags);
}

static int
open_it(int dirfd, const char *name, int flags, mode_t mode)
{
	if (fails_at(K_OPEN, dirfd, name))
		return -1;
	return (int)syscall(SYS_openat, dirfd, name, flags, mode);
}

/* The mode, when there is one. */
#define MODE(flags, mode)                                       \
	do {                                                    \
		if (((flags) & (O_CREAT | __O_TMPFILE)) != 0) { \
			va_list ap;                             \
			va_start(ap, flags);                    \
			(mode) = va_arg(ap, mode_t);            \
			va_end(ap);                             \
		}                                               \
	} while (0)

int
openat(int dirfd, const char *name, int flags, ...)
{
	mode_t mode = 0;

	MODE(flags, mode);
	return open_it(dirfd, name, flags, mode);
}

int
openat64(int dirfd, const char *name, int flags, ...)
{
	mode_t mode = 0;

	MODE(flags, mode);
	return open_it(dirfd, name, flags, mode);
}

int
open(const char *name, int flags, ...)
{
	mode_t mode = 0;

	MODE(flags, mode);
	return open_it(AT_FDCWD, name, flags, mode);
}

int
open64(const char *name, int flags, ...)
{
	mode_t mode = 0;

	MODE(flags, mode);
	return open_it(AT_FDCWD, name, flags, mode);
}

int
__openat64_2(int dirfd, const char *name, int flags)
{
	return open_it(dirfd, name, flags, 0);
}

int
__open64_2(const char *name, int flags)
{
	return open_it(AT_FDCWD, name, flags, 0);
}

int
__openat_2(int dirfd, const char *name, int flags)
{
	return open_it(dirfd, name, flags, 0);
}

int
__open_2(const char *name, int flags)
{
	return open_it(AT_FDCWD, name, flags, 0);
}

/* Six registers go to the kernel, however many of them it looks at. */
long
syscall(long number, ...)
{
	static __typeof__(&syscall) real;
	long a[6];
	va_list ap;

	va_start(ap, number);
	for (int i = 0; i < 6; i++)
		a[i] = va_arg(ap, long);
	va_end(ap);
	if (real == NULL)
		real = (__typeof__(&syscall))dlsym(RTLD_NEXT, "syscall");
	if (number == SYS_openat2 &&
	    (lacks(K_OPENAT2) ||
		fails_at(K_OPENAT2, (int)a[0], (const char *)a[1])))
		return -1;
	return real(number, a[0], a[1], a[2], a[3], a[4], a[5]);
}

int
ftruncate64(int fd, off64_t n)
{
	return fails_fd(K_FTRUNCATE, fd) ? -1
					 : (int)syscall(SYS_ftruncate, fd, n);
}

int
ftruncate(int fd, off_t n)
{
	return ftruncate64(fd, n);
}

int
unlinkat(int dirfd, const char *name, int flags)
{
	if (fails_at(K_UNLINK, dirfd, name))
		return -1;
	return (int)syscall(SYS_unlinkat, dirfd, name, flags);
}

int
unlink(const char *name)
{
	return unlinkat(AT_FDCWD, name, 0);
}

int
fchownat(int dirfd, const char *name, uid_t user, gid_t group, int flags)
{
	if (fails_at(K_CHOWN, dirfd, name))
		return -1;
	return (int)syscall(SYS_fchownat, dirfd, name, user, group, flags);
}

int
fchmod(int fd, mode_t mode)
{
	return fails_fd(K_CHMOD, fd) ? -1 : (int)syscall(SYS_fchmod, fd, mode);
}

int
chmod(const char *name, mode_t mode)
{
	if (fails_at(K_CHMOD, AT_FDCWD, name))
		return -1;
	return (int)syscall(SYS_chmod, name, mode);
}

int
mkdirat(int dirfd, const char *name, mode_t mode)
{
	if (fails_at(K_MKDIR, dirfd, name))
		return -1;
	return (int)syscall(SYS_mkdirat, dirfd, name, mode);
}

int
flock(int fd, int what)
{
	return fails_fd(K_FLOCK, fd) ? -1 : (int)syscall(SYS_flock, fd, what);
}

int
fstat64(int fd, struct stat64 *st)
{
	REAL(fstat64);
	return fails_fd(K_FSTAT, fd) ? -1 : real(fd, st);
}

int
fstat(int fd, struct stat *st)
{
	REAL(fstat);
	return fails_fd(K_FSTAT, fd) ? -1 : real(fd, st);
}

int
fstatat64(int dirfd, const char *name, struct stat64 *st, int flags)
{
	REAL(fstatat64);
	return fails_at(K_STATAT, dirfd, name) ? -1
					       : real(dirfd, name, st, flags);
}

int
fstatat(int dirfd, const char *name, struct stat *st, int flags)
{
	REAL(fstatat);
	return fails_at(K_STATAT, dirfd, name) ? -1
					       : real(dirfd, name, st, flags);
}

/* Only ever before it: a close that fails has closed. */
int
close(int fd)
{
	if (is_armed(K_CLOSE) && page->how == KILL)
		(void)fails_fd(K_CLOSE, fd);
	return (int)syscall(SYS_close, fd);
}

struct dirent64 *
readdir64(DIR *dir)
{
	REAL(readdir64);
	return fails_fd(K_READDIR, dirfd(dir)) ? NULL : real(dir);
}

struct dirent *
readdir(DIR *dir)
{
	REAL(readdir);
	return fails_fd(K_READDIR, dirfd(dir)) ? NULL : real(dir);
}

static int
control(int fd, int what, long arg)
{
	if (what == F_DUPFD_CLOEXEC && fails_fd(K_DUP, fd))
		return -1;
	return (int)syscall(SYS_fcntl, fd, what, arg);
}

int
fcntl(int fd, int what, ...)
{
	va_list ap;
	long arg;

	va_start(ap, what);
	arg = va_arg(ap, long);
	va_end(ap);
	return control(fd, what, arg);
}

int
fcntl64(int fd, int what, ...)
{
	va_list ap;
	long arg;

	va_start(ap, what);
	arg = va_arg(ap, long);
	va_end(ap);
	return control(fd, what, arg);
}

/* Memory. The wrapped functions are found before they are needed: until then
 * there is only dlsym's own little need. */

static void *(*real_malloc)(size_t);
static void *(*real_calloc)(size_t, size_t);
static void *(*real_realloc)(void *, size_t);
static int (*real_posix_memalign)(void **, size_t, size_t);
static void *(*real_aligned_alloc)(size_t, size_t);
static void (*real_free)(void *);
static char early[65536];
static size_t early_used;

static void
find_real(void)
{
	static bool finding;

	if (finding)
		return;
	finding = true;
	real_calloc = (__typeof__(real_calloc))dlsym(RTLD_NEXT, "calloc");
	real_malloc = (__typeof__(real_malloc))dlsym(RTLD_NEXT, "malloc");
	real_realloc = (__typeof__(real_realloc))dlsym(RTLD_NEXT, "realloc");
	real_posix_memalign = (__typeof__(real_posix_memalign))dlsym(
	    RTLD_NEXT, "posix_memalign");
	real_aligned_alloc = (__typeof__(real_aligned_alloc))dlsym(
	    RTLD_NEXT, "aligned_alloc");
	real_free = (__typeof__(real_free))dlsym(RTLD_NEXT, "free");
	finding = false;
}

/* While dlsym looks. */
static void *
take_early(size_t n)
{
	char *p = early + early_used;

	n = (n + 15) & ~(size_t)15;
	if (n > sizeof(early) - early_used)
		abort();
	early_used += n;
	return p;
}

void *
malloc(size_t n)
{
	if (real_malloc == NULL)
		find_real();
	if (real_malloc == NULL)
		return take_early(n);
	return fails(K_ALLOC) ? NULL : real_malloc(n);
}

void *
calloc(size_t n, size_t size)
{
	if (real_calloc == NULL)
		find_real();
	if (real_calloc == NULL)
		return take_early(n * size);
	return fails(K_ALLOC) ? NULL : real_calloc(n, size);
}

static bool
is_early(const void *p)
{
	return (const char *)p >= early &&
	    (const char *)p < early + sizeof(early);
}

void *
realloc(void *p, size_t n)
{
	void *q;

	if (real_realloc == NULL)
		find_real();
	if (is_early(p)) {
		q = malloc(n);
		if (q != NULL)
			memcpy(q, p, n);
		return q;
	}
	return fails(K_ALLOC) ? NULL : real_realloc(p, n);
}

void
free(void *p)
{
	if (p == NULL || is_early(p))
		return;
	if (real_free == NULL)
		find_real();
	real_free(p);
}

int
posix_memalign(void **p, size_t align, size_t n)
{
	if (real_posix_memalign == NULL)
		find_real();
	return fails(K_ALLOC) ? ENOMEM : real_posix_memalign(p, align, n);
}

void *
aligned_alloc(size_t align, size_t n)
{
	if (real_aligned_alloc == NULL)
		find_real();
	return fails(K_ALLOC) ? NULL : real_aligned_alloc(align, n);
}

int
pthread_create(
    pthread_t *t, const pthread_attr_t *a, void *(*run)(void *), void *arg)
{
	REAL(pthread_create);
	return fails(K_THREAD) ? EAGAIN : real(t, a, run, arg);
}

/* NOLINTEND(readability-inconsistent-declaration-parameter-name) */
