/* SPDX-License-Identifier: BSD-2-Clause */
#include "reload_parts.h"

#include <stdlib.h>
#include <string.h>

#include "output/keepplan.h"
#include "output/output.h"
#include "traces.h"

/* The listener of conf with that URL that is retired, or is not. */
static size_t
find_url(const struct config *conf, const char *url, bool retired)
{
	for (size_t i = 0; i < conf->listens; i++)
		if (conf->listen[i].retired == retired &&
		    strcmp(conf->listen[i].url, url) == 0)
			return i;
	return SIZE_MAX;
}

/*
 * Where the running listeners are in the new configuration. One of streams
 * that is not there lives on in it, retired, as long as it has connections:
 * it may accept some more until the workers switch.
 */
static int
map_listeners(struct reload *r, struct config *conf, struct err *err)
{
	const struct acceptor_tools *tools = &r->house->tools;
	const struct config *old = r->house->plan->conf;

	r->map = calloc(old->listens, sizeof(*r->map));
	if (r->map == NULL)
		return err_sys(err, "reload");
	for (size_t i = 0; i < old->listens; i++) {
		struct listen_conf copy = old->listen[i];

		r->map[i] = find_url(conf, copy.url, false);
		if (r->map[i] == SIZE_MAX)
			r->map[i] = find_url(conf, copy.url, true);
		if (r->map[i] != SIZE_MAX || !listener_is_stream(&copy) ||
		    (copy.retired && acceptor_open(tools, i) == 0))
			continue;
		copy.retired = true;
		if (config_add_listen(conf, &copy, err) == -1)
			return -1;
		r->map[i] = conf->listens - 1;
	}
	return 0;
}

/* Those of a configuration that is not to be: they are the running one's. */
static void
forget_retired(struct config *conf)
{
	for (size_t i = 0; i < conf->listens; i++)
		if (conf->listen[i].retired)
			conf->listen[i] = (struct listen_conf){ 0 };
}

void
reload_forget_moved(struct plan *old, const struct plan *new)
{
	for (size_t i = 0; i < old->conf->listens; i++)
		for (size_t k = 0; k < new->conf->listens; k++)
			if (old->conf->listen[i].url ==
			    new->conf->listen[k].url)
				old->conf->listen[i] = (struct listen_conf){
					0
				};
}

/* The running output with that path: it goes on. */
static size_t
find_path(const struct plan *p, const char *path)
{
	for (size_t i = 0; i < p->conf->outputs; i++)
		if (strcmp(p->conf->output[i].path, path) == 0)
			return i;
	return SIZE_MAX;
}

static int
renew_output(struct reload *r, size_t i, size_t old, struct err *err)
{
	struct writer_order *o = &r->removes;

	r->plan->output[i] = r->house->plan->output[old];
	o->renew[o->renews].output = r->plan->output[i];
	o->renew[o->renews].settings = house_settings(
	    r->house, r->plan, i, err);
	if (o->renew[o->renews].settings == NULL)
		return -1;
	o->renews++;
	return 0;
}

static int
open_outputs(struct reload *r, struct err *err)
{
	const struct plan *old = r->house->plan;
	size_t n = r->plan->conf->outputs;

	r->adds.add = calloc(n, sizeof(struct output *));
	r->removes.renew = calloc(n, sizeof(*r->removes.renew));
	r->removes.remove = calloc(old->conf->outputs, sizeof(struct output *));
	r->there = calloc(n, sizeof(*r->there));
	if (r->adds.add == NULL || r->removes.renew == NULL ||
	    r->removes.remove == NULL || r->there == NULL)
		return err_sys(err, "reload");
	memset(r->there, 0xff, n * sizeof(*r->there)); /* SIZE_MAX */
	for (size_t i = 0; i < n; i++) {
		size_t k = find_path(old, r->plan->conf->output[i].path);
		struct output *o;

		if (k != SIZE_MAX) {
			if (renew_output(r, i, k, err) == -1)
				return -1;
			continue;
		}
		r->there[i] = traces_look(&r->plan->conf->output[i]);
		o = house_open_output(r->house, r->plan, i, err);
		if (o == NULL)
			return -1;
		r->plan->output[i] = r->adds.add[r->adds.adds++] = o;
	}
	for (size_t i = 0; i < old->conf->outputs; i++)
		if (plan_find_output(r->plan, old->output[i]) == SIZE_MAX)
			r->removes
			    .remove[r->removes.removes++] = old->output[i];
	if (!writer_has_room(r->house->writer, r->adds.adds))
		return err_set(err,
		    "too many outputs that earlier reloads took away still "
		    "have something to write; see to their disks first");
	return 0;
}

