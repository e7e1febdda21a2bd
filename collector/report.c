/* SPDX-License-Identifier: BSD-2-Clause */
#include "report.h"

#include <inttypes.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include "tls.h"
#include "wire/escape.h"

struct row {
	unsigned id;
	const char *name, *labels, *help;
};

#define METRIC_ROW(id, name, labels, help) { id, name, labels, help },
static const struct row listener_rows[] = { LISTENER_METRICS(METRIC_ROW) };
static const struct row output_rows[] = { OUTPUT_METRICS(METRIC_ROW) };
static const struct row global_rows[] = { GLOBAL_METRICS(METRIC_ROW) };

enum {
	LISTENER_ROWS = sizeof(listener_rows) / sizeof(listener_rows[0]),
	OUTPUT_ROWS = sizeof(output_rows) / sizeof(output_rows[0]),
	GLOBAL_ROWS = sizeof(global_rows) / sizeof(global_rows[0])
};

static void
add_label(struct evbuffer *to, const char *name, const char *value)
{
	evbuffer_add_printf(to, "%s=\"", name);
	for (; *value != '\0'; value++) {
		if (*value == '"' || *value == '\\')
			evbuffer_add(to, "\\", 1);
		if (*value == '\n')
			evbuffer_add(to, "\\n", 2);
		else
			evbuffer_add(to, value, 1);
	}
	evbuffer_add(to, "\"", 1);
}

/* The lines before the first row of a name. */
static void
add_head(struct evbuffer *to, const char *name, const char *help)
{
	size_t n = strlen(name);
	bool total = n > 6 && strcmp(name + n - 6, "_total") == 0;

	evbuffer_add_printf(to,
	    "# HELP syncline_%s %s\n# TYPE syncline_%s %s\n", name, help, name,
	    total ? "counter" : "gauge");
}

static void
add_value(struct evbuffer *to, const struct row *r, const char *label,
    const char *value, uint64_t n)
{
	evbuffer_add_printf(to, "syncline_%s{", r->name);
	add_label(to, label, value);
	evbuffer_add_printf(to, "%s%s} %" PRIu64 "\n",
	    r->labels[0] != '\0' ? "," : "", r->labels, n);
}

static bool
is_first_of_name(const struct row *rows, size_t i)
{
	return i == 0 || strcmp(rows[i].name, rows[i - 1].name) != 0;
}

static uint64_t
connections(const struct metrics *m, int slot)
{
	uint64_t closed = metrics_listener_sum(m, slot, L_CLOSED);

	return metrics_listener_sum(m, slot, L_OPENED) - closed;
}

static void
add_listeners(struct evbuffer *to, const struct metrics *m)
{
	static const struct row gauge = { L_CLOSED, "connections", "",
		"Open connections" };
	const struct slots *s = &m->listeners;

	for (size_t i = 0; i < LISTENER_ROWS; i++) {
		const struct row *r = &listener_rows[i];

		if (is_first_of_name(listener_rows, i))
			add_head(to, r->name, r->help);
		for (size_t l = 0; l < s->n; l++)
			add_value(to, r, "listener", s->slot[l].label,
			    metrics_listener_sum(
				m, (int)l, (enum listener_metric)r->id));
	}
	add_head(to, gauge.name, gauge.help);
	for (size_t l = 0; l < s->n; l++)
		add_value(to, &gauge, "listener", s->slot[l].label,
		    connections(m, (int)l));
}

static void
add_outputs(struct evbuffer *to, const struct metrics *m)
{
	for (size_t i = 0; i < OUTPUT_ROWS; i++) {
		const struct row *r = &output_rows[i];

		if (is_first_of_name(output_rows, i))
			add_head(to, r->name, r->help);
		for (size_t o = 0; o < m->outputs.n; o++)
			add_value(to, r, "output", m->outputs.slot[o].label,
			    metrics_output_sum(
				m, (int)o, (enum output_metric)r->id));
	}
}

static void
add_globals(struct evbuffer *to, const struct metrics *m)
{
	for (size_t i = 0; i < GLOBAL_ROWS; i++) {
		const struct row *r = &global_rows[i];

		add_head(to, r->name, r->help);
		evbuffer_add_printf(to, "syncline_%s %" PRIu64 "\n", r->name,
		    metrics_global_sum(m, (enum global_metric)r->id));
	}
}

static void
add_sync_times(struct evbuffer *to, const struct sync_times *t)
{
	uint64_t n = 0;

	evbuffer_add_printf(to,
	    "# HELP syncline_sync_seconds Time that fdatasync(2) took\n"
	    "# TYPE syncline_sync_seconds histogram\n");
	for (size_t i = 0; i < SYNC_BUCKETS; i++) {
		n += atomic_load(&t->bucket[i]);
		evbuffer_add_printf(to,
		    "syncline_sync_seconds_bucket{le=\"%g\"} %" PRIu64 "\n",
		    sync_bounds[i], n);
	}
	n += atomic_load(&t->bucket[SYNC_BUCKETS]);
	evbuffer_add_printf(to,
	    "syncline_sync_seconds_bucket{le=\"+Inf\"} %" PRIu64 "\n"
	    "syncline_sync_seconds_sum %.9f\n"
	    "syncline_sync_seconds_count %" PRIu64 "\n",
	    n, (double)atomic_load(&t->nanoseconds) / 1e9, n);
}

