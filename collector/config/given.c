/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * given.c - what command line and environment say, option by option
 */
#include "config/given.h"

#include <getopt.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "config/suggest.h"

static const char PREFIX[] = "SYNCLINE_";

enum {
	OPTION_FIRST = 256, /* what getopt_long() calls the first of them */
	OPTION_HELP = OPTION_FIRST + GIVEN_MAX,
	OPTION_HELP_CONFIG,
	OPTION_VERSION,
	OWN = 3, /* options that are in no table: these */
	SLIP_MAX =
	    2, /* letters; a variable that differs in more is another's */
	IN_FRONT = sizeof(PREFIX) - 1
};

const struct conf_key program_keys[] = {
	{ .name = "config",
	    .offset = offsetof(struct program, config),
	    .type = KEY_TEXT,
	    .min = 1,
	    .max = PATH_MAX - 1,
	    .option = "config",
	    .letter = 'c',
	    .value = "FILE",
	    .help = "read that file; -l and -o add to what it says, other "
		    "options go before it. Without -c, -l and -o it "
		    "is " SYNCLINE_CONFIG_FILE },
	{ .name = "check",
	    .offset = offsetof(struct program, check),
	    .type = KEY_BOOL,
	    .option = "check",
	    .letter = 't',
	    .help = "check the configuration and exit: 0 when it is right, "
		    "2 with every problem of it when it is not" },
	{ .name = "healthcheck",
	    .offset = offsetof(struct program, healthcheck),
	    .type = KEY_BOOL,
	    .option = "healthcheck",
	    .help = "ask the collector that runs with the same configuration "
		    "whether it is well (/healthz), and exit: 0 when it is, 1 "
		    "with the reason when not" },
	{ .name = NULL },
};

static void
no_memory(struct givens *gs)
{
	problem_add(gs->problems, NULL, NULL, "out of memory");
}

static const char *
name_of(const struct given *g)
{
	return g->key->option != NULL ? g->key->option : g->key->name;
}

static void
list_keys(struct givens *gs, const struct conf_key *table)
{
	struct given *g;

	for (const struct conf_key *k = table; k->name != NULL; k++) {
		if (!key_has_variable(k) || gs->n == GIVEN_MAX)
			continue;
		g = &gs->list[gs->n++];
		g->key = k;
		g->table = table;
		(void)snprintf(g->where, sizeof(g->where), "--%s", name_of(g));
	}
}

void
given_init(struct givens *gs, struct problems *p)
{
	*gs = (struct givens){ .problems = p };
	for (const struct key_section *s = key_sections; s->title != NULL; s++)
		list_keys(gs, s->keys);
	list_keys(gs, program_keys);
}

void
given_clear(struct givens *gs)
{
	for (size_t i = 0; i < gs->n; i++) {
		free(gs->list[i].text);
		free(gs->list[i].variable);
	}
	*gs = (struct givens){ .problems = gs->problems };
}

const struct given *
given_find(const struct givens *gs, const char *name)
{
	size_t i = 0;

	while (i + 1 < gs->n && strcmp(name_of(&gs->list[i]), name) != 0)
		i++;
	return &gs->list[i];
}

/* Remembers a text of g: the last one, or all of an option that repeats. */
static void
add_text(struct givens *gs, struct given *g, const char *text)
{
	const char **grown;

	if (g->n > 0 && !g->key->repeat && !key_is_list(g->key)) {
		g->text[0] = text;
		return;
	}
	grown = reallocarray(g->text, g->n + 1, sizeof(*grown));
	if (grown == NULL) {
		no_memory(gs);
		return;
	}
	g->text = grown;
	g->text[g->n++] = text;
}

/* Commas separate the URLs of SYNCLINE_LISTEN, and the items of a list; a
 * path may hold one. */
static void
add_listed(struct givens *gs, struct given *g, char *text)
{
	static const char blank[] = " \t\n";
	char *item, *end;

	while ((item = strsep(&text, ",")) != NULL) {
		item += strspn(item, blank);
		end = item + strlen(item);
		while (end > item && strchr(blank, end[-1]) != NULL)
			*--end = '\0';
		if (*item != '\0')
			add_text(gs, g, item);
	}
}

/* The variable, without what is IN_FRONT, that was probably meant by this one,
 * if it is none; or NULL. */
static const char *
near_variable(char known[][KEY_VARIABLE_TEXT], size_t n, const char *name)
{
	struct suggest near;

	suggest_init(&near, name + IN_FRONT);
	for (size_t i = 0; i < n; i++) {
		if (strcmp(known[i], name) == 0)
			return NULL;
		suggest_offer(&near, known[i] + IN_FRONT);
	}
	return near.distance <= SLIP_MAX ? near.best : NULL;
}

/* Not counted, and only of those that are near to one of ours: Kubernetes makes
 * some for each service, and others have theirs. */
static void
warn_of_slips(const struct givens *gs)
{
	char known[GIVEN_MAX][KEY_VARIABLE_TEXT], name[KEY_VARIABLE_TEXT];
	struct problems p = { gs->problems->to, gs->problems->prefix, 0 };
	const char *meant;

	for (size_t i = 0; i < gs->n; i++)
		(void)key_write_variable(gs->list[i].key, known[i]);
	for (char **e = environ; e != NULL && *e != NULL; e++) {
		size_t n = strcspn(*e, "=");

		if (strncmp(*e, PREFIX, IN_FRONT) != 0 || n >= sizeof(name) ||
		    (*e)[n] == '\0' || (*e)[n + 1] == '\0')
			continue;
		memcpy(name, *e, n);
		name[n] = '\0';
		meant = near_variable(known, gs->n, name);
		if (meant != NULL)
			problem_add(&p, name, NULL,
			    "warning: there is no such variable; did you mean "
			    "%s%s?",
			    PREFIX, meant);
	}
}

