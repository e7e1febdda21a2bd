/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * test_file.c - an output keeps lines whole through rotation, short writes,
 * full disks, deletion and reopening
 *
 * os_write() is wrapped: the disk takes as many bytes as a test allows.
 */
#include <sys/stat.h>

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <cmocka.h>

#include "base/os.h"
#include "output/file.h"

enum { ROOM = 65536, FILES = 64 };

/* What the disk still takes, and what it says then. */
static size_t disk_room = SIZE_MAX;
static size_t disk_chunk = SIZE_MAX;
static int disk_error = ENOSPC;
static unsigned disk_writes;

ssize_t __real_os_write(int fd, const void *p, size_t n);
ssize_t __wrap_os_write(int fd, const void *p, size_t n);

ssize_t
__wrap_os_write(int fd, const void *p, size_t n)
{
	ssize_t done;

	disk_writes++;
	if (disk_room == 0) {
		errno = disk_error;
		return -1;
	}
	n = n > disk_room ? disk_room : n;
	n = n > disk_chunk ? disk_chunk : n;
	done = __real_os_write(fd, p, n);
	if (done > 0 && disk_room != SIZE_MAX)
		disk_room -= (size_t)done;
	return done;
}

struct place {
	char dir[64], path[128];
	struct output_conf conf;
	struct metrics *metrics;
	struct output_tools tools;
	struct output out;
	struct pool pool;
	_Atomic uint64_t written;
};

static void
open_place(struct place *p, int64_t rotate_size)
{
	struct err err;

	*p = (struct place){ 0 };
	disk_room = disk_chunk = SIZE_MAX;
	(void)snprintf(p->dir, sizeof(p->dir), "/tmp/test_file.XXXXXX");
	assert_non_null(mkdtemp(p->dir));
	(void)snprintf(p->path, sizeof(p->path), "%s/a.log", p->dir);
	p->conf = (struct output_conf){ .name = p->path,
		.path = p->path,
		.rotate_size = rotate_size,
		.sync = 1000,
		.mode = 0640,
		.dir_mode = 0750 };
	p->metrics = metrics_new(2, 1, 1);
	assert_non_null(p->metrics);
	p->tools.metrics = p->metrics;
	p->tools.syncer = syncer_start(p->metrics, &err);
	assert_non_null(p->tools.syncer);
	assert_int_equal(pool_init(&p->pool, 1 << 20, 4096, &err), 0);
	assert_int_equal(
	    output_open(&p->out, &p->conf, metrics_output(p->metrics, 0, 0),
		metrics_output(p->metrics, 1, 0), &p->tools, &err),
	    0);
}

static void
give(struct place *p, const char *lines)
{
	struct block *b = pool_take(&p->pool, strlen(lines));

	assert_non_null(b);
	b->written = &p->written;
	b->n = strlen(lines);
	memcpy(b->data, lines, b->n);
	for (const char *c = lines; *c != '\0'; c++)
		b->messages += *c == '\n';
	output_take(&p->out, b);
	output_write(&p->out);
}

/* Time has come for another try. */
static void
retry(struct place *p)
{
	p->out.retry_at = 0;
	output_write(&p->out);
}

static int
by_name(const void *a, const void *b)
{
	return strcmp(*(char *const *)a, *(char *const *)b);
}

/* All rotated files in the order of their names, then the live one. */
static size_t
read_all(struct place *p, char *text, size_t *files)
{
	char *name[FILES], path[NAME_MAX + 80];
	DIR *d = opendir(p->dir);
	const struct dirent *e;
	size_t n = 0, len = 0;

	assert_non_null(d);
	while ((e = readdir(d)) != NULL && n < FILES - 1)
		if (strncmp(e->d_name, "a.log-", 6) == 0)
			name[n++] = strdup(e->d_name);
	closedir(d);
	qsort(name, n, sizeof(name[0]), by_name);
	name[n++] = strdup("a.log");
	for (size_t i = 0; i < n; i++) {
		int fd;
		ssize_t got;

		(void)snprintf(path, sizeof(path), "%s/%s", p->dir, name[i]);
		fd = open(path, O_RDONLY);
		assert_int_not_equal(fd, -1);
		got = read(fd, text + len, ROOM - len - 1);
		assert_true(got >= 0);
		len += (size_t)got;
		assert_true(got == 0 || text[len - 1] == '\n');
		close(fd);
		free(name[i]);
	}
	text[len] = '\0';
	*files = n;
	return len;
}

static void
close_place(struct place *p)
{
	char command[128];

	syncer_stop(p->tools.syncer);
	output_close(&p->out);
	pool_clear(&p->pool);
	metrics_free(p->metrics);
	(void)snprintf(command, sizeof(command), "rm -r %s", p->dir);
	assert_int_equal(system(command), 0);
}

static uint64_t
count(struct place *p, enum output_metric id)
{
	return metrics_output_sum(p->metrics, 0, id);
}

static void
a_block_is_written_and_given_back(void **state)
{
	struct place p;
	char text[ROOM];
	size_t files;

	(void)state;
	open_place(&p, 0);
	give(&p, "one\ntwo\n");
	read_all(&p, text, &files);
	assert_string_equal(text, "one\ntwo\n");
	assert_int_equal(p.written, 1);
	assert_int_equal(count(&p, O_WRITTEN), 2);
	assert_int_equal(count(&p, O_BYTES), 8);
	assert_int_equal(count(&p, O_QUEUE_BYTES), 0);
	close_place(&p);
}

