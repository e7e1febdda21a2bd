/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * test_keys.c - the tables of keys, and how a value is read by its row
 */
#include "config/keys.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "config/check.h"
#include "config/suggest.h"
#include "route/format.h"

#define COUNT(a) (sizeof(a) / sizeof((a)[0]))

/* Room for a section of any kind. */
union section {
	struct listen_conf listen;
	struct output_conf output;
	struct config config;
};

/* Frees what keys of the table made. */
static void
clear(const struct conf_key *table, union section *section)
{
	struct config *c;

	if (table == listen_keys) {
		listen_conf_clear(&section->listen);
	} else if (table == output_keys) {
		output_conf_clear(&section->output);
	} else {
		c = malloc(sizeof(*c));
		assert_non_null(c);
		*c = section->config;
		config_free(c);
	}
}

/* A default that its own key refuses would break every fresh install. */
static void
every_default_is_accepted_by_its_own_key(void **state)
{
	const struct key_section *s;
	const struct conf_key *k;
	struct err err;

	(void)state;
	for (s = key_sections; s->title != NULL; s++) {
		for (k = s->keys; k->name != NULL; k++) {
			union section section = { 0 };

			if (k->dflt == NULL)
				continue;
			if (key_set(k, &section, k->dflt, &err) == -1)
				fail_msg("%s: %s", k->name, err.text);
			clear(s->keys, &section);
		}
	}
}

static void
every_key_has_what_help_needs(void **state)
{
	const struct key_section *s;
	const struct conf_key *k, *other;
	char range[KEY_RANGE_TEXT], name[KEY_VARIABLE_TEXT];

	(void)state;
	for (s = key_sections; s->title != NULL; s++) {
		for (k = s->keys; k->name != NULL; k++) {
			assert_non_null(k->help);
			assert_true(k->min <= k->max);
			assert_ptr_equal(key_find(s->keys, k->name), k);
			assert_non_null(key_write_range(k, range));
			assert_true(strlen(range) < sizeof(range) - 1);
			if (k->option == NULL)
				continue;
			assert_true(
			    (k->value == NULL) == (k->type == KEY_BOOL));
			assert_true(strlen(key_write_variable(k, name)) <
			    sizeof(name) - 1);
			for (other = k + 1; other->name != NULL; other++) {
				assert_true(other->letter == '\0' ||
				    other->letter != k->letter);
			}
		}
	}
	assert_null(key_find(global_keys, "nothing"));
}

static void
the_numbers_of_formats_are_those_of_the_outputs(void **state)
{
	static const struct {
		const char *word;
		enum format format;
	} rows[] = {
		{ "rfc5424", FORMAT_RFC5424 },
		{ "raw", FORMAT_RAW },
		{ "json", FORMAT_JSON },
	};
	const struct conf_key *k = key_find(output_keys, "format");
	struct output_conf o = { 0 };
	struct err err;

	(void)state;
	for (size_t i = 0; i < COUNT(rows); i++) {
		assert_int_equal(key_set(k, &o, rows[i].word, &err), 0);
		assert_int_equal(o.format, rows[i].format);
	}
}

static const struct conf_key *
find(const char *name)
{
	const struct key_section *s;
	const struct conf_key *k;

	for (s = key_sections; s->title != NULL; s++) {
		k = key_find(s->keys, name);
		if (k != NULL)
			return k;
	}
	fail_msg("no key %s", name);
	return NULL;
}

static void
numbers_are_taken_within_their_limits(void **state)
{
	static const struct {
		const char *key, *text;
		int64_t value;
	} rows[] = {
		{ "workers", "0", 0 },
		{ "workers", "64", 64 },
		{ "memory", "1M", 1 << 20 },
		{ "memory", "1T", INT64_C(1) << 40 },
		{ "max_message", "480", 480 },   /* RFC-06 */
		{ "max_message", "2048", 2048 }, /* RFC-07 */
		{ "max_message", "1M", 1 << 20 },
		{ "rotate_size", "0", 0 },
		{ "rotate_size", "4K", 4096 },
		{ "rotate_size", "1T", INT64_C(1) << 40 },
		{ "sync", "never", SYNC_NEVER },
		{ "sync", "Always", SYNC_ALWAYS },
		{ "sync", "1ms", 1 },
		{ "sync", "1h", 3600000 },
		{ "stop_timeout", "5s", 5000 },
		{ "idle_timeout", "0", 0 },
	};
	struct err err;

	(void)state;
	for (size_t i = 0; i < COUNT(rows); i++) {
		const struct conf_key *k = find(rows[i].key);
		union section section = { 0 };

		if (key_set(k, &section, rows[i].text, &err) == -1)
			fail_msg("%s %s: %s", k->name, rows[i].text, err.text);
		assert_int_equal(
		    *(int64_t *)(void *)((char *)&section + k->offset),
		    rows[i].value);
	}
}

