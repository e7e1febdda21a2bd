/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * cert.c - which sub-command of `syncline cert`, with which options
 */
#include "tool/cert.h"

#include <errno.h>
#include <getopt.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "tool/cert_help.h"
#include "tool/place.h"
#include "tool/tool.h"

enum command {
	CERT_INIT,
	CERT_ISSUE,
	CERT_FINGERPRINT,
	CERT_SHOW,
	CERT_CHECK,
	CERT_RENEW,
	CERT_COMMANDS
};

static const struct {
	const char *name;
	const char *full;
	const char *options; /* the letters of those that it takes */
	int least;           /* how many arguments it takes */
	int most;
	const char *what; /* is missing when there are fewer */
} commands[CERT_COMMANDS] = {
	[CERT_INIT] = { "init", "syncline cert init", "drypf", 0, CERT_NAMES,
	    "" },
	[CERT_ISSUE] = { "issue", "syncline cert issue", "dorypfsx", 1,
	    CERT_NAMES, "for which host?" },
	[CERT_FINGERPRINT] = { "fingerprint", "syncline cert fingerprint", "1",
	    1, 1, "of which file?" },
	[CERT_SHOW] = { "show", "syncline cert show", "", 1, 1, "which file?" },
	[CERT_CHECK] = { "check", "syncline cert check", "kansc", 1, 1,
	    "which file?" },
	[CERT_RENEW] = { "renew", "syncline cert renew", "dywA", 0, 1, "" },
};

/* In the order of the letters above; 's' and 'c': --server, --client. */
static const struct option options[] = { { "dir", required_argument, NULL,
					     'd' },
	{ "out", required_argument, NULL, 'o' },
	{ "key", required_argument, NULL, 'k' },
	{ "ca", required_argument, NULL, 'a' },
	{ "name", required_argument, NULL, 'n' },
	{ "days", required_argument, NULL, 'y' },
	{ "rsa", no_argument, NULL, 'r' }, { "force", no_argument, NULL, 'f' },
	{ "keep", no_argument, NULL, 'p' },
	{ "server", no_argument, NULL, 's' },
	{ "client", no_argument, NULL, 'c' },
	{ "self-signed", no_argument, NULL, 'x' },
	{ "new-key", no_argument, NULL, 'w' },
	{ "authority", no_argument, NULL, 'A' },
	{ "sha-1", no_argument, NULL, '1' }, { "help", no_argument, NULL, 'h' },
	{ "version", no_argument, NULL, 'V' }, { NULL, 0, NULL, 0 } };

static int
read_days(struct cert_options *o, const char *text)
{
	char *end;
	long days;

	errno = 0;
	days = strtol(text, &end, 10);
	if (errno != 0 || end == text || *end != '\0' || days < 1 ||
	    days > CERT_DAYS_MAX)
		return tool_usage(o->command,
		    "--days %s: a number from 1 to %d", text, CERT_DAYS_MAX);
	o->days = (int)days;
	return TOOL_OK;
}

static int
take(struct cert_options *o, int letter, const char *value)
{
	switch (letter) {
	case 'd':
		o->dir = value;
		break;
	case 'o':
		o->out = value;
		break;
	case 'k':
		o->key = value;
		break;
	case 'a':
		o->ca = value;
		break;
	case 'n':
		o->name = value;
		break;
	case 'y':
		return read_days(o, value);
	case 'r':
		o->rsa = true;
		break;
	case 'f':
		o->force = true;
		break;
	case 'p':
		o->keep = true;
		break;
	case 's':
		o->server = true;
		break;
	case 'c':
		o->client = true;
		break;
	case 'x':
		o->self_signed = true;
		break;
	case 'w':
		o->new_key = true;
		break;
	case 'A':
		o->authority = true;
		break;
	default:
		o->sha1 = true;
		break;
	}
	return TOOL_OK;
}

