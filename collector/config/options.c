/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * options.c - command line, environment and files become a configuration
 *
 * First everything that was said on the command line is gathered, option by
 * option; then the files are read, and it is applied on top of them in the
 * order of the sections. So the order on the command line makes no difference
 * but among listeners and among outputs.
 */
#include "config/options.h"

#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "config/check.h"
#include "config/given.h"
#include "config/help.h"
#include "config/listen.h"
#include "config/load.h"
#include "config/people.h"
#include "config/problem.h"
#include "wire/err.h"

struct options {
	struct givens givens;
	struct program program;
	struct problems problems;      /* of options and the whole */
	struct problems file_problems; /* of the files */
	struct config *c;              /* owned */
	struct loader *loader;         /* owned; NULL: there is no file */
	const char *path;              /* borrowed: of the file; or NULL */
	const char *ending;            /* borrowed: of the last line */
};

static bool
is_bad(const struct options *op)
{
	return op->problems.count > 0 || op->file_problems.count > 0;
}

/* Sets in section whatever was given of the keys of its table. quiet: what is
 * wrong was said already. */
static void
apply_keys(
    struct options *op, const struct conf_key *table, void *section, bool quiet)
{
	struct err err;

	for (size_t i = 0; i < op->givens.n; i++) {
		const struct given *g = &op->givens.list[i];

		if (g->table != table || g->key->repeat)
			continue;
		for (size_t k = 0; k < g->n; k++)
			if (key_set(g->key, section, g->text[k], &err) == -1 &&
			    !quiet)
				problem_add(&op->problems, g->where, g->text[k],
				    "%s", err.text);
	}
}

/* Says what is wrong with a key of the whole, where it was given. */
static void
refuse_global(struct options *op, const char *option, const struct err *err)
{
	const struct given *g = given_find(&op->givens, option);
	char place[LOAD_PLACE_TEXT];

	if (g->n > 0)
		problem_add(
		    &op->problems, g->where, g->text[0], "%s", err->text);
	else if (op->loader != NULL)
		problem_add(&op->file_problems,
		    loader_place(op->loader, option, place), NULL, "%s",
		    err->text);
	else
		problem_add(&op->problems, g->where, NULL, "%s", err->text);
}

static void
apply_globals(struct options *op)
{
	const struct given *http = given_find(&op->givens, "http");
	struct err err;

	apply_keys(op, global_keys, op->c, false);
	if (http->n > 0 && check_http(op->c->http, &err) == -1)
		refuse_global(op, "http", &err);
	if (config_resolve(op->c, &err) == -1)
		problem_add(&op->problems, NULL, NULL, "%s", err.text);
	/* Against values that are wrong themselves it would only confuse. */
	if (is_bad(op))
		return;
	if (config_split_http(op->c, &err) == -1)
		refuse_global(op, "http", &err);
	if (check_memory(op->c, &err) == -1)
		refuse_global(op, "memory", &err);
}

static void
add_listener(struct options *op, const char *url)
{
	const char *where = given_find(&op->givens, "listen")->where;
	struct listen_conf l;
	struct err err;
	size_t twin;

	if (listen_parse(url, &l, &op->problems, where) == -1)
		return;
	if ((l.absent ? config_leave_out(op->c, &l, &err)
		      : config_add_listen(op->c, &l, &err)) == -1) {
		problem_add(&op->problems, where, url, "%s", err.text);
		listen_conf_clear(&l);
		return;
	}
	if (!l.absent &&
	    check_listen(op->c, op->c->listens - 1, &twin, &err) == -1)
		problem_add(&op->problems, where, url, "%s", err.text);
}

/* All outputs of the command line share what was said of outputs; each has
 * its own, for a format may be compiled. */
static void
add_output(struct options *op, const char *path)
{
	const struct given *g = given_find(&op->givens, "output");
	struct output_conf o = { 0 };
	struct err err;
	size_t twin;

	if (key_set_defaults(output_keys, &o, &err) == -1)
		goto fail;
	apply_keys(op, output_keys, &o, true);
	if (key_set(g->key, &o, path, &err) == -1)
		goto fail;
	o.name = strdup(path);
	if (o.name == NULL) {
		(void)err_set(&err, "out of memory");
		goto fail;
	}
	if (config_add_output(op->c, &o, &err) == -1)
		goto fail;
	if (check_output(op->c, op->c->outputs - 1, &twin, &err) == -1)
		problem_add(&op->problems, g->where, path, "%s", err.text);
	return;

fail:
	problem_add(&op->problems, g->where, path, "%s", err.text);
	output_conf_clear(&o);
}

/* What was said of outputs, when there is none that it could be about. */
static void
refuse_unused(struct options *op)
{
	for (size_t i = 0; i < op->givens.n; i++) {
		const struct given *g = &op->givens.list[i];

		if (g->table == output_keys && g->n > 0)
			problem_add(&op->problems, g->where, g->text[0],
			    "belongs to the outputs of -o, and there is none; "
			    "say it in the file, or add -o PATH");
	}
}

