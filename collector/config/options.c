/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * options.c - command line and environment become a configuration
 *
 * First everything that was said is gathered, option by option; then it is
 * applied in the order of the sections. So the order on the command line
 * makes no difference but among listeners and among outputs.
 */
#include "config/options.h"

#include <getopt.h>
#include <stdlib.h>
#include <string.h>

#include "config/check.h"
#include "config/help.h"
#include "config/keys.h"
#include "config/listen.h"
#include "config/problem.h"
#include "config/suggest.h"
#include "wire/err.h"

enum {
	OPTIONS_MAX = 32,   /* the tables have fewer; gather() checks */
	OPTION_FIRST = 256, /* what getopt_long() calls the first of them */
	OPTION_HELP = OPTION_FIRST + OPTIONS_MAX,
	OPTION_VERSION,
	WHERE_TEXT = 64
};

/* An option and what was said of it. */
struct given {
	const struct conf_key *key; /* borrowed from its table */
	const struct conf_key *table;
	const char **text; /* owned array; the texts are borrowed */
	size_t n;
	char *variable;         /* owned: what text points into; or NULL */
	char where[WHERE_TEXT]; /* "--memory" or "SYNCLINE_MEMORY" */
};

struct loader {
	struct given given[OPTIONS_MAX];
	size_t n;
	struct problems problems;
	struct config *c;
};

static void
no_memory(struct loader *ld)
{
	problem_add(&ld->problems, NULL, NULL, "out of memory");
}

/* One entry for each option of the tables. */
static void
list_options(struct loader *ld)
{
	const struct key_section *s;
	const struct conf_key *k;
	struct given *g;

	for (s = key_sections; s->title != NULL; s++) {
		for (k = s->keys; k->name != NULL; k++) {
			if (k->option == NULL || ld->n == OPTIONS_MAX)
				continue;
			g = &ld->given[ld->n++];
			g->key = k;
			g->table = s->keys;
			(void)snprintf(
			    g->where, sizeof(g->where), "--%s", k->option);
		}
	}
}

static struct given *
find_given(struct loader *ld, const char *option)
{
	size_t i = 0;

	while (i + 1 < ld->n && strcmp(ld->given[i].key->option, option) != 0)
		i++;
	return &ld->given[i];
}

/* Remembers a text of g: the last one, or all of an option that repeats. */
static void
add_text(struct loader *ld, struct given *g, const char *text)
{
	const char **grown;

	if (g->n > 0 && !g->key->repeat) {
		g->text[0] = text;
		return;
	}
	grown = reallocarray(g->text, g->n + 1, sizeof(*grown));
	if (grown == NULL) {
		no_memory(ld);
		return;
	}
	g->text = grown;
	g->text[g->n++] = text;
}

/* Commas separate the URLs of SYNCLINE_LISTEN; a path may hold one. */
static void
add_listed(struct loader *ld, struct given *g, char *text)
{
	static const char blank[] = " \t\n";
	char *item, *end;

	while ((item = strsep(&text, ",")) != NULL) {
		item += strspn(item, blank);
		end = item + strlen(item);
		while (end > item && strchr(blank, end[-1]) != NULL)
			*--end = '\0';
		if (*item != '\0')
			add_text(ld, g, item);
	}
}

/* An empty variable is one that is not set: so do container tools unset. */
static void
gather_environment(struct loader *ld)
{
	char name[KEY_VARIABLE_TEXT];
	const char *value;
	struct given *g;

	for (size_t i = 0; i < ld->n; i++) {
		g = &ld->given[i];
		if (g->n > 0)
			continue;
		value = getenv(key_write_variable(g->key, name));
		if (value == NULL || value[0] == '\0')
			continue;
		(void)memcpy(g->where, name, sizeof(name));
		g->variable = strdup(value);
		if (g->variable == NULL)
			no_memory(ld);
		else if (g->table == listen_keys && g->key->repeat)
			add_listed(ld, g, g->variable);
		else
			add_text(ld, g, g->variable);
	}
}

/* What getopt_long() works by, made from the tables. */
struct syntax {
	struct option longs[OPTIONS_MAX + 3];
	char letters[3 + 2 * OPTIONS_MAX + 1];
};

static void
make_syntax(const struct loader *ld, struct syntax *x)
{
	/* The colon tells a missing value from an unknown option. */
	char *letter = stpcpy(x->letters, ":");
	size_t i;

	(void)memset(x->longs, 0, sizeof(x->longs));
	for (i = 0; i < ld->n; i++) {
		const struct conf_key *k = ld->given[i].key;
		bool takes = k->type != KEY_BOOL;

		x->longs[i].name = k->option;
		x->longs[i].has_arg = takes ? required_argument : no_argument;
		x->longs[i].val = OPTION_FIRST + (int)i;
		if (k->letter == '\0')
			continue;
		*letter++ = k->letter;
		if (takes)
			*letter++ = ':';
	}
	*letter++ = 'h'; /* not in the help: everybody tries it */
	*letter = '\0';
	x->longs[i].name = "help";
	x->longs[i++].val = OPTION_HELP;
	x->longs[i].name = "version";
	x->longs[i].val = OPTION_VERSION;
}

