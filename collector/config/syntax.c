/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * syntax.c - what is wrong with a file of YAML, in words that help
 */
#include "config/syntax.h"

#include <stdint.h>
#include <stdio.h>
#include <string.h>

#include "wire/escape.h"
#include "wire/scan.h"

/* What begins something else than text: aliases, anchors, tags, directives;
 * the last two are reserved. */
static const char special[] = "*&!%@`";

/* Marks count characters. */
static size_t
offset_of(struct slice text, const yaml_mark_t *mark)
{
	size_t i = 0;

	for (size_t left = mark->index; left > 0 && i < text.n; left--) {
		i++;
		while (i < text.n && ((uint8_t)text.p[i] & 0xc0) == 0x80)
			i++;
	}
	return i;
}

char
syntax_byte(struct slice text, const yaml_mark_t *mark)
{
	size_t i = offset_of(text, mark);

	if (i == text.n)
		return '\0';
	return text.p[i];
}

static struct slice
trim(struct slice s)
{
	while (s.n > 0 && strchr(" \t\r", s.p[s.n - 1]) != NULL)
		s.n--;
	while (s.n > 0 && (s.p[0] == ' ' || s.p[0] == '\t'))
		slice_skip(&s, 1);
	return s;
}

/* From there to the end of the line. */
static struct slice
rest_of_line(struct slice text, size_t offset)
{
	const char *end;

	slice_skip(&text, offset);
	end = text.n > 0 ? memchr(text.p, '\n', text.n) : NULL;
	if (end != NULL)
		text.n = (size_t)(end - text.p);
	return text;
}

static size_t
start_of_line(struct slice text, const yaml_mark_t *mark)
{
	size_t i = offset_of(text, mark);

	while (i > 0 && text.p[i - 1] != '\n')
		i--;
	return i;
}

/* The line of a mark, without blanks around it. */
static struct slice
line_at(struct slice text, const yaml_mark_t *mark)
{
	return trim(rest_of_line(text, start_of_line(text, mark)));
}

/* What follows the first colon of a line, or its dash. */
static struct slice
value_of(struct slice line)
{
	const char *colon;

	while (line.n >= 2 && line.p[0] == '-' && line.p[1] == ' ') {
		slice_skip(&line, 2);
		line = trim(line);
	}
	colon = line.n > 0 ? memmem(line.p, line.n, ": ", 2) : NULL;
	if (colon != NULL)
		slice_skip(&line, (size_t)(colon + 2 - line.p));
	return trim(line);
}

static void
fill(struct yaml_fault *f, const yaml_mark_t *mark, struct slice value,
    const char *reason)
{
	f->line = (int64_t)mark->line + 1;
	if (value.n >= sizeof(f->value))
		value.n = escape_whole(slice_of(value.p, sizeof(f->value) - 1));
	if (value.n > 0)
		(void)memcpy(f->value, value.p, value.n);
	f->value[value.n] = '\0';
	(void)snprintf(f->reason, sizeof(f->reason), "%s", reason);
}

void
syntax_refuse(struct slice text, const yaml_mark_t *mark, const char *reason,
    struct yaml_fault *f)
{
	fill(f, mark, line_at(text, mark), reason);
}

void
syntax_want_quotes(
    struct slice text, const yaml_mark_t *mark, bool flow, struct yaml_fault *f)
{
	struct slice value = rest_of_line(text, offset_of(text, mark));
	const char *comment;
	char reason[80];
	size_t n = 0;

	if (flow) {
		while (n < value.n && strchr(", \t", value.p[n]) == NULL)
			n++;
		value.n = n;
	} else {
		comment = memmem(value.p, value.n, " #", 2);
		if (comment != NULL)
			value.n = (size_t)(comment - value.p);
	}
	value = trim(value);
	(void)snprintf(reason, sizeof(reason),
	    "must be in quotes, because it begins with %c",
	    value.n > 0 ? value.p[0] : ' ');
	fill(f, mark, value, reason);
}

