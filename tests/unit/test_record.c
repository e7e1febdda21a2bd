/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * test_record.c - who sent it, as far as the collector knows
 */
#include "route/record.h"

#include <arpa/inet.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#define COUNT(a) (sizeof(a) / sizeof((a)[0]))

static void
a_peer_has_an_address(void **state)
{
	static const struct {
		const char *why, *addr, *want;
	} peers[] = {
		{ "IPv6", "2001:db8::1", "2001:db8::1" },
		{ "IPv4 in IPv6", "::ffff:192.0.2.1", "192.0.2.1" },
		{ "loopback", "::1", "::1" },
		{ "longest", "2001:db8:1111:2222:3333:4444:5555:6666",
		    "2001:db8:1111:2222:3333:4444:5555:6666" },
	};

	(void)state;
	for (size_t i = 0; i < COUNT(peers); i++) {
		struct sockaddr_in6 in6 = { .sin6_family = AF_INET6,
			.sin6_port = htons(1234),
			.sin6_scope_id = 1 };
		struct origin o = { .local = false };
		struct slice got;

		print_message("  %s\n", peers[i].why);
		assert_int_equal(
		    inet_pton(AF_INET6, peers[i].addr, &in6.sin6_addr), 1);
		memcpy(&o.addr, &in6, sizeof(in6));
		assert_int_equal(origin_port(&o), 1234);
		for (int twice = 0; twice < 2; twice++) {
			got = origin_address(&o);
			assert_true(slice_eq(got, slice_str(peers[i].want)));
		}
		o = (struct origin){ .local = true };
		assert_int_equal(origin_address(&o).n, 0);
		assert_int_equal(origin_port(&o), 0);
	}
}

static void
a_message_without_a_host_has_that_of_its_origin(void **state)
{
	struct msg m = { .form = MSG_RAW };
	struct origin o = { .addr = { .ss_family = AF_INET } };
	struct record r = {
		.msg = &m, .origin = &o, .self = SLICE_LIT("self")
	};

	(void)state;
	assert_true(slice_eq(record_host(&r), SLICE_LIT("0.0.0.0")));
	o.local = true;
	assert_true(slice_eq(record_host(&r), SLICE_LIT("self")));
	m.host = SLICE_LIT("h");
	assert_true(slice_eq(record_host(&r), SLICE_LIT("h")));
	o.distrust = true;
	assert_true(slice_eq(record_host(&r), SLICE_LIT("self")));
	o.local = false;
	assert_true(slice_eq(record_host(&r), SLICE_LIT("0.0.0.0")));
}

static void
a_valid_message_may_name_no_host(void **state)
{
	struct msg m = { .form = MSG_RFC5424, .valid = true };
	struct origin o = { .addr = { .ss_family = AF_INET } };
	struct record r = { .msg = &m, .origin = &o };

	(void)state;
	assert_int_equal(record_named_host(&r).n, 0);
	m.host = SLICE_LIT("h");
	assert_true(slice_eq(record_named_host(&r), SLICE_LIT("h")));
	o.distrust = true;
	assert_true(slice_eq(record_named_host(&r), SLICE_LIT("0.0.0.0")));
	o.distrust = m.valid = false;
	m.host.n = 0;
	assert_true(slice_eq(record_named_host(&r), SLICE_LIT("0.0.0.0")));
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_peer_has_an_address),
		cmocka_unit_test(
		    a_message_without_a_host_has_that_of_its_origin),
		cmocka_unit_test(a_valid_message_may_name_no_host),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
