/* SPDX-License-Identifier: BSD-2-Clause */
#include "tls_session.h"

#include <sys/socket.h>

#include <errno.h>
#include <openssl/err.h>
#include <stdlib.h>
#include <string.h>

#include "tls_parts.h"

enum { UNSENT_MAX = 64 * 1024, HANDSHAKE_TYPE = 22 };

struct tls_pipe {
	BIO_METHOD *method; /* owned */
	size_t size;
	unsigned char *buf; /* owned */
};

struct tls_session {
	struct slice in; /* first, see tls_bio_set(): ciphertext that OpenSSL
			    has not taken */
	SSL *ssl;        /* owned */
	struct tls_pipe *pipe;
	const struct tls *tls;
	int fd;
	enum tls_status state; /* TLS_MORE until it ends */
	bool begun, open, approved, refused;
	char *unsent; /* owned; what the socket had no room for */
	size_t unsent_n;
	char *peer; /* owned; its name */
	size_t peer_n;
	char *why; /* owned */
};

/* What the socket has no room for is kept: we answer, and little. */
static int
keep(struct tls_session *s, const char *p, size_t n)
{
	char *grown;

	if (n == 0)
		return 0;
	if (n > UNSENT_MAX - s->unsent_n)
		return -1;
	grown = realloc(s->unsent, s->unsent_n + n);
	if (grown == NULL)
		return -1;
	memcpy(grown + s->unsent_n, p, n);
	s->unsent = grown;
	s->unsent_n += n;
	return 0;
}

static ssize_t
send_some(int fd, const char *p, size_t n)
{
	ssize_t done;

	do
		done = send(fd, p, n, MSG_DONTWAIT | MSG_NOSIGNAL);
	while (done == -1 && errno == EINTR);
	if (done == -1 && errno == EAGAIN)
		return 0;
	return done;
}

static int
on_write(BIO *bio, const char *p, int size)
{
	struct tls_session *s = BIO_get_data(bio);
	size_t n = (size_t)size;
	ssize_t done = 0;

	BIO_clear_retry_flags(bio);
	if (s->unsent_n == 0)
		done = send_some(s->fd, p, n);
	if (done == -1 || keep(s, p + done, n - (size_t)done) == -1)
		return -1;
	return size;
}

struct tls_pipe *
tls_pipe_new(size_t size)
{
	struct tls_pipe *p = calloc(1, sizeof(*p));

	if (p == NULL)
		return NULL;
	p->size = size < TLS_PIPE_MAX ? size : TLS_PIPE_MAX;
	p->buf = malloc(p->size);
	p->method = tls_bio_method(on_write);
	if (p->buf == NULL || p->method == NULL) {
		tls_pipe_free(p);
		return NULL;
	}
	return p;
}

void
tls_pipe_free(struct tls_pipe *p)
{
	if (p == NULL)
		return;
	BIO_meth_free(p->method);
	free(p->buf);
	free(p);
}

/* Says why it ends; a why that is there already is the better one. */
static void
set_why(struct tls_session *s, const char *text)
{
	if (s->why == NULL)
		s->why = strdup(text);
}

static void
explain_refusal(struct tls_session *s, X509 *leaf, const struct tls_verdict *v)
{
	char text[TLS_WHY_TEXT + 1024];
	size_t n = tls_add(text, sizeof(text), 0,
	    "its certificate is not accepted: %s (", v->why);

	/* last, as it may be so long that the line is cut */
	n = tls_add_cert(text, sizeof(text), n, leaf);
	(void)tls_add(text, sizeof(text), n, ")");
	set_why(s, text);
}

/* Asks the one judge there is; the error of OpenSSL, or X509_V_OK. */
static int
judge(struct tls_session *s, X509 *leaf, STACK_OF(X509) * chain)
{
	struct tls_verdict v;

	tls_judge(s->tls, leaf, chain, &v);
	if (!v.ok) {
		s->refused = true;
		explain_refusal(s, leaf, &v);
		return v.error;
	}
	free(s->peer);
	s->peer_n = v.name_n;
	s->peer = malloc(v.name_n + 1);
	if (s->peer == NULL)
		return X509_V_ERR_OUT_OF_MEM;
	memcpy(s->peer, v.name, v.name_n + 1);
	return X509_V_OK;
}

/* In the midst of the handshake, so that the peer gets a fitting alert
 * (RFC-83). */
