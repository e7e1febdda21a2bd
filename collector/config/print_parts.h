/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * print_parts.h - what the ways of printing the keys have in common
 *
 * For print*.c alone. A text is written into the caller's buffer, cut where
 * it would not fit, and returned.
 */
#ifndef CONFIG_PRINT_PARTS_H
#define CONFIG_PRINT_PARTS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdio.h>

#include "config/keys.h"

enum { PRINT_TEXT_MAX = 1024, PRINT_KINDS = LISTEN_UNIX_STREAM + 1 };

/* The scheme of each kind of listener: "udp". */
extern const char *const print_kind_names[PRINT_KINDS];

/* The three tables as a file has them: what stands at the top, then the items
 * of "listen" and "output". Ends with a NULL title. */
struct print_part {
	const char *list;  /* NULL: its keys stand at the top */
	const char *title; /* a sentence without its end */
	const struct conf_key *keys;
};

extern const struct print_part print_sections[];

/* Must an item of the list have it? */
bool print_is_required(const struct conf_key *k);

/* What the value is: "number, 0 to 64; default 0", "list of texts". */
char *print_facts(const struct conf_key *k, char to[PRINT_TEXT_MAX]);

/* The listeners that have this key, "udp and unix listeners"; "" for all. */
char *print_kinds(const struct conf_key *k, char to[PRINT_TEXT_MAX]);

/* The meaning, as a sentence: "Receiving threads; 0: one per two cores." */
char *print_meaning(const struct conf_key *k, char to[PRINT_TEXT_MAX]);

/* Writes text in lines of less than 80 columns, each behind prefix. */
void print_wrapped(FILE *to, const char *prefix, const char *text);

void print_as_text(FILE *to);
void print_as_sample(FILE *to);
void print_as_schema(FILE *to);
void print_as_man(FILE *to);

#endif
