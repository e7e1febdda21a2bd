/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * listen.c - a listener's URL becomes its part of the configuration
 */
#include "config/listen.h"

#include <sys/un.h>

#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include "config/listen_tls.h"
#include "config/suggest.h"
#include "config/url.h"
#include "wire/scan.h"

struct scheme {
	const char *name;
	enum listen_kind kind;
};

static const struct scheme schemes[] = {
	{ "udp", LISTEN_UDP },
	{ "tcp", LISTEN_TCP },
	{ "tls", LISTEN_TLS },
	{ "unix", LISTEN_UNIX },
	{ "unix-stream", LISTEN_UNIX_STREAM },
};

/* One URL on its way to a listener. */
struct reader {
	struct listen_conf *l; /* borrowed: being filled */
	struct problems *p;    /* borrowed */
	const char *where;     /* borrowed */
	const char *text;      /* borrowed: the URL */
	uint64_t seen;         /* bits of the keys of the query */
};

static bool
slice_is(struct slice s, const char *text)
{
	return s.n == strlen(text) && strncasecmp(s.p, text, s.n) == 0;
}

static int
read_kind(struct slice scheme, enum listen_kind *kind, struct err *err)
{
	for (size_t i = 0; i < sizeof(schemes) / sizeof(schemes[0]); i++) {
		if (slice_is(scheme, schemes[i].name)) {
			*kind = schemes[i].kind;
			return 0;
		}
	}
	return err_set(err,
	    "unknown kind of listener; give udp://HOST:PORT, "
	    "tcp://HOST:PORT, tls://HOST:PORT, unix:///PATH or "
	    "unix-stream:///PATH");
}

static int
read_path(const struct url *u, struct listen_conf *l, struct err *err)
{
	struct sockaddr_un sun;
	char *path;

	if (u->authority.n > 0)
		return err_set(err,
		    "the path must be absolute, with three slashes: "
		    "unix:///dev/log");
	path = url_decode(u->path, err);
	if (path == NULL)
		return -1;
	l->path = path;
	if (path[0] != '/' || path[strlen(path) - 1] == '/')
		return err_set(err,
		    "the path of the socket is missing; give it like "
		    "unix:///dev/log");
	if (strlen(path) >= sizeof(sun.sun_path))
		return err_set(err,
		    "the path is longer than the %zu bytes that a unix "
		    "socket's may have",
		    sizeof(sun.sun_path) - 1);
	if (scan_visible(slice_str(path)) != strlen(path))
		return err_set(
		    err, "the path must be UTF-8 without control characters");
	return 0;
}

static int
read_place(const struct url *u, struct listen_conf *l, struct err *err)
{
	if (l->kind == LISTEN_UNIX || l->kind == LISTEN_UNIX_STREAM)
		return read_path(u, l, err);
	if (u->path.n > 0)
		return err_set(
		    err, "nothing may follow the port but ?KEY=VALUE");
	l->port = l->kind == LISTEN_TLS ? LISTEN_TLS_PORT : LISTEN_PORT;
	return url_host_port(u->authority, &l->host, &l->port, err);
}

bool
listen_has_key(const struct conf_key *k, enum listen_kind kind)
{
	return k->kinds == 0 || (k->kinds & 1U << kind) != 0;
}

uint64_t
listen_key_bit(const struct conf_key *k)
{
	return UINT64_C(1) << (size_t)(k - listen_keys);
}

/* Adds a problem that names the key, and what can be used instead. */
static void
refuse_key(const struct reader *r, const char *name)
{
	struct suggest near;

	suggest_init(&near, name);
	for (const struct conf_key *k = listen_keys; k->name != NULL; k++) {
		if (k->option == NULL && listen_has_key(k, r->l->kind))
			suggest_offer(&near, k->name);
	}
	if (near.best != NULL)
		problem_add(r->p, r->where, r->text,
		    "unknown key \"%.40s\"; did you mean \"%s\"?", name,
		    near.best);
	else
		problem_add(r->p, r->where, r->text,
		    "unknown key \"%.40s\"; see synclined --help", name);
}

