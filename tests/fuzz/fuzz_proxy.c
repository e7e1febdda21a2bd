/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * fuzz_proxy.c - however a PROXY header arrives, it is read the same (Z7)
 *
 * The input is parsed whole and at every shorter length, each in a copy of
 * that size: once decided, it stays decided, and the header is where it was
 * said to be.
 */
#include "input/proxy.h"

#include <stdint.h>
#include <stdlib.h>

static void
require(bool ok)
{
	if (!ok)
		abort();
}

static enum proxy_status
parse(const uint8_t *data, size_t n, struct proxy *p)
{
	char *copy = malloc(n + 1);
	enum proxy_status st;

	require(copy != NULL);
	if (n > 0)
		memcpy(copy + 1, data, n); /* + 1: not aligned */
	st = proxy_parse(slice_of(copy + 1, n), p);
	free(copy);
	return st;
}

static void
check(const struct proxy *p, size_t n)
{
	require(p->used > 0 && p->used <= n && p->used <= PROXY_MAX);
	require(p->stated == (p->source.ss_family != AF_UNSPEC));
	require(!p->stated || p->source.ss_family == AF_INET ||
	    p->source.ss_family == AF_INET6);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct proxy whole, front;
	enum proxy_status st, last = PROXY_MORE;

	st = parse(data, size, &whole);
	require(st != PROXY_MORE || size < PROXY_MAX);
	if (st == PROXY_OK)
		check(&whole, size);
	for (size_t n = 0; n <= size && n <= 2 * PROXY_V1_MAX; n++) {
		enum proxy_status now = parse(data, n, &front);

		require(last == PROXY_MORE || now == last);
		require(now == PROXY_MORE || now == st);
		require(
		    (now == PROXY_OK) == (st == PROXY_OK && n >= whole.used));
		last = now;
		if (now != PROXY_OK)
			continue;
		require(front.used == whole.used);
		require(memcmp(&front.source, &whole.source,
			    sizeof(front.source)) == 0);
	}
	return 0;
}
