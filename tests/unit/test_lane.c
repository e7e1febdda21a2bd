/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * test_lane.c - lines of many files stand in runs, and all are accounted for
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

#include "base/run.h"
#include "route/lane.h"

struct place {
	struct pool pool;
	struct mailbox writer;
	struct metrics *metrics;
	struct lane *lane;
};

static void
open_place(struct place *p, bool runs)
{
	struct err err;

	*p = (struct place){ .metrics = metrics_new(1), .lane = lane_new() };
	assert_non_null(p->metrics);
	assert_non_null(p->lane);
	assert_int_equal(metrics_output_slot(p->metrics, "o"), 0);
	assert_int_equal(pool_init(&p->pool, 1 << 20, 256, &err), 0);
	assert_int_equal(mailbox_init(&p->writer, &err), 0);
	p->lane->pool = &p->pool;
	p->lane->writer = &p->writer;
	p->lane->output = p;
	p->lane->runs = runs;
	p->lane->count = metrics_output(p->metrics, 0, 0);
}

static void
close_place(struct place *p)
{
	pool_reclaim(&p->pool); /* its blocks count in the lane */
	lane_free(p->lane);
	pool_clear(&p->pool);
	mailbox_clear(&p->writer);
	metrics_free(p->metrics);
}

static void
put(struct place *p, const char *name, const char *text, bool own)
{
	struct line line = { .text = slice_str(text),
		.name = slice_str(name),
		.peer = 7,
		.stream = true,
		.own = own };

	assert_true(lane_put(p->lane, &line));
}

/* The block's runs as "name(messages)lines|name(messages)lines|". */
static void
show(const struct block *b, char *to)
{
	struct run_walk w = run_first(b);
	struct run r;
	size_t n = 0;

	while (run_next(&w, &r)) {
		assert_int_equal(r.peer, 7);
		n += (size_t)sprintf(to + n, "%.*s(%u)%.*s|", (int)r.name.n,
		    r.name.p, r.messages, (int)r.lines.n, r.lines.p);
	}
	assert_int_equal(w.lines, b->n);
	assert_int_equal(w.heads, b->heads);
	assert_true(b->n + b->heads <= b->cap);
}

static void
lines_of_one_file_in_a_row_are_one_run(void **state)
{
	struct place p;
	struct block *b;
	char text[512];

	(void)state;
	open_place(&p, true);
	put(&p, "a", "1;", false);
	put(&p, "a", "2;", false);
	put(&p, "b", "3;", false);
	put(&p, "ab", "4;", true);
	put(&p, "a", "5;", false);
	lane_finish(p.lane);
	b = (struct block *)(void *)mailbox_take(&p.writer);
	assert_non_null(b);
	assert_ptr_equal(b->output, &p);
	assert_true(b->runs);
	assert_int_equal(b->messages, 4);
	assert_int_equal(b->stream_n, b->n + b->heads);
	show(b, text);
	assert_string_equal(text, "a(2)1;2;|b(1)3;|ab(0)4;|a(1)5;|");
	block_return(b);
	close_place(&p);
}

static void
a_new_block_begins_with_a_head(void **state)
{
	struct place p;
	struct letter *l;
	unsigned blocks = 0, messages = 0;
	char text[1024];

	(void)state;
	open_place(&p, true);
	for (int i = 0; i < 100; i++)
		put(&p, "file", "0123456789;", false);
	lane_finish(p.lane);
	for (l = mailbox_take(&p.writer); l != NULL; blocks++) {
		struct block *b = (struct block *)(void *)l;

		l = l->next;
		show(b, text);
		messages += b->messages;
		block_return(b);
	}
	assert_true(blocks > 3);
	assert_int_equal(messages, 100);
	assert_int_equal(metrics_output_sum(p.metrics, 0, O_TAKEN), 100);
	close_place(&p);
}

/* Lines from the front of a block and names from its end do not meet, and a
 * block that is used again knows nothing of its last run. */
static void
lines_and_names_share_a_block(void **state)
{
	struct place p;
	char name[64], text[1024];
	unsigned messages = 0;

	(void)state;
	open_place(&p, true);
	for (int i = 0; i < 100; i++) {
		struct letter *l;

		(void)snprintf(name, sizeof(name), "%0*d", i % 40 + 1, i % 7);
		put(&p, "same", "1;", false);
		put(&p, name, "0123456789;", false);
		put(&p, "same", "2;", false);
		if (i % 10 == 9)
			lane_finish(p.lane);
		for (l = mailbox_take(&p.writer); l != NULL;) {
			struct block *b = (struct block *)(void *)l;

			l = l->next;
			show(b, text);
			messages += b->messages;
			block_return(b);
		}
		pool_reclaim(&p.pool);
	}
	assert_int_equal(messages, 300);
	assert_int_equal(p.lane->backlog.n, 0);
	assert_int_equal(p.pool.stream_used, 0);
	close_place(&p);
}

static void
what_is_written_is_not_queued_any_more(void **state)
{
	struct place p;
	struct block *b;

	(void)state;
	open_place(&p, false);
	put(&p, "", "line\n", false);
	assert_int_equal(p.lane->backlog.n, 5);
	assert_int_equal(p.pool.stream_used, 5);
	assert_false(lane_flush(p.lane, 0, 0));
	assert_true(lane_in_flight(p.lane));
	put(&p, "", "line\n", false);
	assert_true(lane_flush(p.lane, 0, 0));
	b = (struct block *)(void *)mailbox_take(&p.writer);
	block_return(b);
	pool_reclaim(&p.pool);
	assert_int_equal(p.lane->backlog.n, 5);
	assert_int_equal(p.pool.stream_used, 5);
	assert_false(lane_in_flight(p.lane));
	close_place(&p);
}

/* The first one goes at once, and so does a full one. */
static void
partial_blocks_keep_their_pace(void **state)
{
	struct place p;

	(void)state;
	open_place(&p, false);
	put(&p, "", "line\n", false);
	assert_false(lane_flush(p.lane, 1000, 500));
	block_return((struct block *)(void *)mailbox_take(&p.writer));
	put(&p, "", "line\n", false);
	assert_true(lane_flush(p.lane, 1499, 500));
	assert_null(mailbox_take(&p.writer));
	assert_false(lane_flush(p.lane, 1500, 500));
	block_return((struct block *)(void *)mailbox_take(&p.writer));
	put(&p, "", "line\n", false);
	lane_finish(p.lane);
	block_return((struct block *)(void *)mailbox_take(&p.writer));
	close_place(&p);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(lines_of_one_file_in_a_row_are_one_run),
		cmocka_unit_test(a_new_block_begins_with_a_head),
		cmocka_unit_test(lines_and_names_share_a_block),
		cmocka_unit_test(what_is_written_is_not_queued_any_more),
		cmocka_unit_test(partial_blocks_keep_their_pace),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
