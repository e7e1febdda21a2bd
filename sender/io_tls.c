/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * io_tls.c - see io_tls.h
 */
#include "io_tls.h"

#include <errno.h>
#include <poll.h>

#include "tls_line.h"

enum { READS = 16, READ_SIZE = 4096 };

int
io_tls_begin(struct io *io, const struct tls_trust *trust)
{
	io->line = tls_line_new(trust);
	if (io->line != NULL)
		return 0;
	errno = ENOMEM;
	return -1;
}

enum io_status
io_tls_flush(struct io *io)
{
	enum io_status status = IO_OK;
	struct slice s;
	size_t n;

	while (status == IO_OK && (s = tls_line_unsent(io->line)).n > 0) {
		status = io_send_raw(io, s, &n);
		tls_line_send(io->line, n);
	}
	return status;
}

/* All that arrived. False: the line is of no use any more, see errno, and why
 * tls_line_why(), if the peer said something. */
static bool
listen_to(struct io *io)
{
	char arrived[READ_SIZE];
	ssize_t n;

	for (int i = 0; i < READS; i++) {
		n = recv(io->own.fd, arrived, sizeof(arrived), MSG_DONTWAIT);
		if (n == -1)
			return errno == EAGAIN || errno == EINTR;
		if (n == 0) {
			errno = EPIPE; /* what it has read may not be stored */
			return false;
		}
		if (tls_line_take(io->line, slice_of(arrived, (size_t)n)) >=
		    TLS_LINE_ENDED) {
			(void)io_tls_flush(io); /* our alert */
			errno = EPIPE;
			return false;
		}
	}
	return true;
}

enum io_status
io_tls_shake(struct io *io)
{
	if (!own_is_valid(&io->own)) {
		errno = EBADF;
		return IO_FAILED;
	}
	if (!listen_to(io))
		return IO_FAILED;
	if (io_tls_flush(io) == IO_FAILED) {
		int saved = errno;

		(void)listen_to(io); /* it may have said why */
		errno = saved;
		return IO_FAILED;
	}
	return tls_line_state(io->line) == TLS_LINE_OPEN ? IO_OK : IO_LATER;
}

short
io_tls_events(const struct io *io)
{
	return tls_line_unsent(io->line).n > 0 ? POLLIN | POLLOUT : POLLIN;
}

bool
io_tls_is_alive(struct io *io)
{
	return listen_to(io);
}

enum io_status
io_tls_send(struct io *io, struct slice s, size_t *n)
{
	enum io_status status = io_tls_flush(io);
	int saved;

	*n = 0;
	if (status == IO_OK) {
		if (!tls_line_put(io->line, s, n)) {
			errno = EPROTO;
			return IO_FAILED;
		}
		status = io_tls_flush(io);
	}
	if (status == IO_FAILED) {
		saved = errno;
		(void)listen_to(io); /* it may have said why */
		errno = saved;
	}
	return status;
}

/* Before the socket is closed: what it has no room for is not waited for. */
void
io_tls_end(struct io *io)
{
	struct tls_line *line = io->line;

	if (own_is_valid(&io->own) && io_tls_flush(io) == IO_OK) {
		tls_line_end(line);
		(void)io_tls_flush(io);
	}
	/* in this order: the child of a fork looks at it, too */
	io->line = NULL;
	tls_line_free(line);
}
