/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * keys.h - the tables of keys: every setting there is
 *
 * One row is one setting: its type, limits, default and meaning, its option
 * and thereby its environment variable. Parsing, checks, defaults and --help
 * all come from these rows, so a new setting is one row and its use.
 */
#ifndef CONFIG_KEYS_H
#define CONFIG_KEYS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "config/config.h"
#include "wire/err.h"

/* What the member at .offset is, and how its text is read. */
enum key_type {
	KEY_BOOL,   /* bool: yes or no */
	KEY_NUMBER, /* int64_t */
	KEY_SIZE,   /* int64_t, bytes */
	KEY_MSEC,   /* int64_t, a duration in milliseconds */
	KEY_OCTAL,  /* int64_t, the mode of a file */
	KEY_WORD,   /* int64_t, one of .words */
	KEY_TEXT,   /* char *, UTF-8 without control characters */
	KEY_NAME,   /* char *, printable ASCII without spaces */
	/* lists: each key_set() adds one item */
	KEY_TEXTS,      /* struct texts */
	KEY_NETS,       /* struct nets * */
	KEY_PATTERNS,   /* struct texts of app and host patterns */
	KEY_FACILITIES, /* struct choice: facilities */
	/* values that are compiled when they are read */
	KEY_SEVERITY, /* struct choice: severities */
	KEY_MATCH,    /* struct pattern * */
	KEY_ZONE,     /* struct zone * */
	KEY_FORMAT,   /* struct output_conf: format and line */
	KEY_PATH      /* struct output_conf: path and file */
};

/* A word that stands for a number. */
struct key_word {
	const char *word;
	int64_t value;
};

struct conf_key {
	const char *name;
	size_t offset;    /* of the member, in the section's struct */
	int64_t min, max; /* of the number; of a text: its length in bytes */
	const struct key_word *words; /* ends with NULL; NULL: none */
	const char *dflt;             /* NULL: there is none */
	const char *option;           /* without dashes; NULL: none */
	const char *value; /* what --help calls the value; NULL: takes none */
	const char *help;
	enum key_type type;
	unsigned kinds; /* of a listener: bits 1 << enum listen_kind; 0: all */
	bool zero;      /* 0 is right too, below min as it is */
	bool restart;   /* a reload cannot change it */
	bool variable;  /* has one without an option, too */
	bool repeat;    /* each -l begins a listener, each -o an output */
	char letter;    /* of the option; 0: none */
};

/* A struct of the configuration and its keys, which end with a NULL name. */
struct key_section {
	const char *title; /* in --help */
	const struct conf_key *keys;
};

extern const struct conf_key listen_keys[]; /* of struct listen_conf */
extern const struct conf_key output_keys[]; /* of struct output_conf */
extern const struct conf_key global_keys[]; /* of struct config */

/* All three, as --help orders them; ends with a NULL title. */
extern const struct key_section key_sections[];

/* True for the types of which a section has a list. */
bool key_is_list(const struct conf_key *k);

/* NULL: there is no such key. */
const struct conf_key *key_find(const struct conf_key *keys, const char *name);

/*
 * Sets the key's member of section from text, or adds text to its list; what
 * is replaced is freed. Returns 0, or -1 with what is wrong with the value
 * and what would be right; section is then untouched.
 */
int key_set(
    const struct conf_key *k, void *section, const char *text, struct err *err);

/* Sets every member that has a default. -1: no memory. */
int key_set_defaults(
    const struct conf_key *keys, void *section, struct err *err);

enum { KEY_RANGE_TEXT = 160, KEY_VARIABLE_TEXT = 48, KEY_VALUE_TEXT = 300 };

/* What the values are, as in "0 or 4K to 1T", or "" when only the help of the
 * key can tell; to is returned. */
char *key_write_range(const struct conf_key *k, char to[KEY_RANGE_TEXT]);

/* The value in section of a key that is a number, a word or a text, as one
 * would write it; to is returned. */
char *key_write_value(
    const struct conf_key *k, const void *section, char to[KEY_VALUE_TEXT]);

/* Can the environment say it? */
bool key_has_variable(const struct conf_key *k);

/* The variable of a key that has one: SYNCLINE_ROTATE_SIZE. */
char *key_write_variable(const struct conf_key *k, char to[KEY_VARIABLE_TEXT]);

/* True for 1 to 255 bytes of printable ASCII: HOSTNAME of RFC 5424. */
bool key_is_hostname(const char *text);

#endif
