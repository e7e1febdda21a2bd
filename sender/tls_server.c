/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * tls_server.c - the side that is connected to: its context, and what is
 * wrong between its certificate and those who connect
 */
#include <openssl/err.h>
#include <openssl/x509v3.h>
#include <string.h>

#include "tls_parts.h"

enum { CURVE_TEXT = 64 };

struct tls *
tls_new(const struct tls_options *o, struct tls_faults *f)
{
	return tls_make(o, f, tls_on_verify);
}

static EVP_PKEY *
own_key(const struct tls *t)
{
	return X509_get0_pubkey(SSL_CTX_get0_certificate(t->ctx));
}

static bool
is_rsa(const EVP_PKEY *key)
{
	return EVP_PKEY_is_a(key, "RSA") == 1 ||
	    EVP_PKEY_is_a(key, "RSA-PSS") == 1;
}

static const char *
kind_of(const EVP_PKEY *key)
{
	return is_rsa(key)                  ? "RSA"
	    : EVP_PKEY_is_a(key, "EC") == 1 ? "ECDSA"
					    : EVP_PKEY_get0_type_name(key);
}

/* RFC 8446 section 4.2.3: its curves that sign; other keys need none. */
static bool
has_usual_curve(const EVP_PKEY *key, char curve[CURVE_TEXT])
{
	static const char *const usual[] = { "prime256v1", "secp384r1",
		"secp521r1" };

	if (EVP_PKEY_is_a(key, "EC") != 1)
		return true;
	if (EVP_PKEY_get_group_name(key, curve, CURVE_TEXT, NULL) != 1)
		(void)tls_add(curve, CURVE_TEXT, 0, "of its own");
	for (size_t i = 0; i < sizeof(usual) / sizeof(usual[0]); i++)
		if (strcmp(curve, usual[i]) == 0)
			return true;
	return false;
}

static bool
explain_flaw(const struct tls *t, X509 *own, struct err *err)
{
	const EVP_PKEY *key = own_key(t);
	const ASN1_TIME *begin = X509_get0_notBefore(own);
	char text[CURVE_TEXT];

	if (X509_cmp_current_time(begin) > 0) {
		(void)tls_add_time(text, sizeof(text), 0, begin);
		(void)err_set(err,
		    "is not valid before %s, and senders refuse it until then; "
		    "look at the clocks of this machine and of the one that "
		    "made it",
		    text);
		return true;
	}
	if (X509_check_purpose(own, X509_PURPOSE_SSL_SERVER, 0) != 1) {
		(void)err_set(err,
		    "is not for servers of TLS, so senders refuse it; issue "
		    "one with serverAuth in its extendedKeyUsage, as `syncline "
		    "cert issue --server` does");
		return true;
	}
	if (!has_usual_curve(key, text)) {
		(void)err_set(err,
		    "has a key on the curve %s, which TLS 1.3 and most senders "
		    "do not take; make one with P-256, P-384 or P-521",
		    text);
		return true;
	}
	if (t->legacy && EVP_PKEY_is_a(key, "RSA") != 1) {
		(void)err_set(err,
		    "has no RSA key, without which `legacy` changes nothing; "
		    "`syncline cert issue --server --rsa` makes one");
		return true;
	}
	return false;
}

bool
tls_has_flaw(const struct tls *t, struct err *err)
{
	bool has = explain_flaw(t, SSL_CTX_get0_certificate(t->ctx), err);

	ERR_clear_error();
	return has;
}

/* Is it a suite of ours, too? Those of TLS 1.3 go with any certificate. */
static bool
is_ours(const SSL *ssl, const SSL_CIPHER *theirs)
{
	STACK_OF(SSL_CIPHER) *ours = SSL_get_ciphers(ssl);

	if (SSL_CIPHER_get_auth_nid(theirs) == NID_auth_any)
		return false;
	for (int i = 0; i < sk_SSL_CIPHER_num(ours); i++)
		if (SSL_CIPHER_get_id(sk_SSL_CIPHER_value(ours, i)) ==
		    SSL_CIPHER_get_id(theirs))
			return true;
	return false;
}

/* What it and we have in common: suites for a certificate like ours, and
 * suites for the other kind. */
