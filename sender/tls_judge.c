/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * tls_judge.c - may who has this certificate talk to us?
 *
 * A listed fingerprint is enough by itself (RFC-72, 84). Everybody else needs
 * a valid path to `ca`, and, when names are listed, one of them (RFC-85).
 * What a list of revoked certificates names is refused in any case, and so is
 * what it may name when it is too old to say.
 */
#include <openssl/err.h>
#include <openssl/x509_vfy.h>
#include <openssl/x509v3.h>
#include <string.h>

#include "tls_parts.h"

enum { AUTH_LEVEL = 2 }; /* 112 bits: RSA 2048, no SHA-1 */

/* Who the certificate with the error is, when it is not the peer's own. */
static size_t
add_whose(char *why, size_t size, X509_STORE_CTX *ctx)
{
	const X509 *at = X509_STORE_CTX_get_current_cert(ctx);
	size_t n = 0;

	if (at == NULL || X509_STORE_CTX_get_error_depth(ctx) == 0)
		return tls_add(why, size, n, "it");
	n = tls_add_name(why, size, n, X509_get_subject_name(at));
	return tls_add(why, size, n, ", which signed it,");
}

static size_t
add_issuer(char *why, size_t size, size_t n, X509_STORE_CTX *ctx)
{
	const X509 *at = X509_STORE_CTX_get_current_cert(ctx);

	if (at == NULL)
		return tls_add(why, size, n, "its issuer");
	return tls_add_name(why, size, n, X509_get_issuer_name(at));
}

/* A list that the certificate's issuer made, when all that it made are over. */
static const X509_CRL *
ended_list(const struct tls *t, const X509 *cert)
{
	const X509_CRL *ended = NULL;

	for (int i = 0; t->crls != NULL && i < sk_X509_CRL_num(t->crls); i++) {
		X509_CRL *crl = sk_X509_CRL_value(t->crls, i);
		const ASN1_TIME *end = X509_CRL_get0_nextUpdate(crl);

		if (tls_is_delta(crl) ||
		    X509_NAME_cmp(X509_CRL_get_issuer(crl),
			X509_get_issuer_name(cert)) != 0)
			continue;
		if (end == NULL || X509_cmp_current_time(end) > 0)
			return NULL;
		ended = crl;
	}
	return ended;
}

static void
explain_end(const struct tls *t, const X509_CRL *crl, char *why, size_t size)
{
	size_t n = tls_add(
	    why, size, 0, "nobody knows whether it is revoked: the list of ");

	n = tls_add_name(why, size, n, X509_CRL_get_issuer(crl));
	n = tls_add(why, size, n, " in %s ended on ", t->file[FILE_CRL]);
	n = tls_add_time(why, size, n, X509_CRL_get0_nextUpdate(crl));
	(void)tls_add(why, size, n, "; get a new one%s",
	    t->connects ? "" : " and send us SIGHUP");
}

static void
explain_crl(const struct tls *t, X509_STORE_CTX *ctx, char *why, size_t size)
{
	int error = X509_STORE_CTX_get_error(ctx);
	const X509 *at = X509_STORE_CTX_get_current_cert(ctx);
	const X509_CRL *ended = at != NULL ? ended_list(t, at) : NULL;
	size_t n = 0;

	if (error == X509_V_ERR_CERT_REVOKED) {
		n = add_whose(why, size, ctx);
		(void)tls_add(why, size, n,
		    " is revoked by %s; whoever has it needs a new one",
		    t->file[FILE_CRL]);
		return;
	}
	if (error == X509_V_ERR_CRL_HAS_EXPIRED && ended != NULL) {
		explain_end(t, ended, why, size);
		return;
	}
	n = tls_add(why, size, n, "nobody knows whether it is revoked: ");
	if (error == X509_V_ERR_UNABLE_TO_GET_CRL) {
		n = tls_add(
		    why, size, n, "%s has no list of ", t->file[FILE_CRL]);
		n = add_issuer(why, size, n, ctx);
		(void)tls_add(why, size, n, "; add it there");
		return;
	}
	n = tls_add(why, size, n, "the list of ");
	n = add_issuer(why, size, n, ctx);
	(void)tls_add(why, size, n, " in %s is not valid (%s)",
	    t->file[FILE_CRL], X509_verify_cert_error_string(error));
}

