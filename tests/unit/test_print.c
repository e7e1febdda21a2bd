/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * test_print.c - what is printed of the tables of keys
 */
#include "config/print.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "config/keys.h"
#include "config/print_parts.h"
#include "config/select.h"

enum { COLUMNS = 80, WORD = 64 };

static char *
printed(enum print_what what)
{
	char *text = NULL;
	size_t n = 0;
	FILE *to = open_memstream(&text, &n);

	assert_non_null(to);
	assert_int_equal(print_keys(to, what), 0);
	assert_int_equal(fclose(to), 0);
	return text;
}

/* How each of them writes that here is a key. */
static const struct {
	enum print_what what;
	const char *before, *after;
} shapes[] = {
	{ PRINT_TEXT, "\n\n", "\n    (" },
	{ PRINT_SAMPLE, "", ": " },
	{ PRINT_SCHEMA, "  \"", "\": {" },
	{ PRINT_MAN, "\n.It Cm ", "\n" },
};

static bool
has_key(const char *text, size_t shape, const char *name)
{
	char wanted[WORD];

	(void)snprintf(wanted, sizeof(wanted), "%s%s%s", shapes[shape].before,
	    name, shapes[shape].after);
	return strstr(text, wanted) != NULL;
}

static void
every_key_is_in_each_of_them(void **state)
{
	const struct print_part *s;
	const struct conf_key *k;

	(void)state;
	for (size_t i = 0; i < sizeof(shapes) / sizeof(shapes[0]); i++) {
		char *text = printed(shapes[i].what);

		for (s = print_sections; s->title != NULL; s++) {
			for (k = s->keys; k->name != NULL; k++) {
				if (!has_key(text, i, k->name))
					fail_msg("%zu: no %s", i, k->name);
			}
		}
		free(text);
	}
}

static void
lines_for_people_fit_80_columns(void **state)
{
	static const enum print_what rows[] = { PRINT_TEXT, PRINT_SAMPLE,
		PRINT_MAN };

	(void)state;
	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		char *text = printed(rows[i]), *line = text;

		for (size_t n; line[0] != '\0'; line += n + 1) {
			n = strcspn(line, "\n");
			assert_int_equal(line[n], '\n');
			if (n >= COLUMNS)
				fail_msg("%.*s", (int)n, line);
			if (n > 0 && line[n - 1] == ' ')
				fail_msg(
				    "a blank at the end: %.*s", (int)n, line);
		}
		free(text);
	}
}

/* Brackets match outside of strings, and strings hold nothing raw. */
static void
the_schema_is_json(void **state)
{
	char *text = printed(PRINT_SCHEMA), open[WORD];
	size_t depth = 0;
	bool quoted = false;

	(void)state;
	for (const char *p = text; *p != '\0'; p++) {
		if (quoted && *p == '\\') {
			p++;
			assert_true(*p == '"' || *p == '\\');
		} else if (*p == '"') {
			quoted = !quoted;
		} else if (quoted) {
			assert_true((unsigned char)*p >= ' ');
		} else if (*p == '{' || *p == '[') {
			assert_true(depth < sizeof(open));
			open[depth++] = *p;
		} else if (*p == '}' || *p == ']') {
			assert_true(depth > 0);
			depth--;
			assert_true(open[depth] == (*p == '}' ? '{' : '['));
		}
	}
	assert_int_equal(depth, 0);
	assert_false(quoted);
	free(text);
}

/* The schema's words are written there again; they must all be taken. */
static void
take_word(const char *word, bool severity)
{
	uint32_t with = 0, without = 0;
	uint8_t mask = 0;
	struct err err;

	if ((severity ? select_severity(word, &mask, &err)
		      : select_facility(word, &with, &without, &err)) == 0)
		return;
	if (strstr(err.text, "would take no message at all") == NULL)
		fail_msg("%s: %s", word, err.text);
}

static void
the_words_of_conditions_are_those_that_are_taken(void **state)
{
	static const char *const sections[] = { "\"facility\": {",
		"\"severity\": {" };
	static const char *const patterns[] = { "2[0-3]|", "[0-7]|" };
	char *text = printed(PRINT_SCHEMA), *copy, *end, *word, *rest;

	(void)state;
	for (size_t i = 0; i < 2; i++) {
		copy = strstr(text, sections[i]);
		assert_non_null(copy);
		copy = strdup(strstr(copy, "\"enum\": ["));
		assert_non_null(copy);
		end = strchr(copy, ']');
		assert_non_null(end);
		*end = '\0';
		word = strtok_r(copy + strlen("\"enum\": ["), " \",\n", &rest);
		assert_non_null(word);
		for (; word != NULL; word = strtok_r(NULL, " \",\n", &rest))
			take_word(word, i == 1);
		/* the other names are alternatives of a pattern */
		word = strstr(end + 1, patterns[i]);
		assert_non_null(word);
		word += strlen(patterns[i]);
		*strchr(word, ')') = '\0';
		word = strtok_r(word, "|", &rest);
		for (; word != NULL; word = strtok_r(NULL, "|", &rest))
			take_word(word, i == 1);
		free(copy);
	}
	free(text);
}

static void
the_kinds_of_listeners_are_named(void **state)
{
	static const struct {
		unsigned kinds;
		const char *text;
	} rows[] = {
		{ 0, "" },
		{ 1 << LISTEN_TCP, "tcp listeners" },
		{ 1 << LISTEN_TLS, "tls listeners" },
		{ 1 << LISTEN_UDP | 1 << LISTEN_UNIX,
		    "udp and unix listeners" },
		{ 1 << LISTEN_UDP | 1 << LISTEN_TCP | 1 << LISTEN_UNIX,
		    "udp, tcp and unix listeners" },
	};
	char text[PRINT_TEXT_MAX];

	(void)state;
	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		const struct conf_key k = { .kinds = rows[i].kinds };

		assert_string_equal(print_kinds(&k, text), rows[i].text);
	}
}

/* roff(7) would take what begins with a dot or a quote as a request. */
static void
no_line_of_the_manual_begins_like_a_request_by_chance(void **state)
{
	static const char *const macros[] = { ".Ss ", ".Bl ", ".It ", ".El",
		".Fl ", ".Ev " };
	char *text = printed(PRINT_MAN), *rest;

	(void)state;
	for (char *line = strtok_r(text, "\n", &rest); line != NULL;
	     line = strtok_r(NULL, "\n", &rest)) {
		bool known = line[0] != '.' && line[0] != '\'';

		for (size_t i = 0; i < sizeof(macros) / sizeof(macros[0]); i++)
			known = known ||
			    strncmp(line, macros[i], strlen(macros[i])) == 0;
		if (!known)
			fail_msg("%s", line);
	}
	free(text);
}

static void
what_cannot_be_written_is_an_error(void **state)
{
	FILE *full = fopen("/dev/full", "w");

	(void)state;
	assert_non_null(full);
	assert_int_equal(print_keys(full, PRINT_TEXT), -1);
	(void)fclose(full);
}

int
main(void)
{
	static const struct CMUnitTest tests[] = {
		cmocka_unit_test(every_key_is_in_each_of_them),
		cmocka_unit_test(lines_for_people_fit_80_columns),
		cmocka_unit_test(the_schema_is_json),
		cmocka_unit_test(
		    the_words_of_conditions_are_those_that_are_taken),
		cmocka_unit_test(the_kinds_of_listeners_are_named),
		cmocka_unit_test(
		    no_line_of_the_manual_begins_like_a_request_by_chance),
		cmocka_unit_test(what_cannot_be_written_is_an_error),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