static const struct conf_key *
find_query_key(struct reader *r, const char *name)
{
	const struct conf_key *k = key_find(listen_keys, name);

	if (k == NULL || k->option != NULL) {
		refuse_key(r, name);
		return NULL;
	}
	if (!listen_has_key(k, r->l->kind)) {
		problem_add(r->p, r->where, r->text,
		    "%s is no key of this kind of listener", name);
		return NULL;
	}
	if ((r->seen & listen_key_bit(k)) != 0 && !key_is_list(k)) {
		problem_add(r->p, r->where, r->text, "%s is given twice", name);
		return NULL;
	}
	r->seen |= listen_key_bit(k);
	return k;
}

static void
read_pair(struct reader *r, struct slice raw_name, struct slice raw_value)
{
	const struct conf_key *k;
	struct err err;
	char *name, *value = NULL;

	name = url_decode(raw_name, &err);
	if (name == NULL) {
		problem_add(r->p, r->where, r->text, "%s", err.text);
		return;
	}
	k = find_query_key(r, name);
	if (k == NULL)
		goto out;
	if (raw_value.p == NULL) {
		problem_add(r->p, r->where, r->text,
		    "%s has no value; write %s=VALUE", name, name);
		goto out;
	}
	value = url_decode(raw_value, &err);
	if (value == NULL || key_set(k, r->l, value, &err) == -1)
		problem_add(r->p, r->where, r->text, "%s: %s", name, err.text);
out:
	free(name);
	free(value);
}

static void
read_query(struct reader *r, struct slice query)
{
	struct slice name, value;

	while (url_next_pair(&query, &name, &value))
		read_pair(r, name, value);
}

static int
read_url(struct reader *r, struct err *err)
{
	struct url u;

	if (strlen(r->text) > CONFIG_URL_MAX)
		return err_set(
		    err, "longer than %d bytes", (int)CONFIG_URL_MAX);
	if (!url_split(r->text, &u))
		return err_set(err,
		    "not a URL; give udp://HOST:PORT, tcp://HOST:PORT, "
		    "tls://HOST:PORT, unix:///PATH or unix-stream:///PATH");
	if (read_kind(u.scheme, &r->l->kind, err) == -1)
		return -1;
	if (scan_visible(slice_of(r->text, u.plain)) != u.plain)
		return err_set(err, "must be UTF-8 without control characters");
	r->l->url = strndup(r->text, u.plain);
	if (r->l->url == NULL)
		return err_set(err, "out of memory");
	read_query(r, u.query);
	return read_place(&u, r->l, err);
}

int
listen_read_url(const char *url, struct listen_conf *l, uint64_t *seen,
    struct problems *p, const char *where)
{
	struct reader r = { .l = l, .p = p, .where = where, .text = url };
	size_t before = p->count;
	struct err err;

	if (read_url(&r, &err) == -1)
		problem_add(p, where, url, "%s", err.text);
	*seen = r.seen;
	return p->count == before ? 0 : -1;
}

/* As listen_parse(), of the files that the query names. */
static int
open_tls(struct listen_conf *l, const char *url, struct problems *p,
    const char *where)
{
	struct tls_faults f;

	if (listen_open_tls(l, &f) == 0)
		return 0;
	for (size_t i = 0; i < f.n; i++)
		problem_add(p, where,
		    f.fault[i].value != NULL ? f.fault[i].value : url, "%s: %s",
		    f.fault[i].option, f.fault[i].err.text);
	return -1;
}

int
listen_parse(const char *url, struct listen_conf *l, struct problems *p,
    const char *where)
{
	uint64_t seen;
	struct err err;

	*l = (struct listen_conf){ 0 };
	if (key_set_defaults(listen_keys, l, &err) == -1)
		problem_add(p, where, url, "%s", err.text);
	else if (listen_read_url(url, l, &seen, p, where) == 0 &&
	    open_tls(l, url, p, where) == 0)
		return 0;
	listen_conf_clear(l);
	return -1;
}
