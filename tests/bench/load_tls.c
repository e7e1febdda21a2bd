/* SPDX-License-Identifier: BSD-2-Clause */
/* load_tls.c - see load_tls.h */
#include "load_tls.h"

#include "common.h"
#include "load.h"

#include <errno.h>
#include <openssl/err.h>
#include <openssl/ssl.h>
#include <poll.h>
#include <sys/socket.h>

enum {
	CLOSE_S = 10, /* for the other side to close */
};

static _Noreturn void
die_tls(const char *what)
{
	const char *why = ERR_reason_error_string(ERR_peek_error());

	die(0, "%s: %s", what, why ? why : "the connection broke");
}

struct ssl_ctx_st *
tls_context(const char *ca)
{
	SSL_CTX *c = SSL_CTX_new(TLS_client_method());

	if (!c || !SSL_CTX_set_min_proto_version(c, TLS1_3_VERSION) ||
	    !SSL_CTX_set_ciphersuites(c, "TLS_AES_256_GCM_SHA384"))
		die_tls("TLS 1.3");
	/* A write returns when a record is on its way. */
	SSL_CTX_set_mode(c, SSL_MODE_ENABLE_PARTIAL_WRITE);
	SSL_CTX_set_session_cache_mode(c, SSL_SESS_CACHE_OFF);
	if (!ca)
		return c;
	if (SSL_CTX_load_verify_file(c, ca) != 1)
		die_tls(ca);
	SSL_CTX_set_verify(c, SSL_VERIFY_PEER, NULL);
	return c;
}

struct ssl_st *
tls_new(struct ssl_ctx_st *c, int fd, const struct target *t)
{
	SSL *ssl = SSL_new(c);

	if (!ssl || SSL_set_fd(ssl, fd) != 1 ||
	    !X509_VERIFY_PARAM_set1_ip_asc(
		SSL_get0_param(ssl), t->ipv6 ? "::1" : "127.0.0.1"))
		die_tls("a connection");
	return ssl;
}

void
tls_open(struct load *l, struct sender *s)
{
	const struct options *o = &l->options;
	struct timeval patience = { .tv_sec = (time_t)o->give_up + 1 };
	long verdict;

	if (!l->tls)
		l->tls = tls_context(o->ca);
	s->ssl = tls_new(l->tls, s->fd, &o->target);
	if (setsockopt(
		s->fd, SOL_SOCKET, SO_RCVTIMEO, &patience, sizeof(patience)))
		die(errno, "SO_RCVTIMEO");
	if (SSL_connect(s->ssl) == 1)
		return;
	verdict = SSL_get_verify_result(s->ssl);
	if (verdict != X509_V_OK)
		die(0, "handshake: %s", X509_verify_cert_error_string(verdict));
	die_tls("handshake");
}

ssize_t
tls_send(struct sender *s)
{
	int n = SSL_write(s->ssl, s->unsent, (int)s->unsent_length), why;

	if (n > 0)
		return n;
	why = SSL_get_error(s->ssl, n);
	if (why != SSL_ERROR_WANT_WRITE && why != SSL_ERROR_WANT_READ)
		die_tls("send");
	errno = EAGAIN;
	return -1;
}

/* Reads until the other side closes. */
static void
drain(int fd, int64_t until)
{
	struct pollfd p = { .fd = fd, .events = POLLIN };
	char junk[4096];
	ssize_t n = 1;

	while (n != 0) {
		int64_t ms = (until - clock_ns(CLOCK_MONOTONIC)) / 1000000;

		if (ms <= 0 || poll(&p, 1, (int)ms) <= 0)
			return;
		n = recv(fd, junk, sizeof(junk), MSG_DONTWAIT);
		if (n < 0 && errno != EAGAIN && errno != EINTR)
			return;
	}
}

void
tls_end(struct ssl_st *ssl, int fd)
{
	(void)SSL_shutdown(ssl);
	ERR_clear_error();
	(void)shutdown(fd, SHUT_WR);
}

void
tls_close(struct load *l)
{
	int64_t until = clock_ns(CLOCK_MONOTONIC) + CLOSE_S * NS_PER_S;

	for (uint32_t i = 0; i < l->options.connections; i++)
		tls_end(l->senders[i].ssl, l->senders[i].fd);
	for (uint32_t i = 0; i < l->options.connections; i++) {
		drain(l->senders[i].fd, until);
		SSL_free(l->senders[i].ssl);
	}
	SSL_CTX_free(l->tls);
}
