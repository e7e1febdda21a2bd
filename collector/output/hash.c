/* SPDX-License-Identifier: BSD-2-Clause */
#include "output/hash.h"

#include <sys/random.h>

#include <endian.h>
#include <string.h>

struct state {
	uint64_t a, b, c, d;
};

int
hash_key_make(struct hash_key *k)
{
	/* so few bytes come whole, and no signal interrupts them */
	return getrandom(k, sizeof(*k), 0) == sizeof(*k) ? 0 : -1;
}

static uint64_t
turn(uint64_t v, unsigned bits)
{
	return v << bits | v >> (64 - bits);
}

static void
mix(struct state *s)
{
	s->a += s->b;
	s->c += s->d;
	s->b = turn(s->b, 13) ^ s->a;
	s->d = turn(s->d, 16) ^ s->c;
	s->a = turn(s->a, 32) + s->d;
	s->c += s->b;
	s->d = turn(s->d, 21) ^ s->a;
	s->b = turn(s->b, 17) ^ s->c;
	s->c = turn(s->c, 32);
}

static void
absorb(struct state *s, uint64_t word)
{
	s->d ^= word;
	mix(s);
	s->a ^= word;
}

/* n bytes, the first the lowest; n is less than 8. */
static uint64_t
word_of(const char *p, size_t n)
{
	uint64_t word = 0;

	for (size_t i = 0; i < n; i++)
		word |= (uint64_t)(unsigned char)p[i] << 8 * i;
	return word;
}

uint64_t
hash_text(const struct hash_key *k, struct slice text)
{
	struct state s = { k->word[0] ^ UINT64_C(0x736f6d6570736575),
		k->word[1] ^ UINT64_C(0x646f72616e646f6d),
		k->word[0] ^ UINT64_C(0x6c7967656e657261),
		k->word[1] ^ UINT64_C(0x7465646279746573) };
	uint64_t length = (uint64_t)text.n << 56, word;

	for (; text.n >= sizeof(word); slice_skip(&text, sizeof(word))) {
		memcpy(&word, text.p, sizeof(word));
		absorb(&s, le64toh(word));
	}
	absorb(&s, length | word_of(text.p, text.n));
	s.c ^= 0xff;
	for (int i = 0; i < 3; i++)
		mix(&s);
	return s.a ^ s.b ^ s.c ^ s.d;
}