static size_t
explain_times(X509_STORE_CTX *ctx, char *why, size_t size)
{
	const X509 *at = X509_STORE_CTX_get_current_cert(ctx);
	size_t n = add_whose(why, size, ctx);

	if (X509_STORE_CTX_get_error(ctx) == X509_V_ERR_CERT_HAS_EXPIRED) {
		n = tls_add(why, size, n, " expired on ");
		n = tls_add_time(why, size, n, X509_get0_notAfter(at));
		return tls_add(why, size, n, "; renew it");
	}
	n = tls_add(why, size, n, " is not valid before ");
	n = tls_add_time(why, size, n, X509_get0_notBefore(at));
	return tls_add(why, size, n, "; look at both clocks");
}

/* What it may be used for leaves out what we use it for. */
static void
explain_purpose(
    const struct tls *t, X509_STORE_CTX *ctx, char *why, size_t size, size_t n)
{
	X509 *at = X509_STORE_CTX_get_current_cert(ctx);
	uint32_t want = t->connects ? XKU_SSL_SERVER : XKU_SSL_CLIENT;

	n = tls_add(why, size, n,
	    " is not for %s of TLS: ", t->connects ? "servers" : "clients");
	/* without the extension every bit is set */
	if (at != NULL && (X509_get_extended_key_usage(at) & want) != 0)
		(void)tls_add(why, size, n,
		    "digitalSignature is missing in its keyUsage; issue one "
		    "that has it");
	else
		(void)tls_add(why, size, n,
		    "%s is missing in its extendedKeyUsage; issue one that "
		    "has it",
		    t->connects ? "serverAuth" : "clientAuth");
}

static void
explain_use(const struct tls *t, X509_STORE_CTX *ctx, char *why, size_t size)
{
	int error = X509_STORE_CTX_get_error(ctx);
	size_t n = add_whose(why, size, ctx);

	switch (error) {
	case X509_V_ERR_INVALID_PURPOSE:
		explain_purpose(t, ctx, why, size, n);
		return;
	case X509_V_ERR_EC_KEY_EXPLICIT_PARAMS:
		(void)tls_add(why, size, n,
		    " has a key that brings a curve of its own; make one with "
		    "a curve that has a name, like P-256");
		return;
	case X509_V_ERR_EE_KEY_TOO_SMALL:
	case X509_V_ERR_CA_KEY_TOO_SMALL:
	case X509_V_ERR_CA_MD_TOO_WEAK:
		(void)tls_add(why, size, n,
		    " is too weak for today (%s); make one with ECDSA P-256, "
		    "or RSA of 2048 bits or more, and SHA-256",
		    X509_verify_cert_error_string(error));
		return;
	default:
		(void)tls_add(why, size, n, " is not valid: %s",
		    X509_verify_cert_error_string(error));
	}
}

/* Why there is no valid path, and what to do about it. */
static void
explain(const struct tls *t, X509_STORE_CTX *ctx, char *why, size_t size)
{
	int error = X509_STORE_CTX_get_error(ctx);
	size_t n = 0;

	switch (error) {
	case X509_V_ERR_DEPTH_ZERO_SELF_SIGNED_CERT:
		(void)tls_add(why, size, n,
		    "it is self-signed and not in %s; to allow it, %s",
		    t->file[FILE_CA],
		    t->connects ? "give its fingerprint"
				: "list its fingerprint in `peers`");
		return;
	case X509_V_ERR_UNABLE_TO_GET_ISSUER_CERT:
	case X509_V_ERR_UNABLE_TO_GET_ISSUER_CERT_LOCALLY:
	case X509_V_ERR_UNABLE_TO_VERIFY_LEAF_SIGNATURE:
		n = add_whose(why, size, ctx);
		n = tls_add(why, size, n, " is signed by ");
		n = add_issuer(why, size, n, ctx);
		(void)tls_add(why, size, n,
		    ", which is not in %s; add that authority there, or let "
		    "the peer send the certificates in between",
		    t->file[FILE_CA]);
		return;
	case X509_V_ERR_SELF_SIGNED_CERT_IN_CHAIN:
		n = tls_add(why, size, n, "it is signed by ");
		n = tls_add_name(why, size, n,
		    X509_get_issuer_name(X509_STORE_CTX_get0_cert(ctx)));
		n = tls_add(why, size, n, ", and its chain ends at ");
		n = add_issuer(why, size, n, ctx);
		(void)tls_add(why, size, n,
		    ", which is not in %s; add that authority there",
		    t->file[FILE_CA]);
		return;
	case X509_V_ERR_CERT_HAS_EXPIRED:
	case X509_V_ERR_CERT_NOT_YET_VALID:
		(void)explain_times(ctx, why, size);
		return;
	case X509_V_ERR_CERT_REVOKED:
	case X509_V_ERR_UNABLE_TO_GET_CRL:
	case X509_V_ERR_CRL_HAS_EXPIRED:
	case X509_V_ERR_CRL_NOT_YET_VALID:
	case X509_V_ERR_CRL_SIGNATURE_FAILURE:
	case X509_V_ERR_UNABLE_TO_GET_CRL_ISSUER:
		explain_crl(t, ctx, why, size);
		return;
	default:
		explain_use(t, ctx, why, size);
	}
}

