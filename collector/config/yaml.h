/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * yaml.h - as much of YAML as a configuration needs, as a tree of texts
 *
 * Mappings, lists and texts in any of YAML's notations. Every scalar is text:
 * nothing depends on what YAML takes for a number or a truth. Tags, anchors,
 * aliases, merge keys, a second document, keys that are no text, texts
 * without quotes over several lines and bytes that do not show are refused.
 */
#ifndef CONFIG_YAML_H
#define CONFIG_YAML_H

#include <stdbool.h>
#include <stdint.h>

#include "config/trail.h"
#include "wire/slice.h"

enum {
	YAML_DEPTH_MAX = 16,     /* lists and mappings inside each other */
	YAML_NODES_MAX = 100000, /* in one file */
	YAML_KEYS_MAX = 1000,    /* of one mapping */
	YAML_SHOWN = 201         /* of a value; more than is ever printed */
};

enum node_kind { NODE_TEXT, NODE_LIST, NODE_MAP };

struct node {
	enum node_kind kind;
	int64_t line;       /* from 1 */
	char *text;         /* NODE_TEXT: owned, without NUL */
	bool bare;          /* a text that is empty and not in quotes */
	char *key;          /* in a mapping: owned; else NULL */
	int64_t key_line;   /* 0 in a list */
	struct node *child; /* owned: the first of a list or mapping */
	struct node *next;  /* owned: its next sibling */
};

/* Why a text is no tree. */
struct yaml_fault {
	int64_t line;           /* from 1 */
	struct trail trail;     /* where; empty: at the top */
	char value[YAML_SHOWN]; /* what stands there; empty: nothing */
	char reason[256];       /* what is wrong with it and what is right */
};

/*
 * The tree of a text, the caller's to free; an empty text is a mapping
 * without keys. The same key may be there twice. NULL: *f.
 */
struct node *yaml_tree_parse(struct slice text, struct yaml_fault *f);
void yaml_tree_free(struct node *n); /* accepts NULL */

#endif