/* What an option asks of all outputs; one that it fits not is enough. */
static void
check_shared(struct options *op, const char *option,
    int (*check)(const struct output_conf *, struct err *))
{
	const struct given *g = given_find(&op->givens, option);
	struct err err;

	for (size_t i = 0; i < op->c->outputs; i++) {
		if (check(&op->c->output[i], &err) == 0)
			continue;
		problem_add(&op->problems, g->where,
		    g->n > 0 ? g->text[0] : NULL, "%s", err.text);
		return;
	}
}

static void
apply_outputs(struct options *op)
{
	const struct given *paths = given_find(&op->givens, "output");
	struct output_conf shared = { 0 };
	struct err err;

	if (op->loader != NULL && paths->n == 0) {
		refuse_unused(op);
		return;
	}
	apply_keys(op, output_keys, &shared, false);
	for (size_t i = 0; i < paths->n; i++)
		add_output(op, paths->text[i]);
	if (paths->n == 0)
		add_output(op, "-");
	for (const struct check_whole *w = check_whole; w->key != NULL; w++)
		check_shared(
		    op, w->option != NULL ? w->option : w->key, w->check);
	if (check_choice(&shared.choice, &err) == -1)
		problem_add(&op->problems,
		    given_find(&op->givens, "facility")->where, NULL, "%s",
		    err.text);
	output_conf_clear(&shared);
}

/* All there was to listen on was optional. */
static void
refuse_absent(struct options *op)
{
	const struct given *g = given_find(&op->givens, "listen");
	const struct listen_conf *l = &op->c->left_out[0];
	char place[LOAD_PLACE_TEXT];

	problem_add(g->n > 0 ? &op->problems : &op->file_problems,
	    g->n > 0 ? g->where : loader_place(op->loader, "listen", place),
	    l->url,
	    "there is no other listener, and this one is left out, as it is "
	    "optional and %.500s is not there",
	    l->certificate);
}

/* A configuration that would receive nothing, or keep nothing. */
static void
check_purpose(struct options *op)
{
	char place[LOAD_PLACE_TEXT];

	if (is_bad(op))
		return;
	if (op->c->listens == 0 && op->c->left_outs > 0)
		refuse_absent(op);
	if (op->loader == NULL)
		return;
	if (op->c->listens + op->c->left_outs == 0)
		problem_add(&op->file_problems,
		    loader_place(op->loader, "listen", place), NULL,
		    "there is no listener; add one like - url: udp://*:514, "
		    "or give -l URL");
	if (op->c->outputs == 0)
		problem_add(&op->file_problems,
		    loader_place(op->loader, "output", place), NULL,
		    "there is no output; add one like - path: "
		    "/var/log/syncline/all.log, or give -o PATH");
}

/* Which file to read: one that was named, or the usual one when nothing else
 * says what to do. False: there is nothing to do. */
static bool
choose_file(struct options *op)
{
	const struct given *urls = given_find(&op->givens, "listen");
	const struct given *paths = given_find(&op->givens, "output");

	op->path = op->program.config;
	if (op->path != NULL || urls->n > 0 || paths->n > 0)
		return true;
	/* A slip in -c, -l or -o is a better reason than this one. */
	if (given_find(&op->givens, "config")->n > 0)
		return false;
	if (access(SYNCLINE_CONFIG_FILE, F_OK) == 0) {
		op->path = SYNCLINE_CONFIG_FILE;
		return true;
	}
	if (op->problems.count == 0 && !op->program.healthcheck)
		problem_add(&op->problems, NULL, NULL,
		    "nothing to do: there is no %s; give another file with "
		    "-c, or a listener, an output or both, like synclined -l "
		    "udp://127.0.0.1:5514 -o all.log; see synclined --help",
		    SYNCLINE_CONFIG_FILE);
	return false;
}

static void
read_files(struct options *op)
{
	op->loader = loader_new(op->c, &op->file_problems);
	if (op->loader == NULL)
		problem_add(&op->problems, NULL, NULL, "out of memory");
	else
		loader_read(op->loader, op->path);
}

static void
apply(struct options *op)
{
	const struct given *urls = given_find(&op->givens, "listen");
	bool some;

	apply_keys(op, program_keys, &op->program, false);
	some = choose_file(op);
	if (op->path != NULL)
		read_files(op);
	apply_globals(op);
	if (!some)
		return;
	for (size_t i = 0; i < urls->n; i++)
		add_listener(op, urls->text[i]);
	if (urls->n == 0 && op->path == NULL) {
		add_listener(op, "udp://*:514");
		add_listener(op, "tcp://*:514");
	}
	apply_outputs(op);
	check_purpose(op);
	config_see_who_asks(op->c);
}

/* The last line, for those who count. */
static void
sum_up(const struct options *op)
{
	size_t n = op->file_problems.count;
	struct problems last = { .to = op->file_problems.to, .prefix = "" };

	if (n > 0)
		problem_add(&last, op->path, NULL, "%zu error%s%s", n,
		    n == 1 ? "" : "s", op->ending);
}

