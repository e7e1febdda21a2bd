/* SPDX-License-Identifier: BSD-2-Clause */
/* load_tls.h - the parts of load that speak TLS 1.3 */
#ifndef BENCH_LOAD_TLS_H
#define BENCH_LOAD_TLS_H

#include <sys/types.h>

struct load;
struct sender;
struct ssl_ctx_st;
struct ssl_st;
struct target;

/* ca: the server is checked by it; NULL: it is not. */
struct ssl_ctx_st *tls_context(const char *ca);
struct ssl_st *tls_new(struct ssl_ctx_st *c, int fd, const struct target *t);

/* The handshake, on a blocking socket; or the end of the tool. */
void tls_open(struct load *l, struct sender *s);

/* As send(2) of what is unsent: a record of 16 KiB at most. */
ssize_t tls_send(struct sender *s);

/* Says that nothing more comes. */
void tls_end(struct ssl_st *ssl, int fd);

/* Ends all senders. What the server sends (tickets) is read: a close() without
 * that would be a reset, which takes what the server has not read yet. */
void tls_close(struct load *l);

/* Instead of messages: so many handshakes, some at one time; prints what came
 * of it and returns the tool's status. */
int load_handshakes(struct load *l);

#endif
