/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * print_schema.c - the keys as a JSON Schema, for editors
 *
 * Draft 7, which yaml-language-server knows best. Editors tell numbers from
 * text where the collector does not (to it every value is text), so a value
 * may be either where both are usual. The schema accepts what the collector
 * accepts, but for words in capitals; what depends on more than one value
 * only "synclined -t" knows.
 */
#include "config/print_parts.h"

#include <inttypes.h>
#include <string.h>

#include "wire/pri.h"

enum { FACILITIES = 24, SEVERITIES = 8 };

static void
print_string(FILE *to, const char *text)
{
	(void)fputc('"', to);
	for (; *text != '\0'; text++) {
		if (*text == '"' || *text == '\\')
			(void)fputc('\\', to);
		(void)fputc(*text, to);
	}
	(void)fputc('"', to);
}

/* Each of the following writes alternatives, with commas between them. */

static void
print_words(FILE *to, const struct key_word *words)
{
	(void)fputs("{ \"enum\": [", to);
	for (size_t i = 0; words[i].word != NULL; i++)
		(void)fprintf(
		    to, "%s\"%s\"", i == 0 ? " " : ", ", words[i].word);
	(void)fputs(" ] }", to);
}

/* A number, or text that reads like one. */
static void
print_number(FILE *to, const struct conf_key *k, const char *pattern)
{
	if (k->zero)
		(void)fputs("{ \"const\": 0 },\n", to);
	(void)fprintf(to,
	    "{ \"type\": \"integer\", \"minimum\": %" PRId64
	    ", \"maximum\": %" PRId64 " },\n",
	    k->min, k->max);
	(void)fprintf(
	    to, "{ \"type\": \"string\", \"pattern\": \"%s\" }", pattern);
}

static void
print_duration(FILE *to, const struct conf_key *k)
{
	bool zero = k->zero || k->min == 0;

	if (k->words != NULL) {
		print_words(to, k->words);
		(void)fputs(",\n", to);
	}
	if (zero)
		(void)fputs("{ \"const\": 0 },\n", to);
	(void)fprintf(to,
	    "{ \"type\": \"string\", "
	    "\"pattern\": \"^(%s[0-9]+(ms|s|m|h|d|w))$\" }",
	    zero ? "0|" : "");
}

/* An unquoted number is text too. */
static void
print_text(FILE *to, const struct conf_key *k)
{
	(void)fprintf(to,
	    "{ \"type\": [ \"string\", \"number\" ], \"minLength\": %" PRId64
	    ", \"maxLength\": %" PRId64 " }",
	    k->min, k->max);
}

/* The labels, each also with what may stand in front. */
static void
print_labels(FILE *to, const char *(*name)(unsigned), unsigned n,
    const char *const *fronts)
{
	(void)fputs("{ \"enum\": [ \"*\"", to);
	for (; *fronts != NULL; fronts++) {
		(void)fputs(",\n", to);
		for (unsigned i = 0; i < n; i++)
			(void)fprintf(to, "%s\"%s%s\"", i == 0 ? "" : ", ",
			    *fronts, name(i));
	}
	(void)fputs(" ] }", to);
}

static void
print_facility(FILE *to)
{
	static const char *const fronts[] = { "", "!", NULL };

	print_labels(to, pri_facility_name, FACILITIES, fronts);
	(void)fputs(
	    ",\n{ \"type\": \"integer\", \"minimum\": 0, \"maximum\": 23 },\n"
	    "{ \"type\": \"string\", \"pattern\": "
	    "\"^!?([0-9]|1[0-9]|2[0-3]|security|alert|clock|solaris-cron)$\" }",
	    to);
}

static void
print_severity(FILE *to)
{
	static const char *const fronts[] = { "", "=", "!", "!=", NULL };

	print_labels(to, pri_severity_name, SEVERITIES, fronts);
	(void)fputs(
	    ",\n{ \"type\": \"integer\", \"minimum\": 0, \"maximum\": 7 },\n"
	    "{ \"type\": \"string\", \"pattern\": "
	    "\"^!?=?([0-7]|emergency|panic|critical|error|warn|informational)$"
	    "\" }",
	    to);
}

/* What one value of the key may be. */
static void
print_choices(FILE *to, const struct conf_key *k)
{
	switch (k->type) {
	case KEY_BOOL:
		(void)fputs(
		    "{ \"type\": \"boolean\" },\n"
		    "{ \"enum\": [ \"yes\", \"no\", \"true\", "
		    "\"false\", \"on\", \"off\", \"1\", \"0\", 1, 0 ] }",
		    to);
		break;
	case KEY_NUMBER:
		print_number(to, k, "^[0-9]+$");
		break;
	case KEY_SIZE:
		print_number(to, k, "^[0-9]+([KkMmGgTt]([Ii][Bb])?)?$");
		break;
	case KEY_MSEC:
		print_duration(to, k);
		break;
	case KEY_OCTAL:
		(void)fputs("{ \"type\": \"integer\" },\n"
			    "{ \"type\": \"string\", \"pattern\": "
			    "\"^0*[0-7]{1,3}$\" }",
		    to);
		break;
	case KEY_WORD:
		print_words(to, k->words);
		break;
	case KEY_FORMAT:
		print_words(to, k->words);
		(void)fputs(",\n{ \"type\": \"string\", "
			    "\"pattern\": \"%\\\\{\" }",
		    to);
		break;
	case KEY_FACILITIES:
		print_facility(to);
		break;
	case KEY_SEVERITY:
		print_severity(to);
		break;
	case KEY_NETS:
		(void)fputs("{ \"type\": \"string\", \"pattern\": "
			    "\"^[0-9A-Fa-f:.]+(/[0-9]{1,3})?$\" }",
		    to);
		break;
	default:
		print_text(to, k);
		break;
	}
}

