/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * yaml.c - as much of YAML as a configuration needs, as a tree of texts
 *
 * libyaml's events rather than its documents, which hide aliases, follow
 * them, and forget where a tag stood.
 */
#include "config/yaml.h"

#include <stdlib.h>
#include <string.h>
#include <yaml.h>

#include "config/syntax.h"

struct reader {
	yaml_parser_t parser;
	struct slice text; /* borrowed */
	struct yaml_fault *fault;
	struct trail trail;
	const char *key;        /* borrowed: whose value is read; or NULL */
	struct yaml_fault late; /* the first text over several lines */
	size_t nodes;
	unsigned flow; /* inside so many [ ] and { } */
	unsigned depth;
};

static struct node *read_node(struct reader *r, const yaml_event_t *ev);

void
yaml_tree_free(struct node *n)
{
	struct node *last = n, *next;

	for (; n != NULL; n = next) {
		/* its children join the line that is still to go */
		while (last->next != NULL)
			last = last->next;
		last->next = n->child;
		while (last->next != NULL)
			last = last->next;
		next = n->next;
		free(n->text);
		free(n->key);
		free(n);
	}
}

/* Says where it is; so its key need not stand in front of the value, too. */
static void
place(const struct reader *r, struct yaml_fault *f)
{
	char *value = f->value + strspn(f->value, "- ");
	size_t n = r->key != NULL ? strlen(r->key) : 0;

	f->trail = r->trail;
	if (n == 0 || strncmp(value, r->key, n) != 0 || value[n] != ':')
		return;
	value += n + 1;
	value += strspn(value, " ");
	(void)memmove(f->value, value, strlen(value) + 1);
}

static void
refuse(struct reader *r, const yaml_mark_t *mark, const char *reason)
{
	syntax_refuse(r->text, mark, reason, r->fault);
	place(r, r->fault);
}

static void
want_quotes(struct reader *r, const yaml_mark_t *mark)
{
	syntax_want_quotes(r->text, mark, r->flow > 0, r->fault);
	place(r, r->fault);
}

/* What broke the parser later on is the better reason, if anything does. */
static void
refuse_late(struct reader *r, const yaml_mark_t *mark)
{
	if (r->late.line != 0)
		return;
	syntax_refuse(r->text, mark,
	    "goes on in the next line; is that one indented wrongly? A text "
	    "over several lines must be in quotes",
	    &r->late);
	place(r, &r->late);
}

/* The next event, which the caller deletes. False: the fault is set. */
static bool
next_event(struct reader *r, yaml_event_t *ev)
{
	if (yaml_parser_parse(&r->parser, ev) != 0)
		return true;
	syntax_explain(&r->parser, r->text, r->fault);
	place(r, r->fault);
	return false;
}

static struct node *
new_node(struct reader *r, enum node_kind kind, const yaml_event_t *ev)
{
	struct node *n;

	if (r->nodes == YAML_NODES_MAX) {
		refuse(r, &ev->start_mark,
		    "there are more than 100,000 values in the file");
		return NULL;
	}
	n = calloc(1, sizeof(*n));
	if (n == NULL) {
		refuse(r, &ev->start_mark, "out of memory");
		return NULL;
	}
	r->nodes++;
	n->kind = kind;
	n->line = (int64_t)ev->start_mark.line + 1;
	return n;
}

static struct node *
read_text(struct reader *r, const yaml_event_t *ev)
{
	const char *text = (const char *)ev->data.scalar.value;
	bool plain = ev->data.scalar.style == YAML_PLAIN_SCALAR_STYLE;
	struct node *n;

	if (plain && ev->end_mark.line > ev->start_mark.line &&
	    ev->data.scalar.length > 0)
		refuse_late(r, &ev->start_mark);
	if (strlen(text) != ev->data.scalar.length) {
		refuse(r, &ev->start_mark, "a text cannot hold a NUL");
		return NULL;
	}
	n = new_node(r, NODE_TEXT, ev);
	if (n == NULL)
		return NULL;
	n->bare = plain && text[0] == '\0';
	n->text = strdup(text);
	if (n->text == NULL) {
		refuse(r, &ev->start_mark, "out of memory");
		yaml_tree_free(n);
		return NULL;
	}
	return n;
}

