/* SPDX-License-Identifier: BSD-2-Clause */
/* floor_tls.c - streams through TLS 1.3: SSL_read into the same buffer */
#include "common.h"
#include "floor.h"

#include <errno.h>
#include <openssl/err.h>
#include <openssl/ssl.h>
#include <stdio.h>

enum {
	RECORD = 16 << 10, /* bytes, at most */
	TURN = 64 << 10,   /* of one connection, before the next is read */
};

static _Noreturn void
die_tls(const char *what)
{
	const char *why = ERR_reason_error_string(ERR_peek_error());

	die(0, "%s: %s", what, why ? why : "TLS failed");
}

void
floor_tls_open(struct floor *f, const char *certificate, const char *key)
{
	SSL_CTX *c = SSL_CTX_new(TLS_server_method());

	if (!c || !SSL_CTX_set_min_proto_version(c, TLS1_3_VERSION))
		die_tls("TLS 1.3");
	/* No memory for what is idle, nothing to resume. */
	SSL_CTX_set_mode(c, SSL_MODE_RELEASE_BUFFERS);
	SSL_CTX_set_session_cache_mode(c, SSL_SESS_CACHE_OFF);
	SSL_CTX_set_num_tickets(c, 0);
	if (SSL_CTX_use_certificate_chain_file(c, certificate) != 1)
		die_tls(certificate);
	if (SSL_CTX_use_PrivateKey_file(c, key, SSL_FILETYPE_PEM) != 1)
		die_tls(key);
	f->tls = c;
}

void
floor_tls_close(struct floor *f)
{
	SSL_CTX_free(f->tls);
}

struct ssl_st *
floor_tls_accept(const struct floor *f, int fd)
{
	SSL *ssl = SSL_new(f->tls);

	if (!ssl || SSL_set_fd(ssl, fd) != 1)
		die_tls("a connection");
	SSL_set_accept_state(ssl);
	return ssl;
}

void
floor_tls_free(struct ssl_st *ssl)
{
	SSL_free(ssl);
}

/* There is always room for a whole record, so that none is left inside of
 * OpenSSL, where epoll does not see it. */
ssize_t
floor_tls_read(struct ssl_st *ssl, char *to, size_t room)
{
	size_t have = 0;

	room = room < TURN + RECORD ? room : TURN + RECORD;
	while (have + RECORD <= room) {
		int n = SSL_read(ssl, to + have, (int)(room - have));

		if (n <= 0) {
			int why = SSL_get_error(ssl, n);

			ERR_clear_error();
			if (have > 0)
				break;
			errno = EAGAIN;
			return why == SSL_ERROR_WANT_READ ||
				why == SSL_ERROR_WANT_WRITE
			    ? -1
			    : 0;
		}
		have += (size_t)n;
	}
	return (ssize_t)have;
}
