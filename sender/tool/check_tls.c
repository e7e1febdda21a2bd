/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * check_tls.c - `syncline check-tls`: step by step to a collector
 */
#include "tool/check_tls.h"

#include <errno.h>
#include <getopt.h>
#include <netdb.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "cert/make.h"
#include "cert/pem.h"
#include "tool/place.h"
#include "tool/tool.h"

static const char command[] = "syncline check-tls";

static const char help[] =
    "Usage: syncline check-tls [OPTION]... HOST:PORT\n"
    "Connects to a collector with TLS as a sender would, and explains each\n"
    "step. Status 0: a sender can use it; 1: not, and what to do is said.\n"
    "\n"
    "  -b, --bundle FOLDER   what `syncline cert issue` made: stands for\n"
    "                        --cert, --key and --ca with the files in it\n"
    "      --ca FILE         who may have signed the server's certificate\n"
    "      --fingerprint FP  or its fingerprint (sha-256:AB:CD:...); that is\n"
    "                        enough, whoever signed it and whatever its name\n"
    "      --cert FILE       our certificate, for servers that want one\n"
    "      --key FILE        its key\n"
    "      --name NAME       the name that the server's certificate should\n"
    "                        have (default: HOST)\n"
    "  -s, --send            send a message, too, if all is well until there\n"
    "      --timeout SECONDS how long a step may take (default: 10)\n"
    "  -h, --help\n"
    "\n"
    "Without --send nothing is sent to the collector. PORT is 6514 when it is\n"
    "left out.\n";

static const struct option options[] = { { "bundle", required_argument, NULL,
					     'b' },
	{ "ca", required_argument, NULL, 'a' },
	{ "fingerprint", required_argument, NULL, 'f' },
	{ "cert", required_argument, NULL, 'c' },
	{ "key", required_argument, NULL, 'k' },
	{ "name", required_argument, NULL, 'n' },
	{ "send", no_argument, NULL, 's' },
	{ "timeout", required_argument, NULL, 't' },
	{ "help", no_argument, NULL, 'h' },
	{ "version", no_argument, NULL, 'V' }, { NULL, 0, NULL, 0 } };

/* The file in the folder, if it is there and nothing else was given. */
static int
take_from(
    char path[CERT_PATH], const char *folder, const char *name, struct err *err)
{
	if (path[0] != '\0' || !place_has(folder, name))
		return 0;
	return cert_path(path, folder, name, err);
}

static int
take_bundle(struct check_tls *c, const char *folder, struct err *err)
{
	if (folder == NULL)
		return 0;
	if (!place_has(folder, "client.pem"))
		return err_set(err,
		    "--bundle %s: there is no client.pem in "
		    "it; give a folder that `syncline cert issue` made",
		    folder);
	if (take_from(c->cert_path, folder, "client.pem", err) != 0 ||
	    take_from(c->key_path, folder, "client.key", err) != 0)
		return -1;
	return take_from(c->ca_path, folder, "ca.pem", err);
}

static int
take_path(char path[CERT_PATH], const char *option, const char *value,
    struct err *err)
{
	if (strlen(value) >= CERT_PATH)
		return err_set(
		    err, "%s: %.100s...: the path is too long", option, value);
	(void)snprintf(path, CERT_PATH, "%s", value);
	return 0;
}

static int
take_seconds(struct check_tls *c, const char *value, struct err *err)
{
	char *end;
	long n;

	errno = 0;
	n = strtol(value, &end, 10);
	if (errno != 0 || end == value || *end != '\0' || n < 1 ||
	    n > CHECK_SECONDS_MAX)
		return err_set(err,
		    "--timeout %s: a number of seconds from 1 "
		    "to %d",
		    value, CHECK_SECONDS_MAX);
	c->seconds = (unsigned int)n;
	return 0;
}

/* What is wrong with a value, behind the name of its option. */
static int
refuse(const char *option, const struct err *why, struct err *err)
{
	return err_set(err, "%s %s", option, why->text);
}

static int
take(struct check_tls *c, int letter, const char *value, struct err *err)
{
	struct err why;

	switch (letter) {
	case 'a':
		return take_path(c->ca_path, "--ca", value, err);
	case 'c':
		return take_path(c->cert_path, "--cert", value, err);
	case 'k':
		return take_path(c->key_path, "--key", value, err);
	case 'n':
		return hostname_read(&c->name, value, &why) == 0
		    ? 0
		    : refuse("--name", &why, err);
	case 't':
		return take_seconds(c, value, err);
	case 'f':
		c->fingerprint = value;
		return view_check_fingerprint(value, &why) == 0
		    ? 0
		    : refuse("--fingerprint:", &why, err);
	default:
		c->send = true;
		return 0;
	}
}

