/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * test_intake.c - messages become lines in blocks, and what is dropped is
 * dropped by severity
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>

#include <cmocka.h>

#include "route/intake.h"

enum { MEMORY = 1024 * 1024 };

struct place {
	struct output_conf output[2];
	struct listen_conf listen;
	struct config conf;
	struct plan plan;
	int listener_slot, output_slot[2];
	void *token[2];
	struct mailbox writer;
	struct metrics *metrics;
	struct source source;
	struct intake in;
	struct letter *kept; /* blocks that the writer does not return yet */
};

/* The outputs are p->output; the conditions may be changed until furnish(). */
static void
prepare(struct place *p, int64_t format, size_t outputs)
{
	static char self[] = "collector.example", url[] = "udp://127.0.0.1:514";
	static char one[] = "one", two[] = "two";

	*p = (struct place){ 0 };
	p->output[0].format = format;
	p->output[0].name = one;
	p->output[1].format = FORMAT_JSON;
	p->output[1].name = two;
	p->listen.url = url;
	p->conf = (struct config){ .workers = 1,
		.memory = MEMORY,
		.max_message = 8192,
		.hostname = self,
		.listen = &p->listen,
		.listens = 1,
		.output = p->output,
		.outputs = outputs };
}

static void
furnish(struct place *p)
{
	struct err err;

	assert_int_equal(mailbox_init(&p->writer, &err), 0);
	p->metrics = metrics_new(1);
	assert_non_null(p->metrics);
	p->listener_slot = metrics_listener_slot(p->metrics, p->listen.url);
	for (size_t i = 0; i < p->conf.outputs; i++) {
		p->output_slot[i] = metrics_output_slot(
		    p->metrics, p->output[i].name);
		p->token[i] = &p->token[i];
		p->plan.drops += p->output[i].when_full == FULL_DROP;
	}
	p->plan.conf = &p->conf;
	p->plan.listener_slot = &p->listener_slot;
	p->plan.output_slot = p->output_slot;
	p->plan.output = p->token;
	p->source.count = metrics_listener(p->metrics, 0, 0);
	p->source.origin.listener = SLICE_LIT("udp://127.0.0.1:514");
	p->source.origin.addr.ss_family = AF_INET;
	assert_int_equal(
	    intake_init(&p->in, &p->plan, p->metrics, 0, &p->writer, &err), 0);
	intake_burst(&p->in);
}

static void
open_place(struct place *p, int64_t format, size_t outputs)
{
	prepare(p, format, outputs);
	furnish(p);
}

/* Plays the writer: takes what was posted; returns how many lines. */
static unsigned
write_all(struct place *p, char *text, size_t room)
{
	struct letter *l = mailbox_take(&p->writer);
	unsigned lines = 0;
	size_t n = 0;

	while (l != NULL) {
		struct block *b = (struct block *)(void *)l;

		l = l->next;
		if (b->output == &p->token[0] && text != NULL) {
			assert_true(n + b->n < room);
			memcpy(text + n, b->data, b->n);
			n += b->n;
		}
		lines += b->messages;
		block_return(b);
	}
	if (text != NULL)
		text[n] = '\0';
	return lines;
}

static void
close_place(struct place *p)
{
	intake_finish(&p->in);
	write_all(p, NULL, 0);
	intake_clear(&p->in);
	metrics_free(p->metrics);
	mailbox_clear(&p->writer);
}

static void
take(struct place *p, const char *text)
{
	intake_take(&p->in, &p->source, slice_str(text), false);
}

static uint64_t
count(struct place *p, enum listener_metric id)
{
	return metrics_listener_sum(p->metrics, 0, id);
}

/* RFC-1: what is right goes on byte for byte. */
static void
a_valid_message_is_its_own_line(void **state)
{
	static const char msg[] =
	    "<34>1 2003-10-11T22:14:15.003Z h su - ID47 - x";
	struct place p;
	char text[512];

	(void)state;
	open_place(&p, FORMAT_RFC5424, 1);
	take(&p, msg);
	take(&p, msg);
	assert_false(intake_flush(&p.in));
	assert_int_equal(write_all(&p, text, sizeof(text)), 2);
	assert_int_equal(strlen(text), 2 * sizeof(msg));
	assert_memory_equal(text, msg, sizeof(msg) - 1);
	assert_int_equal(text[sizeof(msg) - 1], '\n');
	assert_int_equal(count(&p, L_RECEIVED), 2);
	assert_int_equal(count(&p, L_BYTES), 2 * (sizeof(msg) - 1));
	assert_int_equal(count(&p, L_MALFORMED), 0);
	close_place(&p);
}

static void
every_output_gets_its_own_line(void **state)
{
	struct place p;

	(void)state;
	open_place(&p, FORMAT_RAW, 2);
	take(&p, "<13>hello");
	intake_flush(&p.in);
	assert_int_equal(write_all(&p, NULL, 0), 2);
	close_place(&p);
}

