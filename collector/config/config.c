/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * config.c - what the operator asked for, immutable once loaded
 */
#include "config/config.h"

#include <sched.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>
#include <unistd.h>

#include "tls.h"
#include "wire/err.h"

#include "base/log.h"
#include "base/zone.h"
#include "config/check.h"
#include "config/keys.h"
#include "config/nets.h"
#include "config/pattern.h"
#include "config/template.h"
#include "config/url.h"

enum { HTTP_PORT = 8514 }; /* when only a host was given */

struct config *
config_new(struct err *err)
{
	struct config *c = calloc(1, sizeof(*c));

	if (c == NULL) {
		(void)err_set(err, "out of memory");
		return NULL;
	}
	if (key_set_defaults(global_keys, c, err) == -1) {
		config_free(c);
		return NULL;
	}
	return c;
}

static void
texts_clear(struct texts *t)
{
	for (size_t i = 0; i < t->n; i++)
		free(t->text[i]);
	free(t->text);
	*t = (struct texts){ NULL, 0 };
}

void
listen_conf_clear(struct listen_conf *l)
{
	free(l->url);
	free(l->name);
	free(l->host);
	free(l->path);
	free(l->certificate);
	free(l->key);
	free(l->ca);
	free(l->crl);
	texts_clear(&l->peers);
	tls_free(l->tls);
	nets_free(l->allow);
	nets_free(l->proxy);
	zone_free(l->zone);
	*l = (struct listen_conf){ 0 };
}

void
output_conf_clear(struct output_conf *o)
{
	free(o->name);
	free(o->path);
	free(o->owner);
	free(o->group);
	template_free(o->line);
	template_free(o->file);
	texts_clear(&o->choice.app);
	texts_clear(&o->choice.host);
	pattern_free(o->choice.match);
	*o = (struct output_conf){ 0 };
}

int
output_conf_copy(
    struct output_conf *to, const struct output_conf *from, struct err *err)
{
	*to = *from;
	to->line = NULL;
	to->file = NULL;
	to->choice = (struct choice){ 0 };
	to->name = from->name != NULL ? strdup(from->name) : NULL;
	to->path = from->path != NULL ? strdup(from->path) : NULL;
	to->owner = from->owner != NULL ? strdup(from->owner) : NULL;
	to->group = from->group != NULL ? strdup(from->group) : NULL;
	if ((to->name == NULL) == (from->name == NULL) &&
	    (to->path == NULL) == (from->path == NULL) &&
	    (to->owner == NULL) == (from->owner == NULL) &&
	    (to->group == NULL) == (from->group == NULL))
		return 0;
	output_conf_clear(to);
	return err_set(err, "out of memory");
}

void
config_free(struct config *c)
{
	if (c == NULL)
		return;
	for (size_t i = 0; i < c->listens; i++)
		listen_conf_clear(&c->listen[i]);
	for (size_t i = 0; i < c->left_outs; i++)
		listen_conf_clear(&c->left_out[i]);
	for (size_t i = 0; i < c->outputs; i++)
		output_conf_clear(&c->output[i]);
	free(c->listen);
	free(c->left_out);
	free(c->output);
	free(c->hostname);
	free(c->http);
	free(c->http_host);
	free(c->user);
	free(c->group);
	free(c->state);
	texts_clear(&c->http_hosts);
	texts_clear(&c->include);
	zone_free(c->zone);
	free(c);
}

static int
add_listen(struct listen_conf **list, size_t *n, const struct listen_conf *l,
    struct err *err)
{
	struct listen_conf *grown;

	if (*n >= CONFIG_SECTIONS_MAX)
		return err_set(
		    err, "more than %d listeners", (int)CONFIG_SECTIONS_MAX);
	grown = reallocarray(*list, *n + 1, sizeof(*grown));
	if (grown == NULL)
		return err_set(err, "out of memory");
	*list = grown;
	grown[(*n)++] = *l;
	return 0;
}

int
config_add_listen(
    struct config *c, const struct listen_conf *l, struct err *err)
{
	return add_listen(&c->listen, &c->listens, l, err);
}

int
config_leave_out(struct config *c, const struct listen_conf *l, struct err *err)
{
	return add_listen(&c->left_out, &c->left_outs, l, err);
}

int
config_add_output(
    struct config *c, const struct output_conf *o, struct err *err)
{
	struct output_conf *grown;

	if (c->outputs >= CONFIG_SECTIONS_MAX)
		return err_set(
		    err, "more than %d outputs", (int)CONFIG_SECTIONS_MAX);
	grown = reallocarray(c->output, c->outputs + 1, sizeof(*grown));
	if (grown == NULL)
		return err_set(err, "out of memory");
	c->output = grown;
	c->output[c->outputs++] = *o;
	return 0;
}

int
config_split_http(struct config *c, struct err *err)
{
	if (c->http == NULL)
		return 0;
	if (strcasecmp(c->http, "none") == 0) {
		free(c->http);
		c->http = NULL;
		return 0;
	}
	c->http_port = HTTP_PORT;
	return url_host_port(
	    slice_str(c->http), &c->http_host, &c->http_port, err);
}

/* The processors this process may run on, at least one. */
static int64_t
count_processors(void)
{
	cpu_set_t set;
	long n;

	CPU_ZERO(&set);
	if (sched_getaffinity(0, sizeof(set), &set) == 0)
		n = CPU_COUNT(&set);
	else
		n = sysconf(_SC_NPROCESSORS_ONLN); /* more than a set holds */
	return n < 1 ? 1 : n;
}

int64_t
config_choose_workers(int64_t processors, int64_t memory)
{
	int64_t n = processors / 2;

	/* Nobody asked for a number: take what the memory is enough for. */
	if (n > memory / CHECK_WORKER_MEMORY)
		n = memory / CHECK_WORKER_MEMORY;
	if (n > CONFIG_WORKERS_MAX)
		n = CONFIG_WORKERS_MAX;
	return n < 1 ? 1 : n;
}

/* Files named after fields count the names that a sender makes. */
static bool
asks_who(const struct output_conf *o)
{
	return o->format == FORMAT_JSON || o->file != NULL ||
	    template_asks_who(o->line);
}

void
config_see_who_asks(struct config *c)
{
	bool asked = false;

	for (size_t i = 0; i < c->outputs; i++)
		asked |= asks_who(&c->output[i]);
	for (size_t i = 0; i < c->listens; i++)
		c->listen[i].credentials = asked || c->listen[i].rate > 0;
}

int
config_resolve(struct config *c, struct err *err)
{
	char name[CONFIG_HOSTNAME_MAX + 2] = "";
	char *copy;

	if (c->zone == NULL) {
		c->zone = zone_of_machine(err);
		if (c->zone == NULL)
			return -1;
		if (err->text[0] != '\0')
			log_line(LOG_WARNING, "time zone: %s; taking UTC",
			    err->text);
	}
	if (c->workers == 0)
		c->workers = config_choose_workers(
		    count_processors(), c->memory);
	if (c->hostname != NULL && c->hostname[0] != '\0')
		return 0;
	/* gethostname() need not end a name that it cuts. */
	if (gethostname(name, sizeof(name) - 1) == -1 || !key_is_hostname(name))
		copy = strdup("localhost");
	else
		copy = strdup(name);
	if (copy == NULL)
		return err_set(err, "out of memory");
	free(c->hostname);
	c->hostname = copy;
	return 0;
}
