/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * print_text.c - every key, for a terminal: --help-config
 */
#include "config/print_parts.h"

static const char head[] =
    "The keys of a configuration file: synclined -c FILE, else\n"
    "/etc/syncline/synclined.yaml. \"synclined -t -c FILE\" checks one,\n"
    "\"--help-config=sample\" prints one that has them all, and\n"
    "synclined.yaml(5) has examples.\n"
    "\n"
    "Sizes are bytes, or like 64K, 100M, 10G (powers of 1024); durations are\n"
    "like 500ms, 1s, 5m, 1h, 1d, 1w. A list may be a single value. What an\n"
    "option or its variable says counts more than the file.\n";

static void
print_key(FILE *to, const struct conf_key *k)
{
	char text[PRINT_TEXT_MAX], facts[PRINT_TEXT_MAX + 2];
	char name[KEY_VARIABLE_TEXT];

	(void)fprintf(to, "\n%s\n", k->name);
	(void)snprintf(facts, sizeof(facts), "(%s)", print_facts(k, text));
	print_wrapped(to, "    ", facts);
	print_wrapped(to, "    ", print_meaning(k, text));
	if (print_kinds(k, text)[0] != '\0')
		(void)fprintf(to, "    Of %s only.\n", text);
	if (k->option != NULL)
		(void)fprintf(to, "    Option --%s, variable %s.\n", k->option,
		    key_write_variable(k, name));
	else if (key_has_variable(k))
		(void)fprintf(
		    to, "    Variable %s.\n", key_write_variable(k, name));
	if (k->restart)
		(void)fputs("    A change needs a restart.\n", to);
}

void
print_as_text(FILE *to)
{
	const struct print_part *s;
	const struct conf_key *k;

	(void)fputs(head, to);
	for (s = print_sections; s->title != NULL; s++) {
		(void)fprintf(to, "\n%s\n", s->title);
		for (k = s->keys; k->name != NULL; k++) {
			print_key(to, k);
		}
	}
}
