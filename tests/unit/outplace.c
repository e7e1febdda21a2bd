/* SPDX-License-Identifier: BSD-2-Clause */
/* outplace.c - where tests of outputs take place */
#include "outplace.h"

#include <sys/stat.h>

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <ftw.h>
#include <limits.h>
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include "base/os.h"
#include "base/run.h"
#include "config/template.h"

enum { FILES = 64 };

struct disk disk;
static _Atomic int64_t ahead; /* ms that the clock was put forward */

/* The linker wants these names. NOLINTBEGIN(*reserved-identifier,cert-dcl*) */
ssize_t __real_os_write(int fd, const void *p, size_t n);
int __real_os_open_beneath(int dirfd, const char *name, int flags);
int __real_clock_gettime(clockid_t id, struct timespec *t);

ssize_t __wrap_os_write(int fd, const void *p, size_t n);
int __wrap_os_fdatasync(int fd);
int __wrap_os_syncfs(int fd);
int __wrap_os_open_beneath(int dirfd, const char *name, int flags);
int __wrap_clock_gettime(clockid_t id, struct timespec *t);
/* NOLINTEND(*reserved-identifier,cert-dcl*) */

ssize_t
__wrap_os_write(int fd, const void *p, size_t n)
{
	ssize_t done;

	disk.writes++;
	atomic_fetch_add(&ahead, disk.write_ms);
	if (disk.room == 0) {
		errno = disk.error;
		return -1;
	}
	n = n > disk.room ? disk.room : n;
	n = n > disk.chunk ? disk.chunk : n;
	done = __real_os_write(fd, p, n);
	if (done > 0 && disk.room != SIZE_MAX)
		disk.room -= (size_t)done;
	return done;
}

/* The syncer and the output that waits for it sync at the same time. */
static pthread_mutex_t told = PTHREAD_MUTEX_INITIALIZER;
static ino_t failed_once[SYNCED_MAX];
static unsigned failures;

/* The files whose sync failed: the kernel has forgotten what it could not
 * store, so a later "done" is worth nothing. */
static bool
may_fail(ino_t ino)
{
	if (disk.sync_fails > 0 &&
	    (disk.fails_only == 0 || disk.fails_only == ino)) {
		disk.sync_fails--;
		if (failures < SYNCED_MAX)
			failed_once[failures++] = ino;
		errno = EIO;
		return true;
	}
	for (unsigned i = 0; i < failures; i++)
		if (failed_once[i] == ino)
			atomic_fetch_add(&disk.trusted, 1);
	return false;
}

/* Another thread than the test's: it must not fail here. */
static int
sync_as_told(int fd, _Atomic unsigned *syncs)
{
	const struct timespec pause = { 0, 1000000 };
	struct stat st;
	bool fails;

	while (atomic_load(&disk.sync_waits))
		nanosleep(&pause, NULL);
	(void)pthread_mutex_lock(&told);
	if (fstat(fd, &st) == -1)
		atomic_fetch_add(&disk.bad_syncs, 1);
	else if (syncs == &disk.syncs && disk.syncs < SYNCED_MAX)
		disk.synced[disk.syncs] = st.st_ino;
	atomic_fetch_add(syncs, 1);
	fails = may_fail(st.st_ino);
	(void)pthread_mutex_unlock(&told);
	return fails ? -1 : 0;
}

int
__wrap_os_fdatasync(int fd)
{
	return sync_as_told(fd, &disk.syncs);
}

int
__wrap_os_syncfs(int fd)
{
	return sync_as_told(fd, &disk.whole_syncs);
}

int
__wrap_os_open_beneath(int dirfd, const char *name, int flags)
{
	if (disk.beneath_error != 0) {
		errno = disk.beneath_error;
		return -1;
	}
	return __real_os_open_beneath(dirfd, name, flags);
}

int
__wrap_clock_gettime(clockid_t id, struct timespec *t)
{
	int rc = __real_clock_gettime(id, t);
	int64_t ms = atomic_load(&ahead);

	t->tv_sec += (time_t)(ms / 1000);
	t->tv_nsec += (long)(ms % 1000) * 1000000;
	if (t->tv_nsec >= 1000000000) {
		t->tv_nsec -= 1000000000;
		t->tv_sec++;
	}
	return rc;
}