void
given_environment(struct givens *gs)
{
	char name[KEY_VARIABLE_TEXT];
	const char *value;
	struct given *g;

	for (size_t i = 0; i < gs->n; i++) {
		g = &gs->list[i];
		if (g->n > 0)
			continue;
		value = getenv(key_write_variable(g->key, name));
		if (value == NULL || value[0] == '\0')
			continue;
		(void)memcpy(g->where, name, sizeof(name));
		g->variable = strdup(value);
		if (g->variable == NULL)
			no_memory(gs);
		else if (key_is_list(g->key) ||
		    (g->table == listen_keys && g->key->repeat))
			add_listed(gs, g, g->variable);
		else
			add_text(gs, g, g->variable);
	}
	/* whoever asks the one that runs is not the one to be told */
	if (given_find(gs, "healthcheck")->n == 0)
		warn_of_slips(gs);
}

/* What getopt_long() works by, made from the tables. */
struct syntax {
	struct option longs[GIVEN_MAX + OWN + 1];
	char letters[3 + 2 * GIVEN_MAX + 1];
};

static void
make_syntax(const struct givens *gs, struct syntax *x)
{
	/* The colon tells a missing value from an unknown option. */
	char *letter = stpcpy(x->letters, ":");
	size_t i = 0;

	(void)memset(x->longs, 0, sizeof(x->longs));
	for (size_t at = 0; at < gs->n; at++) {
		const struct conf_key *k = gs->list[at].key;
		bool takes = k->type != KEY_BOOL;

		if (k->option == NULL)
			continue;
		x->longs[i].name = k->option;
		x->longs[i].has_arg = takes ? required_argument : no_argument;
		x->longs[i++].val = OPTION_FIRST + (int)at;
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
	x->longs[i].name = "help-config";
	x->longs[i].has_arg = optional_argument;
	x->longs[i++].val = OPTION_HELP_CONFIG;
	x->longs[i].name = "version";
	x->longs[i].val = OPTION_VERSION;
}

/* The option that getopt_long() returned or complains of; NULL: none. */
static struct given *
given_of(struct givens *gs, int code)
{
	if (code >= OPTION_FIRST && (size_t)(code - OPTION_FIRST) < gs->n)
		return &gs->list[code - OPTION_FIRST];
	for (size_t i = 0; code > 0 && i < gs->n; i++) {
		if (gs->list[i].key->letter == code)
			return &gs->list[i];
	}
	return NULL;
}

static void
refuse_option(struct givens *gs, const char *word)
{
	const struct given *g = given_of(gs, optopt);
	char letter[] = "-?", name[GIVEN_WHERE_TEXT];
	struct suggest near;

	if (g != NULL || optopt >= OPTION_HELP) {
		problem_add(gs->problems, NULL, NULL,
		    "%.100s: the option takes no value", word);
		return;
	}
	if (optopt != 0) {
		letter[1] = (char)optopt;
		problem_add(gs->problems, NULL, NULL,
		    "unknown option %s; see synclined --help", letter);
		return;
	}
	word += strspn(word, "-");
	(void)snprintf(
	    name, sizeof(name), "%.*s", (int)strcspn(word, "="), word);
	suggest_init(&near, name);
	for (size_t i = 0; i < gs->n; i++)
		if (gs->list[i].key->option != NULL)
			suggest_offer(&near, gs->list[i].key->option);
	suggest_offer(&near, "help");
	suggest_offer(&near, "help-config");
	suggest_offer(&near, "version");
	if (near.best != NULL)
		problem_add(gs->problems, NULL, NULL,
		    "unknown option --%s; did you mean --%s? "
		    "See synclined --help",
		    name, near.best);
	else
		problem_add(gs->problems, NULL, NULL,
		    "unknown option --%s; see synclined --help", name);
}

/* One option that getopt_long() found. */
static enum given_status
take_option(struct givens *gs, int code, const char *word)
{
	struct given *g = given_of(gs, code == ':' ? optopt : code);
	bool well = gs->problems->count == 0;

	if ((code == OPTION_HELP || code == 'h') && well)
		return GIVEN_HELP;
	if (code == OPTION_VERSION && well)
		return GIVEN_VERSION;
	if (code == OPTION_HELP_CONFIG && well) {
		gs->form = optarg;
		return GIVEN_HELP_CONFIG;
	}
	if (code == '?')
		refuse_option(gs, word);
	else if (code == ':' && g != NULL)
		problem_add(gs->problems, g->where, NULL, "%s is missing",
		    g->key->value);
	else if (g != NULL)
		add_text(gs, g, optarg != NULL ? optarg : "yes");
	return GIVEN_ALL;
}

enum given_status
given_options(struct givens *gs, int argc, char **argv)
{
	enum given_status status;
	struct syntax x;
	int code;

	make_syntax(gs, &x);
	optind = 0; /* glibc: begin anew, also with another argv */
	opterr = 0;
	while (
	    (code = getopt_long(argc, argv, x.letters, x.longs, NULL)) != -1) {
		status = take_option(gs, code, argv[optind - 1]);
		if (status != GIVEN_ALL)
			return status;
	}
	for (; optind < argc; optind++)
		problem_add(gs->problems, NULL, argv[optind],
		    "unexpected argument; a file needs -c, a listener -l, an "
		    "output -o in front of it");
	return GIVEN_ALL;
}