static void
what_a_key_refuses_changes_nothing(void **state)
{
	static const struct {
		const char *key, *text, *says;
	} rows[] = {
		{ "workers", "65", "out of range; must be 0 to 64" },
		{ "workers", "-1", "must begin with a digit" },
		{ "memory", "1048575", "must be 1M to 1T" },
		{ "memory", "1025G", "must be 1M to 1T" },
		{ "memory", "2X", "unknown unit \"X\"" },
		{ "max_message", "479", "must be 480 to 1M" },
		{ "max_message", "1048577", "must be 480 to 1M" },
		{ "rotate_size", "4095", "must be 0, or 4K to 1T" },
		{ "rotate_size", "never", "must begin with a digit" },
		{ "sync", "0", "must be never, always, 1ms to 1h" },
		{ "sync", "61m", "must be never, always, 1ms to 1h" },
		{ "sync", "sometimes", "durations are like" },
		{ "format", "x",
		    "must be one of rfc5424, json, iso, bsd, raw" },
		{ "verbose", "maybe", "must be one of yes, no, true" },
		{ "hostname", "a b", "printable ASCII without spaces" },
		{ "hostname", "b\xc3\xbcro", "printable ASCII" },
		{ "http", "", "is empty" },
		{ "path", "", "is empty; must have 1 to 4095 bytes" },
		{ "path", "a\nb", "without control characters" },
		{ "path", "a\xff", "must be UTF-8" },
	};
	static const union section none;
	struct err err;

	(void)state;
	for (size_t i = 0; i < COUNT(rows); i++) {
		const struct conf_key *k = find(rows[i].key);
		union section section;

		(void)memset(&section, 0, sizeof(section));
		if (key_set(k, &section, rows[i].text, &err) != -1)
			fail_msg("%s %s was taken", k->name, rows[i].text);
		if (strstr(err.text, rows[i].says) == NULL)
			fail_msg("%s %s: %s", k->name, rows[i].text, err.text);
		assert_memory_equal(&section, &none, sizeof(section));
	}
}

static void
what_is_compiled_is_refused_with_its_reason(void **state)
{
	static const struct {
		const char *key, *text, *says; /* NULL: it is right */
	} rows[] = {
		{ "allow", "10.0.0.0/8", NULL },
		{ "allow", "10.0.0.1/8", "10.0.0.0/8" },
		{ "proxy", "localhost", "not an address" },
		{ "timezone", "UTC+3", NULL },
		{ "timezone", "", NULL },
		{ "timezone", "no/where", "is no zone" },
		{ "http_hosts", "a", NULL },
		{ "http_hosts", "", "is empty; must have 1 to 255 bytes" },
		{ "include", "a\nb", "without control characters" },
		{ "app", "!nginx*", NULL },
		{ "app", "!", "the pattern behind ! is missing" },
		{ "host", "", "is empty" },
		{ "facility", "auth", NULL },
		{ "facility", "!23", NULL },
		{ "facility", "atuh", "no such facility" },
		{ "severity", "=info", NULL },
		{ "severity", "wrning", "did you mean \"warning\"?" },
		{ "match", "^a|b$", NULL },
		{ "match", "(", "missing closing parenthesis" },
		{ "format", "JSON", NULL },
		{ "format", "%{msg}", NULL },
		{ "format", "%{mgs}", "there is no field %{mgs}" },
		{ "format", "jso", "unknown format; did you mean \"json\"?" },
		{ "format", "x",
		    "must be one of rfc5424, json, iso, bsd, raw, or a "
		    "template with at least one %{FIELD}" },
		{ "format", "100%%", "must be one of" },
		{ "format", "", "is empty" },
		{ "path", "-", NULL },
		{ "path", "a/%{hostname}", NULL },
		{ "path", "a/%{hostname}/", "" },
		{ "path", "a/", "names a folder" },
		{ "path", "%{x}", "there is no field" },
		{ "certificate", "", NULL },
		{ "certificate", "x", NULL },
		{ "client", "Required", NULL },
		{ "client", "nobody", "must be one of required, optional" },
		{ "watch", "off", NULL },
		{ "peers", "x", NULL },
		{ "peers", "", "is empty" },
	};
	struct err err;

	(void)state;
	for (size_t i = 0; i < COUNT(rows); i++) {
		const struct key_section *s = key_sections;
		const struct conf_key *k = find(rows[i].key);
		union section section = { 0 };
		int status = key_set(k, &section, rows[i].text, &err);

		if (status == -1 &&
		    (rows[i].says == NULL ||
			strstr(err.text, rows[i].says) == NULL))
			fail_msg("%s %s: %s", k->name, rows[i].text, err.text);
		if (status == 0 && rows[i].says != NULL)
			fail_msg("%s %s was taken", k->name, rows[i].text);
		while (key_find(s->keys, k->name) != k)
			s++;
		clear(s->keys, &section);
	}
}