static void
rotation_cuts_at_line_ends_only(void **state)
{
	struct place p;
	char text[ROOM];
	size_t files;

	(void)state;
	open_place(&p, 10);
	give(&p, "1234\n6789\nabc\nde\nf\n0123456789012345\nx\n");
	read_all(&p, text, &files);
	assert_string_equal(
	    text, "1234\n6789\nabc\nde\nf\n0123456789012345\nx\n");
	/* 10 + 9 + the long one alone + the last */
	assert_int_equal(files, 4);
	assert_int_equal(count(&p, O_ROTATIONS), 3);
	close_place(&p);
}

/* Every size of disk, in chunks of every size: whole, once, in order. */
static void
a_full_disk_neither_tears_nor_doubles_a_line(void **state)
{
	static const char lines[] = "first\nsecond one\n3\nfourth line\nfive\n";

	(void)state;
	for (size_t room = 0; room < sizeof(lines); room++)
		for (size_t chunk = 1; chunk < 8; chunk += 3) {
			struct place p;
			char text[ROOM];
			size_t files;

			open_place(&p, 12);
			disk_room = room;
			disk_chunk = chunk;
			give(&p, lines);
			give(&p, "behind\n");
			assert_int_equal(count(&p, O_STALLED), 1);
			assert_in_range(
			    count(&p, O_FAILED_ENOSPC), 1, UINT32_MAX);
			retry(&p); /* still full */
			disk_room = SIZE_MAX;
			retry(&p);
			assert_int_equal(count(&p, O_STALLED), 0);
			read_all(&p, text, &files);
			assert_int_equal(strlen(text), sizeof(lines) - 1 + 7);
			assert_memory_equal(text, lines, sizeof(lines) - 1);
			assert_int_equal(p.written, 2);
			close_place(&p);
		}
}

static void
a_line_begun_is_ended_before_the_file_is_left(void **state)
{
	struct place p;
	char text[ROOM], moved[160];
	size_t files;

	(void)state;
	open_place(&p, 0);
	disk_room = 7; /* "one\n" and "two" */
	give(&p, "one\ntwo\nthree\n");
	(void)snprintf(moved, sizeof(moved), "%s/a.log-moved", p.dir);
	assert_int_equal(rename(p.path, moved), 0);
	output_reopen(&p.out);
	output_rotate(&p.out);
	disk_room = SIZE_MAX;
	retry(&p);
	/* read_all() also checks that each file ends in a line's end */
	read_all(&p, text, &files);
	assert_int_equal(files, 2);
	assert_string_equal(text, "one\ntwo\nthree\n");
	close_place(&p);
}

static void
a_deleted_file_comes_back_with_the_whole_line(void **state)
{
	struct place p;
	char text[ROOM];
	size_t files;

	(void)state;
	open_place(&p, 0);
	disk_room = 6; /* "one\n" and "tw" */
	give(&p, "one\ntwo\nthree\n");
	assert_int_equal(unlink(p.path), 0);
	disk_room = SIZE_MAX;
	p.out.look_at = 0;
	p.out.retry_at = INT64_MAX;
	output_tick(&p.out);
	retry(&p);
	read_all(&p, text, &files);
	assert_string_equal(text, "two\nthree\n");
	close_place(&p);
}

/* A file that was moved away is written to until SIGHUP, beyond its limit. */
static void
a_rotation_that_fails_makes_no_smaller_writes(void **state)
{
	struct place p;
	char moved[160];

	(void)state;
	open_place(&p, 10);
	give(&p, "12345678\n");
	(void)snprintf(moved, sizeof(moved), "%s/a.log-moved", p.dir);
	assert_int_equal(rename(p.path, moved), 0);
	disk_writes = 0;
	give(&p, "a\nb\nc\nd\ne\nf\n");
	assert_int_equal(disk_writes, 1);
	assert_int_equal(count(&p, O_FAILED_ROTATE), 1);
	output_reopen(&p.out);
	give(&p, "g\n");
	assert_int_equal(p.out.file.size, 2);
	close_place(&p);
}

static void
an_empty_file_is_not_rotated(void **state)
{
	struct place p;
	char text[ROOM];
	size_t files;

	(void)state;
	open_place(&p, 0);
	output_rotate(&p.out);
	read_all(&p, text, &files);
	assert_int_equal(files, 1);
	give(&p, "x\n");
	output_rotate(&p.out);
	output_rotate(&p.out);
	read_all(&p, text, &files);
	assert_int_equal(files, 2);
	assert_int_equal(count(&p, O_ROTATIONS), 1);
	close_place(&p);
}

static void
what_is_left_at_the_end_is_counted(void **state)
{
	struct place p;
	char text[ROOM];
	size_t files;

	(void)state;
	open_place(&p, 0);
	disk_room = 6;
	give(&p, "one\ntwo\nthree\n");
	give(&p, "four\n");
	syncer_stop(p.tools.syncer);
	p.tools.syncer = NULL;
	output_close(&p.out);
	assert_int_equal(count(&p, O_WRITTEN), 1);
	assert_int_equal(count(&p, O_DROPPED_STOP), 3);
	assert_int_equal(p.written, 2);
	/* half a line is taken out again: read_all() checks the end */
	read_all(&p, text, &files);
	assert_string_equal(text, "one\n");
	p.out.standard = true; /* closed above */
	close_place(&p);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_block_is_written_and_given_back),
		cmocka_unit_test(rotation_cuts_at_line_ends_only),
		cmocka_unit_test(a_full_disk_neither_tears_nor_doubles_a_line),
		cmocka_unit_test(a_line_begun_is_ended_before_the_file_is_left),
		cmocka_unit_test(a_deleted_file_comes_back_with_the_whole_line),
		cmocka_unit_test(a_rotation_that_fails_makes_no_smaller_writes),
		cmocka_unit_test(an_empty_file_is_not_rotated),
		cmocka_unit_test(what_is_left_at_the_end_is_counted),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
