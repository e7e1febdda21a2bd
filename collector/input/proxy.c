/* SPDX-License-Identifier: BSD-2-Clause */
#include "input/proxy.h"

#include <arpa/inet.h>

#include <netinet/in.h>
#include <stdint.h>

/*
 * Each step of a line takes what it expects off the front of *in: MORE when
 * there is too little of it, BAD when there is something else.
 */

static enum proxy_status
take_word(struct slice *in, struct slice word)
{
	size_t n = in->n < word.n ? in->n : word.n;

	if (n > 0 && memcmp(in->p, word.p, n) != 0)
		return PROXY_BAD;
	if (n < word.n)
		return PROXY_MORE;
	slice_skip(in, n);
	return PROXY_OK;
}

/* A port: no sign, no zeros in front. */
static enum proxy_status
take_port(struct slice *in, char end, in_port_t *port)
{
	unsigned long value = 0;
	size_t i = 0;

	for (; i < in->n && in->p[i] >= '0' && in->p[i] <= '9'; i++) {
		if (i > 0 && value == 0)
			return PROXY_BAD;
		value = value * 10 + (unsigned long)(in->p[i] - '0');
		if (value > UINT16_MAX)
			return PROXY_BAD;
	}
	if (i == in->n)
		return PROXY_MORE;
	if (i == 0 || in->p[i] != end)
		return PROXY_BAD;
	slice_skip(in, i + 1);
	*port = htons((uint16_t)value);
	return PROXY_OK;
}

static bool
is_of_address(char c, int family)
{
	if (c == '.' || (c >= '0' && c <= '9'))
		return true;
	return family == AF_INET6 &&
	    (c == ':' || (c >= 'a' && c <= 'f') || (c >= 'A' && c <= 'F'));
}

/* An address and the space behind it. */
static enum proxy_status
take_address(struct slice *in, int family, void *address)
{
	char text[INET6_ADDRSTRLEN];
	size_t max = family == AF_INET ? INET_ADDRSTRLEN : INET6_ADDRSTRLEN;
	size_t i = 0;

	for (; i < in->n && is_of_address(in->p[i], family); i++)
		if (i == max - 1)
			return PROXY_BAD;
	if (i == in->n)
		return PROXY_MORE;
	if (in->p[i] != ' ')
		return PROXY_BAD;
	if (i > 0)
		memcpy(text, in->p, i);
	text[i] = '\0';
	/* glibc's refuses zeros in front, and fewer than four numbers */
	if (inet_pton(family, text, address) != 1)
		return PROXY_BAD;
	slice_skip(in, i + 1);
	return PROXY_OK;
}

/* Of an unknown kind: whatever there is up to the end of the line. */
static enum proxy_status
take_rest(struct slice *in)
{
	for (size_t i = 0; i < in->n; i++) {
		if (i == 0 && in->p[i] != ' ' && in->p[i] != '\r')
			return PROXY_BAD;
		if (in->p[i] == '\n')
			return PROXY_BAD;
		if (in->p[i] == '\r') {
			slice_skip(in, i);
			return take_word(in, SLICE_LIT("\r\n"));
		}
	}
	return PROXY_MORE;
}

/* Source, destination, and the ports of both. */
static enum proxy_status
take_addresses(struct slice *in, int family, struct sockaddr_storage *source)
{
	struct sockaddr_in *in4 = (void *)source;
	struct sockaddr_in6 *in6 = (void *)source;
	struct in6_addr unused;
	enum proxy_status st;
	in_port_t port, unused_port;

	st = take_address(in, family,
	    family == AF_INET ? (void *)&in4->sin_addr
			      : (void *)&in6->sin6_addr);
	if (st == PROXY_OK)
		st = take_address(in, family, &unused);
	if (st == PROXY_OK)
		st = take_port(in, ' ', &port);
	if (st == PROXY_OK)
		st = take_port(in, '\r', &unused_port);
	if (st == PROXY_OK)
		st = take_word(in, SLICE_LIT("\n"));
	if (st != PROXY_OK)
		return st;
	source->ss_family = (sa_family_t)family;
	if (family == AF_INET)
		in4->sin_port = port;
	else
		in6->sin6_port = port;
	return PROXY_OK;
}

static enum proxy_status
take_kind(struct slice *in, struct proxy *p)
{
	enum proxy_status st = take_word(in, SLICE_LIT("UNKNOWN"));
	int family = AF_INET;

	if (st == PROXY_OK)
		return take_rest(in);
	if (st == PROXY_MORE)
		return st;
	st = take_word(in, SLICE_LIT("TCP"));
	if (st != PROXY_OK)
		return st;
	st = take_word(in, SLICE_LIT("4 "));
	if (st == PROXY_BAD) {
		st = take_word(in, SLICE_LIT("6 "));
		family = AF_INET6;
	}
	if (st != PROXY_OK)
		return st;
	p->stated = true;
	return take_addresses(in, family, &p->source);
}