/* What libyaml says, and what we do. */
struct hint {
	const char *problem, *context; /* parts of libyaml's words; NULL: any */
	bool begin; /* the place is where it began, not where it broke */
	const char *reason;
};

static const struct hint hints[] = {
	{ "found character that", NULL, false,
	    "begins with a character that cannot begin a text; put it in "
	    "quotes" },
	{ NULL, "a directive", false,
	    "a line cannot begin with %; put text in quotes" },
	{ "block sequence entries", NULL, false,
	    "a list begins on a line of its own, as \"- VALUE\"; a text that "
	    "begins with \"- \" must be in quotes" },
	{ "mapping keys are not", NULL, false,
	    "a text that begins with \"? \" must be in quotes" },
	{ "could not find expected ':'", NULL, false,
	    "must be KEY: VALUE, with a colon and a blank" },
	{ NULL, "scanning a quoted scalar", true,
	    "the quote is opened here and never closed" },
	{ NULL, "parsing a quoted scalar", false,
	    "unknown escape; between single quotes a backslash is a "
	    "backslash" },
	{ NULL, "a block scalar", false,
	    "a text that begins with | or > must be in quotes" },
	{ "'-' indicator", NULL, false,
	    "is not expected inside a list; is it indented like the lines "
	    "before it, or is its \"- \" missing?" },
	{ "document start", NULL, false,
	    "is not expected here; a file is one mapping of KEY: VALUE" },
	{ "invalid indentation", NULL, false,
	    "is indented in a way that fits nothing before it" },
};

static bool
holds(const char *text, const char *part)
{
	return part == NULL || (text != NULL && strstr(text, part) != NULL);
}

/* "key: value: more", or a line that should be a key and is not. */
static const char *
explain_colon(struct slice line)
{
	const char *first = line.n > 0 ? memmem(line.p, line.n, ": ", 2) : NULL;
	size_t n = first == NULL ? 0 : (size_t)(first - line.p) + 1;

	if (n > 0 &&
	    (memmem(line.p + n, line.n - n, ": ", 2) != NULL ||
		line.p[line.n - 1] == ':'))
		return "a text that holds \": \" must be in quotes";
	return "is no key where it stands; is it, or the line before it, "
	       "indented wrongly or without its colon and blank?";
}

/* A key was expected: something follows a value that was complete. */
static const char *
explain_key(struct slice line)
{
	struct slice value = value_of(line);
	char first = '\0';

	if (value.n > 0)
		first = value.p[0];
	if (line.n > 0 && line.p[0] == ':')
		return "the key is missing in front of the colon";
	if (first == '"')
		return "nothing may follow the closing quote";
	if (first == '\'')
		return "nothing may follow the closing quote; inside single "
		       "quotes, '' is one";
	if (first == '[' || first == '{')
		return "nothing may follow the closing bracket; a text that "
		       "holds [ ] { } must be in quotes";
	return "is not expected here; is it indented wrongly?";
}

static const char never_closed[] =
    "the bracket is opened here and never closed";

/* A value was expected, perhaps in a list that the end of the file cut. */
static const char *
explain_node(
    struct slice text, const yaml_parser_t *y, const yaml_mark_t **mark)
{
	char byte = syntax_byte(text, *mark);
	bool flow = y->flow_level > 0;

	if (flow && offset_of(text, *mark) >= text.n &&
	    y->marks.top > y->marks.start) {
		*mark = y->marks.top - 1;
		return never_closed;
	}
	if (byte == ':')
		return "a text that begins with : must be in quotes inside "
		       "[ ]";
	if (byte == ',' && flow)
		return "a value is missing in front of the comma";
	return "a text that begins with [ ] { } or a comma must be in quotes";
}

/* Blanks in front of the line of a mark. */
static size_t
indentation(struct slice text, const yaml_mark_t *mark)
{
	struct slice line = line_at(text, mark);

	return (size_t)(line.p - text.p) - start_of_line(text, mark);
}

