/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * make.h - new keys and certificates
 */
#ifndef CERT_MAKE_H
#define CERT_MAKE_H

#include <stdbool.h>
#include <stddef.h>

#include "cert/hostname.h"
#include "wire/err.h"

struct evp_pkey_st;
struct x509_st;

enum make_use {
	MAKE_SERVER,
	MAKE_CLIENT,
	MAKE_BOTH,
	MAKE_AUTHORITY /* signs the others, none of which may sign */
};

struct make_want {
	enum make_use use;
	int days;
	const char *authority;        /* its name; of MAKE_AUTHORITY */
	const struct hostname *names; /* of the others: at least one */
	size_t count;
	struct x509_st *like; /* names and use come from this one; or NULL */
};

/* ECDSA P-256, or RSA with 3072 bits; the caller's, pem_free_key(). */
struct evp_pkey_st *make_key(bool rsa, struct err *err);

/*
 * A certificate for key, signed by ca with ca_key, or by itself when ca is
 * NULL (ca_key is not used then). Valid from an hour ago, because clocks
 * differ, and never longer than ca; the serial has 158 random bits. The
 * caller's, pem_free_cert().
 */
struct x509_st *make_cert(const struct make_want *want, struct evp_pkey_st *key,
    struct x509_st *ca, struct evp_pkey_st *ca_key, struct err *err);

/*
 * The same certificate once more, for key's owner, who signed the old one
 * with it: another serial, and valid from an hour ago for so many days. The
 * caller's, pem_free_cert().
 */
struct x509_st *make_again(
    struct x509_st *old, struct evp_pkey_st *key, int days, struct err *err);

/* The key is that of the certificate. */
bool make_fits(struct x509_st *cert, struct evp_pkey_st *key);

/* Its key is one of RSA. */
bool make_is_rsa(const struct x509_st *cert);

/* The certificate was signed by that authority, whatever the date. */
bool make_is_of(struct x509_st *cert, struct x509_st *ca);

#endif
