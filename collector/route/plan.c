/* SPDX-License-Identifier: BSD-2-Clause */
#include "route/plan.h"

#include <stdlib.h>

#include "wire/err.h"

enum {
	STREAM_HIGH = 8 * 1024 * 1024,
	/* The more waits, the more lines each of many files gets with one
	 * write(2), and with one open(2) where not all can be open. */
	STREAM_HIGH_FILE = 24 * 1024,
	STREAM_HIGH_SOME = 12 * 1024 * 1024,
	STREAM_HIGH_MANY = 24 * 1024 * 1024
};

static int
find_slots(struct plan *p, struct metrics *m, struct err *err)
{
	const struct config *c = p->conf;

	for (size_t i = 0; i < c->listens; i++) {
		p->listener_slot[i] = metrics_listener_slot(
		    m, listen_label(&c->listen[i]));
		if (p->listener_slot[i] == -1)
			return err_set(err,
			    "no counters for another listener: more than %d "
			    "since the start, or no memory",
			    (int)SLOTS_MAX);
	}
	for (size_t i = 0; i < c->outputs; i++) {
		p->output_slot[i] = metrics_output_slot(m, c->output[i].name);
		if (p->output_slot[i] == -1)
			return err_set(err,
			    "no counters for another output: more than %d "
			    "since the start, or no memory",
			    (int)SLOTS_MAX);
		p->drops += c->output[i].when_full == FULL_DROP;
	}
	return 0;
}

struct plan *
plan_new(struct config *conf, struct metrics *m, struct err *err)
{
	struct plan *p = calloc(1, sizeof(*p));

	if (p == NULL) {
		(void)err_sys(err, "configuration");
		return NULL;
	}
	p->conf = conf;
	p->generation = 1;
	p->listener_slot = calloc(conf->listens, sizeof(*p->listener_slot));
	p->output_slot = calloc(conf->outputs, sizeof(*p->output_slot));
	p->output = calloc(conf->outputs, sizeof(*p->output));
	if (p->listener_slot == NULL || p->output_slot == NULL ||
	    p->output == NULL) {
		(void)err_sys(err, "configuration");
		goto fail;
	}
	if (find_slots(p, m, err) == -1)
		goto fail;
	return p;

fail:
	p->conf = NULL;
	plan_free(p);
	return NULL;
}

void
plan_free(struct plan *p)
{
	if (p == NULL)
		return;
	config_free(p->conf);
	free(p->listener_slot);
	free(p->output_slot);
	free(p->output);
	free(p);
}

size_t
plan_find_output(const struct plan *p, const void *output)
{
	for (size_t i = 0; i < p->conf->outputs; i++)
		if (p->output[i] == output)
			return i;
	return SIZE_MAX;
}

size_t
plan_stream_high(const struct plan *p, size_t share, size_t files)
{
	size_t most = STREAM_HIGH;

	for (size_t i = 0; i < p->conf->outputs; i++)
		if (p->conf->output[i].file != NULL)
			most = STREAM_HIGH_SOME;
	if (most == STREAM_HIGH)
		files = 0;
	if (files > STREAM_HIGH_MANY / STREAM_HIGH_FILE)
		most = STREAM_HIGH_MANY;
	else if (files * STREAM_HIGH_FILE > most)
		most = files * STREAM_HIGH_FILE;
	return share / 2 < most ? share / 2 : most;
}
