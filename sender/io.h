/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * io.h - a socket that sends, never waits, and never raises SIGPIPE
 *
 * Everything goes through send(2), which writes to sockets only.
 */
#ifndef IO_H
#define IO_H

#include <sys/socket.h>

#include "own.h"
#include "wire/slice.h"

struct tls_line;

struct io {
	struct own own;
	bool stream, udp;
	struct tls_line *line; /* owned; NULL: no TLS */
};

enum io_status {
	IO_OK,
	IO_LATER, /* poll(2) for POLLOUT first */
	IO_FAILED /* errno; the socket is of no use any more */
};

static inline void
io_init(struct io *io)
{
	io->own.fd = -1;
	io->line = NULL;
}

/* Begins to connect. IO_LATER: io_connected() tells when POLLOUT came. */
enum io_status io_open(
    struct io *io, const struct sockaddr *to, socklen_t len, int type);
enum io_status io_connected(struct io *io);

/* True when the socket is ours and the peer has not closed it; else errno. */
bool io_is_alive(struct io *io);

/* Sends the front of s: *n bytes of it. In TLS it may be IO_LATER, and some
 * were taken all the same: io_flush() sends them. */
enum io_status io_send(struct io *io, struct slice s, size_t *n);
enum io_status io_flush(struct io *io);
bool io_is_flushed(const struct io *io);

/* The same past TLS, as it is. */
enum io_status io_send_raw(struct io *io, struct slice s, size_t *n);

/*
 * Sends whole datagrams; *n of the count went out, and were not refused.
 * EMSGSIZE is IO_FAILED like others, but the socket is still good, and it is
 * each[*n] that is too long.
 */
enum io_status io_send_each(
    struct io *io, const struct slice *each, unsigned count, unsigned *n);

/* Bytes sent that the peer's kernel has not acknowledged (SIOCOUTQ). */
size_t io_unacknowledged(struct io *io);

/* False: the peer's kernel has been silent lately, though ours asked it again
 * and again. One that has no room for more answers. */
bool io_answers(const struct io *io);

/* What the peer said in TLS, or what was wrong with it; NULL: nothing. */
const char *io_why(const struct io *io);

/* Says goodbye in TLS, as far as that does not wait. */
void io_close(struct io *io);

/* The same, and of TCP the kernel throws away what the peer's has not got:
 * that will be sent to another. */
void io_discard(struct io *io);

/* In the child of a fork: nothing is said on the parent's connection. */
void io_abandon(struct io *io);

#endif