/* NOLINTBEGIN(misc-no-recursion): lists and mappings inside each other, not
 * deeper than YAML_DEPTH_MAX */

/* Appends the items of a list to n. */
static bool
read_items(struct reader *r, struct node *n)
{
	struct node **tail = &n->child;
	yaml_event_t ev;
	size_t at;

	for (size_t i = 0;; i++) {
		at = trail_index(&r->trail, i);
		if (!next_event(r, &ev))
			return false;
		if (ev.type == YAML_SEQUENCE_END_EVENT)
			break;
		*tail = read_node(r, &ev);
		yaml_event_delete(&ev);
		if (*tail == NULL)
			return false;
		tail = &(*tail)->next;
		trail_back(&r->trail, at);
	}
	trail_back(&r->trail, at);
	yaml_event_delete(&ev);
	return true;
}

/* What may be wrong with a key; NULL: nothing. */
static const char *
refuse_key(const yaml_event_t *ev)
{
	const char *text;

	if (ev->type == YAML_ALIAS_EVENT)
		return "a key cannot begin with *";
	if (ev->type != YAML_SCALAR_EVENT)
		return "a key must be text; a text that begins with [ or { "
		       "must be in quotes";
	text = (const char *)ev->data.scalar.value;
	if (ev->data.scalar.tag != NULL || ev->data.scalar.anchor != NULL)
		return "a key cannot begin with ! or &";
	if (strlen(text) != ev->data.scalar.length)
		return "a text cannot hold a NUL";
	if (text[0] == '\0')
		return "the key is missing";
	if (strcmp(text, "<<") == 0)
		return "keys are not merged (<<) here; write them out";
	return NULL;
}

/* One entry of a mapping, whose key is ev. NULL: the fault is set. */
static struct node *
read_entry(struct reader *r, const yaml_event_t *ev)
{
	const char *why = refuse_key(ev), *outer = r->key, *key;
	struct node *n = NULL;
	yaml_event_t value;
	size_t at;

	if (why != NULL) {
		refuse(r, &ev->start_mark, why);
		return NULL;
	}
	key = (const char *)ev->data.scalar.value;
	at = trail_name(&r->trail, key);
	r->key = key;
	if (next_event(r, &value)) {
		n = read_node(r, &value);
		yaml_event_delete(&value);
	}
	r->key = outer;
	if (n == NULL)
		return NULL;
	n->key_line = (int64_t)ev->start_mark.line + 1;
	n->key = strdup(key);
	if (n->key == NULL) {
		refuse(r, &ev->start_mark, "out of memory");
		yaml_tree_free(n);
		return NULL;
	}
	trail_back(&r->trail, at);
	return n;
}

static bool
read_entries(struct reader *r, struct node *n)
{
	struct node **tail = &n->child;
	yaml_event_t ev;

	for (size_t i = 0;; i++) {
		if (!next_event(r, &ev))
			return false;
		if (ev.type == YAML_MAPPING_END_EVENT)
			break;
		if (i == YAML_KEYS_MAX)
			refuse(r, &ev.start_mark,
			    "there are more than 1,000 keys in one mapping");
		else
			*tail = read_entry(r, &ev);
		yaml_event_delete(&ev);
		if (*tail == NULL)
			return false;
		tail = &(*tail)->next;
	}
	yaml_event_delete(&ev);
	return true;
}

/* A list or a mapping; flow: in brackets. */
static struct node *
read_nest(
    struct reader *r, const yaml_event_t *ev, enum node_kind kind, bool flow)
{
	struct node *n;
	bool ok;

	if (r->depth == YAML_DEPTH_MAX) {
		refuse(r, &ev->start_mark,
		    "too many lists and mappings inside each other");
		return NULL;
	}
	n = new_node(r, kind, ev);
	if (n == NULL)
		return NULL;
	r->depth++;
	r->flow += flow;
	ok = kind == NODE_LIST ? read_items(r, n) : read_entries(r, n);
	r->flow -= flow;
	r->depth--;
	if (ok)
		return n;
	yaml_tree_free(n);
	return NULL;
}