/* -1, or the status to end with. */
static int
read_options(struct check_tls *c, int argc, char **argv)
{
	const char *bundle = NULL;
	struct err err;
	int letter;

	opterr = 0;
	while (
	    (letter = getopt_long(argc, argv, ":b:shV", options, NULL)) != -1) {
		if (letter == '?' || letter == ':')
			return tool_bad_option(command, letter, argv);
		if (letter == 'h')
			return tool_help(help);
		if (letter == 'V')
			return tool_version();
		if (letter == 'b')
			bundle = optarg;
		else if (take(c, letter, optarg, &err) != 0)
			return tool_usage(command, "%s", err.text);
	}
	if (argc - optind != 1)
		return tool_usage(command,
		    optind == argc ? "which HOST:PORT?"
				   : "one HOST:PORT at a time");
	if (dial_read(&c->target, argv[optind], &err) != 0)
		return tool_usage(command, "%s", err.text);
	if (take_bundle(c, bundle, &err) != 0)
		return tool_failed(command, &err);
	if ((c->cert_path[0] == '\0') != (c->key_path[0] == '\0'))
		return tool_usage(command, "--cert and --key go together");
	if (c->name.text[0] == '\0')
		c->name = c->target.host;
	return -1;
}

static int
read_files(struct check_tls *c, struct err *err)
{
	if (c->ca_path[0] != '\0') {
		c->cas = pem_read_certs(c->ca_path, err);
		if (c->cas == NULL)
			return -1;
	}
	if (c->cert_path[0] == '\0')
		return 0;
	c->certs = pem_read_certs(c->cert_path, err);
	if (c->certs == NULL)
		return -1;
	c->key = pem_read_key(c->key_path, err);
	if (c->key == NULL)
		return -1;
	if (!make_fits(pem_at(c->certs, 0), c->key))
		return err_set(err,
		    "%s is not the key of %s; `syncline cert "
		    "check` says more",
		    c->key_path, c->cert_path);
	return 0;
}

static int64_t
soon(const struct check_tls *c)
{
	return dial_now() + (int64_t)c->seconds * 1000;
}

/* What the name stands for; an address stands for itself. */
static void
say_found(const struct check_tls *c, const struct addrinfo *all)
{
	char text[DIAL_ADDRESS];

	for (int i = 0;
	     i < CHECK_ADDRESSES && all != NULL && c->target.host.octets == 0;
	     i++, all = all->ai_next) {
		dial_write(all, text);
		steps_good("address", "%s is %s", c->target.host.text, text);
	}
}

/* The first address that answers; each failure is said. */
static int
reach(struct check_tls *c)
{
	struct addrinfo *all = NULL;
	char text[DIAL_ADDRESS];
	struct err why;
	struct err cure;
	int tried = 0;
	int fd = -1;

	if (dial_find(&c->target, c->seconds, &all, &why, &cure) != 0) {
		steps_bad(&c->steps, cure.text, "address", "%s", why.text);
		return -1;
	}
	say_found(c, all);
	for (const struct addrinfo *at = all; fd < 0 && at != NULL;
	     at = at->ai_next) {
		bool last = ++tried == CHECK_ADDRESSES || at->ai_next == NULL;

		dial_write(at, text);
		fd = dial_connect(at, soon(c), &why, &cure);
		if (fd >= 0)
			steps_good("connect", "%s", text);
		else if (!last)
			steps_note("connect", "%s", why.text);
		if (fd < 0 && last)
			break;
	}
	if (fd < 0)
		steps_bad(&c->steps, cure.text, "connect", "%s", why.text);
	freeaddrinfo(all);
	return fd;
}

static void
talk(struct check_tls *c, struct probe *p)
{
	enum probe_end end = probe_handshake(p, soon(c));

	if (end != PROBE_GOOD) {
		check_end(c, p, "handshake", end);
		return;
	}
	steps_good("handshake", "%s, %s", probe_version(p), probe_cipher(p));
	check_server(c, p);
	check_client(c, p);
	check_send(c, p);
}

static void
run(struct check_tls *c)
{
	struct probe_want want = { .certs = c->certs, .key = c->key };
	struct probe *p;
	struct err err;
	int fd = reach(c);

	if (fd < 0)
		return;
	/* an address is no name for SNI (RFC 6066 3) */
	if (c->name.octets == 0)
		want.server_name = c->name.text;
	p = probe_new(fd, &want, &err);
	if (p == NULL)
		steps_bad(&c->steps,
		    "syncline cert check looks at the "
		    "certificate and the key",
		    "handshake", "%s", err.text);
	else
		talk(c, p);
	probe_free(p);
	close(fd);
}

int
cmd_check_tls(int argc, char **argv)
{
	struct check_tls c = { .seconds = CHECK_SECONDS };
	struct err err;
	int status = read_options(&c, argc, argv);

	if (status >= 0)
		return status;
	if (read_files(&c, &err) != 0)
		status = tool_failed(command, &err);
	else
		run(&c);
	pem_free_certs(c.certs);
	pem_free_certs(c.cas);
	pem_free_key(c.key);
	if (status >= 0)
		return status;
	if (c.steps.failed == 0)
		(void)printf("a sender can use it\n");
	return c.steps.failed == 0 ? TOOL_OK : TOOL_FAILED;
}
