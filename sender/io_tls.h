/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * io_tls.h - a line of TLS and its socket: bytes between the two; for io.c
 * and link.c
 */
#ifndef IO_TLS_H
#define IO_TLS_H

#include "io.h"

struct tls_trust;

/* The connected socket speaks TLS from now on. -1: no memory. */
int io_tls_begin(struct io *io, const struct tls_trust *trust);

/* Goes on with the handshake. IO_LATER: poll(2) for io_tls_events(). */
enum io_status io_tls_shake(struct io *io);
short io_tls_events(const struct io *io);

/* The others are those of io.h, for a socket that speaks TLS. */
bool io_tls_is_alive(struct io *io);
enum io_status io_tls_send(struct io *io, struct slice s, size_t *n);
enum io_status io_tls_flush(struct io *io);
void io_tls_end(struct io *io);

#endif
