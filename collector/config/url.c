/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * url.c - taking URLs apart
 */
#include "config/url.h"

#include <arpa/inet.h>
#include <net/if.h>
#include <stdlib.h>

enum { NAME_LONGEST = 253 }; /* RFC 1035 section 2.3.4, written with dots */

static bool
is_digit(char c)
{
	return c >= '0' && c <= '9';
}

static bool
is_alnum(char c)
{
	return is_digit(c) || (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z');
}

/* Where c first stands in s, or the end of s. */
static size_t
find(struct slice s, char c)
{
	const char *at = s.n > 0 ? memchr(s.p, c, s.n) : NULL;

	return at != NULL ? (size_t)(at - s.p) : s.n;
}

bool
url_split(const char *text, struct url *u)
{
	struct slice rest = slice_str(text);
	size_t n = 0;

	while (n < rest.n &&
	    (is_alnum(rest.p[n]) || strchr("+-.", rest.p[n]) != NULL))
		n++;
	if (n == 0 || rest.n - n < 3 || memcmp(rest.p + n, "://", 3) != 0)
		return false;
	u->scheme = slice_of(rest.p, n);
	slice_skip(&rest, n + 3);

	n = find(rest, '?');
	u->plain = (size_t)(rest.p + n - text);
	u->query = slice_of(rest.p + n, rest.n - n);
	if (u->query.n > 0)
		slice_skip(&u->query, 1);
	rest.n = n;

	n = find(rest, '/');
	u->authority = slice_of(rest.p, n);
	slice_skip(&rest, n);
	u->path = rest;
	return true;
}

bool
url_next_pair(struct slice *query, struct slice *name, struct slice *value)
{
	struct slice pair;
	size_t n;

	do {
		if (query->n == 0)
			return false;
		pair = slice_of(query->p, find(*query, '&'));
		slice_skip(query, pair.n + (pair.n < query->n ? 1 : 0));
	} while (pair.n == 0);

	n = find(pair, '=');
	*name = slice_of(pair.p, n);
	*value = slice_of(NULL, 0);
	if (n < pair.n)
		*value = slice_of(pair.p + n + 1, pair.n - n - 1);
	return true;
}

static int
hex_value(char c)
{
	if (is_digit(c))
		return c - '0';
	if (c >= 'a' && c <= 'f')
		return c - 'a' + 10;
	if (c >= 'A' && c <= 'F')
		return c - 'A' + 10;
	return -1;
}

/* The byte that the "%XX" at the front of s stands for; -1: no such thing. */
static int
take_escape(struct slice s)
{
	int high, low;

	if (s.n < 3)
		return -1;
	high = hex_value(s.p[1]);
	low = hex_value(s.p[2]);
	return high < 0 || low < 0 ? -1 : high << 4 | low;
}

char *
url_decode(struct slice s, struct err *err)
{
	char *out = malloc(s.n + 1);
	size_t n = 0;
	int byte;

	if (out == NULL) {
		(void)err_set(err, "out of memory");
		return NULL;
	}
	while (s.n > 0) {
		byte = (unsigned char)s.p[0];
		if (byte == '%') {
			byte = take_escape(s);
			if (byte <= 0)
				goto fail;
			slice_skip(&s, 2);
		}
		slice_skip(&s, 1);
		out[n++] = (char)byte;
	}
	out[n] = '\0';
	return out;

fail:
	if (byte == 0)
		(void)err_set(err, "%%00 cannot be part of it");
	else
		(void)err_set(err,
		    "a %% that two hexadecimal digits must follow "
		    "(%%25 is a percent sign)");
	free(out);
	return NULL;
}

/*
 * The inside of the brackets: an address and, after '%', a scope. In URLs
 * that '%' may be written "%25" (RFC 6874); to is what inet_pton() and
 * getaddrinfo() know, INET6_ADDRSTRLEN + IF_NAMESIZE bytes.
 */
static bool
take_ipv6(struct slice s, char *to)
{
	struct in6_addr addr;
	size_t n = find(s, '%');
	struct slice scope = slice_of(s.p + n, s.n - n);

	if (n >= INET6_ADDRSTRLEN)
		return false;
	(void)memcpy(to, s.p, n);
	to[n] = '\0';
	if (inet_pton(AF_INET6, to, &addr) != 1)
		return false;
	if (scope.n == 0)
		return true;
	slice_skip(&scope, 1);
	if (scope.n > 2 && memcmp(scope.p, "25", 2) == 0)
		slice_skip(&scope, 2);
	if (scope.n == 0 || scope.n >= IF_NAMESIZE)
		return false;
	for (size_t i = 0; i < scope.n; i++) {
		if (scope.p[i] <= ' ' || scope.p[i] > '~' ||
		    scope.p[i] == '%' || scope.p[i] == '[')
			return false;
	}
	to[n] = '%';
	(void)memcpy(to + n + 1, scope.p, scope.n);
	to[n + 1 + scope.n] = '\0';
	return true;
}

/* A host without brackets: to holds NAME_LONGEST + 1 bytes. */
static int
take_host(struct slice s, char *to, struct err *err)
{
	struct in_addr addr;
	size_t digits = 0, dots = 0;

	if (s.n == 0)
		return err_set(err,
		    "the host is missing; give * for every address, or "
		    "127.0.0.1 for this machine alone");
	if (s.n > NAME_LONGEST)
		return err_set(
		    err, "the host is longer than %d bytes", (int)NAME_LONGEST);
	(void)memcpy(to, s.p, s.n);
	to[s.n] = '\0';
	if (strcmp(to, "*") == 0)
		return 0;
	for (size_t i = 0; i < s.n; i++) {
		if (!is_alnum(to[i]) && strchr("-._", to[i]) == NULL)
			return err_set(err,
			    "the host is no name and no address; give *, a "
			    "name, or an address (IPv6 in brackets: [::1])");
		digits += is_digit(to[i]) ? 1 : 0;
		dots += to[i] == '.' ? 1 : 0;
	}
	/* getaddrinfo() would take 514 for the address 0.0.2.2. */
	if (digits == s.n)
		return err_set(err,
		    "a port without a host; give *:%s for every address", to);
	if (digits + dots == s.n && inet_pton(AF_INET, to, &addr) != 1)
		return err_set(err, "%s is not an IPv4 address", to);
	return 0;
}

static int
take_port(struct slice s, int64_t *port, struct err *err)
{
	int64_t n = 0;
	size_t i;

	for (i = 0; i < s.n && is_digit(s.p[i]) && n <= UINT16_MAX; i++)
		n = n * 10 + (s.p[i] - '0');
	if (s.n == 0 || i < s.n || n > UINT16_MAX)
		return err_set(
		    err, "the port must be a number from 0 to 65535");
	*port = n;
	return 0;
}

int
url_host_port(struct slice s, char **host, int64_t *port, struct err *err)
{
	char text[NAME_LONGEST + 1];
	struct slice rest;
	int64_t number = *port;
	size_t n;
	char *copy;

	if (s.n > 0 && s.p[0] == '[') {
		n = find(s, ']');
		if (n == s.n || !take_ipv6(slice_of(s.p + 1, n - 1), text))
			return err_set(err,
			    "an IPv6 address in brackets is wanted, like "
			    "[::1] or [fe80::1%%eth0]");
		n++;
	} else {
		n = find(s, ':');
		rest = slice_of(s.p + n, s.n - n);
		if (n < s.n && memchr(rest.p + 1, ':', rest.n - 1) != NULL)
			return err_set(err,
			    "an IPv6 address must be in brackets, like [::1]");
		if (take_host(slice_of(s.p, n), text, err) == -1)
			return -1;
	}
	rest = slice_of(s.p + n, s.n - n);
	if (rest.n > 0) {
		if (rest.p[0] != ':')
			return err_set(err, "only :PORT may follow the host");
		slice_skip(&rest, 1);
		if (take_port(rest, &number, err) == -1)
			return -1;
	}
	copy = strdup(text);
	if (copy == NULL)
		return err_set(err, "out of memory");
	*host = copy;
	*port = number;
	return 0;
}
