/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * nets.c - see nets.h
 *
 * No network of a set lies within another one: it would say nothing new. So
 * they are in order, and an address needs one binary search.
 */
#include "config/nets.h"

#include <arpa/inet.h>
#include <netinet/in.h>

#include <assert.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum {
	NETS_MAX = 4096,
	KEY_BYTES = 17,
	FAMILY_BITS = 8,
	MAPPED_BITS = 96, /* of ::ffff:0:0 */
	NET_TEXT = INET6_ADDRSTRLEN + 4
};

/* The family comes first: ::/0 is every IPv6 address and no IPv4 one. */
struct net {
	uint8_t key[KEY_BYTES]; /* 4 or 6, the address, zeros */
	uint8_t bits;           /* of key, those of the family included */
};

struct nets {
	struct net *net; /* owned; in the order of their keys */
	size_t n, cap;
};

static struct net
make_net(const void *address, size_t bytes)
{
	struct net net = { .bits = (uint8_t)(FAMILY_BITS + bytes * 8) };

	net.key[0] = bytes == 4 ? 4 : 6;
	memcpy(net.key + 1, address, bytes);
	return net;
}

static struct net
make_net6(const struct in6_addr *a)
{
	if (IN6_IS_ADDR_V4MAPPED(a))
		return make_net(&a->s6_addr[12], 4);
	return make_net(a->s6_addr, sizeof(a->s6_addr));
}

/* Sets what lies behind the first bits of the key to zero. */
static void
mask(struct net *net, unsigned bits)
{
	for (unsigned i = 0; i < KEY_BYTES; i++) {
		if (i * 8 >= bits)
			net->key[i] = 0;
		else if (bits - i * 8 < 8)
			net->key[i] &= (uint8_t)(0xff00U >> (bits - i * 8));
	}
	net->bits = (uint8_t)bits;
}

static bool
is_within(const struct net *small, const struct net *big)
{
	struct net cut;

	assert(small != NULL && big != NULL);
	cut = *small;
	if (small->bits < big->bits)
		return false;
	mask(&cut, big->bits);
	return memcmp(cut.key, big->key, KEY_BYTES) == 0;
}

static char *
write_net(const struct net *net, char to[NET_TEXT])
{
	int family = net->key[0] == 4 ? AF_INET : AF_INET6;
	size_t n;

	(void)inet_ntop(family, net->key + 1, to, INET6_ADDRSTRLEN);
	n = strlen(to);
	(void)snprintf(
	    to + n, NET_TEXT - n, "/%d", (int)net->bits - FAMILY_BITS);
	return to;
}

/* A number of bits from 0 to 128; -1: it is none. */
static int
take_bits(const char *text)
{
	int n = 0;

	if (*text == '\0' || (text[0] == '0' && text[1] != '\0'))
		return -1;
	for (; *text != '\0'; text++) {
		if (*text < '0' || *text > '9' || n > 128)
			return -1;
		n = n * 10 + (*text - '0');
	}
	return n;
}

/* The address, without the prefix: all of its bits count. */
static int
parse_address(const char *text, struct net *net, bool *mapped, struct err *err)
{
	struct in6_addr a6;
	struct in_addr a4;

	*mapped = false;
	if (inet_pton(AF_INET, text, &a4) == 1) {
		*net = make_net(&a4, sizeof(a4));
		return 0;
	}
	if (inet_pton(AF_INET6, text, &a6) == 1) {
		*net = make_net6(&a6);
		*mapped = net->key[0] == 4;
		return 0;
	}
	if (text[0] == '[')
		return err_set(err, "IPv6 stands without brackets here");
	if (strchr(text, '%') != NULL)
		return err_set(err, "an address without a scope is wanted");
	return err_set(err,
	    "not an address; must be like 10.0.0.0/8, fd00::/8 or 192.0.2.7 "
	    "(names are not looked up)");
}

static int
parse_net(const char *text, struct net *net, struct err *err)
{
	char address[INET6_ADDRSTRLEN], right[NET_TEXT];
	const char *slash = strchrnul(text, '/');
	size_t n = (size_t)(slash - text);
	struct net masked;
	bool mapped;
	int bits, max, least;

	/* What is too long for an address will not become one by a cut. */
	(void)snprintf(address, sizeof(address), "%.*s",
	    n < sizeof(address) ? (int)n : 0, text);
	if (parse_address(address, net, &mapped, err) == -1)
		return -1;
	if (*slash == '\0')
		return 0;

	least = mapped ? MAPPED_BITS : 0;
	max = net->bits - FAMILY_BITS + least;
	bits = take_bits(slash + 1);
	if (bits < least || bits > max)
		return err_set(err,
		    "the number behind the slash must be from %d to %d", least,
		    max);
	masked = *net;
	mask(&masked, (unsigned)(bits - least + FAMILY_BITS));
	if (memcmp(masked.key, net->key, KEY_BYTES) != 0)
		return err_set(err,
		    "has bits set behind its prefix; the network is %s",
		    write_net(&masked, right));
	*net = masked;
	return 0;
}

/* The index of the first network whose key is greater; n: there is none. */
static size_t
find_above(const struct nets *n, const uint8_t *key)
{
	size_t low = 0, high = n->n, mid;

	while (low < high) {
		mid = low + (high - low) / 2;
		if (memcmp(n->net[mid].key, key, KEY_BYTES) <= 0)
			low = mid + 1;
		else
			high = mid;
	}
	return low;
}

static bool
holds(const struct nets *n, const struct net *net)
{
	size_t at = find_above(n, net->key);

	return at > 0 && is_within(net, &n->net[at - 1]);
}

/* Puts net where the networks within it are, which go. */
static int
insert(struct nets *n, const struct net *net, struct err *err)
{
	size_t at = find_above(n, net->key), end, cap;
	struct net *p;

	while (at > 0 && is_within(&n->net[at - 1], net))
		at--;
	for (end = at; end < n->n && is_within(&n->net[end], net);)
		end++;
	if (end == at && n->n == NETS_MAX)
		return err_set(err, "more than %d networks", (int)NETS_MAX);
	if (end == at && n->n == n->cap) {
		cap = n->cap == 0 ? 4 : n->cap * 2;
		p = reallocarray(n->net, cap, sizeof(*p));
		if (p == NULL)
			return err_set(err, "out of memory");
		n->net = p;
		n->cap = cap;
	}
	memmove(&n->net[at + 1], &n->net[end], (n->n - end) * sizeof(*net));
	n->net[at] = *net;
	n->n = n->n - (end - at) + 1;
	return 0;
}

int
nets_add(struct nets **n, const char *text, struct err *err)
{
	struct nets *to = *n;
	struct net net = { 0 };

	if (parse_net(text, &net, err) == -1)
		return -1;
	if (to == NULL)
		to = calloc(1, sizeof(*to));
	if (to == NULL)
		return err_set(err, "out of memory");
	if (!holds(to, &net) && insert(to, &net, err) == -1) {
		if (*n == NULL)
			nets_free(to);
		return -1;
	}
	*n = to;
	return 0;
}

void
nets_free(struct nets *n)
{
	if (n == NULL)
		return;
	free(n->net);
	free(n);
}

bool
nets_hold(const struct nets *n, const struct sockaddr_storage *a)
{
	struct net net = { 0 };

	if (a->ss_family == AF_INET)
		net = make_net(
		    &((const struct sockaddr_in *)(const void *)a)->sin_addr,
		    4);
	else if (a->ss_family == AF_INET6)
		net = make_net6(
		    &((const struct sockaddr_in6 *)(const void *)a)->sin6_addr);
	else
		return false;
	return holds(n, &net);
}
