/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * help.c - what --help says
 *
 * What the options and keys are comes from their tables, so it is never
 * behind; only the rest is written here.
 */
#include "config/help.h"

#include <stdarg.h>
#include <string.h>

#include "config/given.h"
#include "config/keys.h"
#include "config/print.h"

enum { COLUMNS = 80, MARGIN = 26, LINE_MAX_TEXT = 1024 };

static const char head[] =
    "Usage: synclined [-c FILE] [-t] [-l URL]... [-o PATH]... [OPTION]...\n"
    "Collect syslog messages into files, a line each; every loss is counted.\n"
    "\n"
    "  synclined -l udp://127.0.0.1:5514 -o all.log     start it\n"
    "  logger -n 127.0.0.1 -P 5514 -d 'hello'           send it something\n"
    "\n"
    "-l without -o writes to standard output; -o without -l listens on\n"
    "udp://*:514 and tcp://*:514; with -c both add to what the file says.\n"
    "It stays in the foreground.\n";

static const char tail[] =
    "\n"
    "Sizes are bytes, or like 64K, 100M, 10G (powers of 1024); durations are\n"
    "like 500ms, 1s, 5m, 1h, 1d, 1w.\n"
    "\n"
    "Signals:\n"
    "  SIGTERM, SIGINT         stop: write what was received, then exit; a\n"
    "                          second one: exit at once\n"
    "  SIGHUP                  read the configuration again, and open the log\n"
    "                          files again (after moving them away)\n"
    "  SIGUSR1                 rotate the files now\n"
    "\n"
    "Exit status: 0 stopped in order, 1 failed, 2 wrong usage or\n"
    "configuration.\n"
    "\n"
    "Examples:\n"
    "  synclined -l 'udp://*:514' -l 'tcp://*:514' \\\n"
    "      -o /var/log/syncline/all.log --rotate-size 100M\n"
    "  synclined -l 'tcp://[::1]:5514?framing=lf&idle_timeout=1h' -f json\n"
    "  synclined -l unix:///run/syncline/log -o /tmp/local.log --sync always\n"
    "  SYNCLINE_LISTEN='udp://*:514,tcp://*:514' SYNCLINE_OUTPUT=- synclined\n"
    "\n"
    "More: synclined --help-config, man synclined\n";

/* Writes text from column on, broken between words, up to the line's end. */
static void
print_wrapped(FILE *to, size_t column, const char *text)
{
	size_t word;

	for (; *text != '\0'; text += word) {
		text += strspn(text, " ");
		word = strcspn(text, " ");
		if (column > MARGIN && column + 1 + word > COLUMNS - 1) {
			(void)fputc('\n', to);
			column = 0;
		}
		if (column < MARGIN) {
			(void)fprintf(to, "%*s", (int)(MARGIN - column), "");
			column = MARGIN;
		} else if (column > MARGIN) {
			(void)fputc(' ', to);
			column++;
		}
		(void)fwrite(text, 1, word, to);
		column += word;
	}
	(void)fputc('\n', to);
}

/* One entry: what is written to the left, what it means to the right. */
static void __attribute__((format(printf, 3, 4)))
print_entry(FILE *to, const char *left, const char *fmt, ...)
{
	char text[LINE_MAX_TEXT];
	size_t column = strlen(left);
	va_list ap;

	va_start(ap, fmt);
	if (vsnprintf(text, sizeof(text), fmt, ap) < 0)
		text[0] = '\0';
	va_end(ap);
	(void)fputs(left, to);
	if (column + 1 >= MARGIN) {
		(void)fputc('\n', to);
		column = 0;
	}
	print_wrapped(to, column, text);
}

/* What follows the meaning: " (480 to 1M; default 64K)", as far as it helps. */
static void
write_limits(const struct conf_key *k, char *to, size_t n)
{
	char range[KEY_RANGE_TEXT] = "";
	bool dflt = k->dflt != NULL && k->dflt[0] != '\0';

	to[0] = '\0';
	if (k->type == KEY_BOOL)
		return;
	/* Of texts it would be their length; the meaning lists the formats. */
	if (k->type < KEY_TEXT)
		(void)key_write_range(k, range);
	if (range[0] != '\0' || dflt)
		(void)snprintf(to, n, " (%s%s%s%s)", range,
		    range[0] != '\0' && dflt ? "; " : "",
		    dflt ? "default " : "", dflt ? k->dflt : "");
}

static void
print_option(FILE *to, const struct conf_key *k)
{
	char left[64], letter[] = "    ", limits[KEY_RANGE_TEXT + 64];

	if (k->letter != '\0') {
		letter[0] = '-';
		letter[1] = k->letter;
		letter[2] = ',';
	}
	(void)snprintf(left, sizeof(left), "  %s--%s%s%s", letter, k->option,
	    k->value != NULL ? " " : "", k->value != NULL ? k->value : "");
	write_limits(k, limits, sizeof(limits));
	print_entry(to, left, "%s%s", k->help, limits);
}