static void
an_empty_message_counts_nowhere_else(void **state)
{
	struct place p;

	(void)state;
	open_place(&p, FORMAT_RFC5424, 1);
	take(&p, "");
	assert_int_equal(count(&p, L_EMPTY), 1);
	assert_int_equal(count(&p, L_RECEIVED), 0);
	intake_flush(&p.in);
	assert_int_equal(write_all(&p, NULL, 0), 0);
	close_place(&p);
}

/* Small blocks through the mailbox would use the pool up. */
static void
a_partial_block_waits_for_the_one_before(void **state)
{
	struct place p;

	(void)state;
	open_place(&p, FORMAT_RFC5424, 1);
	take(&p, "<13>1 - h a - - - 1");
	assert_false(intake_flush(&p.in));
	take(&p, "<13>1 - h a - - - 2");
	assert_true(intake_flush(&p.in));
	assert_int_equal(write_all(&p, NULL, 0), 1);
	assert_false(intake_flush(&p.in));
	assert_int_equal(write_all(&p, NULL, 0), 1);
	close_place(&p);
}

/* A stalled writer: what can't wait is dropped, mildest first (RFC-58). */
static void
memory_fills_by_severity(void **state)
{
	static const struct {
		const char *message;
		size_t percent; /* of memory in use when it is dropped first */
	} rows[] = {
		{ "<15>1 - h a - - - debug ", 70 },
		{ "<14>1 - h a - - - info ", 70 },
		{ "<13>1 - h a - - - notice ", 85 },
		{ "<12>1 - h a - - - warning ", 85 },
		{ "<11>1 - h a - - - err ", 100 },
		{ "<8>1 - h a - - - emerg ", 100 },
	};

	(void)state;
	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		struct place p;
		char msg[1024];
		size_t percent;

		(void)snprintf(
		    msg, sizeof(msg), "%s%0900d", rows[i].message, 0);
		open_place(&p, FORMAT_RFC5424, 1);
		while (count(&p, L_DROPPED_MEMORY) == 0)
			take(&p, msg);
		percent = p.in.pool.used * 100 / MEMORY;
		assert_in_range(
		    percent, rows[i].percent - 1, rows[i].percent + 7);
		/* streams have a share of their own until all is used */
		assert_int_equal(intake_ready(&p.in), rows[i].percent < 100);
		intake_finish(&p.in);
		assert_int_equal(
		    write_all(&p, NULL, 0) + 1, count(&p, L_RECEIVED));
		assert_true(intake_ready(&p.in));
		close_place(&p);
	}
}

static void
a_stream_is_never_dropped_but_told_to_wait(void **state)
{
	struct place p;
	char msg[1024];
	unsigned n = 0;

	(void)state;
	(void)snprintf(msg, sizeof(msg), "<15>1 - h a - - - %0900d", 0);
	open_place(&p, FORMAT_RFC5424, 1);
	p.source.waits = true;
	for (; intake_ready(&p.in); n++)
		take(&p, msg);
	assert_in_range(n, 300, 1200);
	take(&p, msg); /* what was read with it still has room */
	assert_int_equal(count(&p, L_DROPPED_MEMORY), 0);
	intake_finish(&p.in);
	assert_int_equal(write_all(&p, NULL, 0), n + 1);
	close_place(&p);
}

/* Half of memory at most; more of it where there are many files. */
static void
what_streams_may_leave_waiting(void **state)
{
	static const struct {
		int64_t memory;
		bool many;
		size_t files, want;
	} rows[] = {
		{ 256 << 20, false, 0, 8 << 20 },
		{ 256 << 20, true, 0, 12 << 20 },
		{ 256 << 20, true, 512, 12 << 20 },
		{ 256 << 20, true, 513, 513 * 24 << 10 },
		{ 256 << 20, true, 1000, 1000 * 24 << 10 },
		{ 256 << 20, true, 1024, 24 << 20 },
		{ 256 << 20, true, SIZE_MAX, 24 << 20 },
		{ 32 << 20, true, 1000, 16 << 20 },
		{ 16 << 20, true, 0, 8 << 20 },
		{ 8 << 20, false, 0, 4 << 20 },
		{ 256 << 20, false, 1000, 8 << 20 }, /* before a reload */
		{ 8 << 20, true, 1000, 4 << 20 },
	};
	char any; /* stands for a name with fields, which nobody reads */

	(void)state;
	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		struct place p;

		prepare(&p, FORMAT_RFC5424, 2);
		p.conf.memory = rows[i].memory;
		if (rows[i].many)
			p.output[1].file = (void *)&any;
		furnish(&p);
		assert_int_equal(
		    plan_stream_high(&p.plan, p.in.pool.share, rows[i].files),
		    rows[i].want);
		close_place(&p);
	}
}