/* A list in brackets that does not go on. Where the next key begins, it is
 * the bracket that was forgotten, not a comma. */
static const char *
explain_flow(
    struct slice text, const yaml_parser_t *y, const yaml_mark_t **mark)
{
	const yaml_mark_t *begin = &y->context_mark, *end = &y->problem_mark;

	if (offset_of(text, end) >= text.n ||
	    (end->line > begin->line &&
		indentation(text, end) <= indentation(text, begin))) {
		*mark = begin;
		return never_closed;
	}
	return "a comma or the closing bracket is expected; inside [ ] and "
	       "{ } a text that holds [ ] { } must be in quotes";
}

static const char *
choose(struct slice text, const yaml_parser_t *y, const yaml_mark_t **mark)
{
	struct slice line = line_at(text, &y->problem_mark);

	if (holds(y->problem, "mapping values"))
		return explain_colon(line);
	if (holds(y->problem, "expected key"))
		return explain_key(line);
	if (holds(y->problem, "node content"))
		return explain_node(text, y, mark);
	if (holds(y->context, "a flow "))
		return explain_flow(text, y, mark);
	for (size_t i = 0; i < sizeof(hints) / sizeof(hints[0]); i++) {
		if (!holds(y->problem, hints[i].problem) ||
		    !holds(y->context, hints[i].context))
			continue;
		if (hints[i].begin)
			*mark = &y->context_mark;
		return hints[i].reason;
	}
	return NULL;
}

void
syntax_explain(const yaml_parser_t *y, struct slice text, struct yaml_fault *f)
{
	const yaml_mark_t *mark = &y->problem_mark;
	const char *reason;
	char other[200];
	char byte;

	if (y->error == YAML_MEMORY_ERROR) {
		fill(f, mark, slice_of("", 0), "out of memory");
		return;
	}
	if (holds(y->context, "an alias") || holds(y->context, "an anchor") ||
	    holds(y->context, "a tag"))
		mark = &y->context_mark;
	byte = syntax_byte(text, mark);
	if (y->error == YAML_SCANNER_ERROR && byte == '\t') {
		syntax_refuse(
		    text, mark, "begins with a tab; indent with blanks", f);
		return;
	}
	if (y->error == YAML_SCANNER_ERROR && byte != '\0' &&
	    strchr(special, byte) != NULL && !holds(y->context, "quoted") &&
	    !holds(y->context, "directive")) {
		syntax_want_quotes(text, mark, y->flow_level > 0, f);
		return;
	}
	reason = choose(text, y, &mark);
	if (reason == NULL) {
		(void)snprintf(other, sizeof(other), "is not YAML: %s",
		    y->problem != NULL ? y->problem : "no reason is known");
		reason = other;
	}
	syntax_refuse(text, mark, reason, f);
}

bool
syntax_is_visible(struct slice text, struct yaml_fault *f)
{
	yaml_mark_t mark = { 0 };
	struct slice line = { 0 };
	const char *why;
	char reason[120];
	uint32_t code;
	size_t n;

	for (; text.n > 0; mark.line++) {
		line = rest_of_line(text, 0);
		slice_skip(&text, line.n + (line.n < text.n));
		if (line.n > 0 && line.p[line.n - 1] == '\r')
			line.n--;
		n = scan_visible(line);
		if (n == line.n)
			continue;
		slice_skip(&line, n);
		why = "is no UTF-8: save the file as UTF-8";
		if (line.p[0] == '\0')
			why = "is a NUL";
		else if ((uint8_t)line.p[0] < 0x20 || line.p[0] == 0x7f)
			why = "is a control character";
		else if (scan_char(line, &code) > 0)
			why = "begins a character that does not show";
		(void)snprintf(reason, sizeof(reason),
		    "byte 0x%02x of the line %s", (unsigned)(uint8_t)line.p[0],
		    why);
		fill(f, &mark, slice_of("", 0), reason);
		return false;
	}
	return true;
}
