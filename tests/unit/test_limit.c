/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * test_limit.c - so many messages a second from each sender (RFC-61, D3)
 */
#include <arpa/inet.h>
#include <netinet/in.h>

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "base/limit.h"

static struct who
number(uint32_t n)
{
	return who_user(true, n);
}

static struct limit *
new_limit(int64_t rate)
{
	struct err err;
	struct limit *l = limit_new(rate, &err);

	assert_non_null(l);
	return l;
}

/* How many of n messages at that moment are let in. */
static unsigned
take(struct limit *l, uint32_t sender, unsigned n, int64_t now)
{
	struct who w = number(sender);
	unsigned taken = 0;

	for (unsigned i = 0; i < n; i++)
		taken += limit_take(l, &w, now);
	return taken;
}

static void
a_burst_of_one_second_is_let_in_and_no_more(void **state)
{
	static const unsigned rates[] = { 1, 2, 10, 999, 1000, 1001, 5000 };

	(void)state;
	for (size_t i = 0; i < sizeof(rates) / sizeof(rates[0]); i++) {
		struct limit *l = new_limit(rates[i]);

		assert_int_equal(take(l, 7, rates[i] * 2, 1000), rates[i]);
		/* again after a second; not more after a day */
		assert_int_equal(take(l, 7, rates[i] * 2, 2000), rates[i]);
		assert_int_equal(take(l, 7, rates[i] * 2, 90000000), rates[i]);
		limit_free(l);
	}
}

static void
a_steady_sender_gets_its_rate_to_the_message(void **state)
{
	struct limit *l = new_limit(300);
	unsigned taken = 0;

	(void)state;
	/* asks for 2000 a second, ten seconds long; the burst comes on top */
	for (int64_t ms = 0; ms <= 10000; ms++)
		taken += take(l, 7, 2, 5000 + ms);
	assert_int_equal(taken, 300 + 3000);
	limit_free(l);
}

static void
who_keeps_to_the_rate_loses_nothing(void **state)
{
	struct limit *l = new_limit(100);

	(void)state;
	for (int64_t ms = 0; ms < 20000; ms += 10)
		assert_int_equal(take(l, 7, 1, ms), 1);
	limit_free(l);
}

static void
senders_do_not_share(void **state)
{
	struct limit *l = new_limit(10);

	(void)state;
	assert_int_equal(take(l, 1, 1000, 0), 10);
	assert_int_equal(take(l, 2, 5, 0), 5);
	assert_int_equal(take(l, 2, 1000, 0), 5);
	limit_free(l);
}

static void
a_clock_that_stands_or_steps_back_gives_nothing(void **state)
{
	struct limit *l = new_limit(10);

	(void)state;
	assert_int_equal(take(l, 1, 100, 5000), 10);
	assert_int_equal(take(l, 1, 100, 5000), 0);
	assert_int_equal(take(l, 1, 100, 1000), 0);
	assert_int_equal(take(l, 1, 100, 5100), 1);
	limit_free(l);
}

static void
a_new_rate_counts_for_old_senders(void **state)
{
	struct limit *l = new_limit(1000);

	(void)state;
	assert_int_equal(take(l, 1, 1, 0), 1);
	limit_set_rate(l, 5);
	assert_int_equal(take(l, 1, 100, 0), 5);
	assert_int_equal(take(l, 1, 100, 1000), 5);
	limit_set_rate(l, 50);
	assert_int_equal(take(l, 1, 100, 2000), 50);
	limit_free(l);
}

static void
the_largest_rate_does_not_wrap(void **state)
{
	struct limit *l = new_limit(INT64_MAX / 2000);

	(void)state;
	assert_int_equal(take(l, 1, 1000, 0), 1000);
	assert_int_equal(take(l, 1, 1000, INT64_MAX), 1000);
	assert_int_equal(take(l, 1, 1000, INT64_MAX), 1000);
	limit_free(l);
}

/* However many there are, the table does not grow, and whoever just sent is
 * remembered: the flood drives out those who are silent. */
static void
a_busy_sender_is_remembered_among_very_many(void **state)
{
	struct limit *l = new_limit(3);
	unsigned taken = 0;

	(void)state;
	for (uint32_t i = 0; i < 100000; i++) {
		take(l, 1000 + i, 1, i / 1000);
		taken += take(l, 1, 1, i / 1000);
	}
	/* 100 ms: its burst, and what comes in that time, is less than one */
	assert_int_equal(taken, 3);
	limit_free(l);
}

static void
a_few_senders_are_all_remembered(void **state)
{
	struct limit *l = new_limit(1);
	unsigned again = 0;

	(void)state;
	/* so few that hardly any set has more than its ways; by far not all of
	 * them can be in so few sets */
	for (uint32_t i = 0; i < LIMIT_SENDERS / 8; i++)
		assert_int_equal(take(l, i, 1, 0), 1);
	for (uint32_t i = 0; i < LIMIT_SENDERS / 8; i++)
		again += take(l, i, 1, 0);
	assert_in_range(again, 0, LIMIT_SENDERS / 64);
	limit_free(l);
}