/* The node that begins with ev. NULL: the fault is set. */
static struct node *
read_node(struct reader *r, const yaml_event_t *ev)
{
	const yaml_char_t *tag = NULL, *anchor = NULL;
	bool flow;

	if (ev->type == YAML_SCALAR_EVENT) {
		tag = ev->data.scalar.tag;
		anchor = ev->data.scalar.anchor;
	} else if (ev->type == YAML_SEQUENCE_START_EVENT) {
		tag = ev->data.sequence_start.tag;
		anchor = ev->data.sequence_start.anchor;
	} else if (ev->type == YAML_MAPPING_START_EVENT) {
		tag = ev->data.mapping_start.tag;
		anchor = ev->data.mapping_start.anchor;
	}
	if (tag != NULL || anchor != NULL || ev->type == YAML_ALIAS_EVENT) {
		want_quotes(r, &ev->start_mark);
		return NULL;
	}
	if (ev->type == YAML_SCALAR_EVENT)
		return read_text(r, ev);
	if (ev->type == YAML_SEQUENCE_START_EVENT) {
		flow = ev->data.sequence_start.style ==
		    YAML_FLOW_SEQUENCE_STYLE;
		return read_nest(r, ev, NODE_LIST, flow);
	}
	flow = ev->data.mapping_start.style == YAML_FLOW_MAPPING_STYLE;
	/* YAML takes "[ a: b ]" for a list of one mapping. */
	if (flow && syntax_byte(r->text, &ev->start_mark) != '{') {
		refuse(r, &ev->start_mark,
		    "inside [ ] a text that holds [ ] { } or \": \", or begins "
		    "with :, must be in quotes");
		return NULL;
	}
	return read_nest(r, ev, NODE_MAP, flow);
}

/* NOLINTEND(misc-no-recursion) */

/* The one document; *out stays NULL when there is none. */
static bool
read_document(struct reader *r, struct node **out)
{
	yaml_event_t ev;
	bool ok = false;

	for (;;) {
		if (!next_event(r, &ev))
			return false;
		switch (ev.type) {
		case YAML_STREAM_END_EVENT:
			yaml_event_delete(&ev);
			if (r->late.line == 0)
				return true;
			*r->fault = r->late;
			return false;
		case YAML_STREAM_START_EVENT:
		case YAML_DOCUMENT_END_EVENT:
			ok = true;
			break;
		case YAML_DOCUMENT_START_EVENT:
			ok = *out == NULL;
			if (!ok)
				refuse(r, &ev.start_mark,
				    "a second document begins here; a file "
				    "can hold one only");
			break;
		default:
			if (*out == NULL) /* a document is one node */
				*out = read_node(r, &ev);
			ok = *out != NULL;
			break;
		}
		yaml_event_delete(&ev);
		if (!ok)
			return false;
	}
}

static struct node *
new_empty(struct yaml_fault *f)
{
	struct node *n = calloc(1, sizeof(*n));

	if (n == NULL) {
		(void)strcpy(f->reason, "out of memory");
		return NULL;
	}
	n->kind = NODE_MAP;
	n->line = 1;
	return n;
}

struct node *
yaml_tree_parse(struct slice text, struct yaml_fault *f)
{
	static const char mark[] = "\xef\xbb\xbf"; /* of byte order */
	struct reader r = { .fault = f };
	struct node *tree = NULL;

	*f = (struct yaml_fault){ .line = 1 };
	if (text.n >= 3 && memcmp(text.p, mark, 3) == 0)
		slice_skip(&text, 3);
	r.text = text;
	if (!syntax_is_visible(text, f))
		return NULL;
	if (yaml_parser_initialize(&r.parser) == 0) {
		(void)strcpy(f->reason, "out of memory");
		return NULL;
	}
	yaml_parser_set_encoding(&r.parser, YAML_UTF8_ENCODING);
	yaml_parser_set_input_string(&r.parser,
	    (const unsigned char *)(text.n > 0 ? text.p : ""), text.n);
	if (!read_document(&r, &tree)) {
		yaml_tree_free(tree);
		tree = NULL;
	} else if (tree == NULL || tree->bare) {
		yaml_tree_free(tree);
		tree = new_empty(f);
	}
	yaml_parser_delete(&r.parser);
	return tree;
}
