/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * test_nets.c - sets of addresses
 */
#include "config/nets.h"

#include <arpa/inet.h>
#include <netinet/in.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

#define COUNT(a) (sizeof(a) / sizeof((a)[0]))

enum { MOST = 4096, ROUNDS = 300 };

static struct sockaddr_storage
address(const char *text)
{
	struct sockaddr_in6 in6 = { .sin6_family = AF_INET6,
		.sin6_scope_id = 3 };
	struct sockaddr_in in = { .sin_family = AF_INET };
	struct sockaddr_storage a = { .ss_family = AF_UNIX };

	if (inet_pton(AF_INET, text, &in.sin_addr) == 1)
		memcpy(&a, &in, sizeof(in));
	else if (inet_pton(AF_INET6, text, &in6.sin6_addr) == 1)
		memcpy(&a, &in6, sizeof(in6));
	return a;
}

static bool
hold(const struct nets *n, const char *text)
{
	struct sockaddr_storage a = address(text);

	return nets_hold(n, &a);
}

static void
a_network_holds_its_addresses(void **state)
{
	static const struct {
		const char *net, *in, *out;
	} rows[] = {
		{ "10.0.0.0/8", "10.255.255.255", "11.0.0.0" },
		{ "10.0.0.0/8", "10.0.0.0", "9.255.255.255" },
		{ "10.0.0.0/8", "::ffff:10.1.2.3", "::10.1.2.3" },
		{ "192.0.2.7", "192.0.2.7", "192.0.2.6" },
		{ "192.0.2.7/32", "192.0.2.7", "192.0.2.8" },
		{ "192.0.2.6/31", "192.0.2.7", "192.0.2.8" },
		{ "192.0.2.128/25", "192.0.2.128", "192.0.2.127" },
		{ "0.0.0.0/0", "255.255.255.255", "::1" },
		{ "0.0.0.0/0", "::ffff:1.2.3.4", "2001:db8::" },
		{ "::/0", "::1", "127.0.0.1" },
		{ "::/0", "ffff::", "::ffff:127.0.0.1" },
		{ "::/80", "::1", "::ffff:127.0.0.1" },
		{ "fd00::/8", "fdff::1", "fc00::1" },
		{ "2001:db8::1", "2001:db8::1", "2001:db8::2" },
		{ "2001:db8::/127", "2001:db8::1", "2001:db8::2" },
		{ "::ffff:10.0.0.0/104", "10.1.2.3", "11.1.2.3" },
		{ "::ffff:10.0.0.0/104", "::ffff:10.1.2.3", "::a01:203" },
		{ "::ffff:0:0/96", "10.1.2.3", "::1" },
		{ "::ffff:192.0.2.7", "192.0.2.7", "192.0.2.8" },
		{ "fe80::/10", "fe80::1", "fec0::1" },
		{ "127.0.0.1", "127.0.0.1", "/run/log" },
	};
	struct nets *n;
	struct err err;

	(void)state;
	for (size_t i = 0; i < COUNT(rows); i++) {
		print_message(
		    "  %s: %s, not %s\n", rows[i].net, rows[i].in, rows[i].out);
		n = NULL;
		assert_int_equal(nets_add(&n, rows[i].net, &err), 0);
		assert_true(hold(n, rows[i].in));
		assert_false(hold(n, rows[i].out));
		nets_free(n);
	}
}

static void
what_is_no_network_is_refused(void **state)
{
	static const struct {
		const char *why, *text, *want;
	} rows[] = {
		{ "bits behind the prefix", "10.0.0.1/8", "10.0.0.0/8" },
		{ "bits behind the prefix", "192.0.2.7/0", "0.0.0.0/0" },
		{ "bits behind the prefix", "fd00::1/8", "fd00::/8" },
		{ "bits behind the prefix, mapped", "::ffff:10.0.0.1/104",
		    "10.0.0.0/8" },
		{ "too many bits", "10.0.0.0/33", "from 0 to 32" },
		{ "too many bits", "fd00::/129", "from 0 to 128" },
		{ "far too many bits", "10.0.0.0/99999999999999999999",
		    "from 0 to 32" },
		{ "mapped, but not only IPv4", "::ffff:0:0/90",
		    "from 96 to 128" },
		{ "no bits", "10.0.0.0/", "from 0 to 32" },
		{ "negative", "10.0.0.0/-1", "from 0 to 32" },
		{ "a sign", "10.0.0.0/+8", "from 0 to 32" },
		{ "leading zero", "10.0.0.0/08", "from 0 to 32" },
		{ "a mask", "10.0.0.0/255.0.0.0", "from 0 to 32" },
		{ "a blank", "10.0.0.0/8 ", "from 0 to 32" },
		{ "a blank in front", " 10.0.0.0/8", "not an address" },
		{ "a name", "localhost", "not looked up" },
		{ "half an address", "10.0/8", "not an address" },
		{ "octal", "010.0.0.1", "not an address" },
		{ "a star", "*", "not an address" },
		{ "nothing", "", "not an address" },
		{ "only bits", "/8", "not an address" },
		{ "brackets", "[::1]", "without brackets" },
		{ "a scope", "fe80::1%eth0", "without a scope" },
		{ "longer than any address",
		    "1111:2222:3333:4444:5555:6666:7777:8888:9999:0000:1111",
		    "not an address" },
	};
	struct nets *n = NULL;
	struct err err;

	(void)state;
	for (size_t i = 0; i < COUNT(rows); i++) {
		print_message("  %s: %s\n", rows[i].why, rows[i].text);
		err.text[0] = '\0';
		assert_int_equal(nets_add(&n, rows[i].text, &err), -1);
		assert_null(n);
		if (strstr(err.text, rows[i].want) == NULL)
			fail_msg("%s", err.text);
	}
	nets_free(n);
}