/* Of those who have one; what is over is less than 0. */
static void
add_certificates(struct evbuffer *to, const struct plan *plan)
{
	int64_t now = time(NULL);

	add_head(to, "certificate_expiry_seconds",
	    "Seconds until our certificate expires, or one sent with it");
	for (size_t i = 0; i < plan->conf->listens; i++) {
		const struct listen_conf *l = &plan->conf->listen[i];

		if (l->tls == NULL || l->retired)
			continue;
		evbuffer_add_printf(to, "syncline_certificate_expiry_seconds{");
		add_label(to, "listener", listen_label(l));
		evbuffer_add_printf(
		    to, "} %" PRId64 "\n", tls_expires(l->tls) - now);
	}
}

void
report_metrics(
    struct evbuffer *to, const struct plan *plan, const struct metrics *m)
{
	add_listeners(to, m);
	add_certificates(to, plan);
	add_outputs(to, m);
	add_globals(to, m);
	add_sync_times(to, &m->sync);
	evbuffer_add_printf(to,
	    "# HELP syncline_build_info The version that runs\n"
	    "# TYPE syncline_build_info gauge\n"
	    "syncline_build_info{version=\"%s\"} 1\n",
	    PACKAGE_VERSION);
}

static void
add_string(struct evbuffer *to, const char *s)
{
	struct slice in = slice_str(s);
	char *out = malloc(in.n * ESCAPE_JSON_GROWTH + 1);

	evbuffer_add(to, "\"", 1);
	if (out != NULL)
		evbuffer_add(to, out, escape_json(in, out));
	evbuffer_add(to, "\"", 1);
	free(out);
}

/* "received_messages_total" of each row; rows that share a name carry their
 * reason behind it. */
static void
add_member(struct evbuffer *to, const struct row *r, uint64_t n)
{
	const char *reason = strchr(r->labels, '"');

	evbuffer_add_printf(to, ",\"%s", r->name);
	if (reason != NULL)
		evbuffer_add_printf(
		    to, ".%.*s", (int)strcspn(reason + 1, "\""), reason + 1);
	evbuffer_add_printf(to, "\":%" PRIu64, n);
}

static void
add_listener_object(struct evbuffer *to, const struct plan *plan,
    const struct metrics *m, size_t l)
{
	int slot = plan->listener_slot[l];

	evbuffer_add_printf(to, "{\"listener\":");
	add_string(to, listen_label(&plan->conf->listen[l]));
	evbuffer_add_printf(to, ",\"url\":");
	add_string(to, plan->conf->listen[l].url);
	if (plan->conf->listen[l].tls != NULL)
		evbuffer_add_printf(to,
		    ",\"certificate_expiry_seconds\":%" PRId64
		    ",\"certificate_fingerprint\":\"%s\"",
		    tls_expires(plan->conf->listen[l].tls) - time(NULL),
		    tls_fingerprint(plan->conf->listen[l].tls));
	if (plan->conf->listen[l].retired)
		evbuffer_add_printf(to, ",\"retired\":true");
	evbuffer_add_printf(
	    to, ",\"connections\":%" PRIu64, connections(m, slot));
	for (size_t i = 0; i < LISTENER_ROWS; i++)
		add_member(to, &listener_rows[i],
		    metrics_listener_sum(
			m, slot, (enum listener_metric)listener_rows[i].id));
	evbuffer_add_printf(to, "}");
}

static void
add_output_object(struct evbuffer *to, const struct plan *plan,
    const struct metrics *m, size_t o)
{
	evbuffer_add_printf(to, "%s{\"output\":", o > 0 ? "," : "");
	add_string(to, plan->conf->output[o].name);
	evbuffer_add_printf(to, ",\"path\":");
	add_string(to, plan->conf->output[o].path);
	for (size_t i = 0; i < OUTPUT_ROWS; i++)
		add_member(to, &output_rows[i],
		    metrics_output_sum(m, plan->output_slot[o],
			(enum output_metric)output_rows[i].id));
	evbuffer_add_printf(to, "}");
}

void
report_status(struct evbuffer *to, const struct plan *plan,
    const struct metrics *m, int64_t uptime_ms, const char *reason)
{
	const struct config *conf = plan->conf;

	evbuffer_add_printf(to,
	    "{\"version\":\"%s\",\"pid\":%d,\"hostname\":", PACKAGE_VERSION,
	    (int)getpid());
	add_string(to, conf->hostname);
	evbuffer_add_printf(to,
	    ",\"uptime_seconds\":%.3f,\"generation\":%" PRIu64
	    ",\"workers\":%" PRId64 ",\"ready\":%s,\"reason\":",
	    (double)uptime_ms / 1000, plan->generation, conf->workers,
	    reason == NULL ? "true" : "false");
	if (reason == NULL)
		evbuffer_add_printf(to, "null");
	else
		add_string(to, reason);
	for (size_t i = 0; i < GLOBAL_ROWS; i++)
		add_member(to, &global_rows[i],
		    metrics_global_sum(
			m, (enum global_metric)global_rows[i].id));
	evbuffer_add_printf(to, ",\"listeners\":[");
	for (size_t l = 0, n = 0; l < conf->listens; l++) {
		if (conf->listen[l].retired &&
		    connections(m, plan->listener_slot[l]) == 0)
			continue;
		evbuffer_add_printf(to, "%s", n++ > 0 ? "," : "");
		add_listener_object(to, plan, m, l);
	}
	evbuffer_add_printf(to, "],\"outputs\":[");
	for (size_t o = 0; o < conf->outputs; o++)
		add_output_object(to, plan, m, o);
	evbuffer_add_printf(to, "]}\n");
}
