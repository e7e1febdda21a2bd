/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * print_sample.c - a configuration file with every key: conf/synclined.yaml
 *
 * What is in force is a collector that works at once and that only this
 * machine reaches; everything else stands behind "#", a key without a space,
 * so that taking the "#" away is all it takes.
 */
#include "config/print_parts.h"

#include <string.h>

static const char head[] =
    "# synclined.yaml - the configuration of Syncline's collector\n"
    "#\n"
    "# Every key there is; those behind \"#\" are not in force and show their\n"
    "# default or, where it says so, an example. Check a change with\n"
    "#     synclined -t -c /etc/syncline/synclined.yaml\n"
    "# and let the collector read it with SIGHUP. synclined.yaml(5) explains\n"
    "# it all, and has examples.\n"
    "#\n"
    "# Sizes are bytes, or like 64K, 100M, 10G (powers of 1024); durations\n"
    "# are like 500ms, 1s, 5m, 1h, 1d, 1w. A list may be a single value.\n";

/* What the sample says of a key instead of its default. */
struct sample_value {
	const struct conf_key *keys;
	const char *name;
	const char *yaml;
	bool active; /* in force, else an example */
};

static const char sample_path[] = "/var/log/syncline/all.log";

static const struct sample_value values[] = {
	{ global_keys, "http_hosts", "[ logs.example.net ]", false },
	{ global_keys, "user", "syncline", true },
	{ global_keys, "group", "syncline", true },
	{ global_keys, "include", "[ \"conf.d/*.yaml\" ]", false },
	{ listen_keys, "name", "apps", false },
	{ listen_keys, "allow", "[ 10.0.0.0/8, \"fd00::/8\" ]", false },
	{ listen_keys, "proxy", "[ 10.0.0.1 ]", false },
	{ listen_keys, "certificate", "/etc/syncline/tls/collector.pem",
	    false },
	{ listen_keys, "key", "/etc/syncline/tls/collector.key", false },
	{ listen_keys, "ca", "/etc/syncline/tls/ca.pem", false },
	{ listen_keys, "peers", "[ web1.example.net, \"*.example.net\" ]",
	    false },
	{ output_keys, "name", "all", false },
	{ output_keys, "facility", "[ auth, authpriv ]", false },
	{ output_keys, "severity", "warning", false },
	{ output_keys, "app", "[ \"nginx*\", cron ]", false },
	{ output_keys, "host", "[ \"web-*\", \"!web-9\" ]", false },
	{ output_keys, "match", "'^login failed for \\S+'", false },
	{ output_keys, "rotate_size", "100M", true },
	{ output_keys, "keep", "14", true },
	{ output_keys, "keep_age", "30d", false },
	{ output_keys, "keep_total", "10G", false },
	{ output_keys, "keep_free", "1G", false },
	{ output_keys, "keep_min", "1d", false },
	{ output_keys, "compress", "zstd", true },
};

/* The listeners of the sample, which show each key once. */
struct sample_listener {
	const char *about, *url;
	enum listen_kind kind;
	bool active;
};

static const struct sample_listener listeners[] = {
	{ "Datagrams, from this machine alone. From everywhere: udp://*:514.",
	    "udp://127.0.0.1:514", LISTEN_UDP, true },
	{ "Streams, from this machine alone. From everywhere: tcp://*:514.",
	    "tcp://127.0.0.1:514", LISTEN_TCP, true },
	{ "TLS, from everywhere, from those who have a certificate of ours.",
	    "tls://*:6514", LISTEN_TLS, false },
	{ "What the programs of this machine say by syslog(3). Only where "
	  "neither systemd's journal nor another collector serves it.",
	    "unix:///dev/log", LISTEN_UNIX, false },
};

static const struct sample_value *
find_value(const struct conf_key *keys, const struct conf_key *k)
{
	for (size_t i = 0; i < sizeof(values) / sizeof(values[0]); i++) {
		if (values[i].keys == keys &&
		    strcmp(values[i].name, k->name) == 0)
			return &values[i];
	}
	return NULL;
}

/* The default as YAML has it: what could be anything but text, or more than
 * it, is quoted. */
