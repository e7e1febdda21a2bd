/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * load.c - the files of a configuration, and where in them something was said
 */
#include "config/load.h"

#include <errno.h>
#include <glob.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "config/check.h"
#include "config/load_parts.h"
#include "config/suggest.h"

static const char *const lists[] = { "listen", "output", NULL };

struct loader *
loader_new(struct config *c, struct problems *p)
{
	struct loader *ld = calloc(1, sizeof(*ld));

	if (ld == NULL)
		return NULL;
	ld->c = c;
	ld->p = p;
	return ld;
}

void
loader_free(struct loader *ld)
{
	if (ld == NULL)
		return;
	for (size_t i = 0; i < ld->sources; i++)
		source_clear(&ld->source[i]);
	free(ld->source);
	free(ld->listen);
	free(ld->output);
	free(ld);
}

const char *
load_where(struct loader *ld, int64_t line)
{
	(void)snprintf(ld->where, sizeof(ld->where), "%s:%" PRId64 "%s%s",
	    ld->path, line, ld->trail.n > 0 ? ": " : "", ld->trail.text);
	return ld->where;
}

bool
load_is_first(struct loader *ld, const struct node *map, const struct node *e)
{
	for (const struct node *n = map->child; n != e; n = n->next) {
		if (strcmp(n->key, e->key) != 0)
			continue;
		problem_add(ld->p, load_where(ld, e->key_line), NULL,
		    "is given twice; the first time is in line %" PRId64,
		    n->key_line);
		return false;
	}
	return true;
}

/* What to write instead of nothing. */
static const char *
empty_hint(const struct conf_key *k)
{
	if (key_is_list(k))
		return "leave the key out, or write [] for an empty list";
	if (k->dflt != NULL && k->dflt[0] == '\0')
		return "leave the key out, or write \"\" for an empty text";
	return k->dflt != NULL ? "leave the key out for its default"
			       : "write it behind the colon";
}

static void
load_value(struct loader *ld, const struct conf_key *k, void *section,
    const struct node *n)
{
	struct err err;

	if (n->kind != NODE_TEXT)
		problem_add(ld->p, load_where(ld, n->line), NULL,
		    "must be one value, no %s; a text that begins with %s "
		    "must be in quotes",
		    n->kind == NODE_LIST ? "list" : "mapping",
		    n->kind == NODE_LIST ? "[ or \"- \"" : "{");
	else if (n->bare)
		problem_add(ld->p, load_where(ld, n->line), NULL,
		    "has no value; %s", empty_hint(k));
	else if (key_set(k, section, n->text, &err) == -1)
		problem_add(
		    ld->p, load_where(ld, n->line), n->text, "%s", err.text);
}

void
load_values(struct loader *ld, const struct conf_key *k, void *section,
    const struct node *n)
{
	size_t i = 0, at;

	if (n->kind != NODE_LIST || !key_is_list(k)) {
		load_value(ld, k, section, n);
		return;
	}
	for (n = n->child; n != NULL; n = n->next) {
		at = trail_index(&ld->trail, i++);
		load_value(ld, k, section, n);
		trail_back(&ld->trail, at);
	}
}

/* The section that has a key of that name; "": none. */
static const char *
find_home(const char *name)
{
	if (key_find(listen_keys, name) != NULL)
		return "a listener: write it below \"listen:\"";
	if (key_find(output_keys, name) != NULL)
		return "an output: write it below \"output:\"";
	if (key_find(global_keys, name) != NULL)
		return "the whole collector: write it without indentation";
	return "";
}

void
load_refuse_key(struct loader *ld, const struct conf_key *table,
    const char *const *more, const struct node *e)
{
	const char *where = load_where(ld, e->key_line);
	const char *home = find_home(e->key);
	struct suggest near;

	if (home[0] != '\0') {
		problem_add(ld->p, where, NULL, "is a key of %s", home);
		return;
	}
	suggest_init(&near, e->key);
	for (; table->name != NULL; table++)
		suggest_offer(&near, table->name);
	for (; *more != NULL; more++)
		suggest_offer(&near, *more);
	if (near.best != NULL)
		problem_add(ld->p, where, NULL,
		    "unknown key; did you mean \"%s\"?", near.best);
	else
		problem_add(ld->p, where, NULL,
		    "unknown key; see synclined --help-config");
}

