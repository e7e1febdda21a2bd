/* SPDX-License-Identifier: BSD-2-Clause */
#include "cert/make.h"

#include <string.h>

#include <openssl/bn.h>
#include <openssl/err.h>
#include <openssl/evp.h>
#include <openssl/x509.h>
#include <openssl/x509v3.h>

#include "cert/pem.h"
#include "cert/reason.h"

enum {
	RSA_BITS = 3072,
	SERIAL_BITS = 159, /* 20 octets and positive (RFC 5280 4.1.2.2) */
	SKEW = 3600,       /* seconds that another clock may be behind */
	COMMON_NAME_MAX = 64,
	VERSION_3 = 2
};

EVP_PKEY *
make_key(bool rsa, struct err *err)
{
	EVP_PKEY *key = rsa ? EVP_RSA_gen(RSA_BITS) : EVP_EC_gen("P-256");

	if (key == NULL)
		(void)reason_set(err, "cannot make a key");
	return key;
}

static bool
set_serial(X509 *cert)
{
	BIGNUM *bits = BN_new();
	bool done = bits != NULL &&
	    BN_rand(bits, SERIAL_BITS, BN_RAND_TOP_ONE, BN_RAND_BOTTOM_ANY) ==
		1 &&
	    BN_to_ASN1_INTEGER(bits, X509_get_serialNumber(cert)) != NULL;

	BN_free(bits);
	return done;
}

/* A certificate that outlives its authority only fails later, elsewhere. */
static bool
set_validity(X509 *cert, int days, const X509 *ca)
{
	ASN1_TIME *end = X509_getm_notAfter(cert);

	if (X509_gmtime_adj(X509_getm_notBefore(cert), -SKEW) == NULL ||
	    X509_time_adj_ex(end, days, 0, NULL) == NULL)
		return false;
	if (ca != NULL && ASN1_TIME_compare(end, X509_get0_notAfter(ca)) > 0)
		return X509_set1_notAfter(cert, X509_get0_notAfter(ca)) == 1;
	return true;
}

static bool
set_subject(X509 *cert, const struct make_want *want)
{
	const char *text = want->authority != NULL ? want->authority
						   : want->names[0].text;
	X509_NAME *name = X509_get_subject_name(cert);

	/* what counts is in the subjectAltName; this is for people */
	if (strlen(text) > COMMON_NAME_MAX)
		return X509_NAME_add_entry_by_txt(name, "O", MBSTRING_UTF8,
			   (const unsigned char *)"Syncline", -1, -1, 0) == 1;
	return X509_NAME_add_entry_by_txt(name, "CN", MBSTRING_UTF8,
		   (const unsigned char *)text, -1, -1, 0) == 1;
}

static GENERAL_NAME *
new_name(const struct hostname *h)
{
	bool address = h->octets > 0;
	GENERAL_NAME *name = GENERAL_NAME_new();
	ASN1_STRING *value = address ? ASN1_OCTET_STRING_new()
				     : ASN1_IA5STRING_new();
	const void *from = address ? (const void *)h->address : h->text;
	size_t n = address ? h->octets : strlen(h->text);

	if (name == NULL || value == NULL ||
	    ASN1_STRING_set(value, from, (int)n) != 1) {
		GENERAL_NAME_free(name);
		ASN1_STRING_free(value);
		return NULL;
	}
	GENERAL_NAME_set0_value(name, address ? GEN_IPADD : GEN_DNS, value);
	return name;
}

static bool
add_names(X509 *cert, const struct make_want *want)
{
	GENERAL_NAMES *names = sk_GENERAL_NAME_new_null();
	bool done = names != NULL;

	for (size_t i = 0; done && i < want->count; i++) {
		GENERAL_NAME *name = new_name(&want->names[i]);

		if (name == NULL || sk_GENERAL_NAME_push(names, name) == 0) {
			GENERAL_NAME_free(name);
			done = false;
		}
	}
	done = done &&
	    X509_add1_ext_i2d(
		cert, NID_subject_alt_name, names, 0, X509V3_ADD_APPEND) == 1;
	GENERAL_NAMES_free(names);
	return done;
}

static bool
add_extension(X509 *cert, X509 *ca, int nid, const char *value)
{
	X509V3_CTX ctx;
	X509_EXTENSION *ext;
	bool done;

	X509V3_set_ctx(&ctx, ca, cert, NULL, NULL, 0);
	ext = X509V3_EXT_conf_nid(NULL, &ctx, nid, value);
	done = ext != NULL && X509_add_ext(cert, ext, -1) == 1;
	X509_EXTENSION_free(ext);
	return done;
}