/* The text after the option letters: -1, or the status to end with. */
static int
read_options(struct cert_options *o, enum command which, int argc, char **argv)
{
	int letter;

	opterr = 0;
	while (
	    (letter = getopt_long(argc, argv, ":d:fhV", options, NULL)) != -1) {
		int status;

		if (letter == '?' || letter == ':')
			return tool_bad_option(o->command, letter, argv);
		if (letter == 'h')
			return tool_help(cert_help[which]);
		if (letter == 'V')
			return tool_version();
		if (strchr(commands[which].options, letter) == NULL)
			return tool_usage(o->command,
			    "%s: not an option of this command",
			    argv[optind - 1]);
		status = take(o, letter, optarg);
		if (status != TOOL_OK)
			return status;
	}
	if (o->days == 0)
		o->days = o->authority ? CERT_CA_DAYS : CERT_DAYS;
	o->names = argv + optind;
	o->count = argc - optind;
	if (o->keep && o->force)
		return tool_usage(
		    o->command, "--keep and --force: give one of them");
	if (o->count < commands[which].least)
		return tool_usage(o->command, "%s", commands[which].what);
	if (o->count > commands[which].most)
		return tool_usage(o->command, "%s: one argument too many",
		    o->names[commands[which].most]);
	return -1;
}

static int
run(enum command which, const struct cert_options *o)
{
	switch (which) {
	case CERT_INIT:
		return cert_init(o);
	case CERT_ISSUE:
		return cert_issue(o);
	case CERT_FINGERPRINT:
		return cert_fingerprint(o);
	case CERT_SHOW:
		return cert_show(o);
	case CERT_CHECK:
		return cert_check(o);
	default:
		return o->authority ? cert_renew_authority(o) : cert_renew(o);
	}
}

int
cmd_cert(int argc, char **argv)
{
	const char *word = argc > 1 ? argv[1] : "";
	struct cert_options o = { .dir = "tls", .days = 0 };
	int which = 0;
	int status;

	if (strcmp(word, "--help") == 0 || strcmp(word, "-h") == 0 ||
	    strcmp(word, "help") == 0)
		return tool_help(cert_help_all);
	if (strcmp(word, "--version") == 0 || strcmp(word, "-V") == 0)
		return tool_version();
	while (which < CERT_COMMANDS && strcmp(word, commands[which].name) != 0)
		which++;
	if (word[0] == '\0')
		return tool_usage("syncline cert",
		    "init, issue, fingerprint, show, "
		    "check or renew?");
	if (which == CERT_COMMANDS)
		return tool_usage("syncline cert", "%s: no such command", word);
	o.command = commands[which].full;
	status = read_options(&o, (enum command)which, argc - 1, argv + 1);
	return status >= 0 ? status : run((enum command)which, &o);
}

void
cert_write_age(long long seconds, char *out, unsigned int n)
{
	long long days = seconds / 86400;
	long long hours = seconds / 3600;
	long long minutes = seconds / 60;

	if (days >= 2)
		(void)snprintf(out, n, "%lld days", days);
	else if (hours >= 2)
		(void)snprintf(out, n, "%lld hours", hours);
	else
		(void)snprintf(
		    out, n, "%lld minute%s", minutes, minutes == 1 ? "" : "s");
}

bool
cert_is_kept(const struct cert_options *o, const char *dir,
    const char *const *files, int count)
{
	for (int i = 0; i < count; i++)
		if (!o->keep || !place_has(dir, files[i]))
			return false;
	(void)printf(
	    "%s/%s is there already, and stays\n", dir, files[count - 1]);
	return true;
}

int
cert_path(
    char out[CERT_PATH], const char *dir, const char *name, struct err *err)
{
	int n = snprintf(out, CERT_PATH, "%s/%s", dir, name);

	if (n < 0 || n >= CERT_PATH)
		return err_set(err, "%.100s...: the path is too long", dir);
	return 0;
}
