/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * tls_line.c - see tls_line.h
 */
#include "tls_line.h"

#include <openssl/err.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "tls_alert.h"
#include "tls_gate.h"
#include "tls_map.h"
#include "tls_parts.h"

enum {
	RECORD = 16 * 1024,     /* of clear text, RFC 8446 section 5.1 */
	OUT_WANTED = 64 * 1024, /* of ciphertext: no more is made ahead */
	OUT_MAX = 512 * 1024,   /* with whatever OpenSSL has to say */
	FIRST_TYPE = 20,        /* of records */
	LAST_TYPE = 24
};

struct tls_line {
	struct slice in;    /* first, see tls_bio_set(): ciphertext that OpenSSL
			       has not taken */
	SSL *ssl;           /* owned */
	BIO_METHOD *method; /* owned */
	const struct tls *tls; /* borrowed */
	enum tls_line_state state;
	bool begun; /* the peer has sent something */
	bool shaken, approved;
	bool asked;    /* for our certificate */
	bool answered; /* it sent what only comes behind the handshake */
	int alert;     /* that we got; -1: none */
	char *out;     /* owned; ciphertext for the socket: */
	size_t begin, end, size;
	uint64_t sent; /* bytes of it since the connection began */
	struct tls_map map;
	char *why; /* owned */
};

/* Room for n bytes more. */
static bool
make_room(struct tls_line *l, size_t n)
{
	size_t kept = l->end - l->begin, size = l->size;
	char *grown;

	if (n <= l->size - l->end)
		return true;
	if (l->begin > 0)
		(void)memmove(l->out, l->out + l->begin, kept);
	l->begin = 0;
	l->end = kept;
	while (n > size - kept) {
		if (size >= OUT_MAX)
			return false;
		size = size == 0 ? RECORD : size * 2;
	}
	if (size == l->size)
		return true;
	grown = realloc(l->out, size);
	if (grown == NULL)
		return false;
	l->out = grown;
	l->size = size;
	return true;
}

static int
on_write(BIO *bio, const char *p, int size)
{
	struct tls_line *l = BIO_get_data(bio);

	BIO_clear_retry_flags(bio);
	if (!make_room(l, (size_t)size))
		return -1;
	(void)memcpy(l->out + l->end, p, (size_t)size);
	l->end += (size_t)size;
	return size;
}

/*
 * Whatever OpenSSL reads comes by here.
 * RULE: seven parameters, as OpenSSL passes them.
 */
static void /* NOLINTNEXTLINE(readability-function-size) */
on_message(int writing, int version, int type, const void *bytes, size_t n,
    SSL *ssl, void *arg)
{
	struct tls_line *l = arg;
	const unsigned char *b = bytes;

	(void)version;
	(void)ssl;
	if (writing)
		return;
	/* level, description; 0 is close_notify */
	if (type == SSL3_RT_ALERT && n == 2 && b[1] != 0)
		l->alert = b[1];
	if (type == SSL3_RT_HANDSHAKE && n > 0 &&
	    (b[0] == SSL3_MT_NEWSESSION_TICKET || b[0] == SSL3_MT_KEY_UPDATE))
		l->answered = true;
}

/* Called when the server asks for a certificate, and only then. */
static int
on_asked(SSL *ssl, void *arg)
{
	struct tls_line *l = arg;

	(void)ssl;
	l->asked = true;
	return 1;
}

/* A reason that is there already is the better one. */
static void
set_why(struct tls_line *l, const char *text)
{
	if (l->why == NULL)
		l->why = strdup(text);
}

int
tls_line_on_verify(X509_STORE_CTX *ctx, void *arg)
{
	SSL *ssl = X509_STORE_CTX_get_ex_data(
	    ctx, SSL_get_ex_data_X509_STORE_CTX_idx());
	struct tls_line *l = SSL_get_app_data(ssl);
	struct tls_verdict v;
	char text[TLS_WHY_TEXT + 64];

	(void)arg;
	tls_judge(l->tls, X509_STORE_CTX_get0_cert(ctx),
	    X509_STORE_CTX_get0_untrusted(ctx), &v);
	X509_STORE_CTX_set_error(ctx, v.error);
	l->approved = v.ok;
	if (v.ok)
		return 1;
	(void)tls_add(text, sizeof(text), 0,
	    "the server's certificate is refused: %s", v.why);
	set_why(l, text);
	return 0;
}