static bool
is_list(enum key_type type)
{
	return type == KEY_TEXTS || type == KEY_NETS || type == KEY_PATTERNS ||
	    type == KEY_FACILITIES;
}

static void
print_key(FILE *to, const struct conf_key *k)
{
	char text[PRINT_TEXT_MAX];

	(void)fprintf(to, "\"%s\": {\n\"description\": ", k->name);
	print_string(to, print_meaning(k, text));
	if (k->dflt != NULL) {
		(void)fputs(",\n\"default\": ", to);
		if (k->type == KEY_BOOL || k->type == KEY_NUMBER)
			(void)fputs(k->dflt, to);
		else
			print_string(to, k->dflt);
	}
	(void)fputs(",\n\"anyOf\": [\n", to);
	print_choices(to, k);
	if (is_list(k->type)) {
		(void)fputs(",\n{ \"type\": \"array\", \"items\": { "
			    "\"anyOf\": [\n",
		    to);
		print_choices(to, k);
		(void)fputs("\n] } }", to);
	}
	(void)fputs("\n] }", to);
}

static void
print_properties(FILE *to, const struct conf_key *k)
{
	bool first = true;

	(void)fputs("\"type\": \"object\",\n\"additionalProperties\": false,\n"
		    "\"properties\": {\n",
	    to);
	for (; k->name != NULL; k++) {
		if (k->later)
			continue;
		(void)fputs(first ? "" : ",\n", to);
		print_key(to, k);
		first = false;
	}
}

/* The keys that a kind of listener does not have. */
static void
print_kind(FILE *to, unsigned kind)
{
	const struct conf_key *k;
	bool first = true;

	(void)fprintf(to,
	    "{ \"if\": { \"properties\": { \"url\": { \"pattern\": "
	    "\"^%s:\" } } },\n\"then\": { \"properties\": {\n",
	    print_kind_names[kind]);
	for (k = listen_keys; k->name != NULL; k++) {
		if (k->later || k->kinds == 0 || (k->kinds & 1U << kind) != 0)
			continue;
		(void)fprintf(
		    to, "%s\"%s\": false", first ? "" : ", ", k->name);
		first = false;
	}
	(void)fputs(" } } }", to);
}

static void
print_definition(FILE *to, const struct print_part *s)
{
	const struct conf_key *k;

	(void)fprintf(to, "\"%s\": {\n", s->list);
	print_properties(to, s->keys);
	(void)fputs("\n},\n\"required\": [", to);
	for (k = s->keys; k->name != NULL; k++) {
		if (print_is_required(k))
			(void)fprintf(to, " \"%s\" ", k->name);
	}
	(void)fputs("]", to);
	if (s->keys == listen_keys) {
		(void)fputs(",\n\"allOf\": [\n", to);
		for (unsigned kind = 0; kind < PRINT_KINDS; kind++) {
			(void)fputs(kind == 0 ? "" : ",\n", to);
			print_kind(to, kind);
		}
		(void)fputs("\n]", to);
	}
	(void)fputs("\n}", to);
}

void
print_as_schema(FILE *to)
{
	const struct print_part *s;
	bool first = true;

	(void)fputs("{\n\"$schema\": "
		    "\"http://json-schema.org/draft-07/schema#\",\n"
		    "\"title\": \"Configuration of synclined\",\n",
	    to);
	print_properties(to, global_keys);
	for (s = print_sections; s->title != NULL; s++) {
		if (s->list == NULL)
			continue;
		(void)fprintf(to, ",\n\"%s\": {\n\"description\": ", s->list);
		print_string(to, s->title);
		(void)fprintf(to,
		    ",\n\"anyOf\": [\n{ \"$ref\": \"#/definitions/%s\" },\n"
		    "{ \"type\": \"array\", \"items\": "
		    "{ \"$ref\": \"#/definitions/%s\" } }\n] }",
		    s->list, s->list);
	}
	(void)fputs("\n},\n\"definitions\": {\n", to);
	for (s = print_sections; s->title != NULL; s++) {
		if (s->list == NULL)
			continue;
		(void)fputs(first ? "" : ",\n", to);
		print_definition(to, s);
		first = false;
	}
	(void)fputs("\n}\n}\n", to);
}
