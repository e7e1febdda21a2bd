/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * target.h - where to send to: the URLs of syncline_open(), taken apart; pure
 */
#ifndef TARGET_H
#define TARGET_H

#include "tls_trust.h"
#include "wire/err.h"
#include "wire/slice.h"

enum {
	TARGETS_MAX = 8,
	TARGET_HOST = 253, /* RFC 1035 section 2.3.4, written with dots */
	TARGET_PATH = 1023,
	TARGET_QUERY = 4095, /* what stands behind a '?' */
	TARGET_SUN = 107     /* of struct sockaddr_un */
};

enum target_kind {
	TARGET_UNIX, /* datagrams, or a stream where the socket is one */
	TARGET_UNIX_STREAM,
	TARGET_UDP,
	TARGET_TCP,
	TARGET_TLS,
	TARGET_FILE
};

struct target {
	enum target_kind kind;
	char host[TARGET_HOST + 1], port[6]; /* UDP, TCP, TLS */
	char path[TARGET_PATH + 1];          /* the others */
	char url[TARGET_PATH + 16];          /* as given, up to the '?' */
	struct tls_wish wish;                /* TLS; its texts are owned: */
	char *query;                         /* owned; NULL: none */
};

struct targets {
	struct target at[TARGETS_MAX];
	size_t n;
};

/* Reads URLs with blanks between. -1: *err. In any case targets_clear() is
 * wanted then. Cold: once for each handle, so it is made small, not fast. */
int targets_parse(struct targets *t, struct slice urls, struct err *err)
    __attribute__((cold));
void targets_clear(struct targets *t);

/* target_query.c: the parameters behind the '?' of a tls:// URL, and what they
 * are without any. */
int target_query(struct target *t, struct slice query, struct err *err)
    __attribute__((cold));

static inline bool
target_is_stream(const struct target *t)
{
	return t->kind == TARGET_TCP || t->kind == TARGET_TLS ||
	    t->kind == TARGET_UNIX_STREAM;
}

static inline bool
target_has_host(const struct target *t)
{
	return t->kind == TARGET_UDP || t->kind == TARGET_TCP ||
	    t->kind == TARGET_TLS;
}

#endif