static void
compare(const SSL *ssl, bool rsa, bool *same, bool *other)
{
	const STACK_OF(SSL_CIPHER) *theirs = SSL_get_client_ciphers(ssl);

	*same = *other = false;
	for (int i = 0; i < sk_SSL_CIPHER_num(theirs); i++) {
		const SSL_CIPHER *c = sk_SSL_CIPHER_value(theirs, i);
		bool for_rsa = SSL_CIPHER_get_auth_nid(c) == NID_auth_rsa;

		if (is_ours(ssl, c))
			*(for_rsa == rsa ? same : other) = true;
	}
}

static size_t
add_kind(char *text, size_t size, const EVP_PKEY *key)
{
	bool rsa = is_rsa(key);

	return tls_add(text, size, 0,
	    "it takes %s certificates alone, and ours is %s; give us another, "
	    "`syncline cert issue --server%s` makes one",
	    rsa ? "ECDSA" : "RSA", kind_of(key), rsa ? "" : " --rsa");
}

static size_t
add_no_suite(char *text, size_t size, const SSL *ssl, const struct tls *t)
{
	const EVP_PKEY *key = own_key(t);
	bool same, other;

	compare(ssl, is_rsa(key), &same, &other);
	if (other && !same)
		return add_kind(text, size, key);
	if (same)
		return tls_add(text, size, 0,
		    "it has none of our groups for the key exchange, or not "
		    "the curve of our key; it needs P-256 or X25519");
	return tls_add(text, size, 0,
	    "it has none of our cipher suites; it needs ECDHE with AES-GCM or "
	    "ChaCha20-Poly1305%s",
	    t->legacy
		? ""
		: ", or, if it is too old for these, `legacy: true` here");
}

/* Old, or so new that it has nothing for a key like ours? */
static size_t
add_no_version(char *text, size_t size, const SSL *ssl, const struct tls *t)
{
	char curve[CURVE_TEXT];

	if (SSL_client_version(ssl) >= TLS1_2_VERSION &&
	    !has_usual_curve(own_key(t), curve))
		return tls_add(text, size, 0,
		    "it speaks TLS 1.3 alone, where our key on the curve %s "
		    "cannot be used; give us one with P-256",
		    curve);
	return tls_add(text, size, 0,
	    "it speaks only versions of TLS older than 1.2, which are not "
	    "safe; update it");
}

static size_t
add_no_certificate(char *text, size_t size, const struct tls *t)
{
	return tls_add(text, size, 0,
	    "it sent no certificate; give it one %s (`client: optional` would "
	    "do without)",
	    t->store != NULL ? "that an authority in `ca` signed"
			     : "whose fingerprint is in `peers`");
}

size_t
tls_add_server_reason(
    char *text, size_t size, const SSL *ssl, const struct tls *t)
{
	unsigned long e = ERR_peek_error();

	if (ERR_GET_LIB(e) != ERR_LIB_SSL)
		return tls_add_reason(text, size, 0);
	switch (ERR_GET_REASON(e)) {
	case SSL_R_PEER_DID_NOT_RETURN_A_CERTIFICATE:
		return add_no_certificate(text, size, t);
	case SSL_R_NO_SHARED_CIPHER:
		return add_no_suite(text, size, ssl, t);
	case SSL_R_NO_SUITABLE_SIGNATURE_ALGORITHM:
		return tls_add(text, size, 0,
		    "it takes no certificate with a key like ours, which is "
		    "%s; give us another, `syncline cert issue --server` makes "
		    "ECDSA P-256, and RSA with --rsa",
		    kind_of(own_key(t)));
	case SSL_R_WRONG_CURVE:
		return tls_add(text, size, 0,
		    "its certificate has a key on a curve that is not taken "
		    "here; make one with P-256, P-384 or P-521");
	case SSL_R_UNSUPPORTED_PROTOCOL:
	case SSL_R_VERSION_TOO_LOW:
	case SSL_R_WRONG_SSL_VERSION:
		return add_no_version(text, size, ssl, t);
	case SSL_R_TOO_MUCH_EARLY_DATA:
		return tls_add(text, size, 0,
		    "it sent data before the handshake was over (0-RTT), which "
		    "anybody could send again; switch that off there");
	default:
		return tls_add_reason(text, size, 0);
	}
}
