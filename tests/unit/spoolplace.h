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

/* Fails the test when it cannot be had. */
struct spool *spoolplace_open(const struct folder *f);

#endif