/* What was asked for instead of a run. */
static enum options_status
answer(struct options *op, enum given_status what, FILE *to)
{
	int status = help_show(what, op->givens.form, to);

	if (status == 1)
		problem_add(&op->problems, "--help-config", op->givens.form,
		    "must be one of text, sample, schema, man");
	else if (status == -1 || fflush(to) != 0)
		problem_add(&op->problems, NULL, NULL, "cannot write the help");
	return is_bad(op) ? OPTIONS_BAD : OPTIONS_DONE;
}

/* Not counted: a configuration may be checked where it is not to run. */
static void
warn(struct options *op, const char *where, const char *name, const char *what)
{
	struct problems p = { op->problems.to, "", 0 };

	problem_add(&p, where, name,
	    "warning: this machine has no such %s, and cannot start so", what);
}

static void
warn_of_global(struct options *op, const char *option, const char *name)
{
	const struct given *g = given_find(&op->givens, option);
	char place[LOAD_PLACE_TEXT];

	warn(op, g->n > 0 ? g->where : loader_place(op->loader, option, place),
	    name, option);
}

static void
warn_of_people(struct options *op)
{
	char where[LOAD_PLACE_TEXT];

	if (!people_have_user(op->c->user) ||
	    (op->c->group[0] == '\0' && !people_have_group_of(op->c->user)))
		warn_of_global(op, "user", op->c->user);
	if (!people_have_group(op->c->group))
		warn_of_global(op, "group", op->c->group);
	for (size_t i = 0; i < op->c->outputs; i++) {
		const struct output_conf *o = &op->c->output[i];

		(void)snprintf(
		    where, sizeof(where), "output %.4100s: owner", o->name);
		if (!people_have_user(o->owner))
			warn(op, where, o->owner, "user");
		(void)snprintf(
		    where, sizeof(where), "output %.4100s: group", o->name);
		if (!people_have_group(o->group))
			warn(op, where, o->group, "group");
	}
}

/*
 * Whom to ask. What is wrong with the files is said, and no reason not to: they
 * may have been changed since the collector has read them.
 */
static enum options_status
ask(struct options *op)
{
	bool known = op->problems.count == 0;
	struct err err;

	if (known && op->c->http_host == NULL &&
	    config_split_http(op->c, &err) == -1) {
		refuse_global(op, "http", &err);
		known = false;
	}
	if (!known) {
		config_free(op->c);
		op->c = NULL;
	}
	return OPTIONS_ASK;
}

static enum options_status
load(struct options *op, FILE *help)
{
	struct err err;

	given_environment(&op->givens);
	op->c = config_new(&err);
	if (op->c == NULL)
		problem_add(&op->problems, NULL, NULL, "%s", err.text);
	else
		apply(op);
	sum_up(op);
	if (op->program.healthcheck)
		return ask(op);
	if (is_bad(op))
		return OPTIONS_BAD;
	if (!op->program.check)
		return OPTIONS_RUN;
	if (op->c->verbose)
		warn_of_people(op);
	(void)fprintf(
	    help, "%s: ok\n", op->path != NULL ? op->path : "command line");
	if (fflush(help) == 0)
		return OPTIONS_DONE;
	problem_add(&op->problems, NULL, NULL, "cannot write the answer");
	return OPTIONS_BAD;
}

static enum options_status
run(struct options *op, int argc, char **argv, FILE *help, struct config **out)
{
	enum options_status status;
	enum given_status what;

	*out = NULL;
	given_init(&op->givens, &op->problems);
	what = given_options(&op->givens, argc, argv);
	if (what != GIVEN_ALL)
		status = answer(op, what, help);
	else
		status = load(op, help);
	if (status == OPTIONS_RUN || status == OPTIONS_ASK) {
		*out = op->c;
		op->c = NULL;
	}
	given_clear(&op->givens);
	loader_free(op->loader);
	config_free(op->c);
	free(op->program.config);
	return status;
}

enum options_status
options_load_to(
    int argc, char **argv, struct config **out, FILE *help, FILE *problems)
{
	struct options op = { .problems = { problems, "synclined: ", 0 },
		.file_problems = { problems, "", 0 },
		.ending = "" };

	return run(&op, argc, argv, help, out);
}

enum options_status
options_load(int argc, char **argv, struct config **out)
{
	return options_load_to(argc, argv, out, stdout, stderr);
}

int
options_reload(int argc, char **argv, struct config **out, FILE *problems)
{
	struct options op = { .problems = { problems, "synclined: ", 0 },
		.file_problems = { problems, "", 0 },
		.ending = "; the running configuration is unchanged" };

	/* It runs, so nothing was asked for that would be printed. */
	return run(&op, argc, argv, problems, out) == OPTIONS_RUN ? 0 : -1;
}

size_t
options_refuse_restart(
    const struct config *old, const struct config *new, FILE *problems)
{
	struct problems p = { problems, "synclined: ", 0 };
	char before[KEY_VALUE_TEXT], after[KEY_VALUE_TEXT];

	for (const struct conf_key *k = global_keys; k->name != NULL; k++) {
		if (!k->restart)
			continue;
		(void)key_write_value(k, old, before);
		(void)key_write_value(k, new, after);
		if (strcmp(before, after) != 0)
			problem_add(&p, k->name, NULL,
			    "%.200s -> %.200s needs a restart", before, after);
	}
	return p.count;
}