static struct output *
new_output(struct outplace *p, const char *label)
{
	int slot = metrics_output_slot(p->metrics, label);
	struct output *o;
	struct err err;

	assert_int_not_equal(slot, -1);
	o = output_new(&p->conf, metrics_output(p->metrics, 0, slot),
	    metrics_output(p->metrics, 1, slot), &p->tools, &err);
	if (o == NULL)
		fail_msg("%s", err.text);
	return o;
}

static void
open_as(
    struct outplace *p, const char *file, void (*tune)(struct output_conf *))
{
	struct err err;
	int beneath_error = disk.beneath_error;

	*p = (struct outplace){ .peer = 1 };
	failures = 0;
	disk = (struct disk){ .room = SIZE_MAX,
		.chunk = SIZE_MAX,
		.error = ENOSPC,
		.beneath_error = beneath_error };
	(void)snprintf(p->dir, sizeof(p->dir), "/tmp/test_output.XXXXXX");
	assert_non_null(mkdtemp(p->dir));
	(void)snprintf(p->path, sizeof(p->path), "%s/%s", p->dir, file);
	p->conf = (struct output_conf){ .name = p->path,
		.path = p->path,
		.sync = 1000,
		.max_open_files = 256,
		.max_files = 10000,
		.max_new_files = 100,
		.mode = 0640,
		.dir_mode = 0750 };
	if (template_has_fields(p->path)) {
		p->conf.file = template_new_path(p->path, &err);
		assert_non_null(p->conf.file);
	}
	if (tune != NULL)
		tune(&p->conf);
	p->metrics = metrics_new(2);
	assert_non_null(p->metrics);
	p->tools.metrics = p->metrics;
	p->tools.syncer = syncer_start(p->metrics, &err);
	assert_non_null(p->tools.syncer);
	assert_int_equal(pool_init(&p->pool, 1 << 20, 4096, &err), 0);
	p->out = new_output(p, "first");
}

void
outplace_open(struct outplace *p, void (*tune)(struct output_conf *))
{
	open_as(p, "a.log", tune);
}

void
outplace_open_many(struct outplace *p, void (*tune)(struct output_conf *))
{
	open_as(p, "%{hostname}/%{app_name}.log", tune);
}

struct output *
outplace_another(struct outplace *p)
{
	return new_output(p, "second");
}