static bool
set_up(struct tls_line *l, const struct tls_trust *trust)
{
	char *name = tls_trust_sni(trust);

	l->method = tls_bio_method(on_write);
	l->ssl = SSL_new(l->tls->ctx);
	if (l->method == NULL || l->ssl == NULL ||
	    !tls_bio_set(l->ssl, l->method, &l->in))
		return false;
	SSL_set_app_data(l->ssl, l);
	SSL_set_verify(l->ssl, SSL_VERIFY_PEER, NULL);
	SSL_set_msg_callback(l->ssl, on_message);
	SSL_set_msg_callback_arg(l->ssl, l);
	SSL_set_cert_cb(l->ssl, on_asked, l);
	SSL_set_connect_state(l->ssl);
	return name == NULL || SSL_set_tlsext_host_name(l->ssl, name) == 1;
}

struct tls_line *
tls_line_new(const struct tls_trust *trust)
{
	struct tls_line *l = calloc(1, sizeof(*l));
	bool good;

	if (l == NULL)
		return NULL;
	l->alert = -1;
	l->tls = tls_trust_tls(trust);
	tls_gate_enter();
	good = set_up(l, trust);
	ERR_clear_error();
	tls_gate_leave();
	if (good && tls_line_take(l, slice_of("", 0)) == TLS_LINE_SHAKES)
		return l;
	tls_line_free(l);
	return NULL;
}

void
tls_line_free(struct tls_line *l)
{
	if (l == NULL)
		return;
	tls_gate_enter();
	SSL_free(l->ssl);
	BIO_meth_free(l->method);
	tls_gate_leave();
	free(l->out);
	free(l->why);
	free(l);
}

/* What is wrong, in words: what the peer said comes first. */
static void
fail(struct tls_line *l)
{
	unsigned long e = ERR_peek_error();
	struct err why, cure;
	char text[TLS_WHY_TEXT];

	l->state = TLS_LINE_FAILED;
	if (l->alert >= 0) {
		tls_alert_words(l->alert, &why, &cure);
		(void)tls_add(
		    text, sizeof(text), 0, "%s; %s", why.text, cure.text);
	} else if (ERR_GET_LIB(e) == ERR_LIB_SSL &&
	    (ERR_GET_REASON(e) == SSL_R_UNSUPPORTED_PROTOCOL ||
		ERR_GET_REASON(e) == SSL_R_WRONG_SSL_VERSION)) {
		(void)tls_add(text, sizeof(text), 0,
		    "the server speaks neither TLS 1.2 nor 1.3; older versions "
		    "are not safe");
	} else {
		(void)tls_add_reason(text, sizeof(text), 0);
	}
	set_why(l, text);
	ERR_clear_error();
}

/*
 * Is there a certificate, the one that was judged, and was it approved? Asked
 * of OpenSSL's own state, not of what a callback left behind alone.
 */
static bool
is_approved(const struct tls_line *l)
{
	return l->approved && SSL_get0_peer_certificate(l->ssl) != NULL &&
	    SSL_session_reused(l->ssl) == 0 &&
	    SSL_get_verify_result(l->ssl) == X509_V_OK;
}

static void
shake(struct tls_line *l)
{
	int rc = SSL_do_handshake(l->ssl);

	if (rc != 1) {
		if (SSL_get_error(l->ssl, rc) != SSL_ERROR_WANT_READ)
			fail(l);
		return;
	}
	if (!is_approved(l)) {
		set_why(l, "the server's certificate was not accepted");
		fail(l);
		return;
	}
	l->shaken = true;
	if (!l->asked || SSL_version(l->ssl) != TLS1_3_VERSION)
		l->state = TLS_LINE_OPEN;
	else if (SSL_key_update(l->ssl, SSL_KEY_UPDATE_REQUESTED) != 1 ||
	    SSL_do_handshake(l->ssl) != 1)
		fail(l);
}

