/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * tls.c - who we are in TLS and who may talk to us: files become a context
 */
#include "tls.h"

#include <limits.h>
#include <openssl/err.h>
#include <openssl/x509v3.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "tls_parts.h"

/* RFC-67: that of RFC 9662 first, then the others with forward secrecy. */
#define SUITES                                                       \
	"ECDHE-RSA-AES128-GCM-SHA256:ECDHE-ECDSA-AES128-GCM-SHA256:" \
	"ECDHE-RSA-AES256-GCM-SHA384:ECDHE-ECDSA-AES256-GCM-SHA384:" \
	"ECDHE-RSA-CHACHA20-POLY1305:ECDHE-ECDSA-CHACHA20-POLY1305"
/* RFC-66: TLS_RSA_WITH_AES_128_CBC_SHA */
#define LEGACY_SUITE ":AES128-SHA"
#define SUITES_1_3                                       \
	"TLS_AES_128_GCM_SHA256:TLS_AES_256_GCM_SHA384:" \
	"TLS_CHACHA20_POLY1305_SHA256"

/* Those over curves, as OpenSSL orders them; the first when it has it. */
#define GROUPS               "X25519:P-256:X448:P-521:P-384"
#define GROUPS_AFTER_QUANTUM "X25519MLKEM768:" GROUPS

enum { CA_NAMES_MAX = 32 }; /* more would make each handshake long */

static void
add_fault(struct tls_faults *f, const char *option, const char *value,
    const struct err *err)
{
	if (f->n == TLS_FAULTS_MAX)
		return;
	f->fault[f->n].option = option;
	f->fault[f->n].value = value;
	f->fault[f->n++].err = *err;
}

static void __attribute__((format(printf, 4, 5))) refuse(struct tls_faults *f,
    const char *option, const char *value, const char *fmt, ...)
{
	struct err err;
	va_list ap;

	va_start(ap, fmt);
	(void)vsnprintf(err.text, sizeof(err.text), fmt, ap);
	va_end(ap);
	add_fault(f, option, value, &err);
}

static bool
is_given(const char *text)
{
	return text != NULL && text[0] != '\0';
}

static int64_t
seconds_of(const ASN1_TIME *at)
{
	struct tm tm;

	if (at == NULL || ASN1_TIME_to_tm(at, &tm) != 1)
		return INT64_MAX;
	return timegm(&tm);
}

/*
 * Who connects chooses the group and makes no effort: a hello can be sent again
 * and again, by anybody. Finite fields of 8192 bits, which TLS 1.3 has, cost
 * us 120 ms each time (CVE-2002-20001), and nobody needs them.
 */
static void
set_groups(SSL_CTX *ctx)
{
	/* not const, as OpenSSL's macro takes the const away */
	char first[] = GROUPS_AFTER_QUANTUM, second[] = GROUPS;

	if (SSL_CTX_set1_groups_list(ctx, first) != 1)
		(void)SSL_CTX_set1_groups_list(ctx, second);
	ERR_clear_error();
}

static bool
set_suites(SSL_CTX *ctx, bool legacy)
{
	char list[] = SUITES LEGACY_SUITE;

	if (!legacy)
		list[sizeof(SUITES) - 1] = '\0';
	return SSL_CTX_set_cipher_list(ctx, list) == 1 &&
	    SSL_CTX_set_ciphersuites(ctx, SUITES_1_3) == 1;
}

static SSL_CTX *
new_context(const struct tls_options *o,
    int (*on_verify)(X509_STORE_CTX *ctx, void *arg))
{
	SSL_CTX *ctx = SSL_CTX_new(
	    o->connects ? TLS_client_method() : TLS_server_method());

	if (ctx == NULL ||
	    SSL_CTX_set_min_proto_version(ctx, TLS1_2_VERSION) != 1 ||
	    !set_suites(ctx, o->legacy) ||
	    /* no session is ever resumed: who connects is judged each time */
	    SSL_CTX_set_num_tickets(ctx, 0) != 1 ||
	    SSL_CTX_set_max_early_data(ctx, 0) != 1 ||
	    SSL_CTX_set_recv_max_early_data(ctx, 0) != 1) {
		SSL_CTX_free(ctx);
		return NULL;
	}
	(void)SSL_CTX_set_session_cache_mode(ctx, SSL_SESS_CACHE_OFF);
	(void)SSL_CTX_set_options(ctx,
	    SSL_OP_NO_TICKET | SSL_OP_NO_RENEGOTIATION | SSL_OP_NO_COMPRESSION |
		SSL_OP_CIPHER_SERVER_PREFERENCE |
		SSL_OP_NO_SESSION_RESUMPTION_ON_RENEGOTIATION);
	(void)SSL_CTX_set_mode(
	    ctx, SSL_MODE_RELEASE_BUFFERS | SSL_MODE_ENABLE_PARTIAL_WRITE);
	if (!o->connects)
		set_groups(ctx);
	SSL_CTX_set_read_ahead(ctx, 1);
	SSL_CTX_set_cert_verify_callback(ctx, on_verify, NULL);
	return ctx;
}

