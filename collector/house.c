/* SPDX-License-Identifier: BSD-2-Clause */
#include "house.h"

#include <arpa/inet.h>

#include <stdlib.h>
#include <string.h>

#include "base/log.h"
#include "descriptors.h"
#include "output/keeper.h"

/* With as many open files as the limit of descriptors leaves. */
static struct output_conf
fit(const struct house *h, const struct plan *plan, size_t i)
{
	struct output_conf o = plan->conf->output[i];

	o.max_open_files = descriptors_for_files(plan->conf, i, h->descriptors);
	return o;
}

struct output *
house_open_output(
    struct house *h, const struct plan *plan, size_t i, struct err *err)
{
	struct output_conf o = fit(h, plan, i);

	return writer_open(h->writer, &o, plan->output_slot[i], err);
}

struct output_settings *
house_settings(
    struct house *h, const struct plan *plan, size_t i, struct err *err)
{
	struct output_conf o = fit(h, plan, i);

	return writer_settings(h->writer, &o, plan->output_slot[i], err);
}

struct keep_plan *
house_keep_plan(struct house *h, const struct plan *plan, struct err *err)
{
	return keep_plan_new(plan->conf, plan->output_slot, h->metrics,
	    h->tools.thread + 3, err);
}

size_t
house_choose_worker(struct house *h)
{
	for (size_t i = 0; i < h->tools.workers; i++) {
		size_t w = h->next_worker++ % h->tools.workers;

		if (h->dgrams[w] == WORKER_DGRAMS_MAX)
			continue;
		h->dgrams[w]++;
		return w;
	}
	return SIZE_MAX;
}

static struct event_base *
new_base(void)
{
	struct event_config *ec = event_config_new();
	struct event_base *base;

	if (ec == NULL)
		return NULL;
	/* nobody else touches it */
	event_config_set_flag(ec, EVENT_BASE_FLAG_NOLOCK);
	base = event_base_new_with_config(ec);
	event_config_free(ec);
	return base;
}

int
house_init(struct house *h, struct config *conf, struct err *err)
{
	size_t workers = (size_t)conf->workers;

	/* the main thread counts behind the workers, then writer, syncer,
	 * keeper */
	h->metrics = metrics_new(workers + 4);
	h->base = new_base();
	h->tools.peers = peers_new(err);
	if (h->metrics != NULL)
		h->plan = plan_new(conf, h->metrics, err);
	if (h->plan == NULL)
		config_free(conf);
	if (h->plan == NULL || h->base == NULL || h->tools.peers == NULL)
		return err_set(err, "start: no memory or no descriptors");
	h->tools.plan = h->plan;
	h->tools.metrics = h->metrics;
	h->tools.thread = workers;
	return 0;
}

static bool
is_name(const char *host)
{
	struct in6_addr a;

	return host != NULL && strcmp(host, "*") != 0 &&
	    strchr(host, ':') == NULL && inet_pton(AF_INET, host, &a) != 1;
}

bool
house_asks_for_names(const struct house *h)
{
	const struct config *c = h->plan->conf;

	for (size_t i = 0; i < c->listens; i++)
		if (is_name(c->listen[i].host))
			return true;
	return is_name(c->http_host);
}

int
house_listen(struct house *h, struct err *err)
{
	if (h->plan->conf->http != NULL) {
		h->admin = admin_new(h->base, h->plan, h->metrics, err);
		if (h->admin == NULL)
			return -1;
	}
	if (activation_init(&h->activation, err) == -1)
		return -1;
	if (listeners_open(
		&h->listeners, h->plan->conf, &h->activation, NULL, NULL) == -1)
		return err_set(err, "not started: no listener may be missing");
	return 0;
}

