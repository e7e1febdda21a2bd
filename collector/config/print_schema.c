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
#include <stdarg.h>
#include <string.h>

#include "wire/pri.h"

enum { FACILITIES = 24, SEVERITIES = 8 };

enum { PUT_TEXT = 512 };

/* What is written is indented by the brackets it stands in. */
struct out {
	FILE *to;       /* borrowed */
	unsigned depth; /* open brackets */
	bool quoted;    /* within a string, */
	bool escaped;   /* behind a backslash */
	bool fresh;     /* at the beginning of a line */
};

static void
put_byte(struct out *to, char c)
{
	bool opens = !to->quoted && (c == '{' || c == '[');
	bool closes = !to->quoted && (c == '}' || c == ']');

	if (closes && to->depth > 0)
		to->depth--;
	if (to->fresh && c != '\n')
		(void)fprintf(to->to, "%*s", (int)(2 * to->depth), "");
	to->fresh = c == '\n';
	if (opens)
		to->depth++;
	if (c == '"' && !to->escaped)
		to->quoted = !to->quoted;
	to->escaped = c == '\\' && !to->escaped;
	(void)fputc(c, to->to);
}

static void
put(struct out *to, const char *text)
{
	for (; *text != '\0'; text++)
		put_byte(to, *text);
}

static void __attribute__((format(printf, 2, 3)))
put_format(struct out *to, const char *fmt, ...)
{
	char text[PUT_TEXT];
	va_list ap;

	va_start(ap, fmt);
	if (vsnprintf(text, sizeof(text), fmt, ap) >= 0)
		put(to, text);
	va_end(ap);
}

static void
print_string(struct out *to, const char *text)
{
	put_byte(to, '"');
	for (; *text != '\0'; text++) {
		if (*text == '"' || *text == '\\')
			put_byte(to, '\\');
		put_byte(to, *text);
	}
	put_byte(to, '"');
}

/* Each of the following writes alternatives, with commas between them. */

static void
print_words(struct out *to, const struct key_word *words)
{
	put(to, "{ \"enum\": [");
	for (size_t i = 0; words[i].word != NULL; i++)
		put_format(to, "%s\"%s\"", i == 0 ? " " : ", ", words[i].word);
	put(to, " ] }");
}

/* A number, or text that reads like one. */
static void
print_number(struct out *to, const struct conf_key *k, const char *pattern)
{
	if (k->zero)
		put(to, "{ \"const\": 0 },\n");
	put_format(to,
	    "{ \"type\": \"integer\", \"minimum\": %" PRId64
	    ", \"maximum\": %" PRId64 " },\n",
	    k->min, k->max);
	put_format(
	    to, "{ \"type\": \"string\", \"pattern\": \"%s\" }", pattern);
}

static void
print_duration(struct out *to, const struct conf_key *k)
{
	bool zero = k->zero || k->min == 0;

	if (k->words != NULL) {
		print_words(to, k->words);
		put(to, ",\n");
	}
	if (zero)
		put(to, "{ \"const\": 0 },\n");
	put_format(to,
	    "{ \"type\": \"string\", "
	    "\"pattern\": \"^(%s[0-9]+(ms|s|m|h|d|w))$\" }",
	    zero ? "0|" : "");
}

/* An unquoted number is text too. */
static void
print_text(struct out *to, const struct conf_key *k)
{
	put_format(to,
	    "{ \"type\": [ \"string\", \"number\" ], \"minLength\": %" PRId64
	    ", \"maxLength\": %" PRId64 " }",
	    k->min, k->max);
}

/* The labels, each also with what may stand in front. */
static void
print_labels(struct out *to, const char *(*name)(unsigned), unsigned n,
    const char *const *fronts)
{
	put(to, "{ \"enum\": [ \"*\"");
	for (; *fronts != NULL; fronts++) {
		put(to, ",\n");
		for (unsigned i = 0; i < n; i++)
			put_format(to, "%s\"%s%s\"", i == 0 ? "" : ", ",
			    *fronts, name(i));
	}
	put(to, " ] }");
}

static void
print_facility(struct out *to)
{
	static const char *const fronts[] = { "", "!", NULL };

	print_labels(to, pri_facility_name, FACILITIES, fronts);
	put(to,
	    ",\n{ \"type\": \"integer\", \"minimum\": 0, \"maximum\": 23 },\n"
	    "{ \"type\": \"string\", \"pattern\": "
	    "\"^!?([0-9]|1[0-9]|2[0-3]|security|alert|clock|solaris-cron)$\" }");
}

static void
print_severity(struct out *to)
{
	static const char *const fronts[] = { "", "=", "!", "!=", NULL };

	print_labels(to, pri_severity_name, SEVERITIES, fronts);
	put(to,
	    ",\n{ \"type\": \"integer\", \"minimum\": 0, \"maximum\": 7 },\n"
	    "{ \"type\": \"string\", \"pattern\": "
	    "\"^!?=?([0-7]|emergency|panic|critical|error|warn|informational)$"
	    "\" }");
}

