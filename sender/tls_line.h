/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * tls_line.h - one connection in TLS that we made, without its socket
 *
 * Ciphertext goes in and comes out as bytes in memory: whoever has the socket
 * moves them. So nothing here waits, and nothing is written to a descriptor
 * that may not be ours any more.
 */
#ifndef TLS_LINE_H
#define TLS_LINE_H

#include <stdbool.h>
#include <stddef.h>

#include "tls_trust.h"
#include "wire/slice.h"

struct tls_line;

enum tls_line_state {
	TLS_LINE_SHAKES, /* hands; or waits for a word of the peer, see below */
	TLS_LINE_OPEN,
	TLS_LINE_ENDED, /* by the peer, with close_notify */
	TLS_LINE_FAILED /* tls_line_why() */
};

/* Begins: what is to be sent first is there. trust outlives it. NULL: no
 * memory. */
struct tls_line *tls_line_new(const struct tls_trust *trust);
void tls_line_free(struct tls_line *l); /* accepts NULL; says nothing */

/* Takes ciphertext that arrived; what it means as clear text is thrown away,
 * as a collector has nothing to say. */
enum tls_line_state tls_line_take(struct tls_line *l, struct slice arrived);
enum tls_line_state tls_line_state(const struct tls_line *l);

/*
 * In TLS 1.3 our side of the handshake is over before the server has seen our
 * certificate. So where it asked for one, we ask it for something that it can
 * only answer once it has accepted us. True: that answer is all that the
 * handshake waits for; tls_line_open() does without, when it takes too long.
 */
bool tls_line_is_waiting(const struct tls_line *l);
void tls_line_open(struct tls_line *l);

/* Makes ciphertext of the front of s, as far as there is room; *n bytes of it.
 * Only when it is open. False: it failed. */
bool tls_line_put(struct tls_line *l, struct slice s, size_t *n);

/* Says goodbye (close_notify, RFC-81), when it is open. */
void tls_line_end(struct tls_line *l);

/* Ciphertext for the socket, and that n bytes of it were sent. */
struct slice tls_line_unsent(const struct tls_line *l);
void tls_line_send(struct tls_line *l, size_t n);

/* So many bytes of what was sent were not acknowledged: how many of the clear
 * text are not with the peer's kernel? */
size_t tls_line_unacknowledged(struct tls_line *l, size_t bytes);

/* Why it failed, or ended: a sentence without its end; NULL: it has not. */
const char *tls_line_why(const struct tls_line *l);

#endif
