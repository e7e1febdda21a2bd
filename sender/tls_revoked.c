/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * tls_revoked.c - does a list of revoked certificates name who has this one?
 */
#include <openssl/x509_vfy.h>
#include <openssl/x509v3.h>

#include "tls_parts.h"

/*
 * Is crl about cert? A key that signed cert signed crl, too, or no list at
 * all: another authority of that name, or one before it, may count its
 * certificates from 1, too, but then it has a list of its own. One that has
 * none may have got a new key, and lists with that what it signed before.
 */
static bool
is_about(const struct tls *t, const X509_CRL *crl, X509 *cert)
{
	bool has_another = false;

	for (int i = 0; i < sk_X509_num(t->cas); i++) {
		EVP_PKEY *key = X509_get0_pubkey(sk_X509_value(t->cas, i));

		if (key == NULL || X509_verify(cert, key) != 1)
			continue;
		for (int k = 0; k < sk_X509_CRL_num(t->crls); k++) {
			X509_CRL *list = sk_X509_CRL_value(t->crls, k);

			if (X509_CRL_verify(list, key) != 1)
				continue;
			if (list == crl)
				return true;
			has_another = true;
		}
	}
	return !has_another;
}

static bool
is_in(const struct tls *t, X509_CRL *crl, X509 *cert)
{
	X509_REVOKED *found;

	/* 2: it was taken off the list again */
	return X509_NAME_cmp(
		   X509_CRL_get_issuer(crl), X509_get_issuer_name(cert)) == 0 &&
	    X509_CRL_get0_by_cert(crl, &found, cert) == 1 &&
	    is_about(t, crl, cert);
}

static bool
is_listed(const struct tls *t, X509 *cert)
{
	for (int i = 0; i < sk_X509_CRL_num(t->crls); i++)
		if (is_in(t, sk_X509_CRL_value(t->crls, i), cert))
			return true;
	return false;
}

/* Is it listed, or an authority of ours that it comes from? Peers need not
 * send those. */
static bool
is_revoked(const struct tls *t, X509 *cert, int depth)
{
	if (is_listed(t, cert))
		return true;
	/* at the end; those of its name would lead nowhere */
	if (depth == TLS_PATH_DEPTH_MAX ||
	    X509_NAME_cmp(
		X509_get_subject_name(cert), X509_get_issuer_name(cert)) == 0)
		return false;
	for (int i = 0; i < sk_X509_num(t->cas); i++) {
		X509 *ca = sk_X509_value(t->cas, i);

		/* the key last, as it takes long: one of that name may have
		 * another */
		if (X509_check_issued(ca, cert) == X509_V_OK &&
		    is_revoked(t, ca, depth + 1) &&
		    X509_verify(cert, X509_get0_pubkey(ca)) == 1)
			return true;
	}
	return false;
}

bool
tls_is_revoked(const struct tls *t, X509 *leaf, STACK_OF(X509) * chain)
{
	bool is;

	if (t->crls == NULL)
		return false;
	is = is_revoked(t, leaf, 0);
	for (int i = 0; !is && chain != NULL && i < sk_X509_num(chain); i++)
		is = is_revoked(t, sk_X509_value(chain, i), 0);
	return is;
}