/* Senders need all that stands behind ours, so what ends first counts. */
static void
find_end(struct tls *t, const X509 *leaf)
{
	STACK_OF(X509) *chain = NULL;

	t->expires = seconds_of(X509_get0_notAfter(leaf));
	(void)SSL_CTX_get0_chain_certs(t->ctx, &chain);
	for (int i = 0; i < sk_X509_num(chain); i++) {
		const X509 *x = sk_X509_value(chain, i);
		int64_t end = seconds_of(X509_get0_notAfter(x));

		if (end >= t->expires)
			continue;
		t->expires = end;
		(void)tls_add_name(t->expires_behind, sizeof(t->expires_behind),
		    0, X509_get_subject_name(x));
	}
}

static void
read_own(struct tls *t, const struct tls_options *o, struct tls_faults *f)
{
	X509 *leaf = NULL; /* ctx has it, too */
	struct err err;
	bool good = false;

	if (o->connects && !is_given(o->certificate) && !is_given(o->key))
		return;
	if (!is_given(o->certificate))
		refuse(f, "certificate", NULL,
		    "is missing; give the file with our certificate");
	else if (tls_read_certificate(t->ctx, o->certificate, &leaf, &err) ==
	    -1)
		add_fault(f, "certificate", o->certificate, &err);
	else
		good = true;
	if (!is_given(o->key))
		refuse(f, "key", NULL,
		    "is missing; give the file with the private key of "
		    "`certificate`");
	else if (tls_read_key(good ? t->ctx : NULL, o->key, &err) == -1)
		add_fault(f, "key", o->key, &err);
	if (leaf != NULL) {
		find_end(t, leaf);
		tls_print_text(leaf, t->print);
	}
	X509_free(leaf);
}

/* Of clients, so that they choose a certificate that fits. None: any. */
static int
announce_cas(struct tls *t)
{
	int n = sk_X509_num(t->cas);

	if (n > CA_NAMES_MAX || t->n_prints > 0 || t->connects)
		return 0;
	for (int i = 0; i < n; i++)
		if (SSL_CTX_add_client_CA(t->ctx, sk_X509_value(t->cas, i)) !=
		    1)
			return -1;
	return 0;
}

static void
read_ca(struct tls *t, const struct tls_options *o, struct tls_faults *f)
{
	struct err err;

	t->cas = sk_X509_new_null();
	t->store = X509_STORE_new();
	if (t->cas == NULL || t->store == NULL) {
		refuse(f, "ca", o->ca, "out of memory");
		return;
	}
	if (tls_read_ca(o->ca, t->cas, &err) == -1) {
		add_fault(f, "ca", o->ca, &err);
		return;
	}
	/* what is in `ca` is trusted, be it self-signed or not */
	(void)X509_STORE_set_flags(t->store, X509_V_FLAG_PARTIAL_CHAIN);
	for (int i = 0; i < sk_X509_num(t->cas); i++)
		if (X509_STORE_add_cert(t->store, sk_X509_value(t->cas, i)) !=
		    1) {
			refuse(f, "ca", o->ca, "out of memory");
			return;
		}
	if (announce_cas(t) == -1)
		refuse(f, "ca", o->ca, "out of memory");
}

/* Is it from one of our authorities? */
static bool
is_genuine(const struct tls *t, X509_CRL *crl)
{
	for (int i = 0; i < sk_X509_num(t->cas); i++) {
		X509 *ca = sk_X509_value(t->cas, i);
		EVP_PKEY *key = X509_get0_pubkey(ca);

		if (key != NULL &&
		    X509_NAME_cmp(X509_get_subject_name(ca),
			X509_CRL_get_issuer(crl)) == 0 &&
		    X509_CRL_verify(crl, key) == 1)
			return true;
	}
	return false;
}

static void
take_crl(struct tls *t, X509_CRL *crl, const char *file, struct tls_faults *f)
{
	int64_t end = seconds_of(X509_CRL_get0_nextUpdate(crl));
	char text[256];

	if (!is_genuine(t, crl)) {
		(void)tls_add_name(
		    text, sizeof(text), 0, X509_CRL_get_issuer(crl));
		refuse(f, "crl", file,
		    "the list of %s in it is not signed by an authority in "
		    "`ca`; add that authority there",
		    text);
	} else if (!tls_is_delta(crl) &&
	    X509_STORE_add_crl(t->store, crl) != 1) {
		refuse(f, "crl", file, "out of memory");
	}
	if (end < t->crl_expires)
		t->crl_expires = end;
}

