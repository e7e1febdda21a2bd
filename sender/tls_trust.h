/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * tls_trust.h - whom we talk to in TLS, and as whom: of one server
 *
 * Made of what stands in a URL. The files are read at once, and again when
 * they were changed; if they are no good then, what was read before stays.
 */
#ifndef TLS_TRUST_H
#define TLS_TRUST_H

#include <stdbool.h>
#include <stddef.h>

#include "wire/err.h"

enum { TLS_TRUST_PRINTS = 8 };

/* As it is written; NULL: not given. The names are those of a listener's
 * keys, where the meaning is the same. */
struct tls_wish {
	const char *ca, *crl;          /* files */
	const char *certificate, *key; /* files: ours */
	const char *prints[TLS_TRUST_PRINTS];
	size_t n_prints;  /* one of them is enough by itself */
	const char *name; /* a host name or an address, no wildcard */
	bool match_cn, legacy;
};

struct tls;
struct tls_trust;

/* Copies all of it. NULL: *err names the parameter, the file and the cause. */
struct tls_trust *tls_trust_new(const struct tls_wish *w, struct err *err)
    __attribute__((cold));
void tls_trust_free(struct tls_trust *t); /* accepts NULL */

/* Reads the files again when they were changed. -1: they are no good, and *err
 * says why; that is said once for each change. No line of it may be open. */
int tls_trust_renew(struct tls_trust *t, struct err *err);

/* The name that is asked for in the handshake (to be read only); NULL: it is
 * an address. */
char *tls_trust_sni(const struct tls_trust *t);

const struct tls *tls_trust_tls(const struct tls_trust *t);

#endif