static void
read_all(struct tls_line *l)
{
	char nothing[1024];
	size_t n;
	int rc;

	for (;;) {
		rc = SSL_read_ex(l->ssl, nothing, sizeof(nothing), &n);
		if (rc == 1) {
			l->answered = true;
			continue;
		}
		switch (SSL_get_error(l->ssl, rc)) {
		case SSL_ERROR_WANT_READ:
			if (l->state == TLS_LINE_SHAKES && l->answered)
				l->state = TLS_LINE_OPEN;
			return;
		case SSL_ERROR_ZERO_RETURN:
			l->state = TLS_LINE_ENDED;
			set_why(l, "the server ended the connection");
			return;
		default:
			fail(l);
			return;
		}
	}
}

static bool
looks_like_tls(struct tls_line *l, struct slice arrived)
{
	unsigned char type;

	if (l->begun || arrived.n == 0)
		return true;
	l->begun = true;
	type = (unsigned char)arrived.p[0];
	if (type >= FIRST_TYPE && type <= LAST_TYPE)
		return true;
	set_why(l,
	    "the server answers with something else than TLS; tcp:// may be "
	    "what it speaks");
	l->state = TLS_LINE_FAILED;
	return false;
}

enum tls_line_state
tls_line_take(struct tls_line *l, struct slice arrived)
{
	if (l->state >= TLS_LINE_ENDED || !looks_like_tls(l, arrived))
		return l->state;
	l->in = arrived;
	tls_gate_enter();
	ERR_clear_error();
	if (!l->shaken)
		shake(l);
	if (l->shaken && l->state < TLS_LINE_ENDED)
		read_all(l);
	l->in.n = 0;
	ERR_clear_error();
	tls_gate_leave();
	return l->state;
}

enum tls_line_state
tls_line_state(const struct tls_line *l)
{
	return l->state;
}

bool
tls_line_is_waiting(const struct tls_line *l)
{
	return l->state == TLS_LINE_SHAKES && l->shaken;
}

void
tls_line_open(struct tls_line *l)
{
	if (tls_line_is_waiting(l))
		l->state = TLS_LINE_OPEN;
}

bool
tls_line_put(struct tls_line *l, struct slice s, size_t *n)
{
	size_t done, part;

	*n = 0;
	tls_gate_enter();
	ERR_clear_error();
	while (l->state == TLS_LINE_OPEN && s.n > 0 &&
	    l->end - l->begin < OUT_WANTED) {
		part = s.n < RECORD ? s.n : RECORD;
		if (SSL_write_ex(l->ssl, s.p, part, &done) != 1) {
			fail(l);
			break;
		}
		slice_skip(&s, done);
		*n += done;
		tls_map_add(&l->map, l->sent + (l->end - l->begin), done);
	}
	tls_gate_leave();
	return l->state == TLS_LINE_OPEN;
}

void
tls_line_end(struct tls_line *l)
{
	if (!l->shaken || l->state == TLS_LINE_FAILED)
		return;
	tls_gate_enter();
	ERR_clear_error();
	(void)SSL_shutdown(l->ssl);
	ERR_clear_error();
	tls_gate_leave();
}

struct slice
tls_line_unsent(const struct tls_line *l)
{
	return slice_of(l->out + l->begin, l->end - l->begin);
}

void
tls_line_send(struct tls_line *l, size_t n)
{
	l->begin += n;
	l->sent += n;
	if (l->begin == l->end)
		l->begin = l->end = 0;
}

size_t
tls_line_unacknowledged(struct tls_line *l, size_t bytes)
{
	return tls_map_unacknowledged(
	    &l->map, bytes < l->sent ? l->sent - bytes : 0);
}

const char *
tls_line_why(const struct tls_line *l)
{
	return l->why;
}
