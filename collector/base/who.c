/* SPDX-License-Identifier: BSD-2-Clause */
#include "base/who.h"

#include <sys/random.h>

#include <netinet/in.h>
#include <string.h>

enum { WHO_OTHER = 1, WHO_IPV4, WHO_IPV6, WHO_USER, WHO_UNKNOWN_USER };

static struct who
who_ipv4(const void *bytes)
{
	struct who w = { .kind = WHO_IPV4 };

	memcpy(w.id, bytes, sizeof(struct in_addr));
	return w;
}

struct who
who_address(const struct sockaddr_storage *a)
{
	const struct sockaddr_in6 *in6 = (const void *)a;
	const struct sockaddr_in *in = (const void *)a;
	struct who w = { .kind = WHO_OTHER };

	if (a->ss_family == AF_INET)
		return who_ipv4(&in->sin_addr);
	if (a->ss_family != AF_INET6)
		return w;
	if (IN6_IS_ADDR_V4MAPPED(&in6->sin6_addr))
		return who_ipv4(&in6->sin6_addr.s6_addr[12]);
	w.kind = WHO_IPV6;
	_Static_assert(sizeof(w.id) == sizeof(in6->sin6_addr), "it fits");
	memcpy(w.id, &in6->sin6_addr, sizeof(w.id));
	return w;
}

struct who
who_user(bool known, uid_t uid)
{
	struct who w = { .kind = known ? WHO_USER : WHO_UNKNOWN_USER };

	if (known)
		w.id[0] = uid;
	return w;
}

int
who_secret_make(struct who_secret *s)
{
	/* so few bytes come whole, and no signal interrupts them */
	return getrandom(s->key, sizeof(s->key), 0) == sizeof(s->key) ? 0 : -1;
}

static uint64_t
rotate(uint64_t v, unsigned bits)
{
	return v << bits | v >> (64 - bits);
}

static void
mix(uint64_t v[4])
{
	v[0] += v[1];
	v[1] = rotate(v[1], 13) ^ v[0];
	v[0] = rotate(v[0], 32);
	v[2] += v[3];
	v[3] = rotate(v[3], 16) ^ v[2];
	v[0] += v[3];
	v[3] = rotate(v[3], 21) ^ v[0];
	v[2] += v[1];
	v[1] = rotate(v[1], 17) ^ v[2];
	v[2] = rotate(v[2], 32);
}

static void
absorb(uint64_t v[4], uint64_t word)
{
	v[3] ^= word;
	mix(v);
	mix(v);
	v[0] ^= word;
}

/* SipHash-2-4 of the three words. */
uint64_t
who_hash(const struct who *w, const struct who_secret *s)
{
	uint64_t v[4] = { s->key[0] ^ UINT64_C(0x736f6d6570736575),
		s->key[1] ^ UINT64_C(0x646f72616e646f6d),
		s->key[0] ^ UINT64_C(0x6c7967656e657261),
		s->key[1] ^ UINT64_C(0x7465646279746573) };

	absorb(v, w->id[0]);
	absorb(v, w->id[1]);
	absorb(v, w->kind);
	absorb(v, (uint64_t)sizeof(*w) << 56); /* its length ends a message */
	v[2] ^= 0xff;
	for (int i = 0; i < 4; i++)
		mix(v);
	return v[0] ^ v[1] ^ v[2] ^ v[3];
}
