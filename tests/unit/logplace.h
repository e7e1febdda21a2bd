/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * logplace.h - where tests of log files take place
 *
 * Every test has a folder of its own and stands in it, and an operating
 * system whose calls fail on demand: link with --wrap for os_write, os_fsync,
 * os_exchange and os_rename.
 */
#ifndef UNIT_LOGPLACE_H
#define UNIT_LOGPLACE_H

#include <sys/types.h>

#include <setjmp.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "output/logfile.h"

#define ROWS(a) (sizeof(a) / sizeof((a)[0]))

enum { NOON = 1795348800 }; /* 2026-11-22T12:00:00Z */

/* What the operating system does; all zero: what the real one does. */
struct fake_os {
	size_t most; /* bytes a write takes at most; 0: any number */
	long room;   /* bytes until ENOSPC, when limited */
	bool limited;
	bool sync_fails;
	int exchange_errno, rename_errno; /* 0: works */
};

extern struct fake_os fake;
extern const struct folder_new usual; /* 0640 and 0750 */

/* The setup and teardown of every test here. */
int place_setup(void **state);
int place_teardown(void **state);

/* The folder and what is below it; no link is followed. */
void remove_folder(const char *path);

/* Makes or replaces a file. */
void put(const char *path, const char *text, size_t n);
void put_text(const char *path, const char *text);

void assert_text(const char *path, const char *text);
int entries(const char *path); /* of a folder */
bool exists(const char *path);
mode_t mode_of(const char *path);

/* must_open(): and nothing had to be repaired. */
void must_open(struct logfile *f, const char *path);
void must_append(struct logfile *f, const char *text);
void must_rotate(struct logfile *f, time_t now, const char *name);

/* The error contains why, and nothing has changed. */
void must_not_rotate(struct logfile *f, const char *why);
void must_not_open(const char *path, const char *why);

#define PLACE_TEST(f) \
	cmocka_unit_test_setup_teardown(f, place_setup, place_teardown)

#endif
