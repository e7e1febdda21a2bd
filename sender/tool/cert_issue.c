/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * cert_issue.c - `syncline cert issue`: what a sender needs, in one folder
 */
#include <stdio.h>
#include <string.h>

#include "cert/pem.h"
#include "tool/authority.h"
#include "tool/bundle.h"
#include "tool/cert.h"
#include "tool/cert_print.h"
#include "tool/tool.h"

struct issue {
	struct authority ca; /* stays empty with --self-signed */
	struct evp_pkey_st *key;
	struct x509_st *cert;
	struct hostname names[CERT_NAMES];
	char folder[CERT_PATH];
	const char *pem; /* what the files are called */
	const char *pkey;
};

static int
read_names(struct issue *w, const struct cert_options *o, struct err *err)
{
	for (int i = 0; i < o->count; i++)
		if (hostname_read(&w->names[i], o->names[i], err) != 0)
			return -1;
	return 0;
}

/* Below a folder of its own: a host may be called "ca.pem", too. */
static int
choose_folder(struct issue *w, const struct cert_options *o, struct err *err)
{
	char clients[CERT_PATH];

	w->pem = o->server ? "server.pem" : "client.pem";
	w->pkey = o->server ? "server.key" : "client.key";
	if (o->out != NULL) {
		if (strlen(o->out) >= CERT_PATH)
			return err_set(err, "--out: the path is too long");
		(void)snprintf(w->folder, CERT_PATH, "%s", o->out);
		return 0;
	}
	if (cert_path(
		clients, o->dir, o->server ? "servers" : "clients", err) != 0)
		return -1;
	return cert_path(w->folder, clients, w->names[0].text, err);
}

static bool
is_kept(const struct issue *w, const struct cert_options *o)
{
	const char *files[] = { "ca.pem", w->pkey, w->pem };

	/* of those that sign themselves there is no authority */
	return o->self_signed ? cert_is_kept(o, w->folder, files + 1, 2)
			      : cert_is_kept(o, w->folder, files, 3);
}

static int
refuse_taken(
    const struct issue *w, const struct cert_options *o, struct err *err)
{
	const char *files[] = { w->pem, w->pkey, "ca.pem" };

	for (size_t i = 0; i < 3 && !o->force; i++)
		if (place_has(w->folder, files[i]))
			return err_set(err,
			    "%s/%s is there already; `syncline "
			    "cert renew` makes it valid for longer, --force "
			    "replaces it",
			    w->folder, files[i]);
	return 0;
}

static int
make(struct issue *w, const struct cert_options *o, struct err *err)
{
	struct make_want want = { .use = o->self_signed ? MAKE_BOTH
		    : o->server                         ? MAKE_SERVER
							: MAKE_CLIENT,
		.days = o->days,
		.names = w->names,
		.count = (size_t)o->count };

	if (!o->self_signed && authority_read(&w->ca, o->dir, err) != 0)
		return -1;
	w->key = make_key(o->rsa, err);
	if (w->key == NULL)
		return -1;
	w->cert = make_cert(&want, w->key, w->ca.cert, w->ca.key, err);
	return w->cert != NULL ? 0 : -1;
}

static int
put(const struct issue *w, const struct cert_options *o, struct err *err)
{
	struct bundle b = { .count = 0 };
	int status = -1;

	if (bundle_add_key(&b, w->pkey, w->key, err) == 0 &&
	    bundle_add_cert(&b, w->pem, w->cert, err) == 0 &&
	    (w->ca.cert == NULL ||
		bundle_add_cert(&b, "ca.pem", w->ca.cert, err) == 0))
		status = place_files(w->folder, 0700, b.file, b.count,
		    o->force ? PLACE_REPLACE : PLACE_NEW, err);
	bundle_clear(&b);
	return status;
}

static void
print_next(const struct issue *w, const struct cert_options *o)
{
	const char *name = w->names[0].text;

	if (o->server)
		return;
	(void)printf("\nCopy the folder to %s, and try there (COLLECTOR is the "
		     "collector's name):\n\n  syncline check-tls --bundle ",
	    name);
	cert_print_word(w->folder);
	(void)printf(" COLLECTOR:6514\n");
	if (o->self_signed)
		(void)printf("\n(and --fingerprint with that of the "
			     "collector, which must list the one above)\n");
}

static int
print(const struct issue *w, const struct cert_options *o, struct err *err)
{
	char dir[CERT_PATH];

	cert_print_place(w->folder, dir);
	(void)printf("made in %s:\n", dir);
	cert_print_made(w->pem, w->cert);
	cert_print_key(w->pkey);
	if (w->ca.cert != NULL)
		cert_print_made("ca.pem", w->ca.cert);
	(void)printf("\nIts fingerprint, for `peers` of the collector%s:\n\n",
	    o->self_signed ? ""
			   : " (without `peers` every\ncertificate of this "
			     "authority may send)");
	if (cert_print_fingerprint(w->cert, err) != 0)
		return -1;
	print_next(w, o);
	return 0;
}

static int
issue(struct issue *w, const struct cert_options *o, struct err *err)
{
	if (choose_folder(w, o, err) != 0)
		return -1;
	if (is_kept(w, o))
		return 0;
	if (refuse_taken(w, o, err) != 0 || make(w, o, err) != 0 ||
	    put(w, o, err) != 0)
		return -1;
	return print(w, o, err);
}

int
cert_issue(const struct cert_options *o)
{
	struct issue w = { .key = NULL };
	struct err err;
	int status = TOOL_OK;

	if (read_names(&w, o, &err) != 0)
		status = tool_usage(o->command, "%s", err.text);
	else if (issue(&w, o, &err) != 0)
		status = tool_failed(o->command, &err);
	authority_clear(&w.ca);
	pem_free_key(w.key);
	pem_free_cert(w.cert);
	return status;
}
