/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * test_peers.c - how many connections each sender has (E2)
 */
#include <arpa/inet.h>
#include <netinet/in.h>

#include <errno.h>
#include <pthread.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>

#include <cmocka.h>

#include "base/peers.h"

static struct who
address(uint32_t n)
{
	struct sockaddr_storage ss = { 0 };
	struct sockaddr_in *in = (void *)&ss;

	in->sin_family = AF_INET;
	in->sin_addr.s_addr = htonl(n);
	return who_address(&ss);
}

static struct peers *
new_peers(void)
{
	struct err err;
	struct peers *p = peers_new(&err);

	assert_non_null(p);
	return p;
}

static void
the_limit_is_each_sender_s_own(void **state)
{
	struct peers *p = new_peers();
	struct who a = address(1), b = address(2), user = who_user(true, 1);
	struct peer *first = peers_enter(p, 0, &a, 2);

	(void)state;
	assert_non_null(first);
	assert_ptr_equal(peers_enter(p, 0, &a, 2), first);
	errno = 0;
	assert_null(peers_enter(p, 0, &a, 2));
	assert_int_equal(errno, EUSERS);
	assert_non_null(peers_enter(p, 0, &b, 2));
	assert_non_null(peers_enter(p, 0, &user, 2));
	/* other listeners, also one that shares its bucket */
	assert_ptr_not_equal(peers_enter(p, 1, &a, 2), first);
	assert_ptr_not_equal(peers_enter(p, 256, &a, 2), first);
	assert_non_null(peers_enter(p, 256, &a, 2));
	assert_int_equal(peers_count(p), 5);
	peers_free(p);
}

static void
whoever_leaves_makes_room(void **state)
{
	struct peers *p = new_peers();
	struct who a = address(1);
	struct peer *peer = peers_enter(p, 0, &a, 1);

	(void)state;
	for (int i = 0; i < 1000; i++) {
		assert_null(peers_enter(p, 0, &a, 1));
		peer_leave(peer);
		peer = peers_enter(p, 0, &a, 1);
		assert_non_null(peer);
	}
	assert_int_equal(peers_count(p), 1);
	peer_leave(NULL);
	peers_free(p);
}

static void
those_who_left_are_forgotten(void **state)
{
	struct peers *p = new_peers();
	struct who a;

	(void)state;
	for (uint32_t i = 0; i < 100000; i++) {
		a = address(i);
		peer_leave(peers_enter(p, 0, &a, 1));
		assert_in_range(peers_count(p), 1, 256);
	}
	peers_free(p);
}

static void
none_is_lost_when_the_table_grows(void **state)
{
	enum { MANY = 5000 };
	struct peers *p = new_peers();
	struct peer **peer = calloc(MANY, sizeof(struct peer *));
	struct who a;

	(void)state;
	assert_non_null(peer);
	for (uint32_t i = 0; i < MANY; i++) {
		a = address(i);
		peer[i] = peers_enter(p, (int)(i % 3), &a, 1);
		assert_non_null(peer[i]);
	}
	for (uint32_t i = 0; i < MANY; i++) {
		a = address(i);
		assert_null(peers_enter(p, (int)(i % 3), &a, 1));
		if (i % 2 == 0)
			peer_leave(peer[i]);
		else
			assert_ptr_equal(
			    peers_enter(p, (int)(i % 3), &a, 2), peer[i]);
	}
	assert_int_equal(peers_count(p), MANY);
	free(peer);
	peers_free(p);
}

enum { THREADS = 4, ROUNDS = 20000 };

static void *
leave_all(void *arg)
{
	struct peer **peer = arg;

	for (size_t i = 0; i < ROUNDS; i++)
		peer_leave(peer[i]);
	return NULL;
}

static void
threads_may_leave_at_once(void **state)
{
	struct peers *p = new_peers();
	struct who a = address(1);
	struct peer **peer = calloc(
	    (size_t)THREADS * ROUNDS, sizeof(struct peer *));
	pthread_t t[THREADS];

	(void)state;
	assert_non_null(peer);
	for (size_t i = 0; i < (size_t)THREADS * ROUNDS; i++)
		peer[i] = peers_enter(p, 0, &a, UINT64_MAX);
	for (size_t i = 0; i < THREADS; i++)
		assert_int_equal(
		    pthread_create(&t[i], NULL, leave_all, peer + i * ROUNDS),
		    0);
	for (size_t i = 0; i < THREADS; i++)
		pthread_join(t[i], NULL);
	assert_non_null(peers_enter(p, 0, &a, 1)); /* all have left */
	assert_null(peers_enter(p, 0, &a, 1));
	free(peer);
	peers_free(p);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(the_limit_is_each_sender_s_own),
		cmocka_unit_test(whoever_leaves_makes_room),
		cmocka_unit_test(those_who_left_are_forgotten),
		cmocka_unit_test(none_is_lost_when_the_table_grows),
		cmocka_unit_test(threads_may_leave_at_once),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
