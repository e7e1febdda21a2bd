/* SPDX-License-Identifier: BSD-2-Clause */
#include "cert/judge.h"

#include <stdio.h>
#include <string.h>

#include <openssl/err.h>
#include <openssl/x509.h>
#include <openssl/x509v3.h>

#include "cert/view.h"

enum { DEPTH_MAX = 10 };

/* What is wrong, in a sentence about the certificate "at", and the cure. */
struct verdict {
	int code;
	int depth;
	X509 *at; /* borrowed */
	const char *ca_name;
	enum judge_use use;
};

static void
say_unknown(const struct verdict *v, struct err *why, struct err *cure)
{
	char issuer[VIEW_TEXT];

	view_issuer(v->at, issuer);
	(void)err_set(why, "it is signed by %.200s, which is not in %.200s",
	    issuer, v->ca_name);
	(void)err_set(cure,
	    "add the certificate of that authority to %.200s, "
	    "or have this one signed by an authority that is in it; if there "
	    "are others between the two, they belong behind it, in its file",
	    v->ca_name);
}

static void
say_self_signed(const struct verdict *v, struct err *why, struct err *cure)
{
	char subject[VIEW_TEXT];

	view_subject(v->at, subject);
	if (v->depth == 0)
		(void)err_set(why,
		    "it signs itself, and %.200s does not have "
		    "it",
		    v->ca_name);
	else
		(void)err_set(why, "its authority, %.200s, is not in %.200s",
		    subject, v->ca_name);
	(void)err_set(cure,
	    "allow it by its fingerprint, or add %s to %.200s "
	    "if you trust it",
	    v->depth == 0 ? "it" : "that authority", v->ca_name);
}

static void
say_dates(const struct verdict *v, struct err *why, struct err *cure)
{
	const char *who = v->depth == 0 ? "it" : "the authority that signed it";
	char when[VIEW_TIME];

	if (v->code == X509_V_ERR_CERT_HAS_EXPIRED) {
		view_end(v->at, when);
		(void)err_set(why, "%s has expired on %s", who, when);
		(void)err_set(cure, "%s",
		    v->depth == 0
			? "renew it (syncline cert renew)"
			: "renew it (syncline cert renew --authority), and "
			  "give everybody the new ca.pem");
		return;
	}
	view_begin(v->at, when);
	(void)err_set(why, "%s is not valid before %s", who, when);
	(void)err_set(cure,
	    "set the clock of the machine that made it, or of "
	    "this one: one of them is wrong");
}

static void
say_purpose(const struct verdict *v, struct err *why, struct err *cure)
{
	if (v->depth > 0) {
		(void)err_set(why, "what signed it may not sign certificates");
		(void)err_set(cure,
		    "have it signed by an authority (a "
		    "certificate with CA:TRUE and keyCertSign)");
		return;
	}
	(void)err_set(why, "it may not be used as that of a %s",
	    v->use == JUDGE_SERVER ? "server" : "client");
	(void)err_set(cure,
	    "have one made with %s in its extended key usage; "
	    "`syncline cert issue%s` does",
	    v->use == JUDGE_SERVER ? "serverAuth" : "clientAuth",
	    v->use == JUDGE_SERVER ? " --server" : "");
}

static void
say_other(const struct verdict *v, struct err *why, struct err *cure)
{
	switch (v->code) {
	case X509_V_ERR_CERT_SIGNATURE_FAILURE:
		(void)err_set(why,
		    "its signature is not by the authority of "
		    "that name in %.200s",
		    v->ca_name);
		(void)err_set(cure,
		    "there are two authorities with one name, "
		    "or it was changed: have it signed anew");
		break;
	case X509_V_ERR_EE_KEY_TOO_SMALL:
	case X509_V_ERR_CA_KEY_TOO_SMALL:
	case X509_V_ERR_CA_MD_TOO_WEAK:
		(void)err_set(why,
		    "its key or signature, or those of its "
		    "authority, are too weak for today");
		(void)err_set(cure,
		    "make new ones (ECDSA P-256, or RSA with "
		    "2048 bits or more, and SHA-256)");
		break;
	case X509_V_ERR_PATH_LENGTH_EXCEEDED:
	case X509_V_ERR_CERT_CHAIN_TOO_LONG:
		(void)err_set(why,
		    "there are more authorities between it and "
		    "%.200s than are allowed",
		    v->ca_name);
		(void)err_set(cure, "have it signed by one that is nearer");
		break;
	default:
		(void)err_set(
		    why, "%s", X509_verify_cert_error_string(v->code));
		(void)err_set(cure,
		    "have it made anew; `syncline cert show` "
		    "tells what it says");
		break;
	}
}