/* A key of the whole collector, which another file may have set already. */
static void
load_global(struct loader *ld, const struct conf_key *k, const struct node *e)
{
	struct place *place = &ld->global[k - global_keys];
	size_t before = ld->p->count;
	struct err err;

	if (place->line != 0 && !key_is_list(k)) {
		problem_add(ld->p, load_where(ld, e->key_line), NULL,
		    "is given twice; the first time is in %.300s:%" PRId64,
		    place->path, place->line);
		return;
	}
	if (place->line == 0)
		*place = (struct place){ ld->path, e->line };
	load_values(ld, k, ld->c, e);
	if (k->offset == offsetof(struct config, http) &&
	    ld->p->count == before && check_http(e->text, &err) == -1)
		problem_add(
		    ld->p, load_where(ld, e->line), e->text, "%s", err.text);
}

static void
load_entries(struct loader *ld, const struct node *map)
{
	const struct conf_key *k;
	size_t at;

	for (const struct node *e = map->child; e != NULL; e = e->next) {
		at = trail_name(&ld->trail, e->key);
		k = key_find(global_keys, e->key);
		if (!load_is_first(ld, map, e))
			; /* that was said */
		else if (strcmp(e->key, "listen") == 0)
			section_read_listen(ld, e);
		else if (strcmp(e->key, "output") == 0)
			section_read_output(ld, e);
		else if (k != NULL)
			load_global(ld, k, e);
		else
			load_refuse_key(ld, global_keys, lists, e);
		trail_back(&ld->trail, at);
	}
}

/* Says why the file is no mapping of keys. */
static void
refuse_tree(struct loader *ld, const struct node *tree)
{
	problem_add(ld->p, load_where(ld, tree->line),
	    tree->kind == NODE_TEXT ? tree->text : NULL,
	    "the file must hold KEY: VALUE, with a colon and a blank, and "
	    "\"listen:\" and \"output:\" before their lists");
}

static struct node *
parse(struct loader *ld, const struct source *s)
{
	struct yaml_fault f;
	struct node *tree = yaml_tree_parse(slice_of(s->text, s->n), &f);

	if (tree == NULL) {
		ld->trail = f.trail;
		problem_add(ld->p, load_where(ld, f.line),
		    f.value[0] != '\0' ? f.value : NULL, "%s", f.reason);
		ld->trail = (struct trail){ .n = 0 };
	} else if (tree->kind != NODE_MAP) {
		refuse_tree(ld, tree);
		yaml_tree_free(tree);
		tree = NULL;
	}
	return tree;
}

/* True for a file that was read already; that was then said. */
static bool
is_known(struct loader *ld, const struct source *s, const char *where)
{
	for (size_t i = 0; i < ld->sources; i++) {
		const struct source *o = &ld->source[i];

		if (o->device != s->device || o->inode != s->inode)
			continue;
		if (ld->path == o->path)
			problem_add(ld->p, where, s->path,
			    "is this file itself; put included files into a "
			    "folder of their own, as in \"conf.d/*.yaml\"");
		else
			problem_add(ld->p, where, s->path,
			    "was read already; each file can be there once");
		return true;
	}
	return false;
}

/* Keeps the source; NULL: there was a problem, and it is cleared. */
static struct source *
keep(struct loader *ld, struct source *s, const char *where)
{
	struct source *grown;

	if (is_known(ld, s, where)) {
		source_clear(s);
		return NULL;
	}
	grown = reallocarray(ld->source, ld->sources + 1, sizeof(*grown));
	if (grown != NULL)
		ld->source = grown;
	if (grown == NULL || ld->sources == LOAD_FILES_MAX) {
		problem_add(ld->p, where, s->path, "%s",
		    grown == NULL ? "out of memory"
				  : "there are more than 1,000 files");
		source_clear(s);
		return NULL;
	}
	ld->source[ld->sources] = *s;
	return &ld->source[ld->sources++];
}

/* NOLINTBEGIN(misc-no-recursion): files that include each other, of which no
 * more than LOAD_DEPTH_MAX do */
static void load_includes(struct loader *ld, const struct node *tree);