static const char *
kinds_text(const struct conf_key *k)
{
	if (k->kinds == 0)
		return "";
	if (k->kinds == 1U << LISTEN_TLS)
		return "tls: ";
	if (k->kinds == (1U << LISTEN_TCP | 1U << LISTEN_TLS))
		return "tcp, tls: ";
	if (k->kinds ==
	    (1U << LISTEN_UDP | 1U << LISTEN_TCP | 1U << LISTEN_TLS))
		return "udp, tcp, tls: ";
	if ((k->kinds & 1U << LISTEN_TCP) != 0)
		return "tcp, tls, unix-stream: ";
	if ((k->kinds & 1U << LISTEN_UDP) != 0)
		return "udp, unix: ";
	return "unix, unix-stream: ";
}

static void
print_listen_key(FILE *to, const struct conf_key *k)
{
	char left[64], limits[KEY_RANGE_TEXT + 64];

	(void)snprintf(left, sizeof(left), "    %s", k->name);
	write_limits(k, limits, sizeof(limits));
	print_entry(to, left, "%s%s%s", kinds_text(k), k->help, limits);
}

static void
print_sections(FILE *to)
{
	const struct key_section *s;
	const struct conf_key *k;

	for (s = key_sections; s->title != NULL; s++) {
		(void)fprintf(to, "\n%s:\n", s->title);
		for (k = s->keys; k->name != NULL; k++) {
			if (k->option != NULL)
				print_option(to, k);
		}
		if (s->keys != listen_keys)
			continue;
		(void)fputs("  Keys of a listener follow its URL, as in "
			    "tcp://*:514?framing=lf&name=apps:\n",
		    to);
		for (k = s->keys; k->name != NULL; k++) {
			if (k->option == NULL)
				print_listen_key(to, k);
		}
	}
	(void)fputs("\nThe program:\n", to);
	for (k = program_keys; k->name != NULL; k++)
		print_option(to, k);
	print_entry(to, "      --help-config[=FORM]",
	    "print every key of the configuration and exit: as text, as a "
	    "sample file, as a schema (of JSON, for editors) or as man page");
	print_entry(to, "      --help", "print this and exit");
	print_entry(to, "      --version", "print the version and exit");
}

/* The variables of a table, from column on; returns the new column. */
static size_t
print_variables(FILE *to, size_t column, const struct conf_key *k)
{
	char name[KEY_VARIABLE_TEXT];
	size_t n;

	for (; k->name != NULL; k++) {
		if (!key_has_variable(k))
			continue;
		n = strlen(key_write_variable(k, name));
		if (column + 1 + n > COLUMNS - 1) {
			(void)fputc('\n', to);
			column = 0;
		}
		(void)fprintf(to, "%s%s", column == 0 ? "  " : " ", name);
		column += n + (column == 0 ? 2 : 1);
	}
	return column;
}

static void
print_environment(FILE *to)
{
	const struct key_section *s;
	size_t column = 0;

	(void)fputs("\nEnvironment: what an option does not say, its variable "
		    "does; the others\nare keys of a configuration "
		    "(--help-config):\n",
	    to);
	for (s = key_sections; s->title != NULL; s++)
		column = print_variables(to, column, s->keys);
	(void)print_variables(to, column, program_keys);
	(void)fputs("\nSYNCLINE_LISTEN takes several URLs with commas between "
		    "them (%2C is a comma\ninside one); so do keys that are "
		    "lists. An empty variable counts as not set.\n",
	    to);
}

static void
print_help(FILE *to)
{
	(void)fputs(head, to);
	print_sections(to);
	print_environment(to);
	(void)fputs(tail, to);
}

int
help_show(enum given_status what, const char *form, FILE *to)
{
	static const struct {
		const char *form;
		enum print_what what;
	} forms[] = {
		{ "text", PRINT_TEXT },
		{ "sample", PRINT_SAMPLE },
		{ "schema", PRINT_SCHEMA },
		{ "man", PRINT_MAN },
	};

	if (what == GIVEN_HELP)
		print_help(to);
	if (what == GIVEN_VERSION)
		(void)fprintf(to, "synclined %s\n", PACKAGE_VERSION);
	if (what != GIVEN_HELP_CONFIG)
		return 0;
	for (size_t i = 0; i < sizeof(forms) / sizeof(forms[0]); i++) {
		if (strcmp(form != NULL ? form : "text", forms[i].form) == 0)
			return print_keys(to, forms[i].what);
	}
	return 1;
}