static void
a_refused_network_leaves_the_set(void **state)
{
	struct nets *n = NULL, *before;
	struct err err;

	(void)state;
	assert_int_equal(nets_add(&n, "10.0.0.0/8", &err), 0);
	before = n;
	assert_int_equal(nets_add(&n, "11.0.0.1/8", &err), -1);
	assert_ptr_equal(n, before);
	assert_true(hold(n, "10.0.0.1"));
	assert_false(hold(n, "11.0.0.1"));
	nets_free(n);
}

/* Networks within others, in any order, against asking each of them. */
static void
a_set_holds_what_one_of_its_networks_holds(void **state)
{
	uint32_t x = 2463534242, net[12], mask[12], probe;
	char text[INET_ADDRSTRLEN + 4], host[INET_ADDRSTRLEN];
	struct in_addr a;
	struct err err;
	bool want;

	(void)state;
	for (int round = 0; round < ROUNDS; round++) {
		struct nets *n = NULL;

		for (size_t i = 0; i < COUNT(net); i++) {
			unsigned bits = (x = x * 1664525 + 1013904223) >> 29;

			/* few bits that differ: many lie within others */
			bits = 24 + bits + (bits > 0);
			mask[i] = UINT32_MAX << (32 - bits);
			x = x * 1664525 + 1013904223;
			net[i] = (0xc0000200U | x >> 24) & mask[i];
			a.s_addr = htonl(net[i]);
			(void)snprintf(text, sizeof(text), "%s/%u",
			    inet_ntop(AF_INET, &a, host, sizeof(host)), bits);
			assert_int_equal(nets_add(&n, text, &err), 0);
		}
		for (uint32_t p = 0; p < 256; p++) {
			probe = 0xc0000200U | p;
			want = false;
			for (size_t i = 0; i < COUNT(net); i++)
				want |= (probe & mask[i]) == net[i];
			a.s_addr = htonl(probe);
			inet_ntop(AF_INET, &a, host, sizeof(host));
			assert_int_equal(hold(n, host), want);
		}
		nets_free(n);
	}
}

static void
a_set_is_bounded(void **state)
{
	struct nets *n = NULL;
	char text[32];
	struct err err;

	(void)state;
	for (int i = 0; i < MOST; i++) {
		(void)snprintf(
		    text, sizeof(text), "10.%d.%d.1", i / 256, i % 256);
		assert_int_equal(nets_add(&n, text, &err), 0);
	}
	assert_int_equal(nets_add(&n, "10.0.0.1", &err), 0); /* nothing new */
	assert_int_equal(nets_add(&n, "11.0.0.1", &err), -1);
	assert_true(hold(n, "10.15.255.1"));
	assert_false(hold(n, "11.0.0.1"));
	assert_int_equal(nets_add(&n, "10.0.0.0/8", &err), 0); /* for all */
	assert_true(hold(n, "10.200.0.1"));
	assert_int_equal(nets_add(&n, "11.0.0.1", &err), 0);
	assert_true(hold(n, "11.0.0.1"));
	nets_free(n);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_network_holds_its_addresses),
		cmocka_unit_test(what_is_no_network_is_refused),
		cmocka_unit_test(a_refused_network_leaves_the_set),
		cmocka_unit_test(a_set_holds_what_one_of_its_networks_holds),
		cmocka_unit_test(a_set_is_bounded),
	};

	nets_free(NULL);
	return cmocka_run_group_tests(tests, NULL, NULL);
}
