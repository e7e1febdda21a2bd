/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * given.h - what command line and environment say, option by option
 */
#ifndef CONFIG_GIVEN_H
#define CONFIG_GIVEN_H

#include <stdbool.h>
#include <stddef.h>

#include "config/keys.h"
#include "config/problem.h"

enum {
	GIVEN_MAX = 64,       /* options, variables; the tables have fewer */
	GIVEN_WHERE_TEXT = 64 /* "--memory" or "SYNCLINE_MEMORY" */
};

/* What is no key of a file. */
struct program {
	char *config; /* NULL: none was given */
	bool check, healthcheck;
};

extern const struct conf_key program_keys[]; /* of struct program */

/* An option, or what only a variable says, and what was said of it. */
struct given {
	const struct conf_key *key;   /* borrowed from its table */
	const struct conf_key *table; /* its first row */
	const char **text;            /* owned array; the texts are borrowed */
	size_t n;
	char *variable; /* owned: what text points into; or NULL */
	char where[GIVEN_WHERE_TEXT];
};

struct givens {
	struct given list[GIVEN_MAX];
	size_t n;
	struct problems *problems; /* borrowed */
	const char *form;          /* borrowed: of --help-config, or NULL */
};

enum given_status {
	GIVEN_ALL,
	/* nothing else was gathered: */
	GIVEN_HELP,
	GIVEN_VERSION,
	GIVEN_HELP_CONFIG
};

/* One entry for each option and variable of all tables, without a text. */
void given_init(struct givens *g, struct problems *p);
void given_clear(struct givens *g);

/* Puts argv in another order, options first; its texts must stay. */
enum given_status given_options(struct givens *g, int argc, char **argv);

/* For what the options left open. An empty variable is one that is not set:
 * so do container tools unset. */
void given_environment(struct givens *g);

/* The entry of an option, or of a key that has but a variable; there is one. */
const struct given *given_find(const struct givens *g, const char *name);

#endif
