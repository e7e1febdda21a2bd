/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * target.c - see target.h
 */
#include "target.h"

#include <arpa/inet.h>
#include <net/if.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>

#include "wire/word.h"

static const struct {
	char scheme[sizeof("unix-stream://")]; /* the longest */
	enum target_kind kind;
} schemes[] = {
	{ "unix://", TARGET_UNIX },
	{ "unix-stream://", TARGET_UNIX_STREAM },
	{ "udp://", TARGET_UDP },
	{ "tcp://", TARGET_TCP },
	{ "tls://", TARGET_TLS },
	{ "file://", TARGET_FILE },
};

static bool
begins(struct slice s, struct slice with)
{
	return s.n >= with.n && memcmp(s.p, with.p, with.n) == 0;
}

static int
take_path(struct target *t, struct slice s, struct err *err)
{
	size_t max = t->kind == TARGET_FILE ? TARGET_PATH : TARGET_SUN;

	if (s.n == 0 || s.p[0] != '/')
		return err_set(err,
		    "%s: the path must begin with /, as in unix:///dev/log",
		    t->url);
	if (s.n > max)
		return err_set(
		    err, "%s: the path is longer than %zu bytes", t->url, max);
	(void)memcpy(t->path, s.p, s.n);
	return 0;
}

static int
take_port(struct target *t, struct slice s, struct err *err)
{
	unsigned n = 0;

	for (size_t i = 0; i < s.n; i++) {
		if (!word_is_digit(s.p[i]) || n > UINT16_MAX)
			n = UINT16_MAX + 1U;
		else
			n = n * 10 + (unsigned)(s.p[i] - '0');
	}
	if (n < 1 || n > UINT16_MAX)
		return err_set(err,
		    "%s: the port must be a number from 1 to 65535", t->url);
	(void)snprintf(t->port, sizeof(t->port), "%u", n);
	return 0;
}

/* An address, IPv6 with its scope (fe80::1%eth0), or a name. */
static bool
is_host(const char *host, bool brackets)
{
	unsigned char addr[sizeof(struct in6_addr)];
	char text[INET6_ADDRSTRLEN];
	size_t n = strcspn(host, "%");

	if (!brackets)
		return host[strspn(host,
			   "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ"
			   "0123456789-._")] == '\0';
	if (n >= sizeof(text) ||
	    (host[n] == '%' &&
		(host[n + 1] == '\0' || strlen(host + n + 1) >= IF_NAMESIZE)))
		return false;
	(void)memcpy(text, host, n);
	text[n] = '\0';
	return inet_pton(AF_INET6, text, addr) == 1;
}

static int
take_host(struct target *t, struct slice s, struct err *err)
{
	bool brackets = s.n > 0 && s.p[0] == '[';
	const char *end;
	struct slice host;

	if (s.n > 0 && s.p[s.n - 1] == '/')
		s.n--; /* tcp://host/ is what some write */
	end = s.n > 0 ? memchr(s.p, brackets ? ']' : ':', s.n) : NULL;
	if (brackets && end != NULL)
		host = slice_of(s.p + 1, (size_t)(end - s.p) - 1);
	else
		host = slice_of(s.p, end != NULL ? (size_t)(end - s.p) : s.n);
	if (host.n == 0 || host.n > TARGET_HOST || (brackets && end == NULL) ||
	    memchr(host.p, '\0', host.n) != NULL)
		return err_set(err,
		    "%s: a host is wanted: a name, an address, or an IPv6 "
		    "address in brackets",
		    t->url);
	(void)memcpy(t->host, host.p, host.n);
	if (!is_host(t->host, brackets))
		return err_set(err,
		    "%s: \"%s\" is no host; IPv6 addresses stand in brackets, "
		    "like [::1]",
		    t->url, t->host);
	slice_skip(&s, host.n + (brackets ? 2 : 0));
	if (s.n == 0)
		return 0;
	if (s.p[0] != ':')
		return err_set(
		    err, "%s: only :PORT may follow the host", t->url);
	slice_skip(&s, 1);
	return take_port(t, s, err);
}

/* What stands behind the '?' is cut off: only tls:// has some. */
static int
cut_query(struct target *t, struct slice *url, struct slice *query)
{
	const char *at = memchr(url->p, '?', url->n);

	*query = slice_of(NULL, 0);
	if (t->kind != TARGET_TLS || at == NULL)
		return 0;
	*query = slice_of(at + 1, url->n - (size_t)(at - url->p) - 1);
	url->n -= query->n + 1;
	return query->n <= TARGET_QUERY ? 0 : -1;
}

static int
find_scheme(struct target *t, struct slice *url)
{
	for (size_t i = 0; i < sizeof(schemes) / sizeof(schemes[0]); i++) {
		struct slice scheme = slice_str(schemes[i].scheme);

		if (!begins(*url, scheme))
			continue;
		t->kind = schemes[i].kind;
		slice_skip(url, scheme.n);
		return 0;
	}
	return -1;
}

static int
take_one(struct target *t, struct slice url, struct err *err)
{
	struct slice rest = url, query;
	bool known = find_scheme(t, &rest) == 0;

	if (cut_query(t, &rest, &query) == -1)
		return err_set(err, "a URL has more than %d bytes behind its ?",
		    (int)TARGET_QUERY);
	url.n = (size_t)(rest.p - url.p) + rest.n;
	if (url.n >= sizeof(t->url))
		return err_set(
		    err, "a URL is longer than %zu bytes", sizeof(t->url) - 1);
	(void)memcpy(t->url, url.p, url.n);
	if (!known)
		return err_set(err,
		    "%s: must begin with unix://, unix-stream://, udp://, "
		    "tcp://, tls:// or file://",
		    t->url);
	(void)snprintf(t->port, sizeof(t->port), "%s",
	    t->kind == TARGET_TLS ? "6514" : "514");
	if (!target_has_host(t))
		return take_path(t, rest, err);
	if (take_host(t, rest, err) == -1)
		return -1;
	return t->kind == TARGET_TLS ? target_query(t, query, err) : 0;
}

static bool
is_blank(char c)
{
	return c == ' ' || c == '\t' || c == '\n';
}

int
targets_parse(struct targets *t, struct slice urls, struct err *err)
{
	size_t n;

	t->n = 0;
	for (;;) {
		while (urls.n > 0 && is_blank(urls.p[0]))
			slice_skip(&urls, 1);
		if (urls.n == 0)
			break;
		for (n = 0; n < urls.n && !is_blank(urls.p[n]);)
			n++;
		if (t->n == TARGETS_MAX)
			return err_set(
			    err, "more than %d URLs", (int)TARGETS_MAX);
		(void)memset(&t->at[t->n], 0, sizeof(t->at[t->n]));
		if (take_one(&t->at[t->n++], slice_of(urls.p, n), err) == -1)
			return -1;
		slice_skip(&urls, n);
	}
	if (t->n == 0)
		return err_set(err, "no URL; give tcp://HOST:PORT, say");
	for (size_t i = 0; i < t->n; i++) {
		if (t->at[i].kind == TARGET_FILE && t->n > 1)
			return err_set(err,
			    "%s: file:// cannot stand beside other URLs; set a "
			    "spool instead",
			    t->at[i].url);
	}
	return 0;
}

void
targets_clear(struct targets *t)
{
	for (size_t i = 0; i < t->n; i++) {
		free(t->at[i].query);
		t->at[i].query = NULL;
	}
}
