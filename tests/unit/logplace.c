/* SPDX-License-Identifier: BSD-2-Clause */
/* logplace.c - where tests of log files take place */
#include "logplace.h"

#include <sys/stat.h>

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <ftw.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/os.h"

struct fake_os fake;
const struct folder_new usual = { .mode = 0640, .dir_mode = 0750 };

/* The linker wants these names. NOLINTBEGIN(*reserved-identifier,cert-dcl*) */
ssize_t __real_os_write(int fd, const void *from, size_t n);
int __real_os_fsync(int fd);
int __real_os_exchange(int dirfd, const char *a, const char *b);
int __real_os_rename(int dirfd, const char *from, const char *to);

ssize_t __wrap_os_write(int fd, const void *from, size_t n);
int __wrap_os_fsync(int fd);
int __wrap_os_exchange(int dirfd, const char *a, const char *b);
int __wrap_os_rename(int dirfd, const char *from, const char *to);
/* NOLINTEND(*reserved-identifier,cert-dcl*) */

ssize_t
__wrap_os_write(int fd, const void *from, size_t n)
{
	if (fake.most > 0 && n > fake.most)
		n = fake.most;
	if (fake.limited) {
		if (fake.room == 0) {
			errno = ENOSPC;
			return -1;
		}
		if (n > (size_t)fake.room)
			n = (size_t)fake.room;
		fake.room -= (long)n;
	}
	return __real_os_write(fd, from, n);
}

int
__wrap_os_fsync(int fd)
{
	if (fake.sync_fails) {
		errno = EIO;
		return -1;
	}
	return __real_os_fsync(fd);
}

int
__wrap_os_exchange(int dirfd, const char *a, const char *b)
{
	if (fake.exchange_errno != 0) {
		errno = fake.exchange_errno;
		return -1;
	}
	return __real_os_exchange(dirfd, a, b);
}

int
__wrap_os_rename(int dirfd, const char *from, const char *to)
{
	if (fake.rename_errno != 0) {
		errno = fake.rename_errno;
		return -1;
	}
	return __real_os_rename(dirfd, from, to);
}

struct place {
	char dir[64];
	int home;
};

int
place_setup(void **state)
{
	struct place *p = calloc(1, sizeof(*p));

	if (p == NULL)
		return -1;
	*state = p;
	memset(&fake, 0, sizeof(fake));
	umask(022);
	memcpy(p->dir, "/tmp/test_logfile.XXXXXX", 25);
	p->home = open(".", O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	if (p->home == -1 || mkdtemp(p->dir) == NULL)
		return -1;
	return chdir(p->dir);
}

static int
on_entry(const char *path, const struct stat *st, int kind, struct FTW *where)
{
	(void)st;
	(void)kind;
	(void)where;
	return remove(path);
}

void
remove_folder(const char *path)
{
	(void)nftw(path, on_entry, 8, FTW_DEPTH | FTW_PHYS);
}

int
place_teardown(void **state)
{
	struct place *p = *state;

	memset(&fake, 0, sizeof(fake));
	umask(022);
	(void)!fchdir(p->home);
	close(p->home);
	remove_folder(p->dir);
	free(p);
	return 0;
}

void
put(const char *path, const char *text, size_t n)
{
	int fd = open(path, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0644);

	assert_int_not_equal(fd, -1);
	assert_int_equal(write(fd, text, n), n);
	close(fd);
}

void
put_text(const char *path, const char *text)
{
	put(path, text, strlen(text));
}

void
assert_text(const char *path, const char *text)
{
	char got[4096];
	int fd = open(path, O_RDONLY | O_CLOEXEC);
	ssize_t n;

	if (fd == -1)
		fail_msg("%s: %s", path, strerror(errno));
	n = read(fd, got, sizeof(got) - 1);
	close(fd);
	assert_true(n >= 0);
	got[n] = '\0';
	assert_string_equal(got, text);
}

int
entries(const char *path)
{
	DIR *dir = opendir(path);
	int n = -2; /* "." and ".." */

	assert_non_null(dir);
	while (readdir(dir) != NULL)
		n++;
	closedir(dir);
	return n;
}

bool
exists(const char *path)
{
	struct stat st;

	return lstat(path, &st) == 0;
}

mode_t
mode_of(const char *path)
{
	struct stat st;

	assert_int_equal(lstat(path, &st), 0);
	return st.st_mode & 07777;
}

void
must_open(struct logfile *f, const char *path)
{
	struct err err;
	uint64_t repaired = 77;

	if (logfile_open(f, path, &usual, &repaired, &err) == -1)
		fail_msg("%s", err.text);
	assert_int_equal(repaired, 0);
}

void
must_append(struct logfile *f, const char *text)
{
	struct slice s = slice_str(text);
	struct err err;

	if (logfile_append(f, &s, &err) == -1)
		fail_msg("%s", err.text);
	assert_int_equal(s.n, 0);
}

void
must_rotate(struct logfile *f, time_t now, const char *name)
{
	char rotated[NAME_MAX + 1];
	struct err err;
	int old;

	if (logfile_rotate(f, now, &old, rotated, &err) == -1)
		fail_msg("%s", err.text);
	assert_int_not_equal(old, -1);
	close(old);
	if (name != NULL)
		assert_string_equal(rotated, name);
	assert_int_equal(f->size, 0);
}

void
must_not_rotate(struct logfile *f, const char *why)
{
	char rotated[NAME_MAX + 1];
	struct err err;
	int old, fd = f->fd;
	uint64_t size = f->size;

	assert_int_equal(logfile_rotate(f, NOON, &old, rotated, &err), -1);
	if (strstr(err.text, why) == NULL)
		fail_msg("\"%s\" does not say \"%s\"", err.text, why);
	assert_int_equal(old, -1);
	assert_int_equal(f->fd, fd);
	assert_int_equal(f->size, size);
}

void
must_not_open(const char *path, const char *why)
{
	struct logfile f;
	struct err err;
	uint64_t repaired;

	assert_int_equal(logfile_open(&f, path, &usual, &repaired, &err), -1);
	if (strstr(err.text, why) == NULL)
		fail_msg("\"%s\" does not say \"%s\"", err.text, why);
	logfile_close(&f);
}
