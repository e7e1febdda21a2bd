/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * tls_session.h - one connection in TLS, on a socket that never blocks
 *
 * All sessions of a thread share a pipe: the buffer that ciphertext is
 * received into, from where OpenSSL takes it. What is begun OpenSSL keeps
 * itself, so a session has no ciphertext of its own, and many records cost
 * one recv(2).
 */
#ifndef TLS_SESSION_H
#define TLS_SESSION_H

#include <stdbool.h>
#include <stddef.h>

#include "tls.h"
#include "wire/slice.h"

struct tls_pipe;
struct tls_session;

enum tls_status {
	TLS_MORE,  /* nothing for us now; it goes on when more arrives */
	TLS_DATA,  /* *got bytes of clear text */
	TLS_END,   /* the peer ended it properly */
	TLS_CUT,   /* the connection ended, the peer did not say so */
	TLS_FAILED /* tls_session_why() */
};

enum {
	TLS_PIPE_MAX = 64 * 1024,
	/* of clear text that one read makes at most of so much ciphertext */
	TLS_HELD_MAX = 17 * 1024
};

/* size: of its buffer; a read makes at most size + TLS_HELD_MAX. NULL: no
 * memory. */
struct tls_pipe *tls_pipe_new(size_t size);
void tls_pipe_free(struct tls_pipe *p); /* accepts NULL */

/* The side that is connected to; borrows all of it. t may be changed by
 * tls_session_switch(). NULL: no memory. */
struct tls_session *tls_session_new(
    const struct tls *t, struct tls_pipe *p, int fd);

/* Says goodbye, as far as that does not block; the descriptor stays open.
 * Accepts NULL. */
void tls_session_free(struct tls_session *s);

/*
 * Takes what arrived, in one recv(2), or what was read ahead when there is
 * some; shakes hands as long as that takes. to has room for what a read makes.
 */
enum tls_status tls_session_read(struct tls_session *s, struct slice ahead,
    char *to, size_t size, size_t *got);

/*
 * The handshake is over and the peer may talk to us by the rules of t. No
 * byte of a peer for whom this is not so is ever given out.
 */
bool tls_session_is_authorised(const struct tls_session *s);

/* All data was given out and no more will come. */
bool tls_session_is_over(const struct tls_session *s);

/* Has the peer sent anything at all? */
bool tls_session_has_begun(const struct tls_session *s);

/* The name in the peer's certificate, as far as it is verified; else its
 * fingerprint; empty: it showed none. Lives as long as the session. */
struct slice tls_session_peer(const struct tls_session *s);

/* After TLS_FAILED: a sentence without its end. */
const char *tls_session_why(const struct tls_session *s);
/* It failed for what the peer is, not for how it speaks. */
bool tls_session_is_refused(const struct tls_session *s);

/* Bytes wait for room in the socket: call tls_session_flush() when there is
 * some. -1: the connection is broken. */
bool tls_session_is_full(const struct tls_session *s);
int tls_session_flush(struct tls_session *s);

/* Other rules count from now on. False: they revoke its certificate. */
bool tls_session_switch(struct tls_session *s, const struct tls *t);

#endif