static void
read_crl(struct tls *t, const struct tls_options *o, struct tls_faults *f)
{
	struct err err;

	if (t->store == NULL) {
		refuse(f, "crl", o->crl,
		    "needs `ca`, the authorities that made the list");
		return;
	}
	t->crls = sk_X509_CRL_new_null();
	if (t->crls == NULL) {
		refuse(f, "crl", o->crl, "out of memory");
		return;
	}
	if (tls_read_crl(o->crl, t->crls, &err) == -1) {
		add_fault(f, "crl", o->crl, &err);
		return;
	}
	/* every certificate on the way must be on nobody's list */
	(void)X509_STORE_set_flags(
	    t->store, X509_V_FLAG_CRL_CHECK | X509_V_FLAG_CRL_CHECK_ALL);
	for (int i = 0; f->n == 0 && i < sk_X509_CRL_num(t->crls); i++)
		take_crl(t, sk_X509_CRL_value(t->crls, i), o->crl, f);
	ERR_clear_error();
}

static void
read_peers(struct tls *t, const struct tls_options *o, struct tls_faults *f)
{
	struct err err;

	if (o->n_peers == 0)
		return;
	t->allowed = calloc(o->n_peers, sizeof(*t->allowed));
	if (t->allowed == NULL) {
		refuse(f, "peers", NULL, "out of memory");
		return;
	}
	for (size_t i = 0; i < o->n_peers; i++) {
		struct tls_allowed *a = &t->allowed[t->n_allowed++];

		if (tls_allowed_parse(a, o->peers[i], &err) == -1)
			add_fault(f, "peers", o->peers[i], &err);
		else if (a->kind == ALLOWED_PRINT)
			t->n_prints++;
		else if (!is_given(o->ca))
			refuse(f, "peers", o->peers[i],
			    "a name counts in a certificate that an authority "
			    "of `ca` signed; give `ca`, or a fingerprint");
	}
}

/* What cannot be meant. */
static void
check_sense(const struct tls_options *o, struct tls_faults *f)
{
	if (o->client == TLS_CLIENT_NONE) {
		if (o->n_peers > 0)
			refuse(f, "peers", NULL,
			    "nobody is asked for a certificate with `client: "
			    "none`; leave one of the two out");
		return;
	}
	if (!is_given(o->ca) && o->n_peers == 0 && !o->connects)
		refuse(f, "ca", NULL,
		    "is missing: nobody could send; give the authorities that "
		    "sign clients, or fingerprints in `peers`, or say "
		    "`client: none`");
}

static void
read_clients(struct tls *t, const struct tls_options *o, struct tls_faults *f)
{
	check_sense(o, f);
	if (o->client == TLS_CLIENT_NONE)
		return;
	read_peers(t, o, f);
	if (is_given(o->ca))
		read_ca(t, o, f);
	if (is_given(o->crl))
		read_crl(t, o, f);
}

static bool
name_files(struct tls *t, const struct tls_options *o)
{
	const char *names[TLS_FILES] = {
		[FILE_CERTIFICATE] = o->certificate,
		[FILE_KEY] = o->key,
		[FILE_CA] = o->ca,
		[FILE_CRL] = o->crl,
	};

	for (size_t i = 0; i < TLS_FILES; i++) {
		t->file[i] = strdup(names[i] != NULL ? names[i] : "");
		if (t->file[i] == NULL)
			return false;
	}
	return true;
}

struct tls *
tls_make(const struct tls_options *o, struct tls_faults *f,
    int (*on_verify)(X509_STORE_CTX *ctx, void *arg))
{
	struct tls *t = calloc(1, sizeof(*t));

	f->n = 0;
	if (t == NULL)
		goto no_memory;
	t->client = o->client;
	t->match_cn = o->match_cn;
	t->legacy = o->legacy;
	t->connects = o->connects;
	t->expires = t->crl_expires = INT64_MAX;
	t->ctx = new_context(o, on_verify);
	if (!name_files(t, o) || t->ctx == NULL)
		goto no_memory;
	t->stamp = tls_files_now(t);
	read_own(t, o, f);
	read_clients(t, o, f);
	if (f->n == 0)
		return t;
	tls_free(t);
	return NULL;

no_memory:
	tls_free(t);
	refuse(f, "certificate", NULL, "out of memory");
	return NULL;
}

void
tls_free(struct tls *t)
{
	if (t == NULL)
		return;
	for (size_t i = 0; i < t->n_allowed; i++)
		tls_allowed_clear(&t->allowed[i]);
	free(t->allowed);
	X509_STORE_free(t->store);
	sk_X509_pop_free(t->cas, X509_free);
	sk_X509_CRL_pop_free(t->crls, X509_CRL_free);
	SSL_CTX_free(t->ctx);
	for (size_t i = 0; i < TLS_FILES; i++)
		free(t->file[i]);
	free(t);
}

int64_t
tls_expires(const struct tls *t)
{
	return t->expires;
}

const char *
tls_expires_behind(const struct tls *t)
{
	return t->expires_behind;
}

int64_t
tls_crl_expires(const struct tls *t)
{
	return t->crl_expires;
}

const char *
tls_fingerprint(const struct tls *t)
{
	return t->print;
}
