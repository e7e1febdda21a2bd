/* SPDX-License-Identifier: BSD-2-Clause */
#include "listeners.h"

#include <stdlib.h>
#include <string.h>

#include "base/log.h"

bool
listener_is_stream(const struct listen_conf *l)
{
	return listen_is_net_stream(l) || l->kind == LISTEN_UNIX_STREAM;
}

size_t
listeners_find(const struct listeners *ls, const struct listener *l)
{
	for (size_t i = 0; l != NULL && i < ls->n; i++)
		if (ls->list[i] == l)
			return i;
	return SIZE_MAX;
}

/* What listens already at this URL; NULL: nothing. */
static struct listener *
find_open(const struct listeners *old, const struct config *old_conf,
    const struct listen_conf *l)
{
	for (size_t i = 0; old != NULL && i < old->n; i++)
		if (old->list[i] != NULL &&
		    strcmp(old_conf->listen[i].url, l->url) == 0)
			return old->list[i];
	return NULL;
}

/* Listener i of conf. */
static struct listener *
open_one(const struct config *conf, size_t i, const struct activation *a)
{
	const struct listen_conf *l = &conf->listen[i];
	struct listener *new = calloc(1, sizeof(*new));
	struct err err;
	int passed;

	if (new == NULL) {
		log_line(LOG_ERR, "listener %s: no memory", l->url);
		return NULL;
	}
	passed = activation_take(a, conf, i, &new->sockets, &err);
	if (passed == -1 ||
	    (passed == 0 && socket_set_open(&new->sockets, l, &err) == -1)) {
		log_line(LOG_ERR, "%s", err.text);
		free(new);
		return NULL;
	}
	return new;
}

static void
close_one(struct listener *l)
{
	if (l == NULL)
		return;
	for (size_t i = 0; l->accepts && i < l->sockets.n; i++)
		acceptor_forget(&l->acceptor[i]);
	socket_set_close(&l->sockets);
	free(l);
}

int
listeners_open(struct listeners *ls, const struct config *conf,
    const struct activation *a, const struct listeners *old,
    const struct config *old_conf)
{
	struct err err;
	int rc = 0;

	*ls = (struct listeners){ NULL, 0 };
	if (activation_check(a, conf, &err) == -1) {
		log_line(LOG_ERR, "%s", err.text);
		return -1;
	}
	ls->list = calloc(conf->listens, sizeof(struct listener *));
	if (ls->list == NULL) {
		log_line(LOG_ERR, "no memory for listeners");
		return -1;
	}
	ls->n = conf->listens;
	/* all that is wrong is said, not only the first */
	for (size_t i = 0; i < conf->listens; i++) {
		const struct listen_conf *l = &conf->listen[i];

		if (l->retired)
			continue;
		ls->list[i] = find_open(old, old_conf, l);
		if (ls->list[i] == NULL)
			ls->list[i] = open_one(conf, i, a);
		if (ls->list[i] == NULL)
			rc = -1;
	}
	if (rc == -1)
		listeners_abandon(ls, old);
	return rc;
}

void
listeners_abandon(struct listeners *ls, const struct listeners *old)
{
	for (size_t i = 0; i < ls->n; i++)
		if (old == NULL || listeners_find(old, ls->list[i]) == SIZE_MAX)
			close_one(ls->list[i]);
	free(ls->list);
	*ls = (struct listeners){ NULL, 0 };
}

void
listeners_commit(const struct listeners *ls, struct listeners *old)
{
	for (size_t i = 0; i < old->n; i++)
		if (listeners_find(ls, old->list[i]) == SIZE_MAX)
			close_one(old->list[i]);
	free(old->list);
	*old = (struct listeners){ NULL, 0 };
}

static int
start_accepting(struct listener *l, struct event_base *base, struct err *err)
{
	l->accepts = true;
	for (size_t i = 0; i < l->sockets.n; i++)
		if (acceptor_start(&l->acceptor[i], base, err) == -1)
			return -1;
	return 0;
}

int
listeners_accept(struct listeners *ls, struct event_base *base,
    struct acceptor_tools *tools, struct err *err)
{
	int rc = 0;

	for (size_t i = 0; i < ls->n; i++) {
		struct listener *l = ls->list[i];

		if (l == NULL ||
		    !listener_is_stream(&tools->plan->conf->listen[i]))
			continue;
		for (size_t k = 0; k < l->sockets.n; k++) {
			l->acceptor[k].fd = l->sockets.fd[k];
			l->acceptor[k].listener = i;
			l->acceptor[k].tools = tools;
		}
		if (!l->accepts && start_accepting(l, base, err) == -1)
			rc = -1;
	}
	return rc;
}

void
listeners_stop(struct listeners *ls, const struct listeners *but)
{
	for (size_t i = 0; i < ls->n; i++) {
		struct listener *l = ls->list[i];

		if (l == NULL || !l->accepts ||
		    (but != NULL && listeners_find(but, l) != SIZE_MAX))
			continue;
		for (size_t k = 0; k < l->sockets.n; k++)
			acceptor_stop(&l->acceptor[k]);
		l->accepts = false;
		socket_set_close(&l->sockets);
	}
}

void
listeners_announce(const struct listeners *ls, const struct config *conf,
    const struct listeners *old)
{
	char url[512];

	for (size_t i = 0; i < ls->n; i++) {
		if (ls->list[i] == NULL ||
		    (old != NULL &&
			listeners_find(old, ls->list[i]) != SIZE_MAX))
			continue;
		socket_set_url(
		    &ls->list[i]->sockets, &conf->listen[i], url, sizeof(url));
		log_line(LOG_INFO, "listening on %s", url);
	}
	for (size_t i = 0; i < conf->left_outs; i++)
		log_line(LOG_NOTICE, "not listening on %s: %s is not there",
		    conf->left_out[i].url, conf->left_out[i].certificate);
}

void
listeners_close(struct listeners *ls)
{
	for (size_t i = 0; i < ls->n; i++)
		close_one(ls->list[i]);
	free(ls->list);
	*ls = (struct listeners){ NULL, 0 };
}