/* Plays a writer that says with each block how many files its output has. */
static void
return_all(struct place *p, const size_t *files)
{
	struct letter *l = mailbox_take(&p->writer);

	while (l != NULL) {
		struct block *b = (struct block *)(void *)l;

		l = l->next;
		b->heads = 1; /* as if it had a run; nobody looks at it */
		b->n -= b->heads;
		b->files = files[b->output == &p->token[1]];
		block_return(b);
	}
}

/* As much as may wait. */
static void
fill(struct place *p, const char *msg)
{
	while (intake_ready(&p->in))
		take(p, msg);
	intake_finish(&p->in);
}

/* What waits, waits for all outputs: none is heard alone. */
static void
more_may_wait_while_there_are_more_files(void **state)
{
	static const struct {
		size_t outputs, files[2], want;
	} rows[] = {
		{ 1, { 1000, 0 }, 1000 },
		{ 2, { 900, 10 }, 910 },
		{ 2, { 10, 900 }, 910 },
		{ 2, { 400, 500 }, 900 },
	};
	char msg[1024];

	(void)state;
	(void)snprintf(msg, sizeof(msg), "<15>1 - h a - - - %0900d", 0);
	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		struct place p;

		prepare(&p, FORMAT_RFC5424, rows[i].outputs);
		p.conf.memory = 256 << 20;
		furnish(&p);
		/* nobody reads it: too late for that */
		p.output[0].file = (void *)msg;
		p.source.waits = true;
		fill(&p, msg);
		assert_int_equal(p.in.files, 0);
		return_all(&p, rows[i].files);
		fill(&p, msg);
		assert_int_equal(p.in.stream_high, rows[i].want * 24 << 10);
		close_place(&p);
	}
}

/* What an output said of its files holds while it has something to write. */
static void
an_output_at_rest_has_no_files(void **state)
{
	static const size_t files[2] = { 1000, 10 };
	char msg[1024];
	struct place p;

	(void)state;
	(void)snprintf(msg, sizeof(msg), "<15>1 - h a - - - %0900d", 0);
	prepare(&p, FORMAT_RFC5424, 2);
	p.conf.memory = 256 << 20;
	p.output[0].file = (void *)msg; /* nobody reads it */
	p.output[0].choice.severities = 1U << 7;
	furnish(&p);
	p.in.parts.lane[0]->runs = false;
	p.source.waits = true;
	fill(&p, msg);
	return_all(&p, files);
	fill(&p, msg);
	assert_int_equal(p.in.stream_high, 1010 * 24 << 10);
	return_all(&p, files);
	msg[2] = '4'; /* the first one gets no more */
	fill(&p, msg);
	assert_int_equal(p.in.stream_high, 12 << 20);
	close_place(&p);
}

static void
a_line_longer_than_a_block_is_whole(void **state)
{
	struct place p;
	char *msg = malloc(8193);
	char *text = malloc(65536);

	(void)state;
	assert_non_null(msg);
	assert_non_null(text);
	memset(msg, 1, 8192); /* each byte grows fourfold */
	msg[8192] = '\0';
	open_place(&p, FORMAT_RAW, 1);
	take(&p, msg);
	intake_finish(&p.in);
	assert_int_equal(write_all(&p, text, 65536), 1);
	assert_int_equal(strlen(text), 4 * 8192 + 1);
	assert_int_equal(count(&p, L_MALFORMED), 1);
	close_place(&p);
	free(msg);
	free(text);
}

static uint64_t
global(struct place *p, enum global_metric id)
{
	return metrics_global_sum(p->metrics, id);
}

static void
what_no_output_takes_is_counted(void **state)
{
	struct place p;

	(void)state;
	prepare(&p, FORMAT_RFC5424, 2);
	p.output[0].choice.facilities = 1U << 4;
	p.output[1].choice.severities = 1U << 3;
	furnish(&p);
	take(&p, "<34>1 - h a - - - auth.crit");
	take(&p, "<11>1 - h a - - - user.err");
	take(&p, "<35>1 - h a - - - auth.err: both");
	take(&p, "<14>1 - h a - - - user.info: none");
	intake_finish(&p.in);
	assert_int_equal(write_all(&p, NULL, 0), 4);
	assert_int_equal(global(&p, G_FILTERED), 1);
	close_place(&p);
}

static void
final_ends_the_way_of_what_was_taken(void **state)
{
	struct place p;

	(void)state;
	prepare(&p, FORMAT_RFC5424, 2);
	p.output[0].choice.facilities = 1U << 4;
	p.output[0].final = true;
	furnish(&p);
	take(&p, "<34>1 - h a - - - auth");
	take(&p, "<14>1 - h a - - - user");
	intake_finish(&p.in);
	assert_int_equal(write_all(&p, NULL, 0), 2);
	assert_int_equal(global(&p, G_FILTERED), 0);
	close_place(&p);
}