void
outplace_stop(struct outplace *p)
{
	syncer_stop(p->tools.syncer);
	p->tools.syncer = NULL;
	output_free(p->out);
	p->out = NULL;
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
outplace_close(struct outplace *p)
{
	outplace_stop(p);
	assert_int_equal(disk.bad_syncs, 0);
	pool_clear(&p->pool);
	metrics_free(p->metrics);
	template_free(p->conf.file);
	(void)nftw(p->dir, on_entry, 8, FTW_DEPTH | FTW_PHYS);
}

void
give(struct outplace *p, const char *lines)
{
	size_t n = strlen(lines);
	struct block *b = pool_take(&p->pool, n);

	assert_non_null(b);
	b->written = &p->written;
	b->n = n;
	memcpy(b->data, lines, n);
	for (const char *c = lines; *c != '\0'; c++)
		b->messages += *c == '\n';
	b->messages -= p->own;
	p->own = 0;
	output_take(p->out, b);
	output_write(p->out);
}

static void
put_run(struct outplace *p, struct block *b, const char *line, size_t n)
{
	const char *space = memchr(line, ' ', n); /* names have none */
	bool counts = p->own == 0;
	struct slice name;

	assert_non_null(space);
	name = slice_of(line, (size_t)(space - line));
	n -= name.n + 1;
	assert_true(block_room(b) >= n + run_head_size(name));
	memcpy(b->data + b->n, space + 1, n);
	(void)run_add(b, name, n, counts, p->peer);
	b->n += n;
	b->messages += counts;
	p->own -= !counts;
}

static void
queue_runs_to(struct outplace *p, struct output *o, const char *lines)
{
	size_t n = strlen(lines), many = 0;
	struct block *b;
	const char *lf;

	for (const char *c = lines; *c != '\0'; c++)
		many += *c == '\n';
	b = pool_take(&p->pool, n + many * sizeof(struct run_head));
	assert_non_null(b);
	b->written = &p->written;
	b->runs = true;
	for (; *lines != '\0'; lines = lf + 1) {
		lf = strchr(lines, '\n');
		put_run(p, b, lines, (size_t)(lf - lines) + 1);
	}
	output_take(o, b);
}

void
queue_runs(struct outplace *p, const char *lines)
{
	queue_runs_to(p, p->out, lines);
}

void
give_runs_to(struct outplace *p, struct output *o, const char *lines)
{
	queue_runs_to(p, o, lines);
	output_write(o);
}

void
give_runs(struct outplace *p, const char *lines)
{
	give_runs_to(p, p->out, lines);
}

void
later(struct outplace *p, int64_t ms)
{
	atomic_fetch_add(&ahead, ms);
	output_tick(p->out);
}

void
until_written(struct outplace *p)
{
	for (int i = 0; i < 20000 && !output_is_empty(p->out); i++) {
		output_tick(p->out);
		output_write(p->out);
		usleep(1000);
	}
	assert_true(output_is_empty(p->out));
}

uint64_t
count(struct outplace *p, enum output_metric id)
{
	return metrics_output_sum(
	    p->metrics, metrics_output_slot(p->metrics, "first"), id);
}

const char *
at(struct outplace *p, const char *name)
{
	static char path[4][PATH_MAX];
	static size_t turn;
	char *out = path[turn++ % 4];

	(void)snprintf(out, PATH_MAX, "%s/%s", p->dir, name);
	return out;
}

/* Appends a file to text, which has len bytes. */
static size_t
read_file(const char *path, char *text, size_t len)
{
	int fd = open(path, O_RDONLY | O_CLOEXEC);
	struct stat st;
	ssize_t got;

	if (fd == -1)
		fail_msg("%s: %s", path, strerror(errno));
	/* no more than there is: text may lie at the end of all memory */
	assert_int_equal(fstat(fd, &st), 0);
	assert_true((size_t)st.st_size < TEXT_MAX - len);
	got = read(fd, text + len, (size_t)st.st_size);
	assert_true(got >= 0);
	close(fd);
	text[len + (size_t)got] = '\0';
	return len + (size_t)got;
}

void
assert_file(struct outplace *p, const char *name, const char *text)
{
	char *got;

	if (text == NULL) {
		assert_int_equal(access(at(p, name), F_OK), -1);
		return;
	}
	got = malloc(TEXT_MAX);
	assert_non_null(got);
	read_file(at(p, name), got, 0);
	assert_string_equal(got, text);
	free(got);
}

static int
by_name(const void *a, const void *b)
{
	return strcmp(*(char *const *)a, *(char *const *)b);
}

size_t
read_all(struct outplace *p, const char *name, char *text)
{
	char *found[FILES], folder[PATH_MAX], file[NAME_MAX + 2];
	const char *base = strrchr(name, '/');
	const struct dirent *e;
	size_t n = 0, len = 0, base_n;
	DIR *d;

	base = base != NULL ? base + 1 : name;
	(void)snprintf(folder, sizeof(folder), "%s/%.*s", p->dir,
	    (int)(base - name), name);
	(void)snprintf(file, sizeof(file), "%s-", base);
	base_n = strlen(file);
	d = opendir(folder);
	assert_non_null(d);
	while ((e = readdir(d)) != NULL && n < FILES - 1)
		if (strncmp(e->d_name, file, base_n) == 0)
			found[n++] = strdup(e->d_name);
	closedir(d);
	qsort(found, n, sizeof(found[0]), by_name);
	found[n++] = strdup(base);
	for (size_t i = 0; i < n; i++) {
		char path[2 * PATH_MAX];

		(void)snprintf(path, sizeof(path), "%s/%s", folder, found[i]);
		len = read_file(path, text, len);
		assert_true(len == 0 || text[len - 1] == '\n');
		free(found[i]);
	}
	return n;
}