int
tls_on_verify(X509_STORE_CTX *ctx, void *arg)
{
	SSL *ssl = X509_STORE_CTX_get_ex_data(
	    ctx, SSL_get_ex_data_X509_STORE_CTX_idx());
	struct tls_session *s = SSL_get_app_data(ssl);
	int error = judge(s, X509_STORE_CTX_get0_cert(ctx),
	    X509_STORE_CTX_get0_untrusted(ctx));

	(void)arg;
	X509_STORE_CTX_set_error(ctx, error);
	s->approved = error == X509_V_OK;
	return s->approved;
}

static int
verify_mode(enum tls_client client)
{
	switch (client) {
	case TLS_CLIENT_REQUIRED:
		return SSL_VERIFY_PEER | SSL_VERIFY_FAIL_IF_NO_PEER_CERT;
	case TLS_CLIENT_OPTIONAL:
		return SSL_VERIFY_PEER;
	case TLS_CLIENT_NONE:
		break;
	}
	return SSL_VERIFY_NONE;
}

struct tls_session *
tls_session_new(const struct tls *t, struct tls_pipe *p, int fd)
{
	struct tls_session *s = calloc(1, sizeof(*s));

	if (s == NULL)
		return NULL;
	s->ssl = SSL_new(t->ctx);
	if (s->ssl == NULL || !tls_bio_set(s->ssl, p->method, &s->in)) {
		tls_session_free(s);
		ERR_clear_error();
		return NULL;
	}
	s->pipe = p;
	s->tls = t;
	s->fd = fd;
	s->state = TLS_MORE;
	SSL_set_app_data(s->ssl, s);
	SSL_set_verify(s->ssl, verify_mode(t->client), NULL);
	SSL_set_accept_state(s->ssl);
	return s;
}

void
tls_session_free(struct tls_session *s)
{
	if (s == NULL)
		return;
	/* RFC-82: ours as an answer to theirs, or the first; an error ended
	 * it with an alert, and nothing may follow that */
	if (s->open && s->state != TLS_FAILED) {
		ERR_clear_error();
		(void)SSL_shutdown(s->ssl);
		ERR_clear_error();
	}
	SSL_free(s->ssl);
	free(s->unsent);
	free(s->peer);
	free(s->why);
	free(s);
}

static enum tls_status
fail(struct tls_session *s)
{
	char text[TLS_WHY_TEXT];

	(void)tls_add_server_reason(text, sizeof(text), s->ssl, s->tls);
	set_why(s, text);
	if (ERR_GET_REASON(ERR_peek_error()) ==
	    SSL_R_PEER_DID_NOT_RETURN_A_CERTIFICATE)
		s->refused = true;
	ERR_clear_error();
	s->state = TLS_FAILED;
	return s->state;
}

/*
 * The handshake is over: is there a certificate, the one that was judged,
 * and was it approved? Asked of OpenSSL's own state, not of what a callback
 * left behind alone.
 */
static bool
decide(struct tls_session *s)
{
	bool has = SSL_get0_peer_certificate(s->ssl) != NULL;

	switch (s->tls->client) {
	case TLS_CLIENT_NONE:
		return true;
	case TLS_CLIENT_OPTIONAL:
		if (!has)
			return true;
		break;
	case TLS_CLIENT_REQUIRED:
		break;
	}
	return has && s->approved && SSL_session_reused(s->ssl) == 0 &&
	    SSL_get_verify_result(s->ssl) == X509_V_OK;
}

static enum tls_status
shake(struct tls_session *s)
{
	int rc = SSL_do_handshake(s->ssl);
	int error = SSL_get_error(s->ssl, rc);

	if (rc == 1) {
		s->open = decide(s);
		if (s->open)
			return TLS_MORE;
		s->refused = true;
		set_why(s, "its certificate was not accepted");
		return fail(s);
	}
	if (error == SSL_ERROR_WANT_READ)
		return TLS_MORE;
	return fail(s);
}

/*
 * The peer asked for new keys (RFC 8446 section 4.6.3). OpenSSL would say so
 * with what we write next, and we never write; libsyncline waits for it, to
 * know that its certificate was accepted.
 */
static void
answer(struct tls_session *s)
{
	if (SSL_get_key_update_type(s->ssl) == SSL_KEY_UPDATE_NONE ||
	    s->state != TLS_MORE)
		return;
	if (SSL_key_update(s->ssl, SSL_KEY_UPDATE_NOT_REQUESTED) != 1 ||
	    SSL_do_handshake(s->ssl) != 1)
		(void)fail(s);
}

