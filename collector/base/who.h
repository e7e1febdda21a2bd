/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * who.h - who sends, as limits see it: an address without port, or a user
 *
 * IPv4-mapped IPv6 addresses are the IPv4 addresses that they stand for.
 */
#ifndef BASE_WHO_H
#define BASE_WHO_H

#include <sys/socket.h>
#include <sys/types.h>

#include <stdbool.h>
#include <stdint.h>

/* Values to compare; all bytes count. */
struct who {
	uint64_t id[2];
	uint64_t kind; /* 0: nobody */
};

/* The sender at that address; of a family other than IPv4 and IPv6, one
 * sender for all. */
struct who who_address(const struct sockaddr_storage *a);

/* The user of this machine; known is false: those without credentials. */
struct who who_user(bool known, uid_t uid);

static inline bool
who_eq(const struct who *a, const struct who *b)
{
	return a->id[0] == b->id[0] && a->id[1] == b->id[1] &&
	    a->kind == b->kind;
}

/*
 * Where it goes in a table. The secret is random, so that nobody can choose
 * addresses which all go to one place.
 */
struct who_secret {
	uint64_t key[2];
};

int who_secret_make(struct who_secret *s); /* -1: errno */
uint64_t who_hash(const struct who *w, const struct who_secret *s);

#endif
