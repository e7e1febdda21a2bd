/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * test_spool.c - a spool gives back what it was given, in order, whatever
 * happens to its files (A6, A7)
 */
#include "spoolplace.h"

#include <dirent.h>
#include <fcntl.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <unistd.h>

enum { RECORDS = 12 };

static void
append(struct spool *s, int number)
{
	char text[64];
	struct err err;
	int n = snprintf(text, sizeof(text), "record %d %.*s", number,
	    number % 20, "....................");

	if (spool_append(s, slice_of(text, (size_t)n), &err) == -1)
		fail_msg("%s", err.text);
}

static int
number_of(struct slice record)
{
	char text[64];

	assert_in_range(record.n, 8, sizeof(text) - 1);
	(void)memcpy(text, record.p, record.n);
	text[record.n] = '\0';
	return (int)strtol(text + 7, NULL, 10);
}

/* Reads and acknowledges all; they must be these. */
static void
assert_records(struct spool *s, int from, int to)
{
	struct slice record;
	uint64_t number = 0;

	for (int i = from; i <= to; i++) {
		assert_true(spool_read(s, &record, &number));
		assert_int_equal(number_of(record), i);
		spool_acknowledge(s, number);
	}
	assert_false(spool_read(s, &record, &number));
	assert_true(spool_is_empty(s));
}

static void
it_gives_back_in_order(void **state)
{
	struct spool *s = spoolplace_open(*state);

	assert_true(spool_is_empty(s));
	for (int i = 1; i <= 1000; i++)
		append(s, i);
	assert_false(spool_is_empty(s));
	assert_records(s, 1, 1000);
	for (int i = 1001; i <= 1010; i++)
		append(s, i);
	assert_records(s, 1001, 1010);
	assert_int_equal(spool_damaged(s), 0);
	spool_close(s);
}

static void
it_survives_any_number_of_starts(void **state)
{
	struct spool *s;

	for (int start = 0; start < 5; start++) {
		s = spoolplace_open(*state);
		for (int i = 0; i < 100; i++)
			append(s, start * 100 + i + 1);
		spool_close(s);
	}
	s = spoolplace_open(*state);
	assert_records(s, 1, 500);
	assert_int_equal(spool_damaged(s), 0);
	spool_close(s);
	s = spoolplace_open(*state);
	assert_records(s, 1, 0);
	assert_int_equal(spool_damaged(s), 0);
	spool_close(s);
}

static void
what_was_acknowledged_does_not_come_again(void **state)
{
	struct spool *s = spoolplace_open(*state);
	struct slice record;
	uint64_t number = 0;

	for (int i = 1; i <= 10; i++)
		append(s, i);
	for (int i = 1; i <= 7; i++)
		assert_true(spool_read(s, &record, &number));
	spool_acknowledge(s, number - 4);
	spool_rewind(s);
	assert_true(spool_read(s, &record, &number));
	assert_int_equal(number_of(record), 4);
	spool_close(s);
	s = spoolplace_open(*state);
	assert_records(s, 4, 10);
	spool_close(s);
}

static void
each_opener_has_a_part_and_finds_what_was_left(void **state)
{
	struct folder *f = *state;
	struct spool *one = spoolplace_open(f), *two = spoolplace_open(f),
		     *left = NULL;
	struct err err;

	append(two, 5);
	assert_int_equal(
	    spool_open(&left, f->path, SPOOL_LIMIT, true, &err), 0);
	assert_null(left); /* it is in use */
	spool_close(two);
	assert_int_equal(
	    spool_open(&left, f->path, SPOOL_LIMIT, true, &err), 0);
	assert_non_null(left);
	assert_records(left, 5, 5);
	spool_close(left);
	append(one, 1);
	spool_close(one);
}

static void
it_is_bounded_and_goes_on_when_there_is_room(void **state)
{
	struct spool *s = spoolplace_open(*state);
	char big[1000];
	struct err err;
	struct slice record;
	uint64_t number = 0;
	int n = 0, again = 0;

	(void)memset(big, 'x', sizeof(big));
	while (spool_append(s, slice_of(big, sizeof(big)), &err) == 0)
		n++;
	assert_in_range(n, 1900, 2100);
	assert_non_null(strstr(err.text, "is full"));
	assert_in_range(spool_bytes(s), SPOOL_LIMIT - 4096, SPOOL_LIMIT);
	for (int i = 0; i < n; i++) {
		assert_true(spool_read(s, &record, &number));
		assert_int_equal(record.n, sizeof(big));
		spool_acknowledge(s, number);
	}
	while (spool_append(s, slice_of(big, sizeof(big)), &err) == 0)
		again++;
	assert_in_range(again, 1600, 2100);
	spool_close(s);
}

