/* SPDX-License-Identifier: BSD-2-Clause */
/* wants.c - see wants.h */
#include "route/wants.h"

#include <stdlib.h>
#include <string.h>

#include "route/filter.h"

enum {
	PRIS = 256, /* a byte, whatever it is */
	KEPT_BITS = 12,
	KEPT = 1 << KEPT_BITS, /* pairs of names, at most */
	FEW = 4,    /* outputs: to ask so many costs no more than to look */
	TEXT = 125, /* bytes of names; of who has longer ones nothing is kept */
	MIXED_AT_ONCE = 8
};

struct wants_names {
	bool used;
	uint8_t app_n, host_n;
	char text[TEXT]; /* APP-NAME, host */
};

static void
set_bit(uint64_t *set, size_t i)
{
	set[i / WANTS_WORD] |= UINT64_C(1) << i % WANTS_WORD;
}

/* Returns how many ask for names. */
static size_t
see_who_asks(struct wants *w)
{
	size_t n = 0;

	for (size_t i = 0; i < w->conf->outputs; i++) {
		const struct choice *c = &w->conf->output[i].choice;

		set_bit(w->now, i);
		w->asks |= filter_has_pri(c) || filter_has_names(c);
		w->apps |= c->app.n > 0;
		w->hosts |= c->host.n > 0;
		if (!filter_has_names(c))
			continue;
		set_bit(w->naming, i);
		n++;
	}
	return n;
}

static void
work_out_pris(struct wants *w)
{
	for (unsigned pri = 0; pri < PRIS; pri++)
		for (size_t i = 0; i < w->conf->outputs; i++)
			if (filter_pri(
				&w->conf->output[i].choice, (uint8_t)pri))
				set_bit(w->by_pri + pri * w->words, i);
}

struct wants *
wants_new(const struct config *conf)
{
	struct wants *w = calloc(1, sizeof(*w));

	if (w == NULL)
		return NULL;
	w->conf = conf;
	w->words = (conf->outputs + WANTS_WORD - 1) / WANTS_WORD;
	w->now = calloc(w->words, sizeof(*w->now));
	w->naming = calloc(w->words, sizeof(*w->naming));
	w->by_pri = calloc(PRIS * w->words, sizeof(*w->by_pri));
	if (w->now == NULL || w->naming == NULL || w->by_pri == NULL)
		goto fail;
	work_out_pris(w);
	if (see_who_asks(w) <= FEW)
		return w;
	w->names = calloc(KEPT, sizeof(*w->names));
	w->by_names = calloc(KEPT * w->words, sizeof(*w->by_names));
	if (w->names != NULL && w->by_names != NULL)
		return w;
fail:
	wants_free(w);
	return NULL;
}

void
wants_free(struct wants *w)
{
	if (w == NULL)
		return;
	free(w->now);
	free(w->naming);
	free(w->by_pri);
	free(w->names);
	free(w->by_names);
	free(w);
}

/* Takes from set whom the names do not please; of the others of set that ask
 * for none, nobody. */
static void
ask_names(const struct wants *w, const struct record *r, uint64_t *set)
{
	size_t n = w->conf->outputs;

	for (size_t i = wants_next(w->naming, 0, n); i < n;
	     i = wants_next(w->naming, i + 1, n)) {
		uint64_t bit = UINT64_C(1) << i % WANTS_WORD;

		if ((set[i / WANTS_WORD] & bit) != 0 &&
		    !filter_names(&w->conf->output[i].choice, r))
			set[i / WANTS_WORD] &= ~bit;
	}
}

/* The upper bits of a product depend on all bits of what was multiplied. Who
 * knows how can still have two senders take turns in one place: they cost what
 * it costs to ask all outputs. */
static uint64_t
mix(uint64_t h, struct slice s)
{
	while (s.n > 0) {
		size_t n = s.n < MIXED_AT_ONCE ? s.n : MIXED_AT_ONCE;
		uint64_t word = 0;

		memcpy(&word, s.p, n);
		h = (h ^ word ^ n) * UINT64_C(0x9e3779b97f4a7c15);
		h ^= h >> 32;
		slice_skip(&s, n);
	}
	return h;
}

static bool
is_of(const struct wants_names *k, struct slice app, struct slice host)
{
	return k->used && slice_eq(app, slice_of(k->text, k->app_n)) &&
	    slice_eq(host, slice_of(k->text + k->app_n, k->host_n));
}

static void
keep(struct wants_names *k, struct slice app, struct slice host)
{
	k->used = true;
	k->app_n = (uint8_t)app.n;
	k->host_n = (uint8_t)host.n;
	if (app.n > 0)
		memcpy(k->text, app.p, app.n);
	if (host.n > 0)
		memcpy(k->text + app.n, host.p, host.n);
}

/* The outputs that the names please; NULL: nothing is kept of these. What
 * nobody asks for counts as empty. */
static const uint64_t *
recall(struct wants *w, const struct record *r)
{
	struct slice app = { NULL, 0 }, host = { NULL, 0 };
	uint64_t *set;
	size_t place;

	if (w->names == NULL)
		return NULL;
	if (w->apps)
		app = r->msg->app;
	if (w->hosts)
		host = record_host(r);
	if (app.n > TEXT || host.n > TEXT - app.n)
		return NULL;
	place = mix(mix(app.n, app), host) >> (64 - KEPT_BITS);
	set = w->by_names + place * w->words;
	if (!is_of(&w->names[place], app, host)) {
		memset(set, 0xff, w->words * sizeof(*set));
		ask_names(w, r, set);
		keep(&w->names[place], app, host);
	}
	return set;
}

const uint64_t *
wants_look(struct wants *w, const struct record *r)
{
	const uint64_t *pri = w->by_pri + r->msg->pri * w->words, *names;

	if (!w->apps && !w->hosts)
		return pri;
	names = recall(w, r);
	for (size_t i = 0; i < w->words; i++)
		w->now[i] = names != NULL ? pri[i] & names[i] : pri[i];
	if (names == NULL)
		ask_names(w, r, w->now);
	return w->now;
}
