/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * check_server.c - whether a sender would trust the server
 */
#include <stdint.h>
#include <string.h>

#include "cert/judge.h"
#include "cert/pem.h"
#include "cert/view.h"
#include "tool/check_tls.h"

static void
show(struct x509_st *cert)
{
	char subject[VIEW_TEXT];
	char issuer[VIEW_TEXT];
	char names[VIEW_TEXT];
	char print[VIEW_FINGERPRINT];
	struct err err;

	view_subject(cert, subject);
	view_issuer(cert, issuer);
	view_names(cert, names);
	steps_good("certificate", "%s, signed by %s", subject, issuer);
	steps_note("", "names: %s", names);
	if (view_fingerprint(cert, "sha-256", print, &err) == 0)
		steps_note("", "%s", print);
}

/* A fingerprint is enough by itself, as in `peers` of the collector. */
static void
check_fingerprint(struct check_tls *c, struct x509_st *cert)
{
	if (view_is_fingerprint(cert, c->fingerprint))
		steps_good("fingerprint", "it is the one that was given");
	else
		steps_bad(&c->steps,
		    "ask who runs the server for its "
		    "fingerprint, by another way than this connection; when "
		    "its certificate was renewed it is the one above",
		    "fingerprint", "it is not the one that was given");
}

static void
check_name(struct check_tls *c, struct x509_st *cert)
{
	char names[VIEW_TEXT];

	if (judge_is_for(cert, &c->name)) {
		steps_good("name", "it is for %s", c->name.text);
		return;
	}
	view_names(cert, names);
	steps_bad(&c->steps,
	    "call the server by one of these names (--name "
	    "when it is only its address that differs), or give its "
	    "certificate this name (syncline cert init NAME, issue --server)",
	    "name", "it is not for %s; its names: %s", c->name.text, names);
}

static void
say_validity(struct x509_st *cert)
{
	int64_t left = view_until_end(cert);
	char when[VIEW_TIME];
	char age[32];

	if (left <= 0)
		return; /* the chain says so */
	view_end(cert, when);
	cert_write_age(left, age, sizeof(age));
	if (left < CERT_WARN_SECONDS)
		steps_note("validity",
		    "until %s, %s only: it is time to "
		    "renew it",
		    when, age);
	else
		steps_good("validity", "until %s, %s", when, age);
}

static void
check_trust(struct check_tls *c, const struct probe *p)
{
	struct err why;
	struct err cure;

	if (c->cas == NULL) {
		steps_bad(&c->steps,
		    "give the certificate of its authority "
		    "with --ca FILE, or its fingerprint with --fingerprint",
		    "trust",
		    "nothing says whether this is the right server: "
		    "a sender would not talk to it");
		return;
	}
	if (judge_chain(probe_chain(p), c->cas, c->ca_path, JUDGE_SERVER, &why,
		&cure) == 0)
		steps_good("trust", "%s knows who signed it", c->ca_path);
	else
		steps_bad(&c->steps, cure.text, "trust", "%s", why.text);
}

void
check_server(struct check_tls *c, const struct probe *p)
{
	struct stack_st_X509 *chain = probe_chain(p);
	struct x509_st *cert = chain != NULL ? pem_at(chain, 0) : NULL;

	if (cert == NULL) {
		steps_bad(&c->steps, "give the server a certificate",
		    "certificate", "the server has none");
		return;
	}
	show(cert);
	if (c->fingerprint != NULL) {
		check_fingerprint(c, cert);
		say_validity(cert);
		return;
	}
	check_trust(c, p);
	say_validity(cert);
	check_name(c, cert);
}
