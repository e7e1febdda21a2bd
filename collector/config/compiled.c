/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * compiled.c - values that are lists, or compiled when they are read
 */
#include "config/compiled.h"

#include <stdlib.h>
#include <string.h>

#include "base/zone.h"
#include "config/check.h"
#include "config/nets.h"
#include "config/pattern.h"
#include "config/select.h"
#include "config/suggest.h"
#include "config/template.h"

/* Every facility there is: 0 to 23. */
static const uint32_t all_facilities = (UINT32_C(1) << 24) - 1;

static int
add_text(const struct conf_key *k, struct texts *t, const char *text,
    struct err *err)
{
	char **grown, *copy;

	if (compiled_check_text(k, text, err) == -1)
		return -1;
	if (t->n >= COMPILED_TEXTS_MAX)
		return err_set(
		    err, "more than %d values", (int)COMPILED_TEXTS_MAX);
	grown = reallocarray(t->text, t->n + 1, sizeof(*grown));
	if (grown == NULL)
		return err_set(err, "out of memory");
	t->text = grown;
	copy = strdup(text);
	if (copy == NULL)
		return err_set(err, "out of memory");
	t->text[t->n++] = copy;
	return 0;
}

static int
add_pattern(const struct conf_key *k, struct texts *t, const char *text,
    struct err *err)
{
	if (strcmp(text, "!") == 0)
		return err_set(err, "the pattern behind ! is missing");
	return add_text(k, t, text, err);
}

static int
add_facility(struct choice *c, const char *text, struct err *err)
{
	if (select_facility(text, &c->plain, &c->negated, err) == -1)
		return -1;
	c->facilities = (c->plain != 0 ? c->plain : all_facilities) &
	    ~c->negated;
	return 0;
}

static int
set_match(const struct conf_key *k, struct pattern **at, const char *text,
    struct err *err)
{
	struct pattern *p;

	if (compiled_check_text(k, text, err) == -1)
		return -1;
	p = pattern_new(text, err);
	if (p == NULL)
		return -1;
	pattern_free(*at);
	*at = p;
	return 0;
}

static int
set_zone(struct zone **at, const char *text, struct err *err)
{
	/* when this machine's is unknown, config_resolve() says so */
	struct zone *z = text[0] == '\0' ? zone_of_machine(err)
					 : zone_load(text, err);

	if (z == NULL)
		return -1;
	zone_free(*at);
	*at = z;
	return 0;
}

/* Without a field it is no template, but probably a format's name. */
static int
refuse_format(const struct conf_key *k, const char *text, struct err *err)
{
	char range[KEY_RANGE_TEXT];
	struct suggest near;

	suggest_init(&near, text);
	for (const struct key_word *w = k->words; w->word != NULL; w++)
		suggest_offer(&near, w->word);
	if (near.best != NULL)
		return err_set(
		    err, "unknown format; did you mean \"%s\"?", near.best);
	return err_set(err, "must be one of %s", key_write_range(k, range));
}

static int
set_format(const struct conf_key *k, struct output_conf *o, const char *text,
    struct err *err)
{
	struct template *line = NULL;
	int64_t format = FORMAT_TEMPLATE;

	if (!compiled_find_word(k->words, text, &format)) {
		if (compiled_check_text(k, text, err) == -1)
			return -1;
		if (strstr(text, "%{") == NULL)
			return refuse_format(k, text, err);
		line = template_new(text, err);
		if (line == NULL)
			return -1;
	}
	template_free(o->line);
	o->line = line;
	o->format = format;
	return 0;
}

static int
set_path(const struct conf_key *k, struct output_conf *o, const char *text,
    struct err *err)
{
	struct template *file = NULL;
	char *path;

	if (compiled_check_text(k, text, err) == -1 ||
	    check_path(text, err) == -1)
		return -1;
	if (template_has_fields(text)) {
		file = template_new_path(text, err);
		if (file == NULL)
			return -1;
	}
	path = strdup(text);
	if (path == NULL) {
		template_free(file);
		return err_set(err, "out of memory");
	}
	template_free(o->file);
	free(o->path);
	o->file = file;
	o->path = path;
	return 0;
}

int
compiled_set(
    const struct conf_key *k, void *at, const char *text, struct err *err)
{
	switch (k->type) {
	case KEY_TEXTS:
		return add_text(k, at, text, err);
	case KEY_PATTERNS:
		return add_pattern(k, at, text, err);
	case KEY_NETS:
		return nets_add(at, text, err);
	case KEY_FACILITIES:
		return add_facility(at, text, err);
	case KEY_SEVERITY:
		return select_severity(
		    text, &((struct choice *)at)->severities, err);
	case KEY_MATCH:
		return set_match(k, at, text, err);
	case KEY_ZONE:
		return set_zone(at, text, err);
	case KEY_FORMAT:
		return set_format(k, at, text, err);
	case KEY_PATH:
		return set_path(k, at, text, err);
	default:
		return err_set(err, "cannot be read");
	}
}