static void
a_compiled_value_is_replaced(void **state)
{
	struct output_conf o = { 0 };
	struct listen_conf l = { 0 };
	struct err err;

	(void)state;
	assert_int_equal(key_set(find("format"), &o, "%{msg}", &err), 0);
	assert_int_equal(key_set(find("format"), &o, "%{nope}", &err), -1);
	assert_int_equal(o.format, FORMAT_TEMPLATE);
	assert_int_equal(key_set(find("format"), &o, "%{pri}", &err), 0);
	assert_non_null(o.line);
	assert_int_equal(key_set(find("format"), &o, "raw", &err), 0);
	assert_null(o.line);
	assert_int_equal(key_set(find("path"), &o, "%{app_name}", &err), 0);
	assert_non_null(o.file);
	assert_int_equal(key_set(find("path"), &o, "x", &err), 0);
	assert_null(o.file);
	assert_int_equal(key_set(find("match"), &o, "a", &err), 0);
	assert_int_equal(key_set(find("match"), &o, "b", &err), 0);
	output_conf_clear(&o);
	assert_int_equal(key_set(find("timezone"), &l, "UTC", &err), 0);
	assert_int_equal(key_set(find("timezone"), &l, "UTC+1", &err), 0);
	listen_conf_clear(&l);
}

/* "!x" alone: all but x; with plain words: those, without x. */
static void
words_with_an_exclamation_mark_take_facilities_away(void **state)
{
	static const struct {
		const char *words[4];
		uint32_t facilities;
	} rows[] = {
		{ { "auth" }, 1 << 4 },
		{ { "auth", "10" }, 1 << 4 | 1 << 10 },
		{ { "!auth" }, 0xffffff & ~(1 << 4) },
		{ { "!auth", "!mail" }, 0xffffff & ~(1 << 4 | 1 << 2) },
		{ { "*", "!auth" }, 0xffffff & ~(1 << 4) },
		{ { "!auth", "auth", "mail" }, 1 << 2 },
		{ { "mail", "!auth" }, 1 << 2 },
		{ { "auth", "!auth" }, 0 },
	};
	struct err err;

	(void)state;
	for (size_t i = 0; i < COUNT(rows); i++) {
		struct output_conf o = { 0 };

		for (size_t j = 0; j < 4 && rows[i].words[j] != NULL; j++)
			assert_int_equal(key_set(find("facility"), &o,
					     rows[i].words[j], &err),
			    0);
		assert_int_equal(o.choice.facilities, rows[i].facilities);
		assert_int_equal(check_choice(&o.choice, &err),
		    rows[i].facilities == 0 ? -1 : 0);
	}
}

static void
a_list_has_a_bound(void **state)
{
	struct err err;
	struct config *c = config_new(&err);

	(void)state;
	assert_non_null(c);
	for (int i = 0; i < 1000; i++)
		assert_int_equal(key_set(find("http_hosts"), c, "h", &err), 0);
	assert_int_equal(key_set(find("http_hosts"), c, "h", &err), -1);
	assert_string_equal(err.text, "more than 1000 values");
	config_free(c);
}

static void
a_value_is_written_as_it_is_read(void **state)
{
	static const struct {
		const char *key, *text;
	} rows[] = {
		{ "workers", "7" },
		{ "memory", "64M" },
		{ "stop_timeout", "5s" },
		{ "sync", "never" },
		{ "sync", "100ms" },
		{ "mode", "0640" },
		{ "final", "true" },
		{ "when_full", "drop" },
		{ "hostname", "\"\"" },
		{ "user", "syncline" },
	};
	char text[KEY_VALUE_TEXT];
	struct err err;

	(void)state;
	for (size_t i = 0; i < COUNT(rows); i++) {
		const struct conf_key *k = find(rows[i].key);
		union section section = { 0 };
		bool empty = rows[i].text[0] == '"';

		assert_int_equal(
		    key_set(k, &section, empty ? "" : rows[i].text, &err), 0);
		assert_string_equal(
		    key_write_value(k, &section, text), rows[i].text);
		if (k->type == KEY_NAME)
			free(*(char **)(void *)((char *)&section + k->offset));
	}
}

