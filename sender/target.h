/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * target.h - where to send to: the URLs of syncline_open(), taken apart; pure
 */
#ifndef TARGET_H
#define TARGET_H

#include "wire/err.h"
#include "wire/slice.h"

enum {
	TARGETS_MAX = 8,
	TARGET_HOST = 253, /* RFC 1035 section 2.3.4, written with dots */
	TARGET_PATH = 1023,
	TARGET_SUN = 107 /* of struct sockaddr_un */
};

enum target_kind {
	TARGET_UNIX, /* datagrams, or a stream where the socket is one */
	TARGET_UNIX_STREAM,
	TARGET_UDP,
	TARGET_TCP,
	TARGET_FILE
};

struct target {
	enum target_kind kind;
	char host[TARGET_HOST + 1], port[6]; /* UDP, TCP */
	char path[TARGET_PATH + 1];          /* the others */
	char url[TARGET_PATH + 16];          /* as it was given */
};

struct targets {
	struct target at[TARGETS_MAX];
	size_t n;
};

/* Reads URLs with blanks between. -1: *err, and *t is undefined. */
int targets_parse(struct targets *t, struct slice urls, struct err *err);

static inline bool
target_is_stream(const struct target *t)
{
	return t->kind == TARGET_TCP || t->kind == TARGET_UNIX_STREAM;
}

#endif
