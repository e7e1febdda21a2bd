/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * pem.h - certificates and keys, from files and to the text of files
 *
 * OpenSSL's objects appear in headers by the names of their structures
 * (X509 is struct x509_st, EVP_PKEY is struct evp_pkey_st), so that who
 * includes this needs no header of OpenSSL.
 */
#ifndef CERT_PEM_H
#define CERT_PEM_H

#include <stdbool.h>
#include <stddef.h>

#include "wire/err.h"

struct evp_pkey_st;
struct stack_st_X509;
struct x509_st;

enum {
	PEM_FILE_MAX = 1 << 20, /* bytes of a file; more is refused */
	PEM_CERTS_MAX = 256     /* certificates of a file; more is refused */
};

/*
 * All certificates of a file, PEM or one in DER; "-" is standard input. At
 * least one. NULL sets *err. The caller's, with pem_free_certs().
 */
struct stack_st_X509 *pem_read_certs(const char *path, struct err *err);

/* Was that file, which could be read, in DER? Not asked of "-". */
bool pem_is_der(const char *path);

/* How many there are, and the i-th, which stays with the others. */
int pem_count(const struct stack_st_X509 *certs);
struct x509_st *pem_at(const struct stack_st_X509 *certs, int i);

/* The first one alone; the caller's, with pem_free_cert(). */
struct x509_st *pem_read_cert(const char *path, struct err *err);

/* A private key in PEM, without passphrase: nobody is ever asked for one.
 * The caller's, with pem_free_key(). */
struct evp_pkey_st *pem_read_key(const char *path, struct err *err);

/* The text of a file, *n bytes; the caller's, with pem_free_text(). */
char *pem_cert_text(struct x509_st *cert, size_t *n, struct err *err);
char *pem_key_text(struct evp_pkey_st *key, size_t *n, struct err *err);

/* All of these take NULL. Texts are wiped: they may be of a key. */
void pem_free_certs(struct stack_st_X509 *certs);
void pem_free_cert(struct x509_st *cert);
void pem_free_key(struct evp_pkey_st *key);
void pem_free_text(char *text, size_t n);

#endif
