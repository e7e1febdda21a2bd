/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * select.c - the words of an output's conditions
 */
#include "config/select.h"

#include <stdbool.h>
#include <string.h>
#include <strings.h>

#include "wire/err.h"
#include "wire/pri.h"

#include "config/suggest.h"

enum { FACILITIES = 24, SEVERITIES = 8 };

struct alias {
	const char *word;
	unsigned code;
};

/* What syslog.h, its old versions and other collectors call them. */
static const struct alias facility_aliases[] = {
	{ "security", 4 },
	{ "alert", 14 },
	{ "clock", 15 },
	{ "solaris-cron", 15 },
	{ NULL, 0 },
};

static const struct alias severity_aliases[] = {
	{ "emergency", 0 },
	{ "panic", 0 },
	{ "critical", 2 },
	{ "error", 3 },
	{ "warn", 4 },
	{ "informational", 6 },
	{ NULL, 0 },
};

/* One of the two kinds of words. */
struct words {
	const char *(*name)(unsigned code);
	const struct alias *aliases;
	unsigned n;
	const char *what; /* for errors */
};

static const struct words facilities = { pri_facility_name, facility_aliases,
	FACILITIES, "facility" };
static const struct words severities = { pri_severity_name, severity_aliases,
	SEVERITIES, "severity" };

/* A number below n, without leading zeros; n: it is none. */
static unsigned
take_number(const char *word, unsigned n)
{
	unsigned v = 0;
	size_t len = strspn(word, "0123456789");

	if (len == 0 || len > 2 || word[len] != '\0' ||
	    (word[0] == '0' && len > 1))
		return n;
	for (; *word != '\0'; word++)
		v = v * 10 + (unsigned)(*word - '0');
	return v < n ? v : n;
}

static int
unknown(const struct words *w, const char *word, struct err *err)
{
	struct suggest s;

	suggest_init(&s, word);
	for (unsigned i = 0; i < w->n; i++)
		suggest_offer(&s, w->name(i));
	for (const struct alias *a = w->aliases; a->word != NULL; a++)
		suggest_offer(&s, a->word);
	if (s.best != NULL)
		return err_set(
		    err, "no such %s; did you mean \"%s\"?", w->what, s.best);
	return err_set(err, "no such %s; must be like %s, or %s, or 0 to %u",
	    w->what, w->name(0), w->name(w->n - 1), w->n - 1);
}

static int
find_code(
    const struct words *w, const char *word, unsigned *code, struct err *err)
{
	unsigned v = take_number(word, w->n);

	for (unsigned i = 0; v == w->n && i < w->n; i++) {
		if (strcasecmp(word, w->name(i)) == 0)
			v = i;
	}
	for (const struct alias *a = w->aliases; a->word != NULL; a++) {
		if (v == w->n && strcasecmp(word, a->word) == 0)
			v = a->code;
	}
	if (v == w->n)
		return unknown(w, word, err);
	*code = v;
	return 0;
}

int
select_facility(
    const char *word, uint32_t *with, uint32_t *without, struct err *err)
{
	bool negated = word[0] == '!';
	const char *name = word + negated;
	unsigned code = 0;

	if (strcmp(name, "*") == 0) {
		if (negated)
			return err_set(err, "would take no message at all");
		*with |= (UINT32_C(1) << FACILITIES) - 1;
		return 0;
	}
	if (find_code(&facilities, name, &code, err) == -1)
		return -1;
	*(negated ? without : with) |= UINT32_C(1) << code;
	return 0;
}

int
select_severity(const char *word, uint8_t *mask, struct err *err)
{
	bool negated = word[0] == '!';
	const char *name = word + negated;
	bool exact = name[0] == '=';
	unsigned code = SEVERITIES - 1, bits;

	name += exact;
	if (strcmp(name, "*") != 0 &&
	    find_code(&severities, name, &code, err) == -1)
		return -1;
	if (exact && strcmp(name, "*") == 0)
		return err_set(err, "\"=\" wants one severity");
	bits = exact ? 1U << code : (2U << code) - 1;
	if (negated)
		bits = ~bits & 0xff;
	if (bits == 0)
		return err_set(err, "would take no message at all");
	*mask = (uint8_t)bits;
	return 0;
}