static int
open_outputs(struct house *h, struct err *err)
{
	struct writer_order o = { 0 };
	size_t n = h->plan->conf->outputs;
	int rc = 0;

	o.add = calloc(n, sizeof(struct output *));
	if (o.add == NULL)
		return err_sys(err, "start");
	for (; o.adds < n; o.adds++) {
		size_t i = o.adds;

		o.add[i] = house_open_output(h, h->plan, i, err);
		if (o.add[i] == NULL) {
			rc = -1;
			break;
		}
		h->plan->output[i] = o.add[i];
	}
	writer_obey(h->writer, &o);
	free(o.add);
	return rc;
}

static int
make_workers(struct house *h, struct err *err)
{
	struct acceptor_tools *t = &h->tools;
	size_t n = (size_t)h->plan->conf->workers;

	t->worker = calloc(n, sizeof(struct worker *));
	if (t->worker == NULL)
		return err_sys(err, "start");
	for (; t->workers < n; t->workers++) {
		t->worker[t->workers] = worker_new(h->plan, h->metrics,
		    t->workers, writer_inbox(h->writer), err);
		if (t->worker[t->workers] == NULL)
			return -1;
	}
	return 0;
}

/* Datagram sockets go round the workers. */
static int
share_sockets(struct house *h, struct err *err)
{
	for (size_t i = 0; i < h->listeners.n; i++) {
		struct listener *l = h->listeners.list[i];

		if (listener_is_stream(&h->plan->conf->listen[i]))
			continue;
		for (size_t k = 0; k < l->sockets.n; k++) {
			size_t w = house_choose_worker(h);

			if (w == SIZE_MAX)
				return err_set(err,
				    "more datagram sockets than %d per worker",
				    (int)WORKER_DGRAMS_MAX);
			l->worker[k] = w;
			if (worker_add_dgram(h->tools.worker[w], i,
				l->sockets.fd[k], err) == -1)
				return -1;
		}
	}
	return 0;
}

int
house_furnish(struct house *h, struct err *err)
{
	struct keep_plan *keep = house_keep_plan(h, h->plan, err);

	if (keep == NULL)
		return -1;
	h->keeper = keeper_new(err);
	if (h->keeper == NULL) {
		keep_plan_free(keep);
		return -1;
	}
	keeper_give(h->keeper, keep);
	h->writer = writer_new(
	    h->metrics, h->keeper, (size_t)h->plan->conf->workers + 1, err);
	if (h->writer == NULL)
		return -1;
	if (open_outputs(h, err) == -1 || make_workers(h, err) == -1 ||
	    share_sockets(h, err) == -1)
		return -1;
	return listeners_accept(&h->listeners, h->base, &h->tools, err);
}

int
house_start(struct house *h, struct mailbox *ended, struct err *err)
{
	if (writer_start(h->writer, ended, err) == -1)
		return -1;
	keeper_look(h->keeper, ended);
	for (size_t i = 0; i < h->tools.workers; i++)
		if (worker_start(h->tools.worker[i], ended, err) == -1)
			return -1;
	return 0;
}

void
house_announce(const struct house *h)
{
	listeners_announce(&h->listeners, h->plan->conf, NULL);
	if (h->admin != NULL)
		log_line(LOG_INFO, "listening on %s", admin_url(h->admin));
	log_line(LOG_INFO, "ready");
}

void
house_clear(struct house *h)
{
	struct acceptor_tools *t = &h->tools;

	admin_free(h->admin);
	/* blocks go to the writer until all workers have ended, and come back
	 * until the writer has */
	for (size_t i = 0; i < t->workers; i++)
		worker_join(t->worker[i]);
	writer_free(h->writer);
	keeper_free(h->keeper);
	for (size_t i = 0; i < t->workers; i++)
		worker_free(t->worker[i]);
	free(t->worker);
	listeners_close(&h->listeners);
	activation_clear(&h->activation);
	peers_free(t->peers);
	if (h->base != NULL)
		event_base_free(h->base);
	plan_free(h->plan);
	metrics_free(h->metrics);
}
