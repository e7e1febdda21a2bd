/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * section.c - the listeners and the outputs of a file
 */
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "config/check.h"
#include "config/listen.h"
#include "config/listen_tls.h"
#include "config/load_parts.h"

static const char *const no_more[] = { NULL };

static const struct node *
find_entry(const struct node *map, const char *key)
{
	const struct node *e = map->child;

	while (e != NULL && strcmp(e->key, key) != 0)
		e = e->next;
	return e;
}

/* Remembers where the last of a list of n stands. False: no memory. */
static bool
remember(struct loader *ld, struct place **places, size_t n, int64_t line)
{
	struct place *grown = reallocarray(*places, n, sizeof(*grown));

	if (grown == NULL) {
		problem_add(ld->p, load_where(ld, line), NULL, "out of memory");
		return false;
	}
	*places = grown;
	grown[n - 1] = (struct place){ ld->path, line };
	return true;
}

/* Says that a section is what another one is already. */
static void
refuse_twin(struct loader *ld, int64_t line, const struct place *twin,
    const struct err *err)
{
	problem_add(ld->p, load_where(ld, line), NULL,
	    "%.250s, in %.200s:%" PRId64, err->text, twin->path, twin->line);
}

/* Sets a key of the listener, whose URL said what it is when known is true
 * and set the keys of seen. */
static void
read_listen_key(struct loader *ld, struct listen_conf *l, const struct node *e,
    bool known, uint64_t seen)
{
	const struct conf_key *k = key_find(listen_keys, e->key);

	if (k == NULL)
		load_refuse_key(ld, listen_keys, no_more, e);
	else if (known && !listen_has_key(k, l->kind))
		problem_add(ld->p, load_where(ld, e->key_line), NULL,
		    "is no key of this kind of listener; leave it out");
	else if ((seen & listen_key_bit(k)) != 0)
		problem_add(ld->p, load_where(ld, e->key_line), NULL,
		    "is given twice; the first time is in the URL");
	else
		load_values(ld, k, l, e);
}

/* True: kind and place of the listener are known. */
static bool
read_url(struct loader *ld, struct listen_conf *l, const struct node *map,
    uint64_t *seen)
{
	const struct node *url = find_entry(map, "url");
	size_t at = trail_name(&ld->trail, "url");
	bool known = false;

	if (url == NULL)
		problem_add(ld->p, load_where(ld, map->line), NULL,
		    "is missing; give one like \"udp://*:514\"");
	else if (url->kind != NODE_TEXT || url->bare)
		load_values(ld, &listen_keys[0], l, url);
	else
		known = listen_read_url(url->text, l, seen, ld->p,
			    load_where(ld, url->line)) == 0;
	trail_back(&ld->trail, at);
	return known;
}

/* As read_url(). */
static bool
read_listen_keys(
    struct loader *ld, struct listen_conf *l, const struct node *map)
{
	uint64_t seen = 0;
	bool known = read_url(ld, l, map, &seen);
	size_t at;

	for (const struct node *e = map->child; e != NULL; e = e->next) {
		at = trail_name(&ld->trail, e->key);
		if (load_is_first(ld, map, e) && strcmp(e->key, "url") != 0)
			read_listen_key(ld, l, e, known, seen);
		trail_back(&ld->trail, at);
	}
	return known;
}

/* What is wrong with the files of a listener in TLS stands where the key
 * does, or where the listener begins. */
static void
read_tls(struct loader *ld, struct listen_conf *l, const struct node *map)
{
	struct tls_faults f;
	const struct node *e;
	size_t at;

	(void)listen_open_tls(l, &f);
	for (size_t i = 0; i < f.n; i++) {
		e = find_entry(map, f.fault[i].option);
		at = trail_name(&ld->trail, f.fault[i].option);
		problem_add(ld->p, load_where(ld, (e != NULL ? e : map)->line),
		    f.fault[i].value, "%s", f.fault[i].err.text);
		trail_back(&ld->trail, at);
	}
}

static void
read_listen(struct loader *ld, const struct node *map)
{
	struct config *c = ld->c;
	struct listen_conf l = { 0 };
	struct err err;
	size_t twin;

	if (key_set_defaults(listen_keys, &l, &err) == -1)
		problem_add(
		    ld->p, load_where(ld, map->line), NULL, "%s", err.text);
	/* One that is wrong otherwise may have a twin, which is wrong, too. */
	if (!read_listen_keys(ld, &l, map)) {
		listen_conf_clear(&l);
		return;
	}
	read_tls(ld, &l, map);
	if ((l.absent ? config_leave_out(c, &l, &err)
		      : config_add_listen(c, &l, &err)) == -1) {
		problem_add(
		    ld->p, load_where(ld, map->line), NULL, "%s", err.text);
		listen_conf_clear(&l);
		return;
	}
	if (!l.absent && remember(ld, &ld->listen, c->listens, map->line) &&
	    check_listen(c, c->listens - 1, &twin, &err) == -1)
		refuse_twin(ld, map->line, &ld->listen[twin], &err);
}