/* where: the place that asks for the file, or NULL. */
static void
load_file(struct loader *ld, const char *path, const char *where)
{
	const char *outer = ld->path;
	struct trail trail = ld->trail;
	struct source s, *kept;
	struct node *tree;
	struct err err;

	if (source_read(path, &s, &err) == -1) {
		if (where == NULL)
			problem_add(ld->p, path, NULL, "%s", err.text);
		else
			problem_add(ld->p, where, path, "%s", err.text);
		return;
	}
	kept = keep(ld, &s, where);
	if (kept == NULL)
		return;
	ld->path = kept->path;
	ld->trail = (struct trail){ .n = 0 };
	tree = parse(ld, kept);
	source_drop_text(kept);
	if (tree != NULL) {
		load_entries(ld, tree);
		load_includes(ld, tree);
	}
	yaml_tree_free(tree);
	ld->path = outer;
	ld->trail = trail;
}

/* The pattern, relative to the file that has it; the folder's own name is no
 * pattern. NULL: no memory. */
static char *
resolve(const struct loader *ld, const char *pattern, bool literal)
{
	const char *slash = strrchr(ld->path, '/');
	size_t folder = slash != NULL ? (size_t)(slash + 1 - ld->path) : 0;
	char *out = malloc(2 * folder + strlen(pattern) + 1), *to = out;

	if (out == NULL)
		return NULL;
	for (size_t i = 0; pattern[0] != '/' && i < folder; i++) {
		if (!literal && strchr("*?[]\\", ld->path[i]) != NULL)
			*to++ = '\\';
		*to++ = ld->path[i];
	}
	(void)stpcpy(to, pattern);
	return out;
}

/* A folder that is not there holds no files; any other may hold some. */
static int
on_folder_error(const char *path, int error)
{
	(void)path;
	return error != ENOENT && error != ENOTDIR;
}

static void
load_matches(struct loader *ld, const char *pattern, const struct node *n)
{
	glob_t found = { 0 };
	char where[LOAD_PLACE_TEXT];
	int status;

	(void)memcpy(where, load_where(ld, n->line), sizeof(where));
	status = glob(pattern, 0, on_folder_error, &found); /* sorted */
	if (status != 0 && status != GLOB_NOMATCH)
		problem_add(ld->p, where, n->text, "%s",
		    status == GLOB_NOSPACE
			? "out of memory"
			: "a folder of that name cannot be read");
	for (size_t i = 0; status == 0 && i < found.gl_pathc; i++)
		load_file(ld, found.gl_pathv[i], where);
	globfree(&found);
}

static void
load_include(struct loader *ld, const struct node *n)
{
	char where[LOAD_PLACE_TEXT];
	bool literal;
	char *name;

	if (n->kind != NODE_TEXT || n->text[0] == '\0')
		return; /* that was said */
	(void)memcpy(where, load_where(ld, n->line), sizeof(where));
	if (ld->depth == LOAD_DEPTH_MAX) {
		problem_add(ld->p, where, n->text,
		    "more than %d files that include each other",
		    (int)LOAD_DEPTH_MAX);
		return;
	}
	literal = strpbrk(n->text, "*?[") == NULL;
	name = resolve(ld, n->text, literal);
	ld->depth++;
	if (name == NULL)
		problem_add(ld->p, where, n->text, "out of memory");
	else if (literal)
		load_file(ld, name, where);
	else
		load_matches(ld, name, n);
	ld->depth--;
	free(name);
}

static void
load_includes(struct loader *ld, const struct node *tree)
{
	const struct node *e = tree->child;
	size_t i = 0, at, inside;

	while (e != NULL && strcmp(e->key, "include") != 0)
		e = e->next;
	if (e == NULL)
		return;
	at = trail_name(&ld->trail, e->key);
	if (e->kind == NODE_TEXT)
		load_include(ld, e);
	for (const struct node *n = e->child; n != NULL; n = n->next) {
		inside = trail_index(&ld->trail, i++);
		load_include(ld, n);
		trail_back(&ld->trail, inside);
	}
	trail_back(&ld->trail, at);
}

/* NOLINTEND(misc-no-recursion) */

void
loader_read(struct loader *ld, const char *path)
{
	load_file(ld, path, NULL);
}

char *
loader_place(const struct loader *ld, const char *key, char to[LOAD_PLACE_TEXT])
{
	const struct conf_key *k = key_find(global_keys, key);
	struct place place = { NULL, 0 };

	if (k != NULL)
		place = ld->global[k - global_keys];
	if (place.line == 0)
		place = (struct place){
			ld->sources > 0 ? ld->source[0].path : "", 1
		};
	(void)snprintf(to, LOAD_PLACE_TEXT, "%s:%" PRId64 ": %s", place.path,
	    place.line, key);
	return to;
}
