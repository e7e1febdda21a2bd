/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * test_wants.c - what is kept of earlier messages says what asking says
 */
#include "route/wants.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>

#include <cmocka.h>

#include "route/filter.h"

#define COUNT(a) (sizeof(a) / sizeof((a)[0]))

enum {
	MOST = 150, /* outputs: their set ends within a word */
	MESSAGES = 40000,
	PRIS = 192,
	LONG = 200, /* bytes; room for any name */
	HOSTS = 90  /* each a number of two digits */
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

/* A message costs no question: the conditions are gone, and it is answered. */
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

/* Nothing is kept of nobody: an empty place is no answer to empty names. */
static void
who_has_no_name_is_asked_about(void **state)
{
	static char dash[] = "-";
	char *word[] = { dash };
	struct output_conf output[8] = { 0 };
	struct config conf = { .output = output, .outputs = COUNT(output) };
	struct msg m = { .form = MSG_RFC5424, .valid = true };
	struct origin o = { .local = true };
	struct record r = { .msg = &m, .origin = &o };
	struct wants *w;

	(void)state;
	for (size_t i = 0; i < COUNT(output); i++)
		output[i].choice.app = (struct texts){ .text = word, .n = 1 };
	w = wants_new(&conf);
	assert_non_null(w);
	assert_int_equal(wants_ask(w, &r)[0], 0xff);
	wants_free(w);
}

static uint64_t
ask_host(struct wants *w, const char *const around[2], unsigned number)
{
	char host[32];
	struct msg m = { .form = MSG_RFC5424, .valid = true };
	struct origin o = { .local = true };
	struct record r = { .msg = &m, .origin = &o };
	int n = snprintf(
	    host, sizeof(host), "%s%u%s", around[0], number, around[1]);

	m.host = slice_of(host, (size_t)n);
	return wants_ask(w, &r)[0];
}

/* So many of HOSTS numbers get the answer that they got before, when who is
 * asked gives another one. */
static unsigned
count_kept(const char *const around[2])
{
	static char all[] = "*", none[] = "";
	char *word[] = { all };
	struct output_conf output[8] = { 0 };
	struct config conf = { .output = output, .outputs = COUNT(output) };
	struct wants *w;
	unsigned kept = 0;

	for (size_t i = 0; i < COUNT(output); i++)
		output[i].choice.host = (struct texts){ .text = word, .n = 1 };
	w = wants_new(&conf);
	assert_non_null(w);
	for (unsigned i = 0; i < HOSTS; i++)
		assert_int_equal(ask_host(w, around, 10 + i), 0xff);
	word[0] = none;
	for (unsigned i = 0; i < HOSTS; i++)
		kept += ask_host(w, around, 10 + i) == 0xff;
	wants_free(w);
	return kept;
}

/* The machines of a house have names that are nearly alike: what is kept of
 * one must not drive out what is kept of another. */
static void
names_that_are_nearly_alike_have_room(void **state)
{
	static const char *const around[][2] = { { "", "" }, { "web", "" },
		{ "server", "" }, { "10.0.0.", "" }, { "192.168.100.1", "" },
		{ "node-eu-west-0", "" }, { "db-", ".example.net" },
		{ "app", "-a.example.net" } };

	(void)state;
	for (size_t i = 0; i < COUNT(around); i++) {
		print_message("  %sN%s\n", around[i][0], around[i][1]);
		assert_true(count_kept(around[i]) > HOSTS - 10);
	}
}

/* Names have 125 bytes in all; what is longer must not reach into the next
 * place, so of that nothing is kept. */
static void
names_too_long_for_their_place_are_asked_about(void **state)
{
	static char all[] = "*", none[] = "", text[LONG];
	static const struct {
		size_t app, host;
		bool kept;
	} rows[] = { { 48, 77, true }, { 48, 78, false }, { 125, 0, true },
		{ 124, 2, false }, { 125, 1, false }, { 126, 0, false },
		{ 0, 125, true }, { 0, 126, false } };
	char *word[] = { all };
	struct output_conf output[8] = { 0 };
	struct config conf = { .output = output, .outputs = COUNT(output) };
	struct origin o = { .local = true };

	(void)state;
	for (size_t i = 0; i < COUNT(output); i++)
		output[i].choice.app = output[i].choice.host = (struct texts){
			.text = word, .n = 1
		};
	memset(text, 'a', sizeof(text));
	for (size_t i = 0; i < COUNT(rows); i++) {
		struct msg m = { .form = MSG_RFC5424,
			.app = slice_of(text, rows[i].app),
			.host = slice_of(text, rows[i].host) };
		struct record r = { .msg = &m, .origin = &o };
		struct wants *w = wants_new(&conf);

		assert_non_null(w);
		word[0] = all;
		assert_int_equal(wants_ask(w, &r)[0], 0xff);
		word[0] = none;
		assert_int_equal(wants_ask(w, &r)[0], rows[i].kept ? 0xff : 0);
		wants_free(w);
	}
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(what_is_kept_says_what_asking_says),
		cmocka_unit_test(all_want_it_when_nobody_asks),
		cmocka_unit_test(what_was_answered_is_not_asked_again),
		cmocka_unit_test(who_has_no_name_is_asked_about),
		cmocka_unit_test(names_that_are_nearly_alike_have_room),
		cmocka_unit_test(
		    names_too_long_for_their_place_are_asked_about),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
