/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * io.c - see io.h
 */
#include "io.h"

#include <errno.h>
#include <linux/sockios.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <sys/ioctl.h>
#include <unistd.h>

#include "io_tls.h"
#include "tls_line.h"

enum { UNANSWERED = 3 /* times that the kernel asked or sent again */ };

static enum io_status
failed(int error)
{
	errno = error;
	return IO_FAILED;
}

/*
 * A dead peer is noticed within half a minute, while nothing waits for it; else
 * see io_answers(). TCP_USER_TIMEOUT would end those, too, that are alive and
 * do not read for so long.
 */
static void
keep_alive(int fd)
{
	int on = 1, idle = 15, between = 5, count = 3;

	(void)setsockopt(fd, SOL_SOCKET, SO_KEEPALIVE, &on, sizeof(on));
	(void)setsockopt(fd, IPPROTO_TCP, TCP_KEEPIDLE, &idle, sizeof(idle));
	(void)setsockopt(
	    fd, IPPROTO_TCP, TCP_KEEPINTVL, &between, sizeof(between));
	(void)setsockopt(fd, IPPROTO_TCP, TCP_KEEPCNT, &count, sizeof(count));
	(void)setsockopt(fd, IPPROTO_TCP, TCP_NODELAY, &on, sizeof(on));
}

enum io_status
io_open(struct io *io, const struct sockaddr *to, socklen_t len, int type)
{
	int fd = socket(to->sa_family, type | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);

	if (fd == -1)
		return IO_FAILED;
	if (own_take(&io->own, fd) == -1)
		return IO_FAILED;
	io->stream = type == SOCK_STREAM;
	io->udp = !io->stream && to->sa_family != AF_UNIX;
	if (io->stream && to->sa_family != AF_UNIX)
		keep_alive(io->own.fd);
	if (connect(io->own.fd, to, len) == 0)
		return IO_OK;
	/* A unix stream whose backlog is full says EAGAIN: no later here. */
	if (errno == EINPROGRESS)
		return IO_LATER;
	return IO_FAILED;
}

enum io_status
io_connected(struct io *io)
{
	int error = 0;
	socklen_t len = sizeof(error);
	struct sockaddr_storage peer;
	socklen_t peer_len = sizeof(peer);

	if (!own_is_valid(&io->own))
		return failed(EBADF);
	if (getsockopt(io->own.fd, SOL_SOCKET, SO_ERROR, &error, &len) == -1)
		return IO_FAILED;
	if (error != 0)
		return failed(error);
	if (getpeername(io->own.fd, (struct sockaddr *)&peer, &peer_len) == 0)
		return IO_OK;
	return errno == ENOTCONN ? IO_LATER : IO_FAILED;
}

bool
io_is_alive(struct io *io)
{
	char answers[512];
	ssize_t n;

	if (!own_is_valid(&io->own)) {
		errno = EBADF;
		return false;
	}
	if (io->line != NULL)
		return io_tls_is_alive(io);
	/* A collector says nothing; what it says is thrown away. */
	for (int i = 0; i < 16; i++) {
		n = recv(io->own.fd, answers, sizeof(answers), MSG_DONTWAIT);
		if (n == 0 && io->stream) {
			errno = EPIPE; /* what it has read may not be stored */
			return false;
		}
		if (n == -1)
			return errno == EAGAIN || errno == EINTR ||
			    (errno == EMSGSIZE && io->udp);
	}
	return true;
}

enum io_status
io_send(struct io *io, struct slice s, size_t *n)
{
	return io->line != NULL ? io_tls_send(io, s, n) : io_send_raw(io, s, n);
}

enum io_status
io_flush(struct io *io)
{
	return io->line != NULL ? io_tls_flush(io) : IO_OK;
}

bool
io_is_flushed(const struct io *io)
{
	return io->line == NULL || tls_line_unsent(io->line).n == 0;
}

enum io_status
io_send_raw(struct io *io, struct slice s, size_t *n)
{
	ssize_t sent = send(io->own.fd, s.p, s.n, MSG_NOSIGNAL | MSG_DONTWAIT);

	*n = sent > 0 ? (size_t)sent : 0;
	if (sent >= 0)
		return IO_OK;
	return errno == EAGAIN || errno == EINTR || errno == ENOBUFS
	    ? IO_LATER
	    : IO_FAILED;
}

/* The answer to the last datagram; on this machine it is there at once. */
static int
pending(struct io *io)
{
	int error = 0;
	socklen_t len = sizeof(error);

	if (getsockopt(io->own.fd, SOL_SOCKET, SO_ERROR, &error, &len) == -1)
		return errno;
	return error;
}

/*
 * EMSGSIZE may be the answer to an earlier datagram that a router on the way
 * had no room for. That one is lost; of those to come the kernel makes
 * fragments, so they are as good as ever.
 */
static enum io_status
send_datagram(struct io *io, struct slice s)
{
	size_t sent;
	enum io_status status = io_send(io, s, &sent);

	if (status == IO_FAILED && errno == EMSGSIZE && io->udp)
		status = io_send(io, s, &sent);
	return status;
}

/*
 * Not sendmmsg(2): when the second datagram is told that nobody listens, it
 * says "one sent", and what it was told is gone.
 */
enum io_status
io_send_each(
    struct io *io, const struct slice *each, unsigned count, unsigned *n)
{
	enum io_status status = IO_OK;
	int error;

	for (*n = 0; *n < count && status == IO_OK; *n += status == IO_OK)
		status = send_datagram(io, each[*n]);
	error = status == IO_OK ? pending(io) : errno;
	if (status == IO_LATER || error == 0 ||
	    (status == IO_OK && error == EMSGSIZE))
		return status;
	if (io->udp && error == ECONNREFUSED && *n > 0)
		(*n)--; /* it is the one before that was refused */
	return failed(error);
}

size_t
io_unacknowledged(struct io *io)
{
	int bytes = 0;

	if (!own_is_valid(&io->own) ||
	    ioctl(io->own.fd, SIOCOUTQ, &bytes) == -1 || bytes < 0)
		bytes = 0;
	return io->line != NULL
	    ? tls_line_unacknowledged(io->line, (size_t)bytes)
	    : (size_t)bytes;
}

bool
io_answers(const struct io *io)
{
	struct tcp_info info = { 0 };
	socklen_t len = sizeof(info);

	if (!own_is_valid(&io->own) ||
	    getsockopt(io->own.fd, IPPROTO_TCP, TCP_INFO, &info, &len) == -1)
		return true;
	return info.tcpi_probes < UNANSWERED &&
	    info.tcpi_retransmits < UNANSWERED;
}

const char *
io_why(const struct io *io)
{
	return io->line != NULL ? tls_line_why(io->line) : NULL;
}

void
io_close(struct io *io)
{
	if (io->line != NULL)
		io_tls_end(io);
	own_close(&io->own);
}

void
io_discard(struct io *io)
{
	struct linger at_once = { .l_onoff = 1 };

	if (own_is_valid(&io->own))
		(void)setsockopt(io->own.fd, SOL_SOCKET, SO_LINGER, &at_once,
		    sizeof(at_once));
	io_close(io);
}

void
io_abandon(struct io *io)
{
	struct tls_line *line = io->line;

	io->line = NULL;
	tls_line_free(line);
	own_close(&io->own);
}
