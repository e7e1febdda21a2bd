/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * tls_map.h - which clear text is in which ciphertext; pure
 *
 * The kernel knows how many bytes of ciphertext the peer has acknowledged, and
 * a record can be read only when all of it is there. So for each record it is
 * kept where it ends, in both.
 */
#ifndef TLS_MAP_H
#define TLS_MAP_H

#include <stddef.h>
#include <stdint.h>

enum { TLS_MAP_ENDS = 512 };

struct tls_map_end {
	uint64_t cipher, clear; /* bytes since the connection began */
};

struct tls_map {
	struct tls_map_end ends[TLS_MAP_ENDS]; /* a ring */
	size_t first, count;
	struct tls_map_end last; /* all there is */
	uint64_t acknowledged;   /* of clear text */
};

/* More was put: n bytes of clear text, and with them the ciphertext is so
 * long, cipher bytes since the connection began. */
void tls_map_add(struct tls_map *m, uint64_t cipher, size_t n);

/* So many bytes of ciphertext have been acknowledged: how much of the clear
 * text was not? */
size_t tls_map_unacknowledged(struct tls_map *m, uint64_t cipher);

#endif
