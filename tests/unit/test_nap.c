/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * test_nap.c - after a small turn a nap may follow; it is as long as
 * `latency`, but not while lines are held, and not in a flood
 */
#include "nap.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

enum { MS = 1000000, FEW = 32 * 1024 };

static const int64_t SINCE = INT64_C(5000) * MS; /* ns */

static void
what_is_held_makes_it_short(void **state)
{
	static const struct {
		uint64_t free, held; /* ms */
	} rows[] = { { 1, 1 }, { 2, 2 }, { 3, 2 }, { 1000, 2 } };

	(void)state;
	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		struct nap n = { .length = rows[i].free * MS };

		assert_int_equal(nap_length(&n, false), rows[i].free * MS);
		assert_int_equal(nap_length(&n, true), rows[i].held * MS);
	}
}

/* At the rate of the window 256 messages come while it naps, unless `latency`
 * is shorter, or the window has too few to tell. */
static void
a_flood_makes_it_short(void **state)
{
	static const struct {
		uint64_t taken, age; /* messages, us */
		uint64_t latency;    /* ms */
		uint64_t length;     /* us */
	} rows[] = {
		{ 8, 1, 1, 1000 },
		{ 50, 1000, 1, 1000 },
		{ 64, 1, 1, 1000 },
		{ 65, 65, 1, 256 },
		{ 65, 1000, 1, 1000 },
		{ 256, 500, 1, 499 },
		{ 300, 1200, 1, 1000 },
		{ 300, 900, 1, 768 },
		{ 1000, 1000, 1, 256 },
		{ 10000, 2000, 1, 51 },
		{ 1000, 1000, 100, 256 },
		{ 1000, 100000, 100, 25600 },
		{ 1000, 900000, 1000, 230400 },
		{ UINT64_C(1) << 40, 0, 1, 0 },
	};

	(void)state;
	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		struct config c = { .latency = (int64_t)rows[i].latency };
		struct intake in = { .conf = &c, .taken = rows[i].taken };
		struct nap n = { .since = (uint64_t)SINCE };
		uint64_t now = n.since + rows[i].age * 1000;

		assert_int_equal(
		    nap_after(&n, &in, now, 800, false), NAP_SLEEP);
		assert_int_equal(nap_length(&n, false) / 1000, rows[i].length);
	}
}

/* The window began at SINCE, with nothing; latency is 10 ms. */
static void
what_follows_a_look(void **state)
{
	static const struct {
		const char *what;
		uint64_t taken, local; /* messages, in the window */
		uint64_t bytes;        /* of the last look */
		int64_t age;           /* of the window, ms */
		bool shaking;
		enum nap_next next;
	} rows[] = {
		{ "silence", 0, 0, 0, 1, false, NAP_WAIT },
		{ "a lone message", 1, 0, 100, 1, false, NAP_LOOK },
		{ "nothing after it", 1, 0, 0, 1, false, NAP_WAIT },
		{ "seven", 7, 0, 700, 1, false, NAP_LOOK },
		{ "nothing after seven", 7, 0, 0, 1, false, NAP_WAIT },
		{ "eight", 8, 0, 800, 1, false, NAP_SLEEP },
		{ "nothing after eight", 8, 0, 0, 1, false, NAP_SLEEP },
		{ "few bytes", 300, 0, FEW, 1, false, NAP_SLEEP },
		{ "many bytes", 300, 0, FEW + 1, 1, false, NAP_LOOK },
		{ "one of a unix socket", 8, 1, 800, 1, false, NAP_LOOK },
		{ "and silence", 8, 1, 0, 1, false, NAP_WAIT },
		{ "handshakes", 8, 0, 800, 1, true, NAP_LOOK },
		{ "and silence", 8, 0, 0, 1, true, NAP_WAIT },
		{ "just in time", 8, 0, 800, 21, false, NAP_SLEEP },
		{ "too slowly", 8, 0, 800, 22, false, NAP_LOOK },
		{ "too slowly, silence", 8, 0, 0, 22, false, NAP_WAIT },
	};

	(void)state;
	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		struct config c = { .latency = 10 };
		struct intake in = { .conf = &c,
			.taken = rows[i].taken,
			.taken_local = rows[i].local };
		struct nap n = { .since = SINCE };
		uint64_t now = (uint64_t)(SINCE + rows[i].age * MS);

		if (nap_after(&n, &in, now, rows[i].bytes, rows[i].shaking) !=
		    rows[i].next)
			fail_msg("%s", rows[i].what);
	}
}

/* What was counted once is counted for one nap only, and not for long. */
static void
the_window_begins_anew(void **state)
{
	static const struct {
		int64_t at; /* ms */
		uint64_t taken, bytes;
		enum nap_next next;
	} rows[] = {
		{ 1, 8, 800, NAP_SLEEP },
		{ 2, 8, 0, NAP_WAIT }, /* nothing since */
		{ 3, 15, 700, NAP_LOOK },
		{ 4, 16, 100, NAP_SLEEP },
		{ 10, 23, 700, NAP_LOOK },
		{ 15, 23, 0, NAP_WAIT }, /* 11 ms: the seven are forgotten */
		{ 16, 30, 700, NAP_LOOK },
		{ 17, 31, 100, NAP_SLEEP },
		{ 18, 1031, FEW + 1, NAP_LOOK }, /* leaves it alone */
		{ 19, 1031, 0, NAP_SLEEP },
	};
	struct config c = { .latency = 10 };
	struct intake in = { .conf = &c };
	struct nap n = { .since = SINCE };

	(void)state;
	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		in.taken = rows[i].taken;
		assert_int_equal(
		    nap_after(&n, &in, (uint64_t)(SINCE + rows[i].at * MS),
			rows[i].bytes, false),
		    rows[i].next);
	}
	c.latency = 0; /* by a reload in that very look */
	in.taken += 8;
	assert_int_equal(
	    nap_after(&n, &in, (uint64_t)(SINCE + 20 * MS), 800, false),
	    NAP_LOOK);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(what_is_held_makes_it_short),
		cmocka_unit_test(a_flood_makes_it_short),
		cmocka_unit_test(what_follows_a_look),
		cmocka_unit_test(the_window_begins_anew),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