static enum proxy_status
parse_line(struct slice in, struct proxy *p)
{
	struct slice rest = slice_of(
	    in.p, in.n < PROXY_V1_MAX ? in.n : PROXY_V1_MAX);
	enum proxy_status st = take_word(&rest, SLICE_LIT("PROXY "));

	if (st == PROXY_OK)
		st = take_kind(&rest, p);
	if (st == PROXY_MORE && in.n >= PROXY_V1_MAX)
		return PROXY_BAD;
	if (st == PROXY_OK)
		p->used = (size_t)(rest.p - in.p);
	return st;
}

/* Version 2: the signature, then one byte each for version and command, and
 * for family and protocol, and two for the length of what follows. */
enum {
	AT_COMMAND = 12,
	AT_FAMILY,
	AT_LENGTH,
	HEAD = 16,
	V2_LOCAL = 0x20,
	V2_PROXY = 0x21
};
enum { V2_UNSPEC, V2_INET, V2_INET6, V2_UNIX, V2_FAMILIES };
enum { V2_PROTOCOLS = 3 }; /* unspecified, stream, datagram */

/* Two addresses, two ports; of a unix socket two paths. */
static const size_t block_size[V2_FAMILIES] = {
	[V2_INET] = 12,
	[V2_INET6] = 36,
	[V2_UNIX] = 216,
};

static bool
is_head(struct slice in)
{
	const uint8_t *h = (const void *)in.p;
	size_t size = 0;

	if (in.n > AT_COMMAND && h[AT_COMMAND] != V2_LOCAL &&
	    h[AT_COMMAND] != V2_PROXY)
		return false;
	if (in.n > AT_FAMILY && h[AT_COMMAND] == V2_PROXY) {
		if (h[AT_FAMILY] >> 4 >= V2_FAMILIES ||
		    (h[AT_FAMILY] & 15) >= V2_PROTOCOLS)
			return false;
		size = block_size[h[AT_FAMILY] >> 4];
	}
	if (in.n > AT_LENGTH && h[AT_LENGTH] > (PROXY_MAX - HEAD) >> 8)
		return false;
	if (in.n > AT_LENGTH + 1) {
		size_t n = (size_t)h[AT_LENGTH] << 8 | h[AT_LENGTH + 1];

		return n >= size && n <= PROXY_MAX - HEAD;
	}
	return true;
}

/* The block of addresses; what may follow it inside the header is skipped. */
static void
read_block(const uint8_t *h, struct proxy *p)
{
	struct sockaddr_in *in4 = (void *)&p->source;
	struct sockaddr_in6 *in6 = (void *)&p->source;
	const uint8_t *block = h + HEAD;

	/* "local" is the balancer's own check, whatever its block says */
	if (h[AT_COMMAND] == V2_LOCAL || (h[AT_FAMILY] & 15) == 0)
		return;
	switch (h[AT_FAMILY] >> 4) {
	case V2_INET:
		in4->sin_family = AF_INET;
		memcpy(&in4->sin_addr, block, 4);
		memcpy(&in4->sin_port, block + 8, 2);
		break;
	case V2_INET6:
		in6->sin6_family = AF_INET6;
		memcpy(&in6->sin6_addr, block, 16);
		memcpy(&in6->sin6_port, block + 32, 2);
		break;
	default:
		return;
	}
	p->stated = true;
}

static enum proxy_status
parse_binary(struct slice in, struct proxy *p)
{
	const uint8_t *h = (const void *)in.p;
	size_t n;

	if (!is_head(in))
		return PROXY_BAD;
	if (in.n < HEAD)
		return PROXY_MORE;
	n = HEAD + ((size_t)h[AT_LENGTH] << 8 | h[AT_LENGTH + 1]);
	if (in.n < n)
		return PROXY_MORE;
	read_block(h, p);
	p->used = n;
	return PROXY_OK;
}

enum proxy_status
proxy_parse(struct slice in, struct proxy *out)
{
	static const char signature[] = "\r\n\r\n\0\r\nQUIT\n";
	struct proxy p = { 0 };
	struct slice rest = in;
	enum proxy_status st;

	st = take_word(&rest, slice_of(signature, sizeof(signature) - 1));
	if (st == PROXY_MORE && in.n > 0)
		return PROXY_MORE;
	if (st == PROXY_OK)
		st = parse_binary(in, &p);
	else
		st = parse_line(in, &p);
	if (st == PROXY_OK)
		*out = p;
	return st;
}
