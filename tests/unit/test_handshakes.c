/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * test_handshakes.c - a flood of handshakes leaves those who send at half
 * speed (fault G11)
 *
 * In place of connections is what only takes time: of this thread's own
 * clock, so that nothing depends on the machine or on what else runs there.
 */
#include "input/handshakes.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <event2/event.h>

#include "base/clock.h"
#include "input/conn.h"
#include "input/secure.h"

enum { US = 1000, PEERS = 8 };

struct flood {
	struct handshakes h;
	struct event_base *base;
	struct conn conn[PEERS];
	struct secure secure[PEERS];
	struct conns home;
	int64_t step; /* ns that one takes */
	int64_t steps, others, charged;
	int64_t longest; /* of both: what the host took away counts as used */
};

static int64_t
spend(struct flood *f, int64_t ns)
{
	int64_t from = clock_used_ns(), now;

	do
		now = clock_used_ns();
	while (now - from < ns);
	f->longest = now - from > f->longest ? now - from : f->longest;
	return now - from;
}

/* Instead of conn.c: a step, and the next one is due at once. */
ssize_t
conn_serve(struct conn *c)
{
	struct flood *f = (struct flood *)(void *)c->home->scratch;

	f->steps += spend(f, f->step);
	handshakes_queue(&f->h, c->secure);
	return 0;
}

void
conn_refuse(struct conn *c, enum listener_metric reason, const char *why)
{
	(void)c;
	(void)reason;
	fail_msg("%s", why);
}

static void
begin(struct flood *f, int64_t step)
{
	*f = (struct flood){ .base = event_base_new(), .step = step };
	assert_non_null(f->base);
	assert_true(handshakes_init(&f->h, f->base, 1));
	f->home.scratch = (char *)f;
	for (size_t i = 0; i < PEERS; i++) {
		f->conn[i].home = &f->home;
		f->conn[i].secure = &f->secure[i];
		f->secure[i].conn = &f->conn[i];
		/* of no descriptor: only added and deleted */
		assert_int_equal(event_assign(&f->conn[i].readable, f->base, -1,
				     0, NULL, NULL),
		    0);
		handshakes_queue(&f->h, &f->secure[i]);
	}
	f->h.left_at = clock_used_ns();
}

static void
end(struct flood *f)
{
	for (size_t i = 0; i < PEERS; i++)
		handshakes_leave(&f->h, &f->secure[i]);
	handshakes_clear(&f->h);
	event_base_free(f->base);
}

static void
turn(struct flood *f, int64_t ns)
{
	f->others += spend(f, ns);
	handshakes_work(&f->h, ns > 0);
}

/* Connections are taken up for so long. */
static void
take_up(struct flood *f, int64_t ns)
{
	int64_t from = clock_used_ns();

	f->charged += spend(f, ns);
	handshakes_charge(&f->h, from);
}

static void
it_is_half_at_most(void **state)
{
	static const struct {
		int64_t turn, step;
	} rows[] = {
		{ 20 * US, 500 * US }, /* small records, a usual handshake */
		{ 20 * US, 5000 * US },
		{ 500 * US, 50 * US },
		{ 2000 * US, 300 * US },
		{ 20000 * US, 300 * US },
	};

	(void)state;
	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		struct flood f;

		begin(&f, rows[i].step);
		while (f.steps + f.others < 60000 * US)
			turn(&f, rows[i].turn);
		/* what it owes when we stop looking, and this test's own */
		assert_true(f.steps <= f.others * 3 / 5 + 3 * f.longest);
		/* and not too little, where turns are not too long */
		if (rows[i].turn < 5000 * US)
			assert_true(
			    f.steps + 3 * f.longest >= f.others * 3 / 8);
		assert_true(handshakes_are_due(&f.h));
		end(&f);
	}
}

static void
taking_up_is_part_of_it(void **state)
{
	struct flood f;

	(void)state;
	begin(&f, 50 * US);
	while (f.steps + f.others + f.charged < 60000 * US) {
		take_up(&f, 100 * US);
		turn(&f, 500 * US);
	}
	assert_true(f.steps + f.charged <= f.others * 9 / 16 + 3 * f.longest);
	assert_true(f.steps + f.charged + 3 * f.longest >= f.others * 3 / 8);
	end(&f);
}

/* Many connect and never shake hands: those who do are not kept out. */
static void
taking_up_leaves_some(void **state)
{
	struct flood f;

	(void)state;
	begin(&f, 50 * US);
	while (f.steps + f.others + f.charged < 60000 * US) {
		take_up(&f, 500 * US);
		turn(&f, 500 * US);
	}
	assert_true(f.steps + 3 * f.longest >= f.others * 3 / 16);
	assert_true(f.steps <= f.others * 5 / 16 + 3 * f.longest);
	end(&f);
}

static void
without_others_it_is_all(void **state)
{
	struct flood f;

	(void)state;
	begin(&f, 300 * US);
	turn(&f, 20 * US); /* owes something now */
	turn(&f, 20 * US);
	for (int i = 1; i <= 20; i++) {
		int64_t before = f.steps;

		turn(&f, 0);
		assert_true(f.steps > before);
	}
	end(&f);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(it_is_half_at_most),
		cmocka_unit_test(taking_up_is_part_of_it),
		cmocka_unit_test(taking_up_leaves_some),
		cmocka_unit_test(without_others_it_is_all),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