/* The contract: they count in syncline_own_messages_total alone. */
static void
own_messages_count_by_themselves(void **state)
{
	static const char own[] = "<44>1 - h synclined 1 - - 5 were lost";
	struct place p;
	char text[512];

	(void)state;
	open_place(&p, FORMAT_RFC5424, 1);
	intake_say(&p.in, slice_str(own));
	intake_finish(&p.in);
	assert_int_equal(write_all(&p, text, sizeof(text)), 0);
	assert_memory_equal(text, own, sizeof(own) - 1);
	assert_int_equal(global(&p, G_OWN), 1);
	assert_int_equal(count(&p, L_RECEIVED), 0);
	close_place(&p);
}

/* when_full: drop: the other output has everything, and nobody waits. */
static void
a_full_output_drops_for_itself_alone(void **state)
{
	struct place p;
	unsigned taken = 0, lines = 0;
	uint64_t dropped = 0;

	(void)state;
	prepare(&p, FORMAT_RFC5424, 2);
	p.output[1].when_full = FULL_DROP;
	furnish(&p);
	p.source.waits = true;
	for (; dropped < 10; taken++) {
		struct letter *l;

		take(&p, "<14>1 - h a - - - some message of some length");
		(void)intake_flush(&p.in);
		/* only the first output's blocks are written */
		for (l = mailbox_take(&p.writer); l != NULL;) {
			struct block *b = (struct block *)(void *)l;

			l = l->next;
			if (b->output == &p.token[1]) {
				b->letter.next = p.kept;
				p.kept = &b->letter;
				continue;
			}
			lines += b->messages;
			block_return(b);
		}
		dropped = metrics_output_sum(p.metrics, 1, O_DROPPED_FULL);
	}
	assert_int_equal(lines, taken);
	assert_true(intake_ready(&p.in));
	intake_finish(&p.in);
	assert_int_equal(count(&p, L_DROPPED_MEMORY), 0);
	while (p.kept != NULL) {
		struct block *b = (struct block *)(void *)p.kept;

		p.kept = p.kept->next;
		lines += b->messages;
		block_return(b);
	}
	lines += write_all(&p, NULL, 0);
	assert_int_equal(lines + dropped, 2 * taken);
	close_place(&p);
}

/* Lines that wait here for their pace are no reason to drop any. */
static void
what_only_waits_here_makes_nothing_full(void **state)
{
	struct place p;

	(void)state;
	prepare(&p, FORMAT_RFC5424, 1);
	p.conf.latency = 1;
	p.output[0].when_full = FULL_DROP;
	furnish(&p);
	p.in.drop_high = 100; /* as of very many outputs */
	for (int i = 0; i < 10; i++) {
		take(&p, "<14>1 - h a - - - some message of some length");
		(void)intake_flush(&p.in);
		write_all(&p, NULL, 0);
	}
	assert_int_equal(metrics_output_sum(p.metrics, 0, O_DROPPED_FULL), 0);
	close_place(&p);
}

static void
when_memory_is_short_nothing_waits_here(void **state)
{
	struct place p;

	(void)state;
	prepare(&p, FORMAT_RFC5424, 1);
	p.conf.latency = 1;
	furnish(&p);
	p.in.pool.share = p.in.pool.block_size; /* as of very many outputs */
	for (int i = 0; i < 10; i++) {
		take(&p, "<14>1 - h a - - - some message of some length");
		assert_false(intake_flush(&p.in));
		assert_int_equal(write_all(&p, NULL, 0), 1);
	}
	assert_int_equal(count(&p, L_DROPPED_MEMORY), 0);
	close_place(&p);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_valid_message_is_its_own_line),
		cmocka_unit_test(every_output_gets_its_own_line),
		cmocka_unit_test(an_empty_message_counts_nowhere_else),
		cmocka_unit_test(a_partial_block_waits_for_the_one_before),
		cmocka_unit_test(memory_fills_by_severity),
		cmocka_unit_test(a_stream_is_never_dropped_but_told_to_wait),
		cmocka_unit_test(what_streams_may_leave_waiting),
		cmocka_unit_test(more_may_wait_while_there_are_more_files),
		cmocka_unit_test(an_output_at_rest_has_no_files),
		cmocka_unit_test(a_line_longer_than_a_block_is_whole),
		cmocka_unit_test(what_no_output_takes_is_counted),
		cmocka_unit_test(final_ends_the_way_of_what_was_taken),
		cmocka_unit_test(own_messages_count_by_themselves),
		cmocka_unit_test(a_full_output_drops_for_itself_alone),
		cmocka_unit_test(what_only_waits_here_makes_nothing_full),
		cmocka_unit_test(when_memory_is_short_nothing_waits_here),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
