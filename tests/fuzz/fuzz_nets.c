/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * fuzz_nets.c - any list of networks holds what one of its networks holds
 */
#include <arpa/inet.h>
#include <netinet/in.h>

#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "config/nets.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

enum { MOST = 32 };

static void
expect(bool holds)
{
	if (!holds)
		abort();
}

static struct sockaddr_storage
make_address(const uint8_t bytes[16], bool four)
{
	struct sockaddr_in6 in6 = { .sin6_family = AF_INET6 };
	struct sockaddr_in in = { .sin_family = AF_INET };
	struct sockaddr_storage a = { .ss_family = AF_UNSPEC };

	memcpy(&in6.sin6_addr, bytes, sizeof(in6.sin6_addr));
	memcpy(&in.sin_addr, bytes + 12, sizeof(in.sin_addr));
	if (four)
		memcpy(&a, &in, sizeof(in));
	else
		memcpy(&a, &in6, sizeof(in6));
	return a;
}

/* All of them, each in a set of its own, against all in one. */
static void
check(char *text, const uint8_t probe[16])
{
	struct sockaddr_storage four = make_address(probe, true);
	struct sockaddr_storage six = make_address(probe, false);
	bool holds_four = false, holds_six = false;
	struct nets *all = NULL, *one;
	char *rest = NULL, *line;
	struct err err;

	line = strtok_r(text, "\n", &rest);
	for (int i = 0; line != NULL && i < MOST; i++) {
		one = NULL;
		if (nets_add(&one, line, &err) == 0) {
			expect(nets_add(&all, line, &err) == 0);
			expect(nets_add(&all, line, &err) == 0);
			holds_four |= nets_hold(one, &four);
			holds_six |= nets_hold(one, &six);
			nets_free(one);
		} else {
			expect(one == NULL && err.text[0] != '\0');
			expect(nets_add(&all, line, &err) == -1);
		}
		line = strtok_r(NULL, "\n", &rest);
	}
	if (all != NULL) {
		expect(nets_hold(all, &four) == holds_four);
		expect(nets_hold(all, &six) == holds_six);
	}
	nets_free(all);
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	char *text;

	/* an address, a list */
	if (size < 16)
		return 0;
	text = strndup((const char *)data + 16, size - 16);
	if (text != NULL)
		check(text, data);
	free(text);
	return 0;
}
