/* SPDX-License-Identifier: BSD-2-Clause */
#include "tool/probe.h"

#include <errno.h>
#include <poll.h>
#include <stdlib.h>
#include <string.h>

#include <openssl/err.h>
#include <openssl/ssl.h>

#include "cert/reason.h"
#include "tls_alert.h"
#include "tool/dial.h"
#include "wire/escape.h"

enum { FIRST_MAX = 16, AFTER_TICKET = 300, READ_SIZE = 4096 };

struct probe {
	SSL_CTX *ctx; /* owned */
	SSL *ssl;     /* owned */
	int fd;       /* borrowed */
	bool asked;
	bool ticket;
	int alert; /* -1: none came */
	size_t first_n;
	unsigned char first[FIRST_MAX];
	struct err reason;
};

/*
 * Whatever OpenSSL reads or writes comes by here; we look at two things.
 * RULE: seven parameters, as OpenSSL passes them.
 */
static void /* NOLINTNEXTLINE(readability-function-size) */
on_message(int writing, int version, int type, const void *bytes, size_t n,
    SSL *ssl, void *arg)
{
	struct probe *p = arg;
	const unsigned char *b = bytes;

	(void)version;
	(void)ssl;
	if (writing)
		return;
	if (type == SSL3_RT_HEADER && p->first_n == 0 && n <= FIRST_MAX) {
		memcpy(p->first, b, n);
		p->first_n = n;
	}
	/* level, description; 0 is close_notify */
	if (type == SSL3_RT_ALERT && n == 2 && b[1] != 0)
		p->alert = b[1];
}

/* Called when the server asks for a certificate, and only then. */
static int
on_asked(SSL *ssl, void *arg)
{
	struct probe *p = arg;

	(void)ssl;
	p->asked = true;
	return 1;
}

static int
on_ticket(SSL *ssl, SSL_SESSION *session)
{
	struct probe *p = SSL_get_app_data(ssl);

	(void)session;
	p->ticket = true;
	return 0; /* not kept */
}

static bool
use_ours(struct probe *p, const struct probe_want *want)
{
	if (want->certs == NULL || want->key == NULL)
		return true;
	if (SSL_use_certificate(p->ssl, sk_X509_value(want->certs, 0)) != 1 ||
	    SSL_use_PrivateKey(p->ssl, want->key) != 1)
		return false;
	for (int i = 1; i < sk_X509_num(want->certs); i++)
		if (SSL_add1_chain_cert(
			p->ssl, sk_X509_value(want->certs, i)) != 1)
			return false;
	return true;
}

static bool
set_up(struct probe *p, const struct probe_want *want)
{
	p->ctx = SSL_CTX_new(TLS_client_method());
	if (p->ctx == NULL ||
	    SSL_CTX_set_min_proto_version(p->ctx, TLS1_2_VERSION) != 1)
		return false;
	/* judged later, with all that is to be said about it */
	SSL_CTX_set_verify(p->ctx, SSL_VERIFY_NONE, NULL);
	SSL_CTX_set_session_cache_mode(
	    p->ctx, SSL_SESS_CACHE_CLIENT | SSL_SESS_CACHE_NO_INTERNAL);
	SSL_CTX_sess_set_new_cb(p->ctx, on_ticket);
	p->ssl = SSL_new(p->ctx);
	if (p->ssl == NULL)
		return false;
	SSL_set_app_data(p->ssl, p);
	SSL_set_msg_callback(p->ssl, on_message);
	SSL_set_msg_callback_arg(p->ssl, p);
	SSL_set_cert_cb(p->ssl, on_asked, p);
	return SSL_set_fd(p->ssl, p->fd) == 1 && use_ours(p, want) &&
	    (want->server_name == NULL ||
		SSL_set_tlsext_host_name(p->ssl, want->server_name) == 1);
}

struct probe *
probe_new(int fd, const struct probe_want *want, struct err *err)
{
	struct probe *p = calloc(1, sizeof(*p));

	if (p == NULL) {
		(void)err_set(err, "not enough memory");
		return NULL;
	}
	p->fd = fd;
	p->alert = -1;
	if (set_up(p, want))
		return p;
	(void)reason_set(err, "cannot begin with TLS");
	probe_free(p);
	return NULL;
}

void
probe_free(struct probe *p)
{
	if (p == NULL)
		return;
	SSL_free(p->ssl);
	SSL_CTX_free(p->ctx);
	free(p);
}

/* TLS records have types 20 to 24 (RFC 8446 5.1). */
static bool
is_tls(const struct probe *p)
{
	return p->first_n == 0 || (p->first[0] >= 20 && p->first[0] <= 24);
}

