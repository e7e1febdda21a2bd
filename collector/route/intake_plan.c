/* SPDX-License-Identifier: BSD-2-Clause */
/* intake_plan.c - a plan is prepared and put in force; of intake.h */
#include <assert.h>
#include <stdlib.h>

#include "route/intake.h"

void
intake_parts_free(struct intake_parts *p, const struct plan *plan)
{
	for (size_t i = 0; p->lane != NULL && i < plan->conf->outputs; i++)
		lane_free(p->lane[i]);
	for (size_t i = 0; p->limit != NULL && i < plan->conf->listens; i++)
		limit_free(p->limit[i]);
	free(p->lane);
	free(p->limit);
	wants_free(p->wants);
	*p = (struct intake_parts){ NULL, NULL, NULL };
}

int
intake_prepare(struct intake_parts *to, const struct plan *plan,
    const struct plan *old, struct err *err)
{
	const struct config *c = plan->conf;

	to->lane = calloc(c->outputs, sizeof(struct lane *));
	to->limit = calloc(c->listens, sizeof(struct limit *));
	to->wants = wants_new(c);
	if (to->lane == NULL || to->limit == NULL || to->wants == NULL)
		return err_sys(err, "worker");
	for (size_t i = 0; i < c->outputs; i++) {
		if (old != NULL &&
		    plan_find_output(old, plan->output[i]) != SIZE_MAX)
			continue;
		to->lane[i] = lane_new();
		if (to->lane[i] == NULL)
			return err_sys(err, "worker");
	}
	for (size_t i = 0; i < c->listens; i++) {
		if (c->listen[i].rate == 0)
			continue;
		to->limit[i] = limit_new(c->listen[i].rate, err);
		if (to->limit[i] == NULL)
			return -1;
	}
	return 0;
}

/* Lanes of outputs that stay move over; what is left of the others goes. */
static void
move_lanes(struct intake *in, const struct plan *plan, struct lane **lane)
{
	for (size_t i = 0; in->plan != NULL && i < in->conf->outputs; i++) {
		struct lane *l = in->parts.lane[i];
		size_t k = plan_find_output(plan, l->output);

		in->parts.lane[i] = NULL;
		if (k != SIZE_MAX) {
			lane[k] = l;
			continue;
		}
		lane_finish(l);
		l->next = in->leaving;
		in->leaving = l;
	}
}

/* Who has sent how much is remembered where a limit stays. */
static void
move_limits(struct intake *in, const struct plan *plan, struct limit **limit,
    const size_t *map)
{
	if (in->plan == NULL)
		return;
	assert(map != NULL);
	for (size_t i = 0; i < in->conf->listens; i++) {
		struct limit *old = in->parts.limit[i];
		size_t k = map[i];

		if (old == NULL || k == SIZE_MAX || limit[k] == NULL)
			continue;
		limit_set_rate(old, plan->conf->listen[k].rate);
		in->parts.limit[i] = limit[k];
		limit[k] = old;
	}
}

void
intake_switch(struct intake *in, const struct plan *plan,
    struct intake_parts *parts, const size_t *map)
{
	const struct config *c = plan->conf;
	struct intake_parts old;

	move_lanes(in, plan, parts->lane);
	move_limits(in, plan, parts->limit, map);
	old = in->parts;
	in->parts = *parts;
	*parts = old;
	in->plan = plan;
	in->conf = c;
	in->listener_slot = plan->listener_slot;
	in->self = slice_str(c->hostname);
	formatter_forget(in->formatter);
	for (size_t i = 0; i < c->outputs; i++) {
		struct lane *l = in->parts.lane[i];

		assert(l != NULL); /* kept, or made by intake_prepare() */
		l->pool = &in->pool;
		l->writer = in->writer;
		l->output = plan->output[i];
		l->runs = c->output[i].file != NULL;
		l->slot = plan->output_slot[i];
		l->count = metrics_output(in->metrics, in->thread, l->slot);
	}
	in->stream_high = plan_stream_high(plan, in->pool.share, in->files);
	if (plan->drops > 0)
		in->drop_high = in->pool.share / 4 / plan->drops;
}