/* What is in `ca` is trusted: no list of somebody above it is asked for. */
static int
on_error(int ok, X509_STORE_CTX *ctx)
{
	int depth = X509_STORE_CTX_get_error_depth(ctx);

	return ok ||
	    (X509_STORE_CTX_get_error(ctx) == X509_V_ERR_UNABLE_TO_GET_CRL &&
		depth > 0 &&
		depth == sk_X509_num(X509_STORE_CTX_get0_chain(ctx)) - 1);
}

/* OpenSSL asks the newest list of an authority; any may revoke. From the top,
 * to tell who is named and not who comes from it. */
static bool
is_any_revoked(const struct tls *t, X509_STORE_CTX *ctx)
{
	STACK_OF(X509) *chain = X509_STORE_CTX_get0_chain(ctx);

	for (int i = sk_X509_num(chain) - 1; i >= 0; i--) {
		X509 *cert = sk_X509_value(chain, i);

		if (!tls_is_revoked(t, cert, NULL))
			continue;
		X509_STORE_CTX_set_error_depth(ctx, i);
		X509_STORE_CTX_set_current_cert(ctx, cert);
		X509_STORE_CTX_set_error(ctx, X509_V_ERR_CERT_REVOKED);
		return true;
	}
	return false;
}

/* whole: to an authority of ours that signs itself; else to any of them. */
static bool
verify(const struct tls *t, X509 *leaf, STACK_OF(X509) * chain, bool whole,
    struct tls_verdict *v)
{
	X509_STORE_CTX *ctx = X509_STORE_CTX_new();
	X509_VERIFY_PARAM *param;
	bool ok = false;

	v->error = X509_V_ERR_OUT_OF_MEM;
	(void)tls_add(v->why, sizeof(v->why), 0, "no memory to look at it");
	if (ctx == NULL ||
	    X509_STORE_CTX_init(ctx, t->store, leaf, chain) != 1 ||
	    X509_STORE_CTX_set_default(
		ctx, t->connects ? "ssl_server" : "ssl_client") != 1)
		goto out;
	param = X509_STORE_CTX_get0_param(ctx);
	X509_VERIFY_PARAM_set_depth(param, TLS_PATH_DEPTH_MAX);
	X509_VERIFY_PARAM_set_auth_level(param, AUTH_LEVEL);
	if (whole)
		(void)X509_VERIFY_PARAM_clear_flags(
		    param, X509_V_FLAG_PARTIAL_CHAIN);
	else
		X509_STORE_CTX_set_verify_cb(ctx, on_error);
	ok = X509_verify_cert(ctx) == 1 && !is_any_revoked(t, ctx);
	if (ok)
		goto out;
	v->error = X509_STORE_CTX_get_error(ctx);
	if (v->error == X509_V_OK)
		v->error = X509_V_ERR_UNSPECIFIED;
	explain(t, ctx, v->why, sizeof(v->why));
out:
	X509_STORE_CTX_free(ctx);
	return ok;
}

/*
 * Is there a valid path from it to an authority of ours? OpenSSL stops at the
 * first of them, and cannot see then whether the next one has revoked it: with
 * lists it must go on to the end, where that is ours, too.
 */
