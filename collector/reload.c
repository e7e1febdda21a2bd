/* SPDX-License-Identifier: BSD-2-Clause */
#include "reload.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/log.h"
#include "config/options.h"
#include "descriptors.h"
#include "output/keeper.h"
#include "reload_parts.h"

int
reload_init(
    struct reload *r, struct house *h, int argc, char **argv, struct err *err)
{
	*r = (struct reload){ .house = h, .argc = argc, .argv = argv };
	return mailbox_init(&r->answer, err);
}

void
reload_clear(struct reload *r)
{
	reload_parts_free(r);
	mailbox_clear(&r->answer);
}

bool
reload_is_running(const struct reload *r)
{
	return r->step != RELOAD_NONE;
}

static void
refuse(struct reload *r)
{
	reload_parts_undo(r);
	log_line(
	    LOG_ERR, "reload refused: the running configuration is unchanged");
}

/* Whatever can fail. False: nothing has changed, and why has been said. */
static bool
prepare(struct reload *r)
{
	struct config *conf = NULL;
	struct err err;

	if (options_reload(r->argc, r->argv, &conf, stderr) == -1)
		return false;
	if (options_refuse_restart(r->house->plan->conf, conf, stderr) > 0) {
		config_free(conf);
		return false;
	}
	if (reload_parts_make(r, conf, &err) == 0) {
		r->plan->generation = r->house->plan->generation + 1;
		return true;
	}
	if (err.text[0] != '\0')
		log_line(LOG_ERR, "%s", err.text);
	if (writer_has_leaving(r->house->writer, r->house->plan->conf->outputs))
		log_line(LOG_NOTICE,
		    "an output that an earlier reload took away still has "
		    "something to write; to have its file again, reload again "
		    "when that is written");
	return false;
}

static void
begin(struct reload *r)
{
	r->again = false;
	r->listener_slots = r->house->metrics->listeners.n;
	r->output_slots = r->house->metrics->outputs.n;
	if (!prepare(r)) {
		refuse(r);
		return;
	}
	r->step = RELOAD_ADDS;
	/* before there are files of new outputs that could be another's */
	keeper_give(r->house->keeper, r->keep);
	r->keep = NULL;
	writer_obey(r->house->writer, &r->adds);
}

void
reload_ask(struct reload *r)
{
	if (reload_is_running(r))
		r->again = true;
	else
		begin(r);
}

/* Before anybody needs the answers: the kernel knows who sends only of what is
 * sent from then on. What nobody asks any more, renew_sockets() sees to. */
static void
ask_who_sends(struct reload *r)
{
	for (size_t i = 0; i < r->listeners.n; i++) {
		struct listener *l = r->listeners.list[i];

		if (r->plan->conf->listen[i].credentials &&
		    listeners_find(&r->house->listeners, l) != SIZE_MAX)
			socket_set_ask(&l->sockets, &r->plan->conf->listen[i]);
	}
}

/* New connections and old ones: each worker gets both through one mailbox,
 * so each is served by the plan under which it was accepted. */
static void
switch_workers(struct reload *r)
{
	struct house *h = r->house;
	struct err err;

	r->step = RELOAD_WORKERS;
	/* by the plan that numbers them, and before the workers have another */
	listeners_stop(&h->listeners, &r->listeners);
	ask_who_sends(r);
	for (size_t i = 0; i < h->tools.workers; i++) {
		worker_order(h->tools.worker[i], r->order[i]);
		r->order[i] = NULL;
	}
	h->tools.plan = r->plan;
	if (listeners_accept(&r->listeners, h->base, &h->tools, &err) == -1)
		log_line(LOG_ERR, "%s", err.text);
}

/* Datagram sockets that nobody serves any more. */
static void
uncount_sockets(struct reload *r)
{
	struct house *h = r->house;

	for (size_t i = 0; i < h->listeners.n; i++) {
		const struct listener *l = h->listeners.list[i];

		if (l == NULL ||
		    listener_is_stream(&h->plan->conf->listen[i]) ||
		    listeners_find(&r->listeners, l) != SIZE_MAX)
			continue;
		for (size_t k = 0; k < l->sockets.n; k++)
			h->dgrams[l->worker[k]]--;
	}
}

/* The same URL with other keys: those that the kernel must be told. */
static void
renew_sockets(struct reload *r)
{
	for (size_t i = 0; i < r->listeners.n; i++) {
		struct listener *l = r->listeners.list[i];

		if (listeners_find(&r->house->listeners, l) != SIZE_MAX)
			socket_set_renew(
			    &l->sockets, &r->plan->conf->listen[i]);
	}
}

static void
finish(struct reload *r)
{
	struct house *h = r->house;
	const struct config *conf = r->plan->conf;
	struct plan *old = h->plan;

	listeners_announce(&r->listeners, conf, &h->listeners);
	renew_sockets(r);
	uncount_sockets(r);
	listeners_commit(&r->listeners, &h->listeners);
	h->listeners = r->listeners;
	r->listeners = (struct listeners){ NULL, 0 };
	h->plan = r->plan;
	r->plan = NULL;
	if (h->admin != NULL)
		admin_set_plan(h->admin, h->plan);
	log_verbose(conf->verbose);
	h->tools.fds_max = descriptors_for_connections(
	    conf, h->descriptors, (size_t)acceptor_open_in_all(&h->tools));
	reload_forget_moved(old, h->plan);
	plan_free(old);
	reload_parts_free(r);
	r->step = RELOAD_NONE;
	log_line(LOG_NOTICE, "configuration reloaded (generation %llu)",
	    (unsigned long long)h->plan->generation);
	if (r->again)
		begin(r);
}

void
reload_go_on(struct reload *r)
{
	mailbox_quiet(&r->answer);
	if (r->step == RELOAD_ADDS && atomic_load(&r->adds.done))
		switch_workers(r);
	if (r->step == RELOAD_WORKERS && atomic_load(&r->left) == 0) {
		r->step = RELOAD_REMOVES;
		writer_obey(r->house->writer, &r->removes);
		return;
	}
	if (r->step == RELOAD_REMOVES && atomic_load(&r->removes.done))
		finish(r);
}
