/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * host.c - what a host is called in the header of a message
 */
#include "wire/host.h"

#include <arpa/inet.h>
#include <strings.h>

#include "wire/word.h"

bool
host_is_ipv6(struct slice *word)
{
	char text[INET6_ADDRSTRLEN];
	struct in6_addr addr;
	struct slice w = *word, bare;
	const char *scope;

	if (w.n >= 2 && w.p[0] == '[' && w.p[w.n - 1] == ']')
		w = slice_of(w.p + 1, w.n - 2);
	bare = w;
	if (w.n == 0 || memchr(w.p, ':', w.n) == NULL)
		return false;
	scope = memchr(w.p, '%', w.n);
	if (scope != NULL)
		bare.n = (size_t)(scope - w.p);
	if (bare.n < 2 || bare.n >= sizeof(text))
		return false;
	memcpy(text, bare.p, bare.n);
	text[bare.n] = '\0';
	if (inet_pton(AF_INET6, text, &addr) != 1)
		return false;
	*word = w;
	return true;
}

bool
host_is_name(struct slice word)
{
	if (word.n == 0 || word.n > 255)
		return false;
	for (size_t i = 0; i < word.n; i++) {
		char c = word.p[i];

		if (!word_is_digit(c) && !word_is_letter(c) && c != '_' &&
		    (i == 0 || (c != '.' && c != '-' && c != '/')))
			return false;
	}
	return true;
}

bool
host_is_same(struct slice a, struct slice b)
{
	size_t n = a.n < b.n ? a.n : b.n;

	if (n == 0 || strncasecmp(a.p, b.p, n) != 0)
		return false;
	return a.n == b.n || (a.n > n ? a.p[n] : b.p[n]) == '.';
}