/* What one value of the key may be. */
static void
print_choices(struct out *to, const struct conf_key *k)
{
	switch (k->type) {
	case KEY_BOOL:
		put(to,
		    "{ \"type\": \"boolean\" },\n"
		    "{ \"enum\": [ \"yes\", \"no\", \"true\", "
		    "\"false\", \"on\", \"off\", \"1\", \"0\", 1, 0 ] }");
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
		put(to,
		    "{ \"type\": \"integer\" },\n"
		    "{ \"type\": \"string\", \"pattern\": "
		    "\"^0*[0-7]{1,3}$\" }");
		break;
	case KEY_WORD:
		print_words(to, k->words);
		break;
	case KEY_FORMAT:
		print_words(to, k->words);
		put(to,
		    ",\n{ \"type\": \"string\", "
		    "\"pattern\": \"%\\\\{\" }");
		break;
	case KEY_FACILITIES:
		print_facility(to);
		break;
	case KEY_SEVERITY:
		print_severity(to);
		break;
	case KEY_NETS:
		put(to,
		    "{ \"type\": \"string\", \"pattern\": "
		    "\"^[0-9A-Fa-f:.]+(/[0-9]{1,3})?$\" }");
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
print_key(struct out *to, const struct conf_key *k)
{
	char text[PRINT_TEXT_MAX];

	put_format(to, "\"%s\": {\n\"description\": ", k->name);
	print_string(to, print_meaning(k, text));
	if (k->dflt != NULL) {
		put(to, ",\n\"default\": ");
		if (k->type == KEY_BOOL || k->type == KEY_NUMBER)
			put(to, k->dflt);
		else
			print_string(to, k->dflt);
	}
	put(to, ",\n\"anyOf\": [\n");
	print_choices(to, k);
	if (is_list(k->type)) {
		put(to,
		    ",\n{ \"type\": \"array\", \"items\": { "
		    "\"anyOf\": [\n");
		print_choices(to, k);
		put(to, "\n] } }");
	}
	put(to, "\n] }");
}

static void
print_properties(struct out *to, const struct conf_key *k)
{
	bool first = true;

	put(to,
	    "\"type\": \"object\",\n\"additionalProperties\": false,\n"
	    "\"properties\": {\n");
	for (; k->name != NULL; k++) {
		put(to, first ? "" : ",\n");
		print_key(to, k);
		first = false;
	}
}

/* The keys that a kind of listener does not have. */
static void
print_kind(struct out *to, unsigned kind)
{
	const struct conf_key *k;
	bool first = true;

	put_format(to,
	    "{ \"if\": { \"properties\": { \"url\": { \"pattern\": "
	    "\"^%s:\" } } },\n\"then\": { \"properties\": {\n",
	    print_kind_names[kind]);
	for (k = listen_keys; k->name != NULL; k++) {
		if (k->kinds == 0 || (k->kinds & 1U << kind) != 0)
			continue;
		put_format(to, "%s\"%s\": false", first ? "" : ", ", k->name);
		first = false;
	}
	put(to, " } } }");
}

static void
print_definition(struct out *to, const struct print_part *s)
{
	const struct conf_key *k;

	put_format(to, "\"%s\": {\n", s->list);
	print_properties(to, s->keys);
	put(to, "\n},\n\"required\": [");
	for (k = s->keys; k->name != NULL; k++) {
		if (print_is_required(k))
			put_format(to, " \"%s\" ", k->name);
	}
	put(to, "]");
	if (s->keys == listen_keys) {
		put(to, ",\n\"allOf\": [\n");
		for (unsigned kind = 0; kind < PRINT_KINDS; kind++) {
			put(to, kind == 0 ? "" : ",\n");
			print_kind(to, kind);
		}
		put(to, "\n]");
	}
	put(to, "\n}");
}

void
print_as_schema(FILE *to)
{
	struct out out = { .to = to, .fresh = true };
	const struct print_part *s;
	bool first = true;

	put(&out,
	    "{\n\"$schema\": "
	    "\"http://json-schema.org/draft-07/schema#\",\n"
	    "\"title\": \"Configuration of synclined\",\n");
	print_properties(&out, global_keys);
	for (s = print_sections; s->title != NULL; s++) {
		if (s->list == NULL)
			continue;
		put_format(&out, ",\n\"%s\": {\n\"description\": ", s->list);
		print_string(&out, s->title);
		put_format(&out,
		    ",\n\"anyOf\": [\n{ \"$ref\": \"#/definitions/%s\" },\n"
		    "{ \"type\": \"array\", \"items\": "
		    "{ \"$ref\": \"#/definitions/%s\" } }\n] }",
		    s->list, s->list);
	}
	put(&out, "\n},\n\"definitions\": {\n");
	for (s = print_sections; s->title != NULL; s++) {
		if (s->list == NULL)
			continue;
		put(&out, first ? "" : ",\n");
		print_definition(&out, s);
		first = false;
	}
	put(&out, "\n}\n}\n");
}
