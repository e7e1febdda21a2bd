/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * cert_init.c - `syncline cert init`: an authority, and the collector's
 * certificate
 */
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "cert/pem.h"
#include "tool/authority.h"
#include "tool/bundle.h"
#include "tool/cert.h"
#include "tool/cert_print.h"
#include "tool/tool.h"

/* Keys first: where the certificate is, everything is. The first one may have
 * been taken to a safer place since. */
static const char *const files[] = { "ca.key", "ca.pem", "collector.key",
	"collector.pem" };

/* Every collector can be tried from its own machine. */
static const char *const local[] = { "localhost", "127.0.0.1", "::1" };

enum { FILES = sizeof(files) / sizeof(files[0]), LOCAL = 3 };

struct made {
	struct authority ca;
	struct evp_pkey_st *key;
	struct x509_st *cert;
	struct hostname names[CERT_NAMES + LOCAL];
	size_t count;
};

static void
add_name(struct made *m, const struct hostname *h)
{
	for (size_t i = 0; i < m->count; i++)
		if (strcmp(m->names[i].text, h->text) == 0)
			return;
	m->names[m->count++] = *h;
}

/* Those given, else what this host is called; then the local ones. */
static int
gather_names(struct made *m, const struct cert_options *o, struct err *err)
{
	struct err ignored;
	struct hostname h;
	char host[HOSTNAME_TEXT] = "";

	for (int i = 0; i < o->count; i++) {
		if (hostname_read(&h, o->names[i], err) != 0)
			return -1;
		add_name(m, &h);
	}
	if (o->count == 0 && gethostname(host, sizeof(host) - 1) == 0 &&
	    hostname_read(&h, host, &ignored) == 0)
		add_name(m, &h);
	for (size_t i = 0; i < LOCAL; i++)
		if (hostname_read(&h, local[i], err) == 0)
			add_name(m, &h);
	return 0;
}

static int
refuse_taken(const struct cert_options *o, struct err *err)
{
	for (size_t i = 0; i < FILES && !o->force; i++)
		if (place_has(o->dir, files[i]))
			return err_set(err,
			    "%s/%s is there already; give "
			    "another folder (--dir), or --force to replace "
			    "what is there: every certificate of the old "
			    "authority is worthless then",
			    o->dir, files[i]);
	return 0;
}

static int
make(struct made *m, const struct cert_options *o, struct err *err)
{
	struct make_want want = { .use = MAKE_SERVER, .days = o->days };

	if (authority_make(&m->ca, o->rsa, m->names[0].text, err) != 0)
		return -1;
	want.names = m->names;
	want.count = m->count;
	m->key = make_key(o->rsa, err);
	if (m->key == NULL)
		return -1;
	m->cert = make_cert(&want, m->key, m->ca.cert, m->ca.key, err);
	return m->cert != NULL ? 0 : -1;
}

static int
put(const struct made *m, const struct cert_options *o, struct err *err)
{
	struct bundle b = { .count = 0 };
	int status = -1;

	if (bundle_add_key(&b, files[0], m->ca.key, err) == 0 &&
	    bundle_add_cert(&b, files[1], m->ca.cert, err) == 0 &&
	    bundle_add_key(&b, files[2], m->key, err) == 0 &&
	    bundle_add_cert(&b, files[3], m->cert, err) == 0)
		status = place_files(o->dir, 0755, b.file, b.count,
		    o->force ? PLACE_REPLACE : PLACE_NEW, err);
	bundle_clear(&b);
	return status;
}

static void
print(const struct made *m, const struct cert_options *o)
{
	char dir[CERT_PATH];

	cert_print_place(o->dir, dir);
	(void)printf("made in %s:\n", dir);
	cert_print_made("ca.pem", m->ca.cert);
	(void)printf("  %-14s its key: who has it can make certificates; keep "
		     "it safe\n",
	    "ca.key");
	cert_print_made("collector.pem", m->cert);
	cert_print_key("collector.key");
	if (m->count == LOCAL)
		(void)printf("\nThis certificate is good for senders on this "
			     "machine only: give the collector's\nname, "
			     "syncline cert init NAME\n");
	(void)printf("\nIn the collector's configuration:\n\n"
		     "listen:\n  - url: tls://*:6514\n");
	cert_print_yaml("certificate", dir, "collector.pem");
	cert_print_yaml("key", dir, "collector.key");
	cert_print_yaml("ca", dir, "ca.pem");
	if (geteuid() == 0) {
		(void)printf("\nWhen the collector runs as another user "
			     "(`user: syncline`), give it its key:\n\n"
			     "  chown syncline ");
		cert_print_word(dir);
		(void)printf("/collector.key\n");
	}
	(void)printf("\nNext, for each sender:\n\n  syncline cert issue ");
	if (strcmp(o->dir, "tls") != 0) {
		(void)printf("--dir ");
		cert_print_word(o->dir);
		(void)putchar(' ');
	}
	(void)printf("web1.example.net\n");
}

int
cert_init(const struct cert_options *o)
{
	struct made m = { .count = 0 };
	struct err err;
	int status = TOOL_OK;

	if (gather_names(&m, o, &err) != 0)
		status = tool_usage(o->command, "%s", err.text);
	else if (cert_is_kept(o, o->dir, files + 1, FILES - 1))
		status = TOOL_OK;
	else if (refuse_taken(o, &err) != 0 || make(&m, o, &err) != 0 ||
	    put(&m, o, &err) != 0)
		status = tool_failed(o->command, &err);
	else
		print(&m, o);
	authority_clear(&m.ca);
	pem_free_key(m.key);
	pem_free_cert(m.cert);
	return status;
}
