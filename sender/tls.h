/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * tls.h - who we are in TLS and who may talk to us: files become a context
 *
 * OpenSSL is behind this door: no header of ours outside sender/tls*.c names
 * its types. A struct tls does not change once it is made, and any number of
 * threads may use it.
 */
#ifndef TLS_H
#define TLS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "wire/err.h"

struct tls;

enum tls_client { TLS_CLIENT_REQUIRED, TLS_CLIENT_OPTIONAL, TLS_CLIENT_NONE };

/* Borrowed during tls_new() alone. A file that is NULL or "" is none. */
struct tls_options {
	const char *certificate; /* ours, and the chain behind it */
	const char *key;
	const char *ca;  /* whose certificates clients may have */
	const char *crl; /* which of them are revoked */
	enum tls_client client;
	char *const *peers; /* names and fingerprints; none: all of ca */
	size_t n_peers;
	bool match_cn; /* a name in CN counts, too */
	bool legacy;   /* TLS_RSA_WITH_AES_128_CBC_SHA, too (RFC-66) */
	bool connects; /* it is us who connect: peers are whom we connect to,
			  a certificate of ours is not needed */
};

enum { TLS_FAULTS_MAX = 32 };

/* What is wrong, by the name of the option. */
struct tls_faults {
	struct {
		const char *option;
		const char *value; /* borrowed from the options; may be NULL */
		struct err err;
	} fault[TLS_FAULTS_MAX];
	size_t n;
};

/* For the side that is connected to. NULL: all that is wrong is in *f. */
struct tls *tls_new(const struct tls_options *o, struct tls_faults *f);
void tls_free(struct tls *t); /* accepts NULL */

/* When our certificate ends or the first of those that are sent with it, and
 * the first of the lists of revoked ones, in seconds of UTC; INT64_MAX: there
 * is none, or it does not end. */
int64_t tls_expires(const struct tls *t);
int64_t tls_crl_expires(const struct tls *t);

/* Whose certificate ends before ours does; "": nobody's. */
const char *tls_expires_behind(const struct tls *t);

/* What can be seen of the files from outside, as one number: now, and when t
 * was made of them. They differ when a file was changed since. */
uint64_t tls_files_now(const struct tls *t);
uint64_t tls_files_then(const struct tls *t);

/* Can the files still be read, by who we are now? -1: *err names one. */
int tls_files_check(const struct tls *t, struct err *err);

/* Is there something about our certificate for which senders may refuse it, or
 * for which an option does nothing? *err says what, and the cure. Of the side
 * that is connected to alone. */
bool tls_has_flaw(const struct tls *t, struct err *err);

/* "sha-256:AB:CD:…" of our certificate (RFC-75, 76). */
const char *tls_fingerprint(const struct tls *t);

#endif