static bool
copy_extension(X509 *cert, const X509 *from, int nid)
{
	int at = X509_get_ext_by_NID(from, nid, -1);

	return at < 0 || X509_add_ext(cert, X509_get_ext(from, at), -1) == 1;
}

static bool
add_use(X509 *cert, X509 *ca, const struct make_want *want)
{
	/* TLS_RSA_..., for `legacy`, has the key decrypt */
	const char *keys = EVP_PKEY_is_a(X509_get0_pubkey(cert), "RSA") == 1
	    ? "critical,digitalSignature,keyEncipherment"
	    : "critical,digitalSignature";
	const char *use = want->use == MAKE_SERVER ? "serverAuth"
	    : want->use == MAKE_CLIENT             ? "clientAuth"
						   : "serverAuth,clientAuth";

	if (want->use == MAKE_AUTHORITY)
		return add_extension(cert, ca, NID_basic_constraints,
			   "critical,CA:TRUE,pathlen:0") &&
		    add_extension(cert, ca, NID_key_usage,
			"critical,keyCertSign,cRLSign");
	if (!add_extension(
		cert, ca, NID_basic_constraints, "critical,CA:FALSE") ||
	    !add_extension(cert, ca, NID_key_usage, keys))
		return false;
	if (want->like != NULL)
		return copy_extension(cert, want->like, NID_ext_key_usage) &&
		    copy_extension(cert, want->like, NID_subject_alt_name);
	return add_extension(cert, ca, NID_ext_key_usage, use) &&
	    add_names(cert, want);
}

static bool
fill(X509 *cert, const struct make_want *want, EVP_PKEY *key, X509 *ca)
{
	return X509_set_version(cert, VERSION_3) == 1 && set_serial(cert) &&
	    set_validity(cert, want->days, ca != cert ? ca : NULL) &&
	    X509_set_pubkey(cert, key) == 1 &&
	    (want->like != NULL ? X509_set_subject_name(cert,
				      X509_get_subject_name(want->like)) == 1
				: set_subject(cert, want)) &&
	    X509_set_issuer_name(cert, X509_get_subject_name(ca)) == 1 &&
	    add_extension(cert, ca, NID_subject_key_identifier, "hash") &&
	    (ca == cert ||
		add_extension(
		    cert, ca, NID_authority_key_identifier, "keyid")) &&
	    add_use(cert, ca, want);
}

static bool
sign(X509 *cert, EVP_PKEY *signer)
{
	/* these have their digest built in */
	bool fixed = EVP_PKEY_is_a(signer, "ED25519") == 1 ||
	    EVP_PKEY_is_a(signer, "ED448") == 1;

	return X509_sign(cert, signer, fixed ? NULL : EVP_sha256()) > 0;
}

X509 *
make_cert(const struct make_want *want, EVP_PKEY *key, X509 *ca,
    EVP_PKEY *ca_key, struct err *err)
{
	X509 *cert = X509_new();

	if (cert != NULL && fill(cert, want, key, ca != NULL ? ca : cert) &&
	    sign(cert, ca != NULL ? ca_key : key))
		return cert;
	(void)reason_set(err, "cannot make the certificate");
	X509_free(cert);
	return NULL;
}

X509 *
make_again(X509 *old, EVP_PKEY *key, int days, struct err *err)
{
	X509 *cert = X509_dup(old);

	if (cert != NULL && set_serial(cert) &&
	    set_validity(cert, days, NULL) && sign(cert, key))
		return cert;
	(void)reason_set(err, "cannot make the certificate");
	X509_free(cert);
	return NULL;
}

bool
make_fits(X509 *cert, EVP_PKEY *key)
{
	bool fits = X509_check_private_key(cert, key) == 1;

	ERR_clear_error();
	return fits;
}

bool
make_is_rsa(const X509 *cert)
{
	EVP_PKEY *key = X509_get0_pubkey(cert);
	bool is = key != NULL && EVP_PKEY_is_a(key, "RSA") == 1;

	ERR_clear_error();
	return is;
}

bool
make_is_of(X509 *cert, X509 *ca)
{
	EVP_PKEY *key = X509_get0_pubkey(ca);
	bool is = key != NULL && X509_check_issued(ca, cert) == X509_V_OK &&
	    X509_verify(cert, key) == 1;

	ERR_clear_error();
	return is;
}