/* Everything that OpenSSL can make of what it has and can take. */
static void
decrypt(struct tls_session *s, char *to, size_t size, size_t *got)
{
	size_t n;
	int rc;

	while (*got < size) {
		rc = SSL_read_ex(s->ssl, to + *got, size - *got, &n);
		if (rc == 1) {
			*got += n;
			continue;
		}
		switch (SSL_get_error(s->ssl, rc)) {
		case SSL_ERROR_WANT_READ:
			return;
		case SSL_ERROR_ZERO_RETURN:
			s->state = TLS_END;
			return;
		default:
			(void)fail(s);
			return;
		}
	}
	if (s->in.n == 0 && SSL_pending(s->ssl) == 0)
		return;
	set_why(s, "it sent more than fits"); /* not so: see TLS_HELD_MAX */
	s->state = TLS_FAILED;
}

/* The first byte of a record that begins a handshake, RFC 8446 5.1. */
static bool
looks_like_tls(struct tls_session *s)
{
	char text[TLS_WHY_TEXT];

	if (s->begun)
		return true;
	s->begun = true;
	if (s->in.p[0] == HANDSHAKE_TYPE)
		return true;
	(void)tls_add_no_tls(text, sizeof(text), 0, s->in);
	set_why(s, text);
	s->state = TLS_FAILED;
	return false;
}

/* False: there is nothing to work on, or nothing will come any more. */
static bool
receive(struct tls_session *s)
{
	ssize_t n;

	do
		n = recv(s->fd, s->pipe->buf, s->pipe->size, MSG_DONTWAIT);
	while (n == -1 && errno == EINTR);
	if (n == -1 && errno == EAGAIN)
		return false;
	if (n <= 0) {
		s->state = TLS_CUT;
		return false;
	}
	s->in = slice_of(s->pipe->buf, (size_t)n);
	return true;
}

enum tls_status
tls_session_read(struct tls_session *s, struct slice ahead, char *to,
    size_t size, size_t *got)
{
	*got = 0;
	if (s->state != TLS_MORE)
		return s->state;
	s->in = ahead;
	if (ahead.n == 0 && !receive(s))
		return s->state;
	ERR_clear_error();
	if (looks_like_tls(s) && (s->open || shake(s) == TLS_MORE) && s->open)
		decrypt(s, to, size, got);
	answer(s);
	s->in.n = 0;
	ERR_clear_error();
	return *got > 0 ? TLS_DATA : s->state;
}

bool
tls_session_is_authorised(const struct tls_session *s)
{
	return s->open;
}

bool
tls_session_is_over(const struct tls_session *s)
{
	return s->state != TLS_MORE;
}

bool
tls_session_has_begun(const struct tls_session *s)
{
	return s->begun;
}

struct slice
tls_session_peer(const struct tls_session *s)
{
	return slice_of(s->peer, s->peer_n);
}

const char *
tls_session_why(const struct tls_session *s)
{
	return s->why != NULL ? s->why : "no memory";
}

bool
tls_session_is_refused(const struct tls_session *s)
{
	return s->refused;
}

bool
tls_session_is_full(const struct tls_session *s)
{
	return s->unsent_n > 0;
}

int
tls_session_flush(struct tls_session *s)
{
	ssize_t done = send_some(s->fd, s->unsent, s->unsent_n);

	if (done == -1)
		return -1;
	s->unsent_n -= (size_t)done;
	if (s->unsent_n > 0) {
		memmove(s->unsent, s->unsent + done, s->unsent_n);
		return 0;
	}
	free(s->unsent);
	s->unsent = NULL;
	return 0;
}

bool
tls_session_switch(struct tls_session *s, const struct tls *t)
{
	X509 *leaf = SSL_get0_peer_certificate(s->ssl);

	s->tls = t;
	/* judged in a handshake that goes on: those rules are not in force */
	if (s->approved && !s->open && t->client != TLS_CLIENT_NONE)
		s->approved = judge(s, leaf, SSL_get_peer_cert_chain(s->ssl)) ==
		    X509_V_OK;
	return !s->open || leaf == NULL ||
	    !tls_is_revoked(t, leaf, SSL_get_peer_cert_chain(s->ssl));
}