/* The only segment, as bytes; its name is put to name. */
static size_t
load(const struct folder *f, char *bytes, size_t size, char name[128])
{
	size_t n;
	FILE *file;

	(void)snprintf(name, 128, "%s/0000000000000001.log", f->part);
	file = fopen(name, "rb");
	assert_non_null(file);
	n = fread(bytes, 1, size, file);
	(void)fclose(file);
	return n;
}

static void
store(const char *name, const char *bytes, size_t n)
{
	FILE *file = fopen(name, "wb");

	assert_non_null(file);
	assert_int_equal(fwrite(bytes, 1, n, file), n);
	assert_int_equal(fclose(file), 0);
}

/* Some of 1..RECORDS, in order; how many are missing is counted. */
static int
assert_damaged(const struct folder *f, int missing_at_most)
{
	struct spool *s = spoolplace_open(f);
	struct slice record;
	uint64_t number = 0;
	int last = 0, found = 0;

	while (spool_read(s, &record, &number)) {
		assert_true(number_of(record) > last);
		last = number_of(record);
		found++;
	}
	assert_in_range(found, RECORDS - missing_at_most, RECORDS);
	assert_int_equal(spool_damaged(s), RECORDS - found);
	if (number > 0)
		spool_acknowledge(s, number);
	assert_true(spool_is_empty(s));
	spool_close(s);
	return found;
}

static void
make_records(const struct folder *f, char *state, size_t size, size_t *n)
{
	struct spool *s = spoolplace_open(f);
	char name[128];
	FILE *file;

	for (int i = 1; i <= RECORDS; i++)
		append(s, i);
	spool_close(s);
	(void)snprintf(name, sizeof(name), "%s/state", f->part);
	file = fopen(name, "rb");
	assert_non_null(file);
	*n = fread(state, 1, size, file);
	(void)fclose(file);
}

static void
a_flipped_bit_costs_one_record_at_most(void **state)
{
	struct folder *f = *state;
	char bytes[4096], status[64], name[128], status_name[128];
	size_t n, status_n;

	make_records(f, status, sizeof(status), &status_n);
	n = load(f, bytes, sizeof(bytes), name);
	(void)snprintf(status_name, sizeof(status_name), "%s/state", f->part);
	for (size_t i = 0; i < 8 * n; i++) {
		bytes[i / 8] = (char)(bytes[i / 8] ^ (1 << i % 8));
		spoolplace_remove_files(f->part);
		store(name, bytes, n);
		store(status_name, status, status_n);
		(void)assert_damaged(f, 1);
		bytes[i / 8] = (char)(bytes[i / 8] ^ (1 << i % 8));
	}
}

static void
a_truncated_segment_gives_what_is_whole(void **state)
{
	struct folder *f = *state;
	char bytes[4096], status[64], name[128], status_name[128];
	size_t n, status_n;
	int found, before = 0;

	make_records(f, status, sizeof(status), &status_n);
	n = load(f, bytes, sizeof(bytes), name);
	(void)snprintf(status_name, sizeof(status_name), "%s/state", f->part);
	for (size_t i = 0; i <= n; i++) {
		spoolplace_remove_files(f->part);
		store(name, bytes, i);
		store(status_name, status, status_n);
		found = assert_damaged(f, RECORDS);
		assert_true(found >= before);
		before = found;
	}
	assert_int_equal(before, RECORDS);
}