/* A datagram socket that is new goes to one of the workers. */
static int
add_socket(struct reload *r, size_t listener, size_t k, struct err *err)
{
	struct listener *l = r->listeners.list[listener];
	size_t w = house_choose_worker(r->house);
	struct worker_socket *s;
	struct order *o;

	if (w == SIZE_MAX)
		return err_set(err,
		    "listener %s: more datagram sockets than "
		    "%d per worker",
		    r->plan->conf->listen[listener].url,
		    (int)WORKER_DGRAMS_MAX);
	l->worker[k] = w;
	o = r->order[w];
	s = reallocarray(o->more, o->mores + 1, sizeof(*s));
	if (s == NULL) {
		r->house->dgrams[w]--;
		return err_sys(err, "reload");
	}
	o->more = s;
	s = &o->more[o->mores++];
	*s = (struct worker_socket){ .listener = listener,
		.fd = l->sockets.fd[k],
		.dgram = calloc(1, sizeof(*s->dgram)) };
	return s->dgram != NULL ? 0 : err_sys(err, "reload");
}

static int
share_sockets(struct reload *r, struct err *err)
{
	for (size_t i = 0; i < r->listeners.n; i++) {
		struct listener *l = r->listeners.list[i];

		if (l == NULL ||
		    listener_is_stream(&r->plan->conf->listen[i]) ||
		    listeners_find(&r->house->listeners, l) != SIZE_MAX)
			continue;
		for (size_t k = 0; k < l->sockets.n; k++)
			if (add_socket(r, i, k, err) == -1)
				return -1;
	}
	return 0;
}

static int
make_order(struct reload *r, size_t worker, struct err *err)
{
	const struct plan *old = r->house->plan;
	size_t bytes = old->conf->listens * sizeof(*r->map);
	struct order *o = order_new(ORDER_SWITCH);

	r->order[worker] = o;
	if (o == NULL)
		return err_sys(err, "reload");
	o->plan = r->plan;
	o->old = old;
	o->left = &r->left;
	o->answer = &r->answer;
	o->map = malloc(bytes);
	if (o->map == NULL)
		return err_sys(err, "reload");
	memcpy(o->map, r->map, bytes);
	return intake_prepare(&o->parts, r->plan, old, err);
}

static int
make_orders(struct reload *r, struct err *err)
{
	size_t n = r->house->tools.workers;

	r->order = calloc(n, sizeof(struct order *));
	if (r->order == NULL)
		return err_sys(err, "reload");
	for (size_t i = 0; i < n; i++)
		if (make_order(r, i, err) == -1)
			return -1;
	atomic_store(&r->left, n);
	return share_sockets(r, err);
}

int
reload_parts_make(struct reload *r, struct config *conf, struct err *err)
{
	const struct house *h = r->house;

	err->text[0] = '\0';
	r->adds = (struct writer_order){ .answer = &r->answer };
	r->removes = (struct writer_order){ .answer = &r->answer };
	if (map_listeners(r, conf, err) == 0)
		r->plan = plan_new(conf, h->metrics, err);
	if (r->plan == NULL) {
		forget_retired(conf);
		config_free(conf);
		return -1;
	}
	if (listeners_open(&r->listeners, r->plan->conf, &h->activation,
		&h->listeners, h->plan->conf) == -1)
		return -1;
	r->keep = house_keep_plan(r->house, r->plan, err);
	if (r->keep == NULL || open_outputs(r, err) == -1)
		return -1;
	return make_orders(r, err);
}

/* Workers have the sockets no more that were theirs to be. */
static void
unshare_sockets(struct reload *r)
{
	for (size_t i = 0; r->order != NULL && i < r->house->tools.workers; i++)
		if (r->order[i] != NULL)
			r->house->dgrams[i] -= r->order[i]->mores;
}

void
reload_parts_undo(struct reload *r)
{
	unshare_sockets(r);
	for (size_t i = 0; i < r->adds.adds; i++)
		output_free(r->adds.add[i]);
	for (size_t i = 0; r->there != NULL && i < r->plan->conf->outputs; i++)
		traces_remove(&r->plan->conf->output[i], r->there[i]);
	for (size_t i = 0; i < r->removes.renews; i++)
		output_settings_free(r->removes.renew[i].settings);
	if (r->listeners.list != NULL)
		listeners_abandon(&r->listeners, &r->house->listeners);
	reload_parts_free(r);
	if (r->plan != NULL)
		forget_retired(r->plan->conf);
	plan_free(r->plan);
	r->plan = NULL;
	metrics_forget(r->house->metrics, r->listener_slots, r->output_slots);
}

void
reload_parts_free(struct reload *r)
{
	for (size_t i = 0; r->order != NULL && i < r->house->tools.workers; i++)
		order_free(r->order[i]);
	free(r->order);
	r->order = NULL;
	free(r->map);
	r->map = NULL;
	free(r->there);
	r->there = NULL;
	keep_plan_free(r->keep);
	r->keep = NULL;
	free(r->adds.add);
	free(r->removes.renew);
	free(r->removes.remove);
	r->adds = (struct writer_order){ 0 };
	r->removes = (struct writer_order){ 0 };
}
