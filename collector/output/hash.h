/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * hash.h - a number for a text, which its writer cannot choose
 */
#ifndef OUTPUT_HASH_H
#define OUTPUT_HASH_H

#include <stdint.h>

#include "wire/slice.h"

/* Random and secret: without it nobody finds texts that hash alike. */
struct hash_key {
	uint64_t word[2];
};

int hash_key_make(struct hash_key *k); /* -1: errno */

/* SipHash-1-3. */
uint64_t hash_text(const struct hash_key *k, struct slice text);

#endif