/* What a call that did not succeed means; PROBE_GOOD: call again. */
static enum probe_end
judge(struct probe *p, int result, int64_t deadline)
{
	int saved = errno;
	int error = SSL_get_error(p->ssl, result);
	int ready;

	if (error == SSL_ERROR_WANT_READ || error == SSL_ERROR_WANT_WRITE) {
		ready = dial_wait(p->fd,
		    error == SSL_ERROR_WANT_READ ? POLLIN : POLLOUT, deadline);
		return ready > 0 ? PROBE_GOOD : PROBE_LATE;
	}
	if (p->alert >= 0)
		return PROBE_ALERT;
	if (!is_tls(p))
		return PROBE_NO_TLS;
	if (error == SSL_ERROR_ZERO_RETURN || error == SSL_ERROR_SYSCALL ||
	    ERR_GET_REASON(ERR_peek_last_error()) ==
		SSL_R_UNEXPECTED_EOF_WHILE_READING) {
		errno = saved;
		if (error == SSL_ERROR_SYSCALL && saved != 0)
			(void)err_sys(&p->reason, "the connection broke");
		else
			(void)err_set(&p->reason, "it closed the connection");
		return PROBE_CLOSED;
	}
	(void)reason_set(&p->reason, "TLS failed");
	return PROBE_FAILED;
}

enum probe_end
probe_handshake(struct probe *p, int64_t deadline)
{
	for (;;) {
		enum probe_end end;
		int result;

		ERR_clear_error();
		errno = 0;
		result = SSL_connect(p->ssl);
		if (result == 1)
			return PROBE_GOOD;
		end = judge(p, result, deadline);
		if (end != PROBE_GOOD)
			return end;
	}
}

enum probe_end
probe_listen(struct probe *p, int64_t deadline)
{
	bool shortened = false;
	char bytes[READ_SIZE];

	for (;;) {
		enum probe_end end;
		int result;

		ERR_clear_error();
		errno = 0;
		result = SSL_read(p->ssl, bytes, sizeof(bytes));
		if (result > 0 && dial_now() < deadline)
			continue; /* a collector has nothing to say; so what */
		if (result > 0)
			return PROBE_GOOD;
		if (p->ticket && !shortened) {
			int64_t soon = dial_now() + AFTER_TICKET;

			deadline = soon < deadline ? soon : deadline;
			shortened = true;
		}
		end = judge(p, result, deadline);
		if (end == PROBE_LATE)
			return PROBE_GOOD;
		if (end != PROBE_GOOD)
			return end;
	}
}

enum probe_end
probe_send(struct probe *p, const char *text, size_t n, int64_t deadline)
{
	for (;;) {
		enum probe_end end;
		int result;

		ERR_clear_error();
		errno = 0;
		result = SSL_write(p->ssl, text, (int)n);
		if (result > 0)
			return PROBE_GOOD;
		end = judge(p, result, deadline);
		if (end != PROBE_GOOD)
			return end;
	}
}

enum probe_end
probe_close(struct probe *p, int64_t deadline)
{
	bool answered = false;
	char bytes[READ_SIZE];

	ERR_clear_error();
	(void)SSL_shutdown(p->ssl);
	while (!answered) {
		enum probe_end end;
		int result;

		ERR_clear_error();
		errno = 0;
		result = SSL_read(p->ssl, bytes, sizeof(bytes));
		if (result > 0 && dial_now() < deadline)
			continue;
		if (result > 0)
			return PROBE_LATE;
		answered = SSL_get_error(p->ssl, result) ==
		    SSL_ERROR_ZERO_RETURN;
		end = answered ? PROBE_GOOD : judge(p, result, deadline);
		if (end != PROBE_GOOD)
			return end;
	}
	return PROBE_GOOD;
}

const char *
probe_version(const struct probe *p)
{
	return SSL_get_version(p->ssl);
}

const char *
probe_cipher(const struct probe *p)
{
	return SSL_get_cipher_name(p->ssl);
}

STACK_OF(X509) * probe_chain(const struct probe *p)
{
	return SSL_get_peer_cert_chain(p->ssl);
}

bool
probe_asked(const struct probe *p)
{
	return p->asked;
}

bool
probe_authority(const struct probe *p, int i, char out[VIEW_TEXT])
{
	const STACK_OF(X509_NAME) *names = SSL_get0_peer_CA_list(p->ssl);

	if (i >= sk_X509_NAME_num(names))
		return false;
	view_x509_name(sk_X509_NAME_value(names, i), out);
	return true;
}

void
probe_alert(const struct probe *p, struct err *why, struct err *cure)
{
	tls_alert_words(p->alert, why, cure);
	if (p->alert == TLS13_AD_CERTIFICATE_REQUIRED)
		(void)err_set(cure,
		    "give one: --cert FILE --key FILE, or --bundle FOLDER; "
		    "`syncline cert issue` makes it");
	else if (p->alert == SSL_AD_UNRECOGNIZED_NAME)
		(void)err_set(cure, "give the right one, with --name");
}

void
probe_first_bytes(const struct probe *p, char out[VIEW_TEXT])
{
	struct slice s = slice_of(p->first, p->first_n);

	out[escape_text(s, out)] = '\0';
}

const char *
probe_reason(const struct probe *p)
{
	return p->reason.text;
}
