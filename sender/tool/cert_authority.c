/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * cert_authority.c - `syncline cert renew --authority`
 *
 * Key and name stay, and nothing else is looked for in an authority, so what
 * it signed before is good with the new certificate as it was with the old.
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

static int
make(const struct authority *a, const struct cert_options *o,
    struct x509_st **cert, struct err *err)
{
	if (!make_is_of(a->cert, a->cert))
		return err_set(err,
		    "%s/ca.pem: another authority signed this one; only that "
		    "one can renew it",
		    o->dir);
	*cert = make_again(a->cert, a->key, o->days, err);
	return *cert != NULL ? 0 : -1;
}

static int
put(struct x509_st *cert, const struct cert_options *o, struct err *err)
{
	struct bundle b = { .count = 0 };
	int status = bundle_add_cert(&b, "ca.pem", cert, err);

	if (status == 0)
		status = place_files(
		    o->dir, 0755, b.file, b.count, PLACE_REPLACE, err);
	bundle_clear(&b);
	return status;
}

static void
print(const struct authority *old, struct x509_st *cert,
    const struct cert_options *o)
{
	char dir[CERT_PATH], end[VIEW_TIME];

	cert_print_place(o->dir, dir);
	view_end(old->cert, end);
	(void)printf("renewed in %s:\n", dir);
	cert_print_made("ca.pem", cert);
	(void)printf("\nIts key and its name are what they were: what it "
		     "signed stays good.\nLet the collector read it: kill "
		     "-HUP its process, or systemctl reload synclined.\nCopy "
		     "ca.pem to each sender: the old one %s on "
		     "%.10s. `syncline\ncert renew NAME` puts it into a "
		     "sender's folder, too.\n",
	    view_until_end(old->cert) > 0 ? "ends" : "ended", end);
}

int
cert_renew_authority(const struct cert_options *o)
{
	struct authority old;
	struct x509_st *cert = NULL;
	struct err err;
	int status = TOOL_OK;

	if (o->count > 0)
		return tool_usage(o->command,
		    "%s: --authority renews the authority alone", o->names[0]);
	if (o->new_key)
		return tool_usage(o->command,
		    "--new-key: with another key it is another authority; "
		    "`syncline cert init` makes one, in another folder");
	if (authority_read_old(&old, o->dir, &err) != 0 ||
	    make(&old, o, &cert, &err) != 0 || put(cert, o, &err) != 0)
		status = tool_failed(o->command, &err);
	else
		print(&old, cert, o);
	pem_free_cert(cert);
	authority_clear(&old);
	return status;
}