/* What a message contains is not taken for a record. */
static void
a_record_in_a_record_stays_text(void **state)
{
	struct folder *f = *state;
	char bytes[4096], name[128];
	struct slice record;
	uint64_t number;
	struct spool *s;
	struct err err;
	size_t n;

	s = spoolplace_open(f);
	append(s, 1);
	spool_close(s);
	n = load(f, bytes, sizeof(bytes), name);
	s = spoolplace_open(f); /* another segment, with another nonce */
	assert_int_equal(spool_append(s, slice_of(bytes, n), &err), 0);
	append(s, 3);
	spool_close(s);
	(void)snprintf(name, sizeof(name), "%s/0000000000000002.log", f->part);
	int fd = open(name, O_WRONLY);
	assert_true(fd != -1);
	/* its length is damaged: what is in it is looked through */
	assert_int_equal(pwrite(fd, "\xff", 1, 48 + 4), 1);
	assert_int_equal(close(fd), 0);
	s = spoolplace_open(f);
	assert_true(spool_read(s, &record, &number));
	assert_int_equal(number_of(record), 1);
	assert_true(spool_read(s, &record, &number));
	assert_int_equal(number_of(record), 3);
	assert_false(spool_read(s, &record, &number));
	assert_int_equal(spool_damaged(s), 1);
	spool_close(s);
}

/* K6: the program closed our descriptors, and has folders of its own under
 * their numbers. */
static void
only_its_own_segments_are_removed(void **state)
{
	struct folder *f = *state;
	const char *segment = "0000000000000001.log";
	char foreign[128], ours[128];
	struct slice record;
	uint64_t number = 0;
	struct spool *s;
	int fd;

	(void)snprintf(ours, sizeof(ours), "%s/%s", f->part, segment);
	(void)snprintf(foreign, sizeof(foreign), "%s/foreign", f->path);
	s = spoolplace_open(f);
	append(s, 1);
	spool_close(s);
	assert_int_equal(access(ours, F_OK), 0);
	s = spoolplace_open(f);
	assert_true(spool_read(s, &record, &number));
	for (fd = STDERR_FILENO + 1; fd < 32; fd++)
		(void)close(fd);
	assert_int_equal(mkdir(foreign, 0700), 0);
	do
		fd = open(foreign, O_RDONLY | O_DIRECTORY);
	while (fd != -1 && fd < 31);
	assert_int_equal(fd, 31);
	fd = openat(fd, segment, O_WRONLY | O_CREAT, 0600);
	assert_true(fd != -1);
	assert_int_equal(close(fd), 0);
	spool_acknowledge(s, number);
	assert_int_equal(faccessat(31, segment, F_OK, 0), 0);
	assert_int_equal(access(ours, F_OK), -1);
	spool_close(s);
	for (fd = STDERR_FILENO + 1; fd < 32; fd++)
		assert_int_equal(close(fd), 0);
}

/* Without a descriptor for its file nothing is lost: it comes later. */
static void
what_cannot_be_opened_now_is_read_later(void **state)
{
	struct spool *s = spoolplace_open(*state);
	struct rlimit all, few;
	struct slice record;
	struct err err;
	uint64_t number;
	int next;

	for (int i = 1; i <= RECORDS; i++)
		append(s, i);
	assert_int_equal(spool_write(s, &err), 0);
	next = dup(0); /* the number that the file would get */
	assert_int_not_equal(next, -1);
	(void)close(next);
	assert_int_equal(getrlimit(RLIMIT_NOFILE, &all), 0);
	few = all;
	few.rlim_cur = (rlim_t)next;
	assert_int_equal(setrlimit(RLIMIT_NOFILE, &few), 0);
	assert_false(spool_read(s, &record, &number));
	assert_int_equal(setrlimit(RLIMIT_NOFILE, &all), 0);
	assert_int_equal(spool_damaged(s), 0);
	assert_records(s, 1, RECORDS);
	spool_close(s);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		WITH_FOLDER(it_gives_back_in_order),
		WITH_FOLDER(it_survives_any_number_of_starts),
		WITH_FOLDER(what_was_acknowledged_does_not_come_again),
		WITH_FOLDER(each_opener_has_a_part_and_finds_what_was_left),
		WITH_FOLDER(it_is_bounded_and_goes_on_when_there_is_room),
		WITH_FOLDER(a_flipped_bit_costs_one_record_at_most),
		WITH_FOLDER(a_truncated_segment_gives_what_is_whole),
		WITH_FOLDER(a_record_in_a_record_stays_text),
		WITH_FOLDER(only_its_own_segments_are_removed),
		WITH_FOLDER(what_cannot_be_opened_now_is_read_later),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