static struct sockaddr_storage
ipv4(const char *text, uint16_t port)
{
	struct sockaddr_storage ss = { 0 };
	struct sockaddr_in *in = (void *)&ss;

	in->sin_family = AF_INET;
	in->sin_port = htons(port);
	assert_int_equal(inet_pton(AF_INET, text, &in->sin_addr), 1);
	return ss;
}

static struct sockaddr_storage
ipv6(const char *text, uint16_t port)
{
	struct sockaddr_storage ss = { 0 };
	struct sockaddr_in6 *in6 = (void *)&ss;

	in6->sin6_family = AF_INET6;
	in6->sin6_port = htons(port);
	in6->sin6_flowinfo = port;
	assert_int_equal(inet_pton(AF_INET6, text, &in6->sin6_addr), 1);
	return ss;
}

static void
a_sender_is_an_address_or_a_user(void **state)
{
	struct sockaddr_storage a4 = ipv4("192.0.2.1", 1),
				b4 = ipv4("192.0.2.1", 2),
				c4 = ipv4("192.0.2.2", 1),
				a6 = ipv6("::ffff:192.0.2.1", 3),
				b6 = ipv6("2001:db8::1", 3),
				c6 = ipv6("2001:db8::1", 4),
				d6 = ipv6("2001:db8::2", 4),
				/* the same bytes as the IPv4 address */
	    e6 = ipv6("c000:201::", 1);
	struct sockaddr_storage un = { .ss_family = AF_UNIX };
	const struct who all[] = { who_address(&a4), who_address(&c4),
		who_address(&b6), who_address(&d6), who_address(&e6),
		who_address(&un), who_user(true, 0), who_user(true, 1),
		who_user(false, 0) };
	struct who w;

	(void)state;
	w = who_address(&b4);
	assert_true(who_eq(&all[0], &w));
	w = who_address(&a6);
	assert_true(who_eq(&all[0], &w));
	w = who_address(&c6);
	assert_true(who_eq(&all[2], &w));
	w = who_user(false, 1);
	assert_true(who_eq(&all[8], &w));
	for (size_t i = 0; i < 9; i++) {
		assert_int_not_equal(all[i].kind, 0);
		for (size_t k = 0; k < 9; k++)
			assert_int_equal(who_eq(&all[i], &all[k]), i == k);
	}
}

static void
a_hash_depends_on_every_part_and_on_the_secret(void **state)
{
	struct who_secret s = { { 1, 2 } }, t = { { 1, 3 } };
	struct who w = { { 5, 6 }, 7 };
	uint64_t h = who_hash(&w, &s);

	(void)state;
	assert_true(who_hash(&w, &s) == h);
	assert_true(who_hash(&w, &t) != h);
	w.kind++;
	assert_true(who_hash(&w, &s) != h);
	w.kind--;
	w.id[0]++;
	assert_true(who_hash(&w, &s) != h);
	w.id[0]--;
	w.id[1]++;
	assert_true(who_hash(&w, &s) != h);
	assert_int_equal(who_secret_make(&s), 0);
	assert_int_equal(who_secret_make(&t), 0);
	assert_true(who_hash(&w, &s) != who_hash(&w, &t));
}

/* Key 00 to 0f, message 00 to 17; another implementation's word. */
static void
the_hash_is_siphash(void **state)
{
	struct who_secret s = { { UINT64_C(0x0706050403020100),
	    UINT64_C(0x0f0e0d0c0b0a0908) } };
	struct who w = { { UINT64_C(0x0706050403020100),
			     UINT64_C(0x0f0e0d0c0b0a0908) },
		UINT64_C(0x1716151413121110) };

	(void)state;
	assert_true(who_hash(&w, &s) == UINT64_C(0xb8ad50c6f649af94));
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_burst_of_one_second_is_let_in_and_no_more),
		cmocka_unit_test(a_steady_sender_gets_its_rate_to_the_message),
		cmocka_unit_test(who_keeps_to_the_rate_loses_nothing),
		cmocka_unit_test(senders_do_not_share),
		cmocka_unit_test(
		    a_clock_that_stands_or_steps_back_gives_nothing),
		cmocka_unit_test(a_new_rate_counts_for_old_senders),
		cmocka_unit_test(the_largest_rate_does_not_wrap),
		cmocka_unit_test(a_busy_sender_is_remembered_among_very_many),
		cmocka_unit_test(a_few_senders_are_all_remembered),
		cmocka_unit_test(a_sender_is_an_address_or_a_user),
		cmocka_unit_test(
		    a_hash_depends_on_every_part_and_on_the_secret),
		cmocka_unit_test(the_hash_is_siphash),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
