/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * print.c - the tables of keys, for those who write a configuration
 */
#include "config/print.h"

#include <stdarg.h>
#include <string.h>

#include "config/print_parts.h"

enum { COLUMNS = 79 };

const char *const print_kind_names[PRINT_KINDS] = {
	[LISTEN_UDP] = "udp",
	[LISTEN_TCP] = "tcp",
	[LISTEN_TLS] = "tls",
	[LISTEN_UNIX] = "unix",
	[LISTEN_UNIX_STREAM] = "unix-stream",
};

const struct print_part print_sections[] = {
	{ NULL, "The collector: at the top of the file", global_keys },
	{ "listen", "Receiving: each item of the list \"listen\"",
	    listen_keys },
	{ "output", "Writing: each item of the list \"output\"", output_keys },
	{ NULL, NULL, NULL },
};

/* What -l and -o take is what makes a listener, an output. */
bool
print_is_required(const struct conf_key *k)
{
	return k->repeat;
}

static bool
is_ascii_lower(char c)
{
	return c >= 'a' && c <= 'z';
}

/* Appends to what is in to. */
static void __attribute__((format(printf, 2, 3)))
add(char to[PRINT_TEXT_MAX], const char *fmt, ...)
{
	size_t n = strlen(to);
	va_list ap;

	va_start(ap, fmt);
	if (vsnprintf(to + n, PRINT_TEXT_MAX - n, fmt, ap) < 0)
		to[n] = '\0';
	va_end(ap);
}

/* What a type is called where its limits say nothing, or not enough. */
static const char *
type_name(enum key_type type)
{
	switch (type) {
	case KEY_BOOL:
		return "true or false";
	case KEY_NUMBER:
		return "number, ";
	case KEY_SIZE:
		return "size, ";
	case KEY_MSEC:
		return "duration, ";
	case KEY_OCTAL:
		return "octal number, ";
	case KEY_TEXT:
		return "text, ";
	case KEY_NAME:
		return "ASCII without spaces, ";
	case KEY_PATH:
		return "path, ";
	case KEY_TEXTS:
		return "list of texts";
	case KEY_NETS:
		return "list of addresses and networks";
	case KEY_PATTERNS:
		return "list of patterns";
	case KEY_FACILITIES:
		return "list of facilities";
	case KEY_SEVERITY:
		return "severity";
	case KEY_MATCH:
		return "regular expression, ";
	case KEY_ZONE:
		return "time zone";
	default:
		return "";
	}
}

static bool
has_range(enum key_type type)
{
	switch (type) {
	case KEY_BOOL:
	case KEY_TEXTS:
	case KEY_NETS:
	case KEY_PATTERNS:
	case KEY_FACILITIES:
	case KEY_SEVERITY:
	case KEY_ZONE:
		return false;
	default:
		return true;
	}
}

char *
print_facts(const struct conf_key *k, char to[PRINT_TEXT_MAX])
{
	char range[KEY_RANGE_TEXT];

	to[0] = '\0';
	/* Where words will do, they say more than the type. */
	if (k->words == NULL)
		add(to, "%s", type_name(k->type));
	if (has_range(k->type))
		add(to, "%s", key_write_range(k, range));
	if (print_is_required(k))
		add(to, "; required");
	else if (k->dflt != NULL)
		add(to, "; default %s", k->dflt[0] == '\0' ? "\"\"" : k->dflt);
	return to;
}

char *
print_kinds(const struct conf_key *k, char to[PRINT_TEXT_MAX])
{
	unsigned left = k->kinds;

	to[0] = '\0';
	for (unsigned i = 0; i < PRINT_KINDS && left != 0; i++) {
		if ((left & 1U << i) == 0)
			continue;
		left &= ~(1U << i);
		add(to, "%s%s",
		    to[0] == '\0'   ? ""
			: left == 0 ? " and "
				    : ", ",
		    print_kind_names[i]);
	}
	if (to[0] != '\0')
		add(to, " listeners");
	return to;
}

char *
print_meaning(const struct conf_key *k, char to[PRINT_TEXT_MAX])
{
	size_t n;

	to[0] = '\0';
	add(to, "%s", k->help);
	n = strlen(to);
	if (is_ascii_lower(to[0]))
		to[0] = (char)(to[0] - 'a' + 'A');
	if (n > 0 && to[n - 1] != '.')
		add(to, ".");
	return to;
}

void
print_wrapped(FILE *to, const char *prefix, const char *text)
{
	size_t column = 0, word;

	for (; *text != '\0'; text += word) {
		text += strspn(text, " ");
		word = strcspn(text, " ");
		if (word == 0)
			break;
		if (column > 0 && column + 1 + word > COLUMNS) {
			(void)fputc('\n', to);
			column = 0;
		}
		if (column == 0) {
			(void)fputs(prefix, to);
			column = strlen(prefix);
		} else {
			(void)fputc(' ', to);
			column++;
		}
		(void)fwrite(text, 1, word, to);
		column += word;
	}
	(void)fputc('\n', to);
}

int
print_keys(FILE *to, enum print_what what)
{
	switch (what) {
	case PRINT_TEXT:
		print_as_text(to);
		break;
	case PRINT_SAMPLE:
		print_as_sample(to);
		break;
	case PRINT_SCHEMA:
		print_as_schema(to);
		break;
	case PRINT_MAN:
		print_as_man(to);
		break;
	}
	return fflush(to) == 0 && ferror(to) == 0 ? 0 : -1;
}
