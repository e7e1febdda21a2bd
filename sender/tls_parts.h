/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * tls_parts.h - what the files of TLS share; nobody else includes this
 */
#ifndef TLS_PARTS_H
#define TLS_PARTS_H

#include <openssl/ssl.h>
#include <openssl/x509.h>

#include "tls.h"
#include "wire/slice.h"

enum {
	TLS_SHA256 = 32,
	TLS_SHA1 = 20,
	/* "sha-256:", two digits and a colon for each byte */
	TLS_PRINT_TEXT = 8 + 3 * TLS_SHA256,
	TLS_NAME_TEXT = 256, /* of tls_add_name() */
	TLS_NAME_MAX = 255,  /* bytes of a peer's name that are kept */
	TLS_WHY_TEXT = 1400  /* why a peer may not talk to us, with the cure */
};

enum tls_file { FILE_CERTIFICATE, FILE_KEY, FILE_CA, FILE_CRL, TLS_FILES };

/* One line of `peers`. */
struct tls_allowed {
	enum { ALLOWED_NAME, ALLOWED_ADDRESS, ALLOWED_PRINT } kind;
	char *text; /* owned; as written; */
	const char
	    *host;      /* what OpenSSL is asked: "*.a.b" is ".a.b"; in text */
	size_t print_n; /* TLS_SHA256 or TLS_SHA1 */
	unsigned char print[TLS_SHA256];
};

struct tls {
	SSL_CTX *ctx; /* owned */
	enum tls_client client;
	char *file[TLS_FILES]; /* owned; their names, "" for none */
	uint64_t stamp;        /* of them, before they were read */
	X509_STORE *store;     /* owned; NULL: without ca */
	STACK_OF(X509) * cas;  /* owned; NULL likewise */
	STACK_OF(X509_CRL) * crls;
	struct tls_allowed *allowed; /* owned */
	size_t n_allowed, n_prints;
	bool match_cn, legacy, connects;
	int64_t expires, crl_expires;
	char expires_behind[TLS_NAME_TEXT]; /* see tls_expires_behind() */
	char print[TLS_PRINT_TEXT];
};

/* What became of a peer's certificate. */
struct tls_verdict {
	bool ok;
	int error;                   /* X509_V_ERR_…, for the alert */
	char why[TLS_WHY_TEXT];      /* when not ok */
	char name[TLS_NAME_MAX + 1]; /* when ok */
	size_t name_n;
};

/* tls.c: tls_new(), for a side that has on_verify asked in the handshake. */
struct tls *tls_make(const struct tls_options *o, struct tls_faults *f,
    int (*on_verify)(X509_STORE_CTX *ctx, void *arg)) __attribute__((cold));

/* tls_files.c: each -1 sets *err. */

/* What a file holds in PEM. The first certificate is the key's. Without a ctx
 * the key is only looked at. */
int tls_read_certificate(
    SSL_CTX *ctx, const char *path, X509 **leaf, struct err *err);
int tls_read_key(SSL_CTX *ctx, const char *path, struct err *err);
int tls_read_ca(const char *path, STACK_OF(X509) * to, struct err *err);
int tls_read_crl(const char *path, STACK_OF(X509_CRL) * to, struct err *err);

/* tls_allowed.c */
int tls_allowed_parse(struct tls_allowed *a, const char *text, struct err *err)
    __attribute__((cold));
void tls_allowed_clear(struct tls_allowed *a);

/* The entry that lists the certificate itself; NULL: none does. */
const struct tls_allowed *tls_allowed_print(
    const struct tls *t, const X509 *cert);

/* Does an entry name what the certificate does? The name in it goes to
 * name. */
bool tls_allowed_name(
    const struct tls *t, X509 *cert, char *name, size_t *name_n);

/* tls_bio.c: OpenSSL never meets a socket. */

/* What it reads is a slice in memory, what it writes goes to on_write(). NULL:
 * no memory. */
BIO_METHOD *tls_bio_method(int (*on_write)(BIO *bio, const char *p, int size));

/* ssl reads from *in (borrowed), off its front; to that points
 * BIO_get_data() of on_write(), too. False: no memory. */
bool tls_bio_set(SSL *ssl, const BIO_METHOD *method, struct slice *in);

/* tls_judge.c */

/* May who has this certificate talk to us? The one place where that is
 * decided. chain: what it sent besides, may be NULL. */
void tls_judge(const struct tls *t, X509 *leaf, STACK_OF(X509) * chain,
    struct tls_verdict *v);

enum { TLS_PATH_DEPTH_MAX = 8 }; /* certificates between theirs and ours */

/* tls_revoked.c: does a list of t revoke it, or one of the chain? */
bool tls_is_revoked(const struct tls *t, X509 *leaf, STACK_OF(X509) * chain);

/* Such a list has but what changed since a whole one. */
static inline bool
tls_is_delta(const X509_CRL *crl)
{
	return X509_CRL_get_ext_by_NID(crl, NID_delta_crl, -1) >= 0;
}

/* tls_session.c: what OpenSSL calls for a session of ours. */
int tls_on_verify(X509_STORE_CTX *ctx, void *arg);

/* tls_line.c: the same for one that we made. */
int tls_line_on_verify(X509_STORE_CTX *ctx, void *arg);

/* tls_words.c */

/* Appends to a text of size bytes that holds n; the new n. */
size_t tls_add(char *text, size_t size, size_t n, const char *fmt, ...)
    __attribute__((format(printf, 4, 5)));

/* "CN=web1, O=Example": at most 200 bytes of it. */
size_t tls_add_name(char *text, size_t size, size_t n, const X509_NAME *name);

/* "a.example.net, 10.0.0.1 and 3 more": what the certificate is for. */
size_t tls_add_sans(char *text, size_t size, size_t n, const X509 *cert);

/* "sha-256:…; subject …; for …" */
size_t tls_add_cert(char *text, size_t size, size_t n, const X509 *cert);

/* "2026-11-22 10:15:00 UTC" */
size_t tls_add_time(char *text, size_t size, size_t n, const ASN1_TIME *at);

/* Label and digits of the certificate's fingerprint. */
void tls_print_text(const X509 *cert, char to[TLS_PRINT_TEXT]);

/* The first name that a certificate has: dNSName, iPAddress, CN; its
 * fingerprint when it has none. */
size_t tls_first_name(const X509 *cert, char name[TLS_NAME_MAX + 1]);

/* A copy without NUL; the bytes kept, at most TLS_NAME_MAX. */
size_t tls_copy_name(
    char name[TLS_NAME_MAX + 1], const unsigned char *p, size_t n);

/* What the last error of OpenSSL in this thread says, in plain words and
 * with a cure. why may hold something already. */
size_t tls_add_reason(char *text, size_t size, size_t n);

/* tls_server.c: the same of a handshake of ours; the text begins anew. */
size_t tls_add_server_reason(
    char *text, size_t size, const SSL *ssl, const struct tls *t);

/* What a peer sent that is no TLS. */
size_t tls_add_no_tls(char *text, size_t size, size_t n, struct slice sent);

#endif
