/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * cert_renew.c - `syncline cert renew`: the same names, for longer
 */
#include <stdio.h>
#include <string.h>

#include "cert/pem.h"
#include "cert/view.h"
#include "tool/authority.h"
#include "tool/bundle.h"
#include "tool/cert.h"
#include "tool/cert_print.h"
#include "tool/tool.h"

struct renew {
	struct authority ca;
	struct x509_st *old;
	struct x509_st *cert;
	struct evp_pkey_st *key;
	struct hostname host; /* whose it is, when a name was given */
	char folder[CERT_PATH];
	const char *pem; /* what the files are called */
	const char *pkey;
};

/* Where `init` and `issue` put what is to be renewed. */
static int
find(struct renew *w, const struct cert_options *o, struct err *err)
{
	static const char *const kinds[] = { "clients", "servers" };
	char above[CERT_PATH];

	w->pem = "collector.pem";
	w->pkey = "collector.key";
	if (o->count == 0)
		return cert_path(w->folder, o->dir, ".", err);
	for (int i = 0; i < 2; i++) {
		w->pem = i == 0 ? "client.pem" : "server.pem";
		w->pkey = i == 0 ? "client.key" : "server.key";
		if (cert_path(above, o->dir, kinds[i], err) != 0 ||
		    cert_path(w->folder, above, w->host.text, err) != 0)
			return -1;
		if (place_has(w->folder, w->pem))
			return 0;
	}
	return err_set(err,
	    "%s/clients/%s: there is no certificate for this "
	    "name; `syncline cert issue` makes the first",
	    o->dir, w->host.text);
}

static int
read_old(struct renew *w, const struct cert_options *o, struct err *err)
{
	char path[CERT_PATH];

	if (authority_read(&w->ca, o->dir, err) != 0 ||
	    cert_path(path, w->folder, w->pem, err) != 0)
		return -1;
	w->old = pem_read_cert(path, err);
	if (w->old == NULL)
		return -1;
	/* its names are taken over: they must be those that we gave it */
	if (!make_is_of(w->old, w->ca.cert))
		return err_set(err,
		    "%s: not made by the authority in %s; use "
		    "the one that made it (--dir), or make another certificate",
		    path, o->dir);
	if (o->new_key) {
		w->key = make_key(make_is_rsa(w->old), err);
		return w->key != NULL ? 0 : -1;
	}
	if (cert_path(path, w->folder, w->pkey, err) != 0)
		return -1;
	w->key = pem_read_key(path, err);
	if (w->key == NULL)
		return -1;
	if (!make_fits(w->old, w->key))
		return err_set(err,
		    "%s: not the key of %s; --new-key makes "
		    "another",
		    path, w->pem);
	return 0;
}

static int
put(struct renew *w, const struct cert_options *o, struct err *err)
{
	struct make_want want = { .days = o->days, .like = w->old };
	struct bundle b = { .count = 0 };
	bool bundled = o->count > 0; /* and so has an authority of its own */
	int status = -1;

	w->cert = make_cert(&want, w->key, w->ca.cert, w->ca.key, err);
	if (w->cert == NULL)
		return -1;
	if ((!o->new_key || bundle_add_key(&b, w->pkey, w->key, err) == 0) &&
	    bundle_add_cert(&b, w->pem, w->cert, err) == 0 &&
	    (!bundled || bundle_add_cert(&b, "ca.pem", w->ca.cert, err) == 0))
		status = place_files(
		    w->folder, 0755, b.file, b.count, PLACE_REPLACE, err);
	bundle_clear(&b);
	return status;
}

static int
print(const struct renew *w, const struct cert_options *o, struct err *err)
{
	char dir[CERT_PATH];
	char end[VIEW_TIME];

	cert_print_place(w->folder, dir);
	(void)printf("renewed in %s:\n", dir);
	cert_print_made(w->pem, w->cert);
	if (o->new_key)
		cert_print_key(w->pkey);
	(void)printf("\nIts fingerprint, which is another than before:\n\n");
	if (cert_print_fingerprint(w->cert, err) != 0)
		return -1;
	if (o->count == 0)
		(void)printf("\nLet the collector read it: kill -HUP its "
			     "process, or systemctl reload synclined\n");
	else
		(void)printf("\nCopy the folder to where the old one is in "
			     "use. Where `peers` lists the old fingerprint,\n"
			     "add the new one before, and let the collector "
			     "read that: kill -HUP its process\n");
	view_end(w->ca.cert, end);
	if (view_until_end(w->cert) + 86400 >= view_until_end(w->ca.cert))
		(void)printf("\nNote: the authority itself ends on %.10s, and "
			     "this certificate with it; `syncline\ncert renew "
			     "--authority` makes it last longer\n",
		    end);
	return 0;
}

int
cert_renew(const struct cert_options *o)
{
	struct renew w = { .old = NULL };
	struct err err;
	int status = TOOL_OK;

	if (o->count > 0 && hostname_read(&w.host, o->names[0], &err) != 0)
		return tool_usage(o->command, "%s", err.text);
	if (find(&w, o, &err) != 0 || read_old(&w, o, &err) != 0 ||
	    put(&w, o, &err) != 0 || print(&w, o, &err) != 0)
		status = tool_failed(o->command, &err);
	authority_clear(&w.ca);
	pem_free_cert(w.old);
	pem_free_cert(w.cert);
	pem_free_key(w.key);
	return status;
}
