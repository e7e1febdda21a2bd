/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * test_mailbox.c - letters arrive, in order, and nobody sleeps over one
 */
#include <poll.h>
#include <pthread.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "base/mailbox.h"

enum { THREADS = 3, LETTERS = 20000, PATIENCE_MS = 60000 };

struct note {
	struct letter letter; /* first: a letter is its note */
	unsigned from, number;
};

struct sender {
	pthread_t thread;
	struct mailbox *to;
	struct note *notes;
	unsigned number;
	bool wanted; /* post, which wakes only who wants, instead of send */
};

static bool
is_readable(struct mailbox *m, int ms)
{
	struct pollfd p = { .fd = m->fd, .events = POLLIN };

	return poll(&p, 1, ms) == 1;
}

static void
letters_come_in_the_order_sent(void **state)
{
	struct mailbox m;
	struct note notes[3] = { 0 };
	struct letter *l;
	struct err err;

	(void)state;
	assert_int_equal(mailbox_init(&m, &err), 0);
	assert_null(mailbox_take(&m));
	for (unsigned i = 0; i < 3; i++)
		mailbox_send(&m, &notes[i].letter);
	l = mailbox_take(&m);
	for (unsigned i = 0; i < 3; i++, l = l->next)
		assert_ptr_equal(l, &notes[i].letter);
	assert_null(l);
	assert_null(mailbox_take(&m));
	mailbox_clear(&m);
}

static void
only_the_first_letter_wakes(void **state)
{
	struct mailbox m;
	struct note notes[2] = { 0 };
	struct err err;

	(void)state;
	assert_int_equal(mailbox_init(&m, &err), 0);
	mailbox_send(&m, &notes[0].letter);
	assert_true(is_readable(&m, 0));
	mailbox_quiet(&m);
	mailbox_send(&m, &notes[1].letter);
	assert_false(is_readable(&m, 0));
	assert_non_null(mailbox_take(&m));
	mailbox_send(&m, &notes[0].letter);
	assert_true(is_readable(&m, 0));
	mailbox_clear(&m);
}

static void
a_post_wakes_only_who_wants_it_and_once(void **state)
{
	struct mailbox m;
	struct note notes[3] = { 0 };
	struct err err;

	(void)state;
	assert_int_equal(mailbox_init(&m, &err), 0);
	mailbox_post(&m, &notes[0].letter);
	assert_false(is_readable(&m, 0));
	mailbox_want(&m);
	mailbox_post(&m, &notes[1].letter);
	assert_true(is_readable(&m, 0));
	mailbox_quiet(&m);
	mailbox_post(&m, &notes[2].letter);
	assert_false(is_readable(&m, 0));
	mailbox_clear(&m);
}

static void *
send_all(void *arg)
{
	struct sender *s = arg;

	for (unsigned i = 0; i < LETTERS; i++) {
		s->notes[i].from = s->number;
		s->notes[i].number = i;
		if (s->wanted)
			mailbox_post(s->to, &s->notes[i].letter);
		else
			mailbox_send(s->to, &s->notes[i].letter);
	}
	return NULL;
}

/* Several threads send; the reader sleeps whenever there is nothing. A lost
 * wake-up leaves it asleep beyond its patience. */
static void
race(bool wanted)
{
	static struct note notes[THREADS][LETTERS];
	struct sender s[THREADS];
	unsigned got = 0, next[THREADS] = { 0 };
	struct mailbox m;
	struct err err;

	assert_int_equal(mailbox_init(&m, &err), 0);
	for (unsigned i = 0; i < THREADS; i++) {
		s[i] = (struct sender){ .to = &m,
			.notes = notes[i],
			.number = i,
			.wanted = wanted };
		assert_int_equal(
		    pthread_create(&s[i].thread, NULL, send_all, &s[i]), 0);
	}
	while (got < THREADS * LETTERS) {
		struct letter *l = mailbox_take(&m);

		if (l == NULL && wanted) {
			mailbox_want(&m);
			l = mailbox_take(&m);
		}
		if (l == NULL) {
			assert_true(is_readable(&m, PATIENCE_MS));
			mailbox_quiet(&m);
		}
		for (; l != NULL; l = l->next, got++) {
			const struct note *n = (struct note *)(void *)l;

			assert_int_equal(n->number, next[n->from]++);
		}
	}
	for (unsigned i = 0; i < THREADS; i++)
		pthread_join(s[i].thread, NULL);
	mailbox_clear(&m);
}

static void
no_wake_up_is_lost_when_threads_send(void **state)
{
	(void)state;
	race(false);
}

static void
no_wake_up_is_lost_when_threads_post(void **state)
{
	(void)state;
	race(true);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(letters_come_in_the_order_sent),
		cmocka_unit_test(only_the_first_letter_wakes),
		cmocka_unit_test(a_post_wakes_only_who_wants_it_and_once),
		cmocka_unit_test(no_wake_up_is_lost_when_threads_send),
		cmocka_unit_test(no_wake_up_is_lost_when_threads_post),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
