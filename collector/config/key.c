/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * key.c - reading one value by its row of the tables
 */
#include "config/keys.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include "config/compiled.h"
#include "config/units.h"
#include "wire/scan.h"

static const struct key_word booleans[] = {
	{ "yes", 1 },
	{ "no", 0 },
	{ "true", 1 },
	{ "false", 0 },
	{ "on", 1 },
	{ "off", 0 },
	{ "1", 1 },
	{ "0", 0 },
	{ NULL, 0 },
};

const struct conf_key *
key_find(const struct conf_key *keys, const char *name)
{
	for (; keys->name != NULL; keys++) {
		if (strcmp(keys->name, name) == 0)
			return keys;
	}
	return NULL;
}

bool
key_is_list(const struct conf_key *k)
{
	return k->type == KEY_TEXTS || k->type == KEY_NETS ||
	    k->type == KEY_PATTERNS || k->type == KEY_FACILITIES;
}

bool
compiled_find_word(const struct key_word *words, const char *text, int64_t *out)
{
	for (; words != NULL && words->word != NULL; words++) {
		if (strcasecmp(words->word, text) == 0) {
			*out = words->value;
			return true;
		}
	}
	return false;
}

static int
parse_number(
    const struct conf_key *k, const char *text, int64_t *out, struct err *err)
{
	switch (k->type) {
	case KEY_SIZE:
		return units_parse_size(text, out, err);
	case KEY_MSEC:
		return units_parse_duration(text, out, err);
	case KEY_OCTAL:
		return units_parse_octal(text, out, err);
	default:
		return units_parse_number(text, out, err);
	}
}

/* A number in the words of its type. */
static char *
write_number(const struct conf_key *k, int64_t n, char *to)
{
	if (k->type == KEY_SIZE)
		return units_write_size(n, to);
	if (k->type == KEY_MSEC)
		return units_write_duration(n, to);
	(void)snprintf(to, UNITS_TEXT,
	    k->type == KEY_OCTAL ? "%04" PRIo64 : "%" PRId64, n);
	return to;
}

static bool
is_number(enum key_type type)
{
	return type == KEY_NUMBER || type == KEY_SIZE || type == KEY_MSEC ||
	    type == KEY_OCTAL;
}

static bool
is_text(enum key_type type)
{
	return type == KEY_TEXT || type == KEY_NAME || type == KEY_TEXTS ||
	    type == KEY_PATTERNS || type == KEY_MATCH || type == KEY_PATH;
}

char *
key_write_range(const struct conf_key *k, char to[KEY_RANGE_TEXT])
{
	const struct key_word *w = k->type == KEY_BOOL ? booleans : k->words;
	char low[UNITS_TEXT], high[UNITS_TEXT];
	size_t n = 0;

	to[0] = '\0';
	for (; w != NULL && w->word != NULL && n < KEY_RANGE_TEXT; w++)
		n += (size_t)snprintf(to + n, KEY_RANGE_TEXT - n, "%s%s",
		    n == 0 ? "" : ", ", w->word);
	if (n >= KEY_RANGE_TEXT)
		return to;
	if (k->type == KEY_FORMAT)
		(void)snprintf(to + n, KEY_RANGE_TEXT - n,
		    ", or a template with at least one %%{FIELD}");
	else if (is_number(k->type) || is_text(k->type))
		(void)snprintf(to + n, KEY_RANGE_TEXT - n, "%s%s%s to %s%s",
		    n == 0 ? "" : ", ", k->zero ? "0, or " : "",
		    write_number(k, k->min, low), write_number(k, k->max, high),
		    is_text(k->type) ? " bytes" : "");
	return to;
}

char *
key_write_value(
    const struct conf_key *k, const void *section, char to[KEY_VALUE_TEXT])
{
	const void *member = (const char *)section + k->offset;
	const char *text;
	int64_t n;

	if (is_text(k->type)) {
		text = *(char *const *)member;
		if (text == NULL)
			text = "none";
		(void)snprintf(
		    to, KEY_VALUE_TEXT, "%s", text[0] != '\0' ? text : "\"\"");
		return to;
	}
	if (k->type == KEY_BOOL) {
		(void)snprintf(to, KEY_VALUE_TEXT, "%s",
		    *(const bool *)member ? "true" : "false");
		return to;
	}
	n = *(const int64_t *)member;
	for (const struct key_word *w = k->words; w != NULL && w->word != NULL;
	     w++) {
		if (w->value == n) {
			(void)snprintf(to, KEY_VALUE_TEXT, "%s", w->word);
			return to;
		}
	}
	return write_number(k, n, to);
}