static void
read_output_key(struct loader *ld, struct output_conf *o, const struct node *e)
{
	const struct conf_key *k = key_find(output_keys, e->key);
	size_t before = ld->p->count;
	struct err err;

	if (k == NULL) {
		load_refuse_key(ld, output_keys, no_more, e);
		return;
	}
	load_values(ld, k, o, e);
	if (k->type == KEY_FACILITIES && ld->p->count == before &&
	    check_choice(&o->choice, &err) == -1)
		problem_add(
		    ld->p, load_where(ld, e->line), NULL, "%s", err.text);
}

/* What a key asks of the output as a whole. */
static void
check_entry(struct loader *ld, const struct output_conf *o,
    const struct node *e,
    int (*check)(const struct output_conf *, struct err *))
{
	struct err err;
	size_t at;

	if (e == NULL || check(o, &err) == 0)
		return;
	at = trail_name(&ld->trail, e->key);
	problem_add(ld->p, load_where(ld, e->line), e->text, "%s", err.text);
	trail_back(&ld->trail, at);
}

static void
read_output_keys(
    struct loader *ld, struct output_conf *o, const struct node *map)
{
	size_t at, before = ld->p->count;

	for (const struct node *e = map->child; e != NULL; e = e->next) {
		at = trail_name(&ld->trail, e->key);
		if (load_is_first(ld, map, e))
			read_output_key(ld, o, e);
		trail_back(&ld->trail, at);
	}
	if (find_entry(map, "path") == NULL) {
		at = trail_name(&ld->trail, "path");
		problem_add(ld->p, load_where(ld, map->line), NULL,
		    "is missing; give one like /var/log/syncline/all.log");
		trail_back(&ld->trail, at);
	}
	if (ld->p->count != before)
		return;
	for (const struct check_whole *w = check_whole; w->key != NULL; w++)
		check_entry(ld, o, find_entry(map, w->key), w->check);
}

static void
read_output(struct loader *ld, const struct node *map)
{
	struct config *c = ld->c;
	struct output_conf o = { 0 };
	struct err err;
	size_t twin;

	if (key_set_defaults(output_keys, &o, &err) == -1)
		problem_add(
		    ld->p, load_where(ld, map->line), NULL, "%s", err.text);
	read_output_keys(ld, &o, map);
	if (o.path == NULL) /* else see read_listen() */
		goto fail;
	if (o.name == NULL)
		o.name = strdup(o.path);
	if (o.name == NULL) {
		(void)err_set(&err, "out of memory");
		goto refuse;
	}
	if (config_add_output(c, &o, &err) == -1)
		goto refuse;
	if (remember(ld, &ld->output, c->outputs, map->line) &&
	    check_output(c, c->outputs - 1, &twin, &err) == -1)
		refuse_twin(ld, map->line, &ld->output[twin], &err);
	return;

refuse:
	problem_add(ld->p, load_where(ld, map->line), NULL, "%s", err.text);
fail:
	output_conf_clear(&o);
}

/* Each item of a list of mappings, or the one mapping. */
static void
read_items(struct loader *ld, const struct node *n, const char *like,
    void (*read)(struct loader *ld, const struct node *map))
{
	const struct node *item = n->kind == NODE_LIST ? n->child : n;
	size_t at;

	for (size_t i = 0; item != NULL; i++) {
		at = ld->trail.n;
		if (item != n || n->kind == NODE_MAP)
			(void)trail_index(&ld->trail, i);
		if (item->kind == NODE_MAP)
			read(ld, item);
		else if (item->kind == NODE_TEXT && item->bare)
			problem_add(ld->p, load_where(ld, item->line), NULL,
			    "has no value; leave the key out, or write %s "
			    "below it",
			    like);
		else
			problem_add(ld->p, load_where(ld, item->line),
			    item->text, "must be a mapping, like %s", like);
		trail_back(&ld->trail, at);
		item = n->kind == NODE_LIST ? item->next : NULL;
	}
}

void
section_read_listen(struct loader *ld, const struct node *n)
{
	read_items(ld, n, "- url: udp://*:514", read_listen);
}

void
section_read_output(struct loader *ld, const struct node *n)
{
	read_items(ld, n, "- path: /var/log/syncline/all.log", read_output);
}
