/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * reserve.h - a little memory for libevent when there is none
 *
 * libevent's HTTP server (2.1) crashes when it gets memory for a request but
 * not for all of its parts, and a crash costs every message that waits. So
 * small pieces come from a reserve when malloc() has none: enough for all the
 * connections that the status server admits at one time. What is larger
 * fails as ever, and costs that connection.
 */
#ifndef BASE_RESERVE_H
#define BASE_RESERVE_H

#include <stddef.h>

enum {
	RESERVE_PIECE = 1024, /* the largest that is taken from it */
	RESERVE_PIECES = 256
};

/* Before anything else is asked of libevent. */
void reserve_use(void);

/* What libevent calls then; from any thread. */
void *reserve_malloc(size_t n);
void *reserve_realloc(void *p, size_t n);
void reserve_free(void *p);

#endif