static int
set_number(
    const struct conf_key *k, void *member, const char *text, struct err *err)
{
	char range[KEY_RANGE_TEXT];
	int64_t n = 0;

	if (!compiled_find_word(k->words, text, &n)) {
		if (k->type == KEY_WORD)
			return err_set(err, "must be one of %s",
			    key_write_range(k, range));
		if (parse_number(k, text, &n, err) == -1)
			return -1;
		if ((n < k->min || n > k->max) && !(n == 0 && k->zero))
			return err_set(err, "out of range; must be %s",
			    key_write_range(k, range));
	}
	*(int64_t *)member = n;
	return 0;
}

static int
set_bool(
    const struct conf_key *k, void *member, const char *text, struct err *err)
{
	char range[KEY_RANGE_TEXT];
	int64_t n = 0;

	if (!compiled_find_word(booleans, text, &n))
		return err_set(
		    err, "must be one of %s", key_write_range(k, range));
	*(bool *)member = n != 0;
	return 0;
}

/* PRINTUSASCII of RFC 5424 section 6: what a header field may hold. */
static bool
is_printusascii(const char *text, size_t n)
{
	for (size_t i = 0; i < n; i++) {
		if (text[i] < 33 || text[i] > 126)
			return false;
	}
	return true;
}

bool
key_is_hostname(const char *text)
{
	size_t n = strnlen(text, CONFIG_HOSTNAME_MAX + 1);

	return n > 0 && n <= CONFIG_HOSTNAME_MAX && is_printusascii(text, n);
}

int
compiled_check_text(const struct conf_key *k, const char *text, struct err *err)
{
	size_t n = strlen(text);

	if ((uint64_t)n < (uint64_t)k->min || (uint64_t)n > (uint64_t)k->max)
		return err_set(err,
		    "%s; must have %" PRId64 " to %" PRId64 " bytes",
		    n == 0 ? "is empty" : "has the wrong length", k->min,
		    k->max);
	if (k->type == KEY_NAME && !is_printusascii(text, n))
		return err_set(err, "must be printable ASCII without spaces");
	if (scan_visible(slice_of(text, n)) != n)
		return err_set(err, "must be UTF-8 without control characters");
	return 0;
}

static int
set_text(
    const struct conf_key *k, void *member, const char *text, struct err *err)
{
	char **at = member;
	char *copy;

	if (compiled_check_text(k, text, err) == -1)
		return -1;
	copy = strdup(text);
	if (copy == NULL)
		return err_set(err, "out of memory");
	free(*at);
	*at = copy;
	return 0;
}

int
key_set(
    const struct conf_key *k, void *section, const char *text, struct err *err)
{
	void *member = (char *)section + k->offset;

	switch (k->type) {
	case KEY_BOOL:
		return set_bool(k, member, text, err);
	case KEY_TEXT:
	case KEY_NAME:
		return set_text(k, member, text, err);
	case KEY_NUMBER:
	case KEY_SIZE:
	case KEY_MSEC:
	case KEY_OCTAL:
	case KEY_WORD:
		return set_number(k, member, text, err);
	case KEY_PATH:
	case KEY_FORMAT:
		return compiled_set(k, section, text, err);
	case KEY_TEXTS:
	case KEY_NETS:
	case KEY_PATTERNS:
	case KEY_FACILITIES:
	case KEY_SEVERITY:
	case KEY_MATCH:
	case KEY_ZONE:
		break;
	}
	return compiled_set(k, member, text, err);
}

int
key_set_defaults(const struct conf_key *keys, void *section, struct err *err)
{
	for (; keys->name != NULL; keys++) {
		if (keys->dflt != NULL &&
		    key_set(keys, section, keys->dflt, err) == -1)
			return -1;
	}
	return 0;
}

bool
key_has_variable(const struct conf_key *k)
{
	return k->option != NULL || k->variable;
}

char *
key_write_variable(const struct conf_key *k, char to[KEY_VARIABLE_TEXT])
{
	char *p = to;

	(void)snprintf(to, KEY_VARIABLE_TEXT, "SYNCLINE_%s",
	    k->option != NULL ? k->option : k->name);
	for (; *p != '\0'; p++) {
		if (*p == '-')
			*p = '_';
		else if (*p >= 'a' && *p <= 'z')
			*p = (char)(*p - 'a' + 'A');
	}
	return to;
}