static void
a_text_is_replaced(void **state)
{
	const struct conf_key *k = find("hostname");
	struct config c = { 0 };
	struct err err;
	char longest[CONFIG_HOSTNAME_MAX + 2];

	(void)state;
	assert_int_equal(key_set(k, &c, "one", &err), 0);
	assert_int_equal(key_set(k, &c, "two", &err), 0);
	assert_string_equal(c.hostname, "two");

	/* HOSTNAME of RFC 5424 has at most 255 bytes (RFC-22) */
	(void)memset(longest, 'h', sizeof(longest));
	longest[CONFIG_HOSTNAME_MAX + 1] = '\0';
	assert_int_equal(key_set(k, &c, longest, &err), -1);
	assert_false(key_is_hostname(longest));
	assert_string_equal(c.hostname, "two");
	longest[CONFIG_HOSTNAME_MAX] = '\0';
	assert_int_equal(key_set(k, &c, longest, &err), 0);
	assert_true(key_is_hostname(longest));
	assert_false(key_is_hostname(""));
	assert_false(key_is_hostname("a\x7f"));
	free(c.hostname);
}

static void
variables_are_named_after_their_options(void **state)
{
	char name[KEY_VARIABLE_TEXT];

	(void)state;
	assert_string_equal(key_write_variable(find("rotate_size"), name),
	    "SYNCLINE_ROTATE_SIZE");
	assert_string_equal(
	    key_write_variable(find("url"), name), "SYNCLINE_LISTEN");
	assert_string_equal(
	    key_write_variable(find("path"), name), "SYNCLINE_OUTPUT");
}

static void
the_nearest_name_is_suggested(void **state)
{
	static const char *const names[] = { "framing", "idle_timeout", "mode",
		"max_connections", "max_message", "name", "receive_buffer" };
	static const struct {
		const char *word, *best; /* NULL: none is near */
	} rows[] = {
		{ "framin", "framing" },
		{ "framming", "framing" },
		{ "farming", "framing" },
		{ "idle-timeout", "idle_timeout" },
		{ "max_conections", "max_connections" },
		{ "max_mesage", "max_message" },
		{ "receive", "receive_buffer" },
		{ "nmae", "name" }, /* two letters changed round: one slip */
		{ "naem", "name" },
		{ "nxxe", NULL }, /* two slips in four letters */
		{ "nam", "name" },
		{ "zzz", NULL },
		{ "x", NULL },
		{ "", NULL },
		{ "framingframingframingframingframingframing", NULL },
	};
	struct suggest s;

	(void)state;
	for (size_t i = 0; i < COUNT(rows); i++) {
		suggest_init(&s, rows[i].word);
		for (size_t j = 0; j < COUNT(names); j++)
			suggest_offer(&s, names[j]);
		if (rows[i].best == NULL && s.best != NULL)
			fail_msg("%s: %s", rows[i].word, s.best);
		if (rows[i].best != NULL && s.best == NULL)
			fail_msg("%s: nothing", rows[i].word);
		if (rows[i].best != NULL)
			assert_string_equal(s.best, rows[i].best);
	}
}

int
main(void)
{
	static const struct CMUnitTest tests[] = {
		cmocka_unit_test(every_default_is_accepted_by_its_own_key),
		cmocka_unit_test(every_key_has_what_help_needs),
		cmocka_unit_test(
		    the_numbers_of_formats_are_those_of_the_outputs),
		cmocka_unit_test(numbers_are_taken_within_their_limits),
		cmocka_unit_test(what_a_key_refuses_changes_nothing),
		cmocka_unit_test(what_is_compiled_is_refused_with_its_reason),
		cmocka_unit_test(a_compiled_value_is_replaced),
		cmocka_unit_test(
		    words_with_an_exclamation_mark_take_facilities_away),
		cmocka_unit_test(a_list_has_a_bound),
		cmocka_unit_test(a_value_is_written_as_it_is_read),
		cmocka_unit_test(a_text_is_replaced),
		cmocka_unit_test(variables_are_named_after_their_options),
		cmocka_unit_test(the_nearest_name_is_suggested),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