/* The option that getopt_long() returned or complains of; NULL: none. */
static struct given *
given_of(struct loader *ld, int code)
{
	if (code >= OPTION_FIRST && (size_t)(code - OPTION_FIRST) < ld->n)
		return &ld->given[code - OPTION_FIRST];
	for (size_t i = 0; code > 0 && i < ld->n; i++) {
		if (ld->given[i].key->letter == code)
			return &ld->given[i];
	}
	return NULL;
}

static void
refuse_option(struct loader *ld, const char *word)
{
	const struct given *g = given_of(ld, optopt);
	char letter[] = "-?", name[WHERE_TEXT];
	struct suggest near;

	if (g != NULL || optopt >= OPTION_HELP) {
		problem_add(&ld->problems, NULL, NULL,
		    "%.100s: the option takes no value", word);
		return;
	}
	if (optopt != 0) {
		letter[1] = (char)optopt;
		problem_add(&ld->problems, NULL, NULL,
		    "unknown option %s; see synclined --help", letter);
		return;
	}
	word += strspn(word, "-");
	(void)snprintf(
	    name, sizeof(name), "%.*s", (int)strcspn(word, "="), word);
	suggest_init(&near, name);
	for (size_t i = 0; i < ld->n; i++)
		suggest_offer(&near, ld->given[i].key->option);
	suggest_offer(&near, "help");
	suggest_offer(&near, "version");
	if (near.best != NULL)
		problem_add(&ld->problems, NULL, NULL,
		    "unknown option --%s; did you mean --%s? "
		    "See synclined --help",
		    name, near.best);
	else
		problem_add(&ld->problems, NULL, NULL,
		    "unknown option --%s; see synclined --help", name);
}

/* OPTIONS_DONE: help is wanted and was given; OPTIONS_RUN: go on. */
static enum options_status
gather_options(struct loader *ld, int argc, char **argv, FILE *help)
{
	struct syntax x;
	struct given *g;
	int code;

	make_syntax(ld, &x);
	optind = 0; /* glibc: begin anew, also with another argv */
	opterr = 0;
	while (
	    (code = getopt_long(argc, argv, x.letters, x.longs, NULL)) != -1) {
		g = given_of(ld, code == ':' ? optopt : code);
		if ((code == OPTION_HELP || code == 'h') &&
		    ld->problems.count == 0) {
			help_print(help);
			return OPTIONS_DONE;
		} else if (code == OPTION_VERSION && ld->problems.count == 0) {
			(void)fprintf(help, "synclined %s\n", PACKAGE_VERSION);
			return OPTIONS_DONE;
		} else if (code == '?') {
			refuse_option(ld, argv[optind - 1]);
		} else if (code == ':' && g != NULL) {
			problem_add(&ld->problems, g->where, NULL,
			    "%s is missing", g->key->value);
		} else if (g != NULL) {
			add_text(ld, g, optarg != NULL ? optarg : "yes");
		}
	}
	for (; optind < argc; optind++)
		problem_add(&ld->problems, NULL, argv[optind],
		    "unexpected argument; a listener needs -l, an output -o "
		    "in front of it");
	return OPTIONS_RUN;
}

/* Sets in section whatever was given of the keys of its table. */
static void
apply_keys(struct loader *ld, const struct conf_key *table, void *section)
{
	struct given *g;
	struct err err;

	for (size_t i = 0; i < ld->n; i++) {
		g = &ld->given[i];
		if (g->table != table || g->key->repeat || g->n == 0)
			continue;
		if (key_set(g->key, section, g->text[0], &err) == -1)
			problem_add(&ld->problems, g->where, g->text[0], "%s",
			    err.text);
	}
}

static void
apply_globals(struct loader *ld)
{
	const struct given *http = find_given(ld, "http");
	const struct given *memory = find_given(ld, "memory");
	size_t before = ld->problems.count;
	struct err err;

	apply_keys(ld, global_keys, ld->c);
	if (config_split_http(ld->c, &err) == -1)
		problem_add(
		    &ld->problems, http->where, ld->c->http, "%s", err.text);
	if (config_resolve(ld->c, &err) == -1)
		problem_add(&ld->problems, NULL, NULL, "%s", err.text);
	/* Against values that are wrong themselves it would only confuse. */
	if (ld->problems.count == before && check_memory(ld->c, &err) == -1)
		problem_add(&ld->problems, memory->where,
		    memory->n > 0 ? memory->text[0] : NULL, "%s", err.text);
}