static void
print_value(FILE *to, const struct conf_key *k)
{
	static const char harmless[] = "abcdefghijklmnopqrstuvwxyz"
				       "ABCDEFGHIJKLMNOPQRSTUVWXYZ"
				       "0123456789._/:-";
	const char *text = k->dflt != NULL ? k->dflt : "";
	bool quoted = k->type == KEY_OCTAL || text[0] == '\0' ||
	    strspn(text, harmless) != strlen(text);

	(void)fprintf(to, quoted ? "\"%s\"\n" : "%s\n", text);
}

/* What it means, above it. */
static void
print_comment(FILE *to, const char *indent, const struct conf_key *k,
    const struct sample_value *v)
{
	char text[PRINT_TEXT_MAX], facts[PRINT_TEXT_MAX + 64], prefix[16];

	(void)snprintf(prefix, sizeof(prefix), "%s# ", indent);
	print_wrapped(to, prefix, print_meaning(k, text));
	(void)snprintf(facts, sizeof(facts), "(%s%s%s)", print_facts(k, text),
	    k->restart ? "; a change needs a restart" : "",
	    v != NULL && !v->active ? "; an example" : "");
	print_wrapped(to, prefix, facts);
}

static void
print_key(FILE *to, const char *indent, const struct conf_key *keys,
    const struct conf_key *k)
{
	const struct sample_value *v = find_value(keys, k);

	print_comment(to, indent, k, v);
	(void)fprintf(
	    to, "%s%s%s: ", indent, v != NULL && v->active ? "" : "#", k->name);
	if (v != NULL)
		(void)fprintf(to, "%s\n", v->yaml);
	else
		print_value(to, k);
}

static void
print_global(FILE *to)
{
	const struct conf_key *k;

	for (k = global_keys; k->name != NULL; k++) {
		(void)fputc('\n', to);
		print_key(to, "", global_keys, k);
	}
}

static bool
applies(const struct conf_key *k, enum listen_kind kind)
{
	return k->kinds == 0 || (k->kinds & 1U << kind) != 0;
}

/* Does a listener before this one show it? */
static bool
is_shown(const struct conf_key *k, size_t before)
{
	for (size_t i = 0; i < before; i++) {
		if (applies(k, listeners[i].kind))
			return true;
	}
	return false;
}

/* The listener itself is not in force, so the key stands below its "#". */
static void
print_inactive(FILE *to, const struct conf_key *k)
{
	const struct sample_value *v = find_value(listen_keys, k);

	print_comment(to, "    ", k, v);
	(void)fprintf(to, "  #  %s: ", k->name);
	if (v != NULL)
		(void)fprintf(to, "%s\n", v->yaml);
	else
		print_value(to, k);
}

static void
print_listener(FILE *to, size_t i)
{
	const struct sample_listener *l = &listeners[i];
	const struct conf_key *k;

	(void)fputc('\n', to);
	print_wrapped(to, "  # ", l->about);
	(void)fprintf(to, "  %s- url: %s\n", l->active ? "" : "#", l->url);
	for (k = listen_keys; k->name != NULL; k++) {
		if (print_is_required(k) || is_shown(k, i) ||
		    !applies(k, l->kind))
			continue;
		(void)fputc('\n', to);
		if (l->active) {
			print_key(to, "    ", listen_keys, k);
			continue;
		}
		print_inactive(to, k);
	}
}

static void
print_output(FILE *to)
{
	const struct conf_key *k;

	for (k = output_keys; k->name != NULL; k++) {
		if (!print_is_required(k)) {
			(void)fputc('\n', to);
			print_key(to, "    ", output_keys, k);
			continue;
		}
		print_comment(to, "  ", k, NULL);
		(void)fprintf(to, "  - %s: %s\n", k->name, sample_path);
	}
}

void
print_as_sample(FILE *to)
{
	char text[PRINT_TEXT_MAX];

	(void)fputs(head, to);
	print_global(to);
	(void)fputs("\n# Where messages come from.\nlisten:\n", to);
	print_wrapped(to, "  # ", print_meaning(listen_keys, text));
	for (size_t i = 0; i < sizeof(listeners) / sizeof(listeners[0]); i++)
		print_listener(to, i);
	(void)fputs("\n# Where they go: each message meets the outputs in this "
		    "order.\noutput:\n",
	    to);
	print_output(to);
}
