/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * spoolplace.h - where tests of spools take place: a folder for each
 */
#ifndef UNIT_SPOOLPLACE_H
#define UNIT_SPOOLPLACE_H

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "spool.h"

enum { SPOOL_LIMIT = 2 << 20 };

struct folder {
	char path[64], part[80]; /* part: that of the first process */
};

/* Of cmocka: makes and removes the folder; *state is it. */
int spoolplace_set_up(void **state);
int spoolplace_tear_down(void **state);

void spoolplace_remove_files(const char *path);

/* These fail the test when it is otherwise. */
struct spool *spoolplace_open(const struct folder *f);
void spoolplace_append(struct spool *s, const char *text);

/* The next one, which must be this; its number. */
uint64_t spoolplace_read(struct spool *s, const char *text);

/* Also, it is delivered. */
void spoolplace_take(struct spool *s, const char *text);

/* There is no next one; also, nothing was damaged. */
void spoolplace_nothing(struct spool *s);
void spoolplace_nothing_lost(struct spool *s);

#define WITH_FOLDER(test)                \
	cmocka_unit_test_setup_teardown( \
	    test, spoolplace_set_up, spoolplace_tear_down)

#endif
