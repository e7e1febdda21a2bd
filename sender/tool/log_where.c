/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * log_where.c - where `syncline log` sends to: options become a URL
 */
#include <arpa/inet.h>

#include <getopt.h>
#include <netdb.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "tool/log.h"
#include "tool/tool.h"

/* Between URLs. */
static const char blanks[] = " \t\n";

/* In the order of LOG_TLS_CA and those that follow. */
static const struct {
	const char *option, *param;
} params[LOG_TLS_PARAMS] = {
	{ "--tls-ca", "ca" },
	{ "--tls-certificate", "certificate" },
	{ "--tls-key", "key" },
	{ "--tls-fingerprint", "fingerprint" },
	{ "--tls-name", "name" },
};

bool
log_take_where(struct log_job *job, struct log_where *w, int letter)
{
	if (letter >= LOG_TLS_CA && letter < LOG_WHERE_END) {
		w->tls[letter - LOG_TLS_CA] = optarg;
		return true;
	}
	switch (letter) {
	case 'u':
		w->socket = optarg;
		return true;
	case 'n':
		w->server = optarg;
		return true;
	case 'P':
		w->port = optarg;
		return true;
	case 'T':
		w->scheme = "tcp";
		return true;
	case 'd':
		w->scheme = "udp";
		return true;
	case LOG_TLS:
		w->scheme = "tls";
		return true;
	case LOG_URL:
		job->url = optarg;
		return true;
	case LOG_SPOOL:
		job->opts.spool = optarg;
		return true;
	default:
		return false;
	}
}

/* A text of limited size; n is its length, and size when it is too long. */
struct text {
	char *p;
	size_t n, size;
};

static void
add_char(struct text *t, char c)
{
	if (t->n + 1 < t->size) {
		t->p[t->n++] = c;
		t->p[t->n] = '\0';
	} else {
		t->n = t->size;
	}
}

static void
add(struct text *t, const char *s)
{
	for (; *s != '\0'; s++)
		add_char(t, *s);
}

/* Percent-encoded, where a URL needs it. */
static void
add_value(struct text *t, const char *s)
{
	static const char digits[] = "0123456789ABCDEF";

	for (; *s != '\0'; s++) {
		unsigned char c = (unsigned char)*s;

		if (c > ' ' && c < 0x7f && strchr("%&?#", c) == NULL) {
			add_char(t, (char)c);
			continue;
		}
		add_char(t, '%');
		add_char(t, digits[c >> 4]);
		add_char(t, digits[c & 15]);
	}
}

static const char *
first_given(const struct log_where *w)
{
	for (size_t i = 0; i < LOG_TLS_PARAMS; i++)
		if (w->tls[i] != NULL)
			return params[i].option;
	return NULL;
}

/* Behind a URL of so many bytes at url, which may have some already. */
static void
add_params(struct text *t, const struct log_where *w, const char *url, size_t n)
{
	bool any = memchr(url, '?', n) != NULL;

	for (size_t i = 0; i < LOG_TLS_PARAMS; i++) {
		if (w->tls[i] == NULL)
			continue;
		add_char(t, any ? '&' : '?');
		add(t, params[i].param);
		add_char(t, '=');
		add_value(t, w->tls[i]);
		any = true;
	}
}

/* Those in TLS of one or several URLs get the parameters. */
static int
complete_urls(struct text *t, const struct log_where *w, const char *urls)
{
	bool any = false;

	for (; *urls != '\0'; urls += strcspn(urls, blanks)) {
		size_t gap = strspn(urls, blanks), n;

		urls += gap;
		n = strcspn(urls, blanks);
		if (n == 0)
			break;
		if (t->n > 0)
			add_char(t, ' ');
		for (size_t i = 0; i < n; i++)
			add_char(t, urls[i]);
		if (strncmp(urls, "tls://", 6) == 0) {
			add_params(t, w, urls, n);
			any = true;
		}
	}
	return any ? TOOL_OK
		   : tool_usage("syncline log",
			 "%s: that is for TLS; say --tls, or give a URL that "
			 "begins with tls://",
			 first_given(w));
}

/* A port may be a service's name; what is none is left to the library. */
static void
add_port(struct text *t, const char *port, const char *scheme)
{
	const char *protocol = strcmp(scheme, "udp") == 0 ? "udp" : "tcp";
	const struct servent *service;
	char digits[8];

	/* cppcheck-suppress getservbynameCalled ; there is one thread yet */
	service = getservbyname(port, protocol);
	if (service != NULL) {
		(void)snprintf(digits, sizeof(digits), "%u",
		    (unsigned)ntohs((uint16_t)service->s_port));
		port = digits;
	}
	add(t, port);
}

static int
make_server(struct text *t, const struct log_where *w)
{
	bool tls = strcmp(w->scheme, "tls") == 0;
	bool six = strchr(w->server, ':') != NULL && w->server[0] != '[';
	const char *port = w->port;

	if (!tls && first_given(w) != NULL)
		return tool_usage("syncline log",
		    "%s: that is for TLS; say --tls, too", first_given(w));
	if (tls && w->tls[0] == NULL &&
	    w->tls[LOG_TLS_FINGERPRINT - LOG_TLS_CA] == NULL)
		return tool_usage("syncline log",
		    "--tls: nothing says how to know the collector; give "
		    "--tls-ca FILE, the authority that signed its "
		    "certificate, or --tls-fingerprint FP");
	if (port == NULL)
		port = tls ? "6514" : "514";
	add(t, w->scheme);
	add(t, six ? "://[" : "://");
	add(t, w->server);
	add(t, six ? "]:" : ":");
	add_port(t, port, w->scheme);
	add_params(t, w, "", 0);
	return TOOL_OK;
}

static int
make(struct log_job *job, const struct log_where *w, struct text *t)
{
	const char *urls = job->url;

	if ((urls != NULL) + (w->server != NULL) + (w->socket != NULL) > 1)
		return tool_usage(
		    "syncline log", "--url, --server or --socket, one of them");
	if (w->server != NULL)
		return make_server(t, w);
	if (w->socket != NULL) {
		add(t, "unix://");
		add(t, w->socket);
	}
	if (first_given(w) == NULL)
		return TOOL_OK;
	if (urls == NULL && w->socket == NULL)
		urls = secure_getenv("SYNCLINE_URL");
	return complete_urls(t, w, urls != NULL ? urls : "");
}

int
log_make_url(struct log_job *job, const struct log_where *w)
{
	struct text t = { job->made_url, 0, sizeof(job->made_url) };
	int status;

	job->made_url[0] = '\0';
	status = make(job, w, &t);
	if (status != TOOL_OK)
		return status;
	if (t.n == t.size)
		return tool_usage("syncline log",
		    "the URL that these options make is longer than %zu bytes",
		    t.size - 1);
	if (t.n > 0)
		job->url = job->made_url;
	return TOOL_OK;
}

bool
log_is_local(const struct log_job *job)
{
	const char *urls = job->url;

	if (urls == NULL)
		urls = secure_getenv("SYNCLINE_URL");
	for (; urls != NULL && *urls != '\0'; urls += strcspn(urls, blanks)) {
		urls += strspn(urls, blanks);
		if (*urls != '\0' && strncmp(urls, "unix", 4) != 0)
			return false;
	}
	return true;
}
