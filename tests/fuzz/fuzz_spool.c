/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * fuzz_spool.c - a spool whose files hold anything
 *
 * It opens, gives records in the order of their numbers, comes to an end, and
 * is as good as new afterwards: what is added then comes back.
 */
#include <fcntl.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>

#include "spool.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void
expect(bool holds)
{
	if (!holds)
		abort();
}

enum { STATE = 32, LIMIT = 4 << 20 };

static void
write_file(const char *folder, const char *name, const void *data, size_t n)
{
	char path[128];
	int fd;

	(void)snprintf(path, sizeof(path), "%s/%s", folder, name);
	fd = open(path, O_WRONLY | O_CREAT | O_TRUNC, 0600);
	expect(fd != -1 && write(fd, data, n) == (ssize_t)n && close(fd) == 0);
}

/* The state and two segments. */
static void
prepare(const char *folder, const uint8_t *data, size_t size)
{
	char part[100];

	(void)snprintf(part, sizeof(part), "%s/00", folder);
	(void)mkdir(folder, 0700);
	(void)mkdir(part, 0700);
	if (size > STATE) {
		write_file(part, "state", data, STATE);
		data += STATE;
		size -= STATE;
	}
	write_file(part, "0000000000000001.log", data, size / 2);
	write_file(
	    part, "0000000000000003.log", data + size / 2, size - size / 2);
}

static void
remove_all(const char *folder)
{
	char command[160];

	/* at most what the spool makes: segments up to the next number */
	(void)snprintf(command, sizeof(command), "rm -rf %s", folder);
	expect(system(command) == 0);
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	static unsigned runs;
	char folder[64];
	struct spool *s = NULL;
	struct slice record;
	struct err err;
	uint64_t number = 0, last = 0;
	int n = 0;

	(void)snprintf(
	    folder, sizeof(folder), "/tmp/fuzz-spool-%d", (int)getpid());
	/* segments of former runs are removed now and then: the rest is part
	 * of the game */
	if (runs++ % 64 == 0)
		remove_all(folder);
	prepare(folder, data, size);
	expect(spool_open(&s, folder, LIMIT, false, &err) == 0);
	while (spool_read(s, &record, &number)) {
		expect(number > last);
		last = number;
		expect(++n < 100000);
	}
	if (last > 0)
		spool_acknowledge(s, last);
	expect(spool_is_empty(s));
	if (spool_append(s, SLICE_LIT("still good"), &err) == 0) {
		expect(spool_read(s, &record, &number));
		expect(slice_eq(record, SLICE_LIT("still good")));
		spool_acknowledge(s, number);
	}
	spool_close(s);
	return 0;
}
