/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * test_wants.c - what is kept of earlier messages says what asking says
 */
#include "route/wants.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>

#include <cmocka.h>

#include "route/filter.h"

#define COUNT(a) (sizeof(a) / sizeof((a)[0]))

enum {
	MOST = 150, /* outputs: their set ends within a word */
	MESSAGES = 40000,
	PRIS = 192,
	LONG = 200 /* bytes; no name of which anything is kept */
};

struct place {
	struct output_conf output[MOST];
	char *word[MOST][2]; /* of app and host */
	struct config conf;
	struct wants *wants;
	char app[LONG], host[LONG];
	uint32_t x;
};

static uint32_t
up_to(struct place *p, size_t n)
{
	p->x ^= p->x << 13;
	p->x ^= p->x >> 17;
	p->x ^= p->x << 5;
	return (uint32_t)(p->x % n);
}

static void
choose(struct place *p, size_t i)
{
	static char words[][8] = { "a*", "!ab", "*b", "?", "-", "B*", "10.*" };
	struct choice *c = &p->output[i].choice;
	uint32_t kinds = up_to(p, 16);

	*c = (struct choice){ 0 };
	if (kinds & 1)
		c->facilities = 1U << up_to(p, 24) | 1U << up_to(p, 24);
	if (kinds & 2)
		c->severities = (uint8_t)(1U << up_to(p, 8));
	for (size_t k = 0; k < 2; k++)
		p->word[i][k] = words[up_to(p, COUNT(words))];
	if (kinds & 4)
		c->app = (struct texts){ .text = &p->word[i][0], .n = 1 };
	if (kinds & 8)
		c->host = (struct texts){ .text = &p->word[i][1], .n = 1 };
}

static void
open_place(struct place *p, size_t outputs)
{
	*p = (struct place){ .x = 2463534242 };
	p->conf = (struct config){ .output = p->output, .outputs = outputs };
	for (size_t i = 0; i < outputs; i++)
		choose(p, i);
	p->wants = wants_new(&p->conf);
	assert_non_null(p->wants);
}

/* Mostly short, and of few letters: the same come again, and some differ only
 * in where one name ends and the other begins. */
static struct slice
name(struct place *p, char *at)
{
	size_t n = up_to(p, 50) == 0 ? 120 + up_to(p, 12) : up_to(p, 4);

	for (size_t i = 0; i < n; i++)
		at[i] = "abB"[up_to(p, 3)];
	return slice_of(at, n);
}

static void
compare(struct place *p, const struct record *r)
{
	const uint64_t *set = wants_ask(p->wants, r);
	size_t n = p->conf.outputs, next = wants_next(set, 0, n);

	for (size_t i = 0; i < n; i++) {
		bool want = filter_ask(&p->output[i].choice, r, NULL) ==
		    FILTER_YES;

		assert_int_equal(next == i, want);
		if (want)
			next = wants_next(set, i + 1, n);
	}
	assert_int_equal(next, n);
}

static void
send_any(struct place *p)
{
	struct origin o = { .local = up_to(p, 4) == 0,
		.distrust = up_to(p, 4) == 0,
		.text = "10.0.0.1",
		.text_n = 7 + up_to(p, 2) };
	struct msg m = { .form = MSG_RFC5424, .valid = true };
	struct record r = { .msg = &m, .origin = &o, .self = SLICE_LIT("b") };

	if (o.local)
		o.text_n = 0;
	m.pri = (uint8_t)up_to(p, PRIS);
	m.app = name(p, p->app);
	m.host = name(p, p->host);
	compare(p, &r);
}

static void
what_is_kept_says_what_asking_says(void **state)
{
	static const size_t outputs[] = { 1, 2, 5, 63, 64, 65, MOST };
	struct place *p = malloc(sizeof(*p));

	(void)state;
	assert_non_null(p);
	for (size_t i = 0; i < COUNT(outputs); i++) {
		print_message("  %zu outputs\n", outputs[i]);
		open_place(p, outputs[i]);
		for (int n = 0; n < MESSAGES; n++)
			send_any(p);
		wants_free(p->wants);
	}
	free(p);
}

static void
all_want_it_when_nobody_asks(void **state)
{
	struct output_conf output[70] = { 0 };
	struct config conf = { .output = output, .outputs = COUNT(output) };
	struct msg m = { .form = MSG_RAW };
	struct origin o = { .local = true };
	struct record r = { .msg = &m, .origin = &o };
	struct wants *w = wants_new(&conf);
	const uint64_t *set;

	(void)state;
	assert_non_null(w);
	set = wants_ask(w, &r);
	for (size_t i = 0; i < conf.outputs; i++)
		assert_int_equal(wants_next(set, i, conf.outputs), i);
	assert_int_equal(
	    wants_next(set, conf.outputs, conf.outputs), conf.outputs);
	wants_free(w);
	wants_free(NULL);
}

/* A message costs no question: the outputs are gone, and it is answered. */
static void
what_was_answered_is_not_asked_again(void **state)
{
	struct place *p = malloc(sizeof(*p));
	struct msg m = { .form = MSG_RFC5424,
		.valid = true,
		.app = SLICE_LIT("ab"),
		.host = SLICE_LIT("a") };
	struct origin o = { .local = false };
	struct record r = { .msg = &m, .origin = &o };
	uint64_t first[MOST / WANTS_WORD + 1];
	size_t bytes;

	(void)state;
	assert_non_null(p);
	open_place(p, MOST);
	bytes = p->wants->words * sizeof(first[0]);
	memcpy(first, wants_ask(p->wants, &r), bytes);
	for (size_t i = 0; i < MOST; i++)
		p->output[i].choice = (struct choice){ 0 };
	assert_memory_equal(wants_ask(p->wants, &r), first, bytes);
	m.app = SLICE_LIT("aa");
	assert_memory_not_equal(wants_ask(p->wants, &r), first, bytes);
	wants_free(p->wants);
	free(p);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(what_is_kept_says_what_asking_says),
		cmocka_unit_test(all_want_it_when_nobody_asks),
		cmocka_unit_test(what_was_answered_is_not_asked_again),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
