/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * print_man.c - the keys as lists of mdoc(7), for synclined.yaml(5)
 */
#include "config/print_parts.h"

#include <string.h>

enum { LINE_WIDTH = 79 };

/* Writes what roff(7) would take for more than text so that it is text. */
static void
print_word(FILE *to, const char *word, size_t n)
{
	if (word[0] == '.' || word[0] == '\'')
		(void)fputs("\\&", to);
	for (size_t i = 0; i < n; i++) {
		if (word[i] == '\\')
			(void)fputs("\\e", to);
		else
			(void)fputc(word[i], to);
	}
}

/* A sentence begins a line, as mdoc(7) wants it; a long one has several. */
static void
print_sentences(FILE *to, const char *text)
{
	size_t column = 0, word;

	for (; *text != '\0'; text += word) {
		text += strspn(text, " ");
		word = strcspn(text, " ");
		if (word == 0)
			break;
		if (column > 0 && column + 1 + word > LINE_WIDTH) {
			(void)fputc('\n', to);
			column = 0;
		}
		if (column > 0)
			(void)fputc(' ', to);
		print_word(to, text, word);
		column += word + (column > 0 ? 1 : 0);
		if (text[word - 1] == '.') {
			(void)fputc('\n', to);
			column = 0;
		}
	}
	if (column > 0)
		(void)fputc('\n', to);
}

static void
print_key(FILE *to, const struct conf_key *k)
{
	char text[PRINT_TEXT_MAX], name[KEY_VARIABLE_TEXT];

	(void)fprintf(to, ".It Cm %s\n", k->name);
	print_facts(k, text);
	if (k->words == NULL && text[0] >= 'a' && text[0] <= 'z')
		text[0] = (char)(text[0] - 'a' + 'A');
	(void)strncat(text, ".", sizeof(text) - strlen(text) - 1);
	print_sentences(to, text);
	print_sentences(to, print_meaning(k, text));
	if (print_kinds(k, text)[0] != '\0')
		(void)fprintf(to, "Of %s only.\n", text);
	if (k->option != NULL)
		(void)fprintf(to, "Option\n.Fl -%s ,\nvariable\n.Ev %s .\n",
		    k->option, key_write_variable(k, name));
	else if (key_has_variable(k))
		(void)fprintf(
		    to, "Variable\n.Ev %s .\n", key_write_variable(k, name));
	if (k->restart)
		(void)fputs("A change needs a restart.\n", to);
}

void
print_as_man(FILE *to)
{
	const struct print_part *s;
	const struct conf_key *k;

	for (s = print_sections; s->title != NULL; s++) {
		(void)fprintf(to, ".Ss %s\n.Bl -tag -width Ds\n", s->title);
		for (k = s->keys; k->name != NULL; k++) {
			print_key(to, k);
		}
		(void)fputs(".El\n", to);
	}
}