static void
add_listener(struct loader *ld, const char *url)
{
	const char *where = find_given(ld, "listen")->where;
	struct listen_conf l;
	struct err err;

	if (listen_parse(url, &l, &ld->problems, where) == -1)
		return;
	if (config_add_listen(ld->c, &l, &err) == -1) {
		problem_add(&ld->problems, where, url, "%s", err.text);
		listen_conf_clear(&l);
		return;
	}
	if (check_listen(ld->c, ld->c->listens - 1, &err) == -1)
		problem_add(&ld->problems, where, url, "%s", err.text);
}

/* Takes *o over: the settings that all outputs of the command line share. */
static void
add_output(struct loader *ld, struct output_conf o, const char *path)
{
	const struct given *g = find_given(ld, "output");
	struct err err;

	if (key_set(g->key, &o, path, &err) == -1 ||
	    check_path(path, &err) == -1)
		goto fail;
	o.name = strdup(path);
	if (o.name == NULL) {
		no_memory(ld);
		output_conf_clear(&o);
		return;
	}
	if (config_add_output(ld->c, &o, &err) == -1)
		goto fail;
	if (check_output(ld->c, ld->c->outputs - 1, &err) == -1)
		problem_add(&ld->problems, g->where, path, "%s", err.text);
	return;

fail:
	problem_add(&ld->problems, g->where, path, "%s", err.text);
	output_conf_clear(&o);
}

static void
apply_outputs(struct loader *ld, const struct given *paths)
{
	const struct given *size = find_given(ld, "rotate-size");
	struct output_conf shared = { 0 };
	bool standard = paths->n == 0;
	struct err err;

	if (key_set_defaults(output_keys, &shared, &err) == -1)
		problem_add(&ld->problems, NULL, NULL, "%s", err.text);
	apply_keys(ld, output_keys, &shared);
	for (size_t i = 0; i < paths->n; i++) {
		add_output(ld, shared, paths->text[i]);
		standard = standard || strcmp(paths->text[i], "-") == 0;
	}
	if (paths->n == 0)
		add_output(ld, shared, "-");
	if (standard && size->n > 0 && shared.rotate_size > 0)
		problem_add(&ld->problems, size->where, size->text[0],
		    "standard output cannot be rotated; give --output a file");
}

static void
apply(struct loader *ld)
{
	const struct given *urls = find_given(ld, "listen");
	const struct given *paths = find_given(ld, "output");

	apply_globals(ld);
	if (urls->n == 0 && paths->n == 0) {
		/* A slip in -l or -o is a better reason than this one. */
		if (ld->problems.count > 0)
			return;
		problem_add(&ld->problems, NULL, NULL,
		    "nothing to do: give a listener, an output or both, like "
		    "synclined -l udp://127.0.0.1:5514 -o all.log; see "
		    "synclined --help");
		return;
	}
	for (size_t i = 0; i < urls->n; i++)
		add_listener(ld, urls->text[i]);
	if (urls->n == 0) {
		add_listener(ld, "udp://*:514");
		add_listener(ld, "tcp://*:514");
	}
	apply_outputs(ld, paths);
}

static void
clear_loader(struct loader *ld)
{
	for (size_t i = 0; i < ld->n; i++) {
		free(ld->given[i].text);
		free(ld->given[i].variable);
	}
	config_free(ld->c);
}

enum options_status
options_load_to(
    int argc, char **argv, struct config **out, FILE *help, FILE *problems)
{
	struct loader ld = { .problems.to = problems,
		.problems.prefix = "synclined: " };
	enum options_status status;
	struct err err;

	*out = NULL;
	list_options(&ld);
	status = gather_options(&ld, argc, argv, help);
	if (status == OPTIONS_DONE) {
		if (fflush(help) != 0) {
			problem_add(
			    &ld.problems, NULL, NULL, "cannot write the help");
			status = OPTIONS_BAD;
		}
		goto out;
	}
	gather_environment(&ld);
	ld.c = config_new(&err);
	if (ld.c == NULL)
		problem_add(&ld.problems, NULL, NULL, "%s", err.text);
	else
		apply(&ld);
	if (ld.problems.count > 0) {
		status = OPTIONS_BAD;
		goto out;
	}
	*out = ld.c;
	ld.c = NULL;
out:
	clear_loader(&ld);
	return status;
}

enum options_status
options_load(int argc, char **argv, struct config **out)
{
	return options_load_to(argc, argv, out, stdout, stderr);
}