static void
say(const struct verdict *v, struct err *why, struct err *cure)
{
	switch (v->code) {
	case X509_V_ERR_UNABLE_TO_GET_ISSUER_CERT:
	case X509_V_ERR_UNABLE_TO_GET_ISSUER_CERT_LOCALLY:
	case X509_V_ERR_UNABLE_TO_VERIFY_LEAF_SIGNATURE:
		say_unknown(v, why, cure);
		break;
	case X509_V_ERR_DEPTH_ZERO_SELF_SIGNED_CERT:
	case X509_V_ERR_SELF_SIGNED_CERT_IN_CHAIN:
		say_self_signed(v, why, cure);
		break;
	case X509_V_ERR_CERT_HAS_EXPIRED:
	case X509_V_ERR_CERT_NOT_YET_VALID:
		say_dates(v, why, cure);
		break;
	case X509_V_ERR_INVALID_PURPOSE:
	case X509_V_ERR_INVALID_CA:
	case X509_V_ERR_KEYUSAGE_NO_CERTSIGN:
	case X509_V_ERR_CERT_UNTRUSTED:
	case X509_V_ERR_CERT_REJECTED:
		say_purpose(v, why, cure);
		break;
	default:
		say_other(v, why, cure);
		break;
	}
}

static void
set_rules(X509_STORE_CTX *ctx, enum judge_use use, unsigned long flags)
{
	X509_VERIFY_PARAM *param = X509_STORE_CTX_get0_param(ctx);

	X509_VERIFY_PARAM_set_depth(param, DEPTH_MAX);
	/* an authority in the middle may be what somebody trusts */
	(void)X509_VERIFY_PARAM_set_flags(
	    param, X509_V_FLAG_PARTIAL_CHAIN | flags);
	X509_VERIFY_PARAM_set_auth_level(param, 2);
	if (use != JUDGE_ANY)
		(void)X509_VERIFY_PARAM_set_purpose(param,
		    use == JUDGE_SERVER ? X509_PURPOSE_SSL_SERVER
					: X509_PURPOSE_SSL_CLIENT);
}

static int
judge(STACK_OF(X509) * chain, STACK_OF(X509) * cas, struct verdict *v,
    unsigned long flags, struct err *why, struct err *cure)
{
	X509_STORE_CTX *ctx = X509_STORE_CTX_new();
	X509_STORE *store = X509_STORE_new();
	bool ready = ctx != NULL && store != NULL;
	bool good;

	for (int i = 0; ready && i < sk_X509_num(cas); i++)
		ready = X509_STORE_add_cert(store, sk_X509_value(cas, i)) == 1;
	ready = ready &&
	    X509_STORE_CTX_init(ctx, store, sk_X509_value(chain, 0), chain) ==
		1;
	if (ready)
		set_rules(ctx, v->use, flags);
	good = ready && X509_verify_cert(ctx) == 1;
	if (!ready) {
		(void)err_set(why, "it cannot be checked");
		(void)err_set(cure, "is there enough memory?");
	} else if (!good) {
		v->code = X509_STORE_CTX_get_error(ctx);
		v->depth = X509_STORE_CTX_get_error_depth(ctx);
		v->at = X509_STORE_CTX_get_current_cert(ctx);
		if (v->at == NULL)
			v->at = sk_X509_value(chain, 0);
		say(v, why, cure);
	}
	X509_STORE_CTX_free(ctx);
	X509_STORE_free(store);
	ERR_clear_error();
	return good ? 0 : -1;
}

int
judge_chain(STACK_OF(X509) * chain, STACK_OF(X509) * cas, const char *ca_name,
    enum judge_use use, struct err *why, struct err *cure)
{
	struct verdict v = { .ca_name = ca_name, .use = use };

	return judge(chain, cas, &v, 0, why, cure);
}

int
judge_chain_undated(STACK_OF(X509) * chain, STACK_OF(X509) * cas,
    const char *ca_name, enum judge_use use, struct err *why, struct err *cure)
{
	struct verdict v = { .ca_name = ca_name, .use = use };

	return judge(chain, cas, &v, X509_V_FLAG_NO_CHECK_TIME, why, cure);
}

bool
judge_is_for(X509 *cert, const struct hostname *host)
{
	unsigned int flags = X509_CHECK_FLAG_NEVER_CHECK_SUBJECT |
	    X509_CHECK_FLAG_NO_PARTIAL_WILDCARDS;
	bool is = host->octets > 0
	    ? X509_check_ip(cert, host->address, host->octets, flags) == 1
	    : X509_check_host(
		  cert, host->text, strlen(host->text), flags, NULL) == 1;

	ERR_clear_error();
	return is;
}

bool
judge_is_self_signed(X509 *cert)
{
	bool is = X509_self_signed(cert, 1) == 1;

	ERR_clear_error();
	return is;
}