static bool
has_path(const struct tls *t, X509 *leaf, STACK_OF(X509) * chain,
    struct tls_verdict *v)
{
	if (t->crls == NULL)
		return verify(t, leaf, chain, false, v);
	if (verify(t, leaf, chain, true, v))
		return true;
	switch (v->error) {
	case X509_V_ERR_UNABLE_TO_GET_ISSUER_CERT:
	case X509_V_ERR_UNABLE_TO_GET_ISSUER_CERT_LOCALLY:
	case X509_V_ERR_UNABLE_TO_VERIFY_LEAF_SIGNATURE:
	case X509_V_ERR_SELF_SIGNED_CERT_IN_CHAIN:
		return verify(t, leaf, chain, false, v);
	default:
		return false;
	}
}

static void
explain_name(const struct tls *t, const X509 *leaf, struct tls_verdict *v)
{
	size_t n = 0, shown = 0;

	v->error = X509_V_ERR_HOSTNAME_MISMATCH;
	if (t->n_prints == t->n_allowed) {
		char print[TLS_PRINT_TEXT];

		tls_print_text(leaf, print);
		(void)tls_add(v->why, sizeof(v->why), n,
		    t->connects ? "it has another fingerprint: %s"
				: "%s is not listed; add it to `peers` to "
				  "allow it",
		    print);
		return;
	}
	n = tls_add(v->why, sizeof(v->why), n, "it names ");
	n = tls_add_sans(v->why, sizeof(v->why), n, leaf);
	n = tls_add(v->why, sizeof(v->why), n,
	    t->connects ? ", wanted is " : ", allowed are ");
	for (size_t i = 0; i < t->n_allowed && shown < 5; i++)
		if (t->allowed[i].kind != ALLOWED_PRINT)
			n = tls_add(v->why, sizeof(v->why), n, "%s%.64s",
			    shown++ > 0 ? ", " : "", t->allowed[i].text);
	if (shown < t->n_allowed - t->n_prints)
		n = tls_add(v->why, sizeof(v->why), n, " and %zu more",
		    t->n_allowed - t->n_prints - shown);
	(void)tls_add(v->why, sizeof(v->why), n,
	    t->connects ? "; is it the right server? Then give its name"
			: "; add its name to `peers` to allow it");
}

static void
approve(struct tls_verdict *v)
{
	v->ok = true;
	v->error = X509_V_OK;
	v->why[0] = '\0';
	/* of a key or path that did not fit: SSL_get_error() would find it */
	ERR_clear_error();
}

/* Listed itself. Its name counts when an authority of ours vouches for it. */
static void
judge_listed(const struct tls *t, X509 *leaf, STACK_OF(X509) * chain,
    struct tls_verdict *v)
{
	const X509_CRL *ended = ended_list(t, leaf);

	if (tls_is_revoked(t, leaf, chain)) {
		v->error = X509_V_ERR_CERT_REVOKED;
		(void)tls_add(v->why, sizeof(v->why), 0,
		    "it is revoked by %s, though its fingerprint is listed",
		    t->file[FILE_CRL]);
		return;
	}
	if (ended != NULL) {
		v->error = X509_V_ERR_CRL_HAS_EXPIRED;
		explain_end(t, ended, v->why, sizeof(v->why));
		return;
	}
	if (t->store != NULL && has_path(t, leaf, chain, v)) {
		v->name_n = tls_first_name(leaf, v->name);
	} else {
		char print[TLS_PRINT_TEXT];

		tls_print_text(leaf, print);
		v->name_n = tls_copy_name(
		    v->name, (const unsigned char *)print, strlen(print));
	}
	approve(v);
}

void
tls_judge(const struct tls *t, X509 *leaf, STACK_OF(X509) * chain,
    struct tls_verdict *v)
{
	*v = (struct tls_verdict){ .error = X509_V_ERR_UNSPECIFIED };
	if (leaf == NULL) {
		(void)tls_add(v->why, sizeof(v->why), 0, "there is none");
		return;
	}
	if (tls_allowed_print(t, leaf) != NULL) {
		judge_listed(t, leaf, chain, v);
		return;
	}
	if (t->store == NULL) {
		explain_name(t, leaf, v);
		return;
	}
	if (!has_path(t, leaf, chain, v))
		return;
	if (t->n_allowed == 0) {
		v->name_n = tls_first_name(leaf, v->name);
		approve(v);
	} else if (tls_allowed_name(t, leaf, v->name, &v->name_n)) {
		approve(v);
	} else {
		explain_name(t, leaf, v);
	}
}
