/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * test_spool_faults.c - calls that fail by chance while a spool is written,
 * synced, read, rewound, and opened anew: nothing is lost or out of order
 */
#include "spoolplace.h"

#include <errno.h>
#include <fcntl.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/syscall.h>
#include <unistd.h>

enum { SEEDS = 24, STEPS = 2000, TEXT = 16000 };

int __wrap_fdatasync(int fd);
int __wrap_fsync(int fd);
ssize_t __wrap_pwrite(int fd, const void *p, size_t n, off_t at);
int __wrap_openat(int folder, const char *name, int flags, ...);
int __wrap_renameat(int from, const char *old, int to, const char *new);

/* RULE: variables of the whole file: the library's calls end up here. */
static unsigned chance; /* of 1000 */
static uint32_t dice;

static unsigned
roll(unsigned sides)
{
	dice = dice * 1664525 + 1013904223;
	return (dice >> 8) % sides;
}

static bool
fails(unsigned weight)
{
	if (chance == 0 || roll(1000) >= chance * weight)
		return false;
	errno = roll(2) == 0 ? EIO : ENOSPC;
	return true;
}

int
__wrap_fdatasync(int fd)
{
	(void)fd;
	return fails(20) ? -1 : 0;
}

int
__wrap_fsync(int fd)
{
	(void)fd;
	return fails(10) ? -1 : 0;
}

ssize_t
__wrap_pwrite(int fd, const void *p, size_t n, off_t at)
{
	if (fails(3))
		return -1;
	if (chance > 0 && n > 1 && roll(8) == 0)
		n = 1 + roll((unsigned)n);
	return syscall(SYS_pwrite64, fd, p, n, at);
}

int
__wrap_openat(int folder, const char *name, int flags, ...)
{
	return fails(3) ? -1
			: (int)syscall(SYS_openat, folder, name, flags, 0600);
}

int
__wrap_renameat(int from, const char *old, int to, const char *new)
{
	return fails(5) ? -1 : (int)syscall(SYS_renameat, from, old, to, new);
}

/* A spool and what it must have: numbers from 1 on. */
struct model {
	const struct folder *folder;
	struct spool *s;
	long appended, taken, read; /* taken: acknowledged */
	uint64_t number[STEPS + 1]; /* of each that was read */
};

static void
append(struct model *m)
{
	char text[TEXT + 32];
	unsigned more = roll(40) == 0 ? roll(TEXT) : roll(300);
	struct err err;
	int n = snprintf(
	    text, sizeof(text), "%ld %0*d", m->appended + 1, (int)more, 0);

	if (spool_append(m->s, slice_of(text, (size_t)n), &err) == 0)
		m->appended++;
}

static void
read_one(struct model *m)
{
	struct slice record;
	char text[32] = "";

	if (!spool_read(m->s, &record, &m->number[m->read + 1]))
		return;
	(void)memcpy(text, record.p, record.n < 24 ? record.n : 24);
	assert_int_equal(strtol(text, NULL, 10), ++m->read);
}

static void
acknowledge(struct model *m)
{
	if (m->read == m->taken)
		return;
	m->taken += 1 + roll((unsigned)(m->read - m->taken));
	spool_acknowledge(m->s, m->number[m->taken]);
}

static void
open_again(struct model *m)
{
	unsigned before = chance;
	struct err err;

	chance = 0;
	if (spool_write(m->s, &err) == -1)
		fail_msg("%s", err.text);
	spool_close(m->s);
	m->s = spoolplace_open(m->folder);
	m->read = m->taken;
	chance = before;
}

static void
do_something(struct model *m)
{
	unsigned what = roll(1000);
	struct err err;

	if (what < 550) {
		append(m);
	} else if (what < 650) {
		(void)spool_write(m->s, &err);
	} else if (what < 750) {
		if (spool_sync(m->s, &err) == 0)
			assert_true(spool_is_synced(m->s));
	} else if (what < 920) {
		read_one(m);
	} else if (what < 970) {
		acknowledge(m);
	} else if (what < 995) {
		spool_rewind(m->s);
		m->read = m->taken;
	} else {
		open_again(m);
	}
	assert_int_equal(spool_damaged(m->s), 0);
	assert_int_equal(spool_left(m->s), m->appended - m->taken);
}

static void
nothing_is_lost_or_out_of_order(void **state)
{
	struct folder *f = *state;
	struct model m = { .folder = f };
	struct err err;

	for (uint32_t seed = 0; seed < SEEDS; seed++) {
		dice = seed;
		m.appended = m.taken = m.read = 0;
		m.s = spoolplace_open(f);
		chance = seed % 7 == 0 ? 20 : seed % 4;
		for (int i = 0; i < STEPS; i++)
			do_something(&m);
		chance = 0;
		if (spool_sync(m.s, &err) == -1)
			fail_msg("%s", err.text);
		open_again(&m);
		while (m.read < m.appended)
			read_one(&m);
		acknowledge(&m);
		spool_acknowledge(m.s, m.number[m.read]);
		assert_true(spool_is_empty(m.s));
		spool_close(m.s);
		spoolplace_remove_files(f->path);
	}
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup_teardown(nothing_is_lost_or_out_of_order,
		    spoolplace_set_up, spoolplace_tear_down),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
