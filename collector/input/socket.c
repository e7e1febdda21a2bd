/* SPDX-License-Identifier: BSD-2-Clause */
#include "input/socket.h"

#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <netdb.h>
#include <netinet/in.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/log.h"

/* of connections not accepted yet; net.core.somaxconn is the bound */
enum { BACKLOG = 4096 };

static const char *
scheme_of(enum listen_kind kind)
{
	switch (kind) {
	case LISTEN_UDP:
		return "udp";
	case LISTEN_TCP:
		return "tcp";
	case LISTEN_TLS:
		return "tls";
	case LISTEN_UNIX:
		return "unix";
	case LISTEN_UNIX_STREAM:
		return "unix-stream";
	}
	return "?";
}

static void
set_int(int fd, int level, int option, int value)
{
	/* what a kernel does not know makes the socket no worse */
	(void)setsockopt(fd, level, option, &value, sizeof(value));
}

static void
set_port(struct sockaddr *sa, uint16_t port)
{
	if (sa->sa_family == AF_INET6)
		((struct sockaddr_in6 *)(void *)sa)->sin6_port = htons(port);
	else
		((struct sockaddr_in *)(void *)sa)->sin_port = htons(port);
}

/* The ports apart. */
static bool
address_eq(const struct sockaddr *a, const struct sockaddr *b)
{
	const struct sockaddr_in *a4 = (const void *)a, *b4 = (const void *)b;
	const struct sockaddr_in6 *a6 = (const void *)a, *b6 = (const void *)b;

	if (a->sa_family != b->sa_family)
		return false;
	if (a->sa_family == AF_INET)
		return a4->sin_addr.s_addr == b4->sin_addr.s_addr;
	return a->sa_family == AF_INET6 &&
	    a6->sin6_scope_id == b6->sin6_scope_id &&
	    memcmp(&a6->sin6_addr, &b6->sin6_addr, sizeof(a6->sin6_addr)) == 0;
}

static uint16_t
port_of(int fd)
{
	struct sockaddr_storage ss = { 0 };
	socklen_t n = sizeof(ss);
	in_port_t port;

	if (getsockname(fd, (struct sockaddr *)&ss, &n) == -1)
		return 0;
	/* the port stands at the same place in both families */
	memcpy(&port,
	    (const char *)&ss + offsetof(struct sockaddr_in, sin_port),
	    sizeof(port));
	return ntohs(port);
}

/* What an operator can do about it. */
static const char *
cure_of(int error, int type)
{
	switch (error) {
	case EADDRINUSE:
		return type == SOCK_STREAM
		    ? " (another process has it: `ss -ltnp` shows which)"
		    : " (another process has it: `ss -lunp` shows which)";
	case EACCES:
		return " (ports below 1024 need root or CAP_NET_BIND_SERVICE)";
	case EADDRNOTAVAIL:
		return " (no interface of this machine has that address)";
	default:
		return "";
	}
}

/* "::ffff:127.0.0.1" is an IPv4 address in IPv6's clothes. */
static bool
is_v4_mapped(const struct sockaddr *sa)
{
	const struct sockaddr_in6 *in6 = (const void *)sa;

	return IN6_IS_ADDR_V4MAPPED(&in6->sin6_addr);
}

/* One bound socket. v6only is 0 for "*", which takes IPv4 along. */
static int
bind_one(const struct sockaddr *sa, socklen_t n, int type, int v6only)
{
	int fd = socket(sa->sa_family, type | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);

	if (fd == -1)
		return -1;
	/* TCP: lets a restart bind while old connections linger. Never on
	 * UDP, where it would let others share the port. */
	if (type == SOCK_STREAM)
		set_int(fd, SOL_SOCKET, SO_REUSEADDR, 1);
	if (sa->sa_family == AF_INET6)
		set_int(
		    fd, IPPROTO_IPV6, IPV6_V6ONLY, v6only && !is_v4_mapped(sa));
	if (bind(fd, sa, n) == -1 ||
	    (type == SOCK_STREAM && listen(fd, BACKLOG) == -1)) {
		int saved = errno;

		close(fd);
		errno = saved;
		return -1;
	}
	return fd;
}

static int
bind_any(struct socket_set *s, uint16_t port, int type)
{
	struct sockaddr_in6 all6 = { .sin6_family = AF_INET6,
		.sin6_port = htons(port),
		.sin6_addr = in6addr_any };
	struct sockaddr_in all4 = { .sin_family = AF_INET,
		.sin_port = htons(port),
		.sin_addr = { htonl(INADDR_ANY) } };
	int fd = bind_one(
	    (struct sockaddr *)(void *)&all6, sizeof(all6), type, 0);

	/* a machine without IPv6 */
	if (fd == -1 && (errno == EAFNOSUPPORT || errno == EADDRNOTAVAIL))
		fd = bind_one(
		    (struct sockaddr *)(void *)&all4, sizeof(all4), type, 0);
	if (fd == -1)
		return -1;
	s->fd[s->n++] = fd;
	s->port = port_of(fd);
	return 0;
}

/* /etc/hosts may name one address twice. */
static bool
is_repeated(const struct addrinfo *first, const struct addrinfo *ai)
{
	for (; first != ai; first = first->ai_next)
		if (first->ai_addrlen == ai->ai_addrlen &&
		    address_eq(first->ai_addr, ai->ai_addr))
			return true;
	return false;
}

static int
bind_list(
    struct socket_set *s, const struct addrinfo *ai, uint16_t port, int type)
{
	const struct addrinfo *first = ai;

	for (; ai != NULL && s->n < SOCKETS_MAX; ai = ai->ai_next) {
		int fd;

		if (is_repeated(first, ai))
			continue;
		if (ai->ai_family != AF_INET && ai->ai_family != AF_INET6)
			continue;
		/* port 0: what the first got, the others take too */
		set_port(ai->ai_addr, s->n > 0 ? s->port : port);
		fd = bind_one(ai->ai_addr, ai->ai_addrlen, type, 1);
		if (fd == -1 &&
		    (errno == EAFNOSUPPORT || errno == EADDRNOTAVAIL) &&
		    (s->n > 0 || ai->ai_next != NULL))
			continue; /* "localhost" where ::1 is off */
		if (fd == -1)
			return -1;
		s->fd[s->n++] = fd;
		s->port = port_of(fd);
	}
	return s->n > 0 ? 0 : -1;
}

static int
open_inet(struct socket_set *s, const char *host, uint16_t port, int type,
    struct err *err)
{
	const struct addrinfo hints = { .ai_family = AF_UNSPEC,
		.ai_socktype = type,
		.ai_flags = AI_PASSIVE };
	struct addrinfo *ai = NULL;
	int rc;

	if (strcmp(host, "*") == 0) {
		rc = bind_any(s, port, type);
	} else {
		rc = getaddrinfo(host, NULL, &hints, &ai);
		if (rc != 0)
			return err_set(err, "%s: %s", host, gai_strerror(rc));
		errno = EADDRNOTAVAIL;
		rc = bind_list(s, ai, port, type);
		freeaddrinfo(ai);
	}
	if (rc == -1)
		return err_set(
		    err, "%s%s", strerrordesc_np(errno), cure_of(errno, type));
	return 0;
}

/* Says that something else than a socket is there, and what to do. */
static int
refuse_file(const char *path, mode_t mode, struct err *err)
{
	static const char journal[] = "/run/systemd/journal/";
	char to[PATH_MAX];
	ssize_t n = -1;

	if (S_ISLNK(mode))
		n = readlink(path, to, sizeof(to) - 1);
	if (n < 0)
		return err_set(err,
		    "%s exists and is no socket; remove it or choose another "
		    "path",
		    path);
	to[n] = '\0';
	if (strncmp(to, journal, sizeof(journal) - 1) == 0)
		return err_set(err,
		    "%s is a symbolic link to %.100s, which the journal "
		    "serves; listen on unix://%ssyslog, to which it passes "
		    "messages on",
		    path, to, journal);
	return err_set(err,
	    "%s is a symbolic link; listen on what it stands for, "
	    "unix://%s%.100s, or remove it",
	    path, to[0] == '/' ? "" : "/.../", to);
}

/* Removes a socket file that nobody answers any more. */
static int
remove_stale(const struct sockaddr_un *un, int type, struct err *err)
{
	struct stat st;
	int fd, rc, error;

	if (lstat(un->sun_path, &st) == -1)
		return errno == ENOENT ? 0 : err_sys(err, "%s", un->sun_path);
	if (!S_ISSOCK(st.st_mode))
		return refuse_file(un->sun_path, st.st_mode, err);
	fd = socket(AF_UNIX, type | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
	if (fd == -1)
		return err_sys(err, "socket");
	rc = connect(fd, (const struct sockaddr *)un, sizeof(*un));
	error = errno;
	close(fd);
	if (rc == 0 || error != ECONNREFUSED)
		return err_set(err,
		    "another process is listening there; stop "
		    "it or choose another path");
	if (unlink(un->sun_path) == -1)
		return err_sys(
		    err, "%s: cannot remove the old socket", un->sun_path);
	return 0;
}

static int
open_unix(struct socket_set *s, const struct listen_conf *l, struct err *err)
{
	int type = l->kind == LISTEN_UNIX ? SOCK_DGRAM : SOCK_STREAM;
	struct sockaddr_un un = { .sun_family = AF_UNIX };
	struct stat st;
	mode_t old;
	int fd, rc, saved;

	if (strlen(l->path) >= sizeof(un.sun_path))
		return err_set(err, "the path is longer than %zu bytes",
		    sizeof(un.sun_path) - 1);
	memcpy(un.sun_path, l->path, strlen(l->path) + 1);
	if (remove_stale(&un, type, err) == -1)
		return -1;
	fd = socket(AF_UNIX, type | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
	if (fd == -1)
		return err_sys(err, "socket");
	s->fd[s->n++] = fd;
	/* the file is made with its mode: chmod(2) could meet another file */
	old = umask((mode_t)(~l->mode & 0777));
	rc = bind(fd, (struct sockaddr *)&un, sizeof(un));
	saved = errno;
	umask(old);
	errno = saved;
	if (rc == -1)
		return err_sys(err, "%s", l->path);
	s->path = strdup(l->path);
	if (s->path == NULL || lstat(l->path, &st) == -1)
		return err_sys(err, "%s", l->path);
	s->dev = st.st_dev;
	s->ino = st.st_ino;
	if (type == SOCK_STREAM && listen(fd, BACKLOG) == -1)
		return err_sys(err, "listen");
	return 0;
}

/* The receive buffer, which the kernel doubles; 0: nobody knows. */
static int
receive_buffer_of(int fd)
{
	int got = 0;
	socklen_t n = sizeof(got);

	return getsockopt(fd, SOL_SOCKET, SO_RCVBUF, &got, &n) == 0 ? got : 0;
}

/*
 * Asks for the receive buffer, beyond the system's limit where we may. One that
 * was passed may have more already, from somebody who may; it stays.
 */
static void
set_receive_buffer(int fd, const struct listen_conf *l, bool passed)
{
	int want = (int)(l->receive_buffer > INT32_MAX / 2 ? INT32_MAX / 2
							   : l->receive_buffer);
	int got = receive_buffer_of(fd);

	if (passed && got / 2 >= want)
		return;
	if (setsockopt(fd, SOL_SOCKET, SO_RCVBUFFORCE, &want, sizeof(want)) ==
	    -1)
		set_int(fd, SOL_SOCKET, SO_RCVBUF, want);
	got = receive_buffer_of(fd);
	if (got == 0)
		return;
	/* the kernel doubles what is asked for, to pay for its own use */
	if (got / 2 < want && l->kind == LISTEN_UDP)
		log_line(LOG_NOTICE,
		    "listener %s: the receive buffer is %d "
		    "KiB, not %d: raise net.core.rmem_max or start as root",
		    listen_label(l), got / 2048, want / 1024);
}

/* A tenth of what a datagram costs, so only when somebody asks. */
static void
set_credentials(int fd, const struct listen_conf *l)
{
	if (l->kind == LISTEN_UNIX)
		set_int(fd, SOL_SOCKET, SO_PASSCRED, l->credentials);
}

static void
set_options(int fd, const struct listen_conf *l, bool passed)
{
	if (l->kind == LISTEN_UDP || l->kind == LISTEN_UNIX)
		set_receive_buffer(fd, l, passed);
	set_credentials(fd, l);
	if (listen_is_net_stream(l))
		set_int(fd, SOL_SOCKET, SO_KEEPALIVE, 1);
}

int
socket_set_adopt(struct socket_set *s, int from, const struct listen_conf *l,
    struct err *err)
{
	int fd, flags;

	if (s->n == SOCKETS_MAX)
		return err_set(err, "listener %s: more than %d sockets for it",
		    l->url, (int)SOCKETS_MAX);
	fd = fcntl(from, F_DUPFD_CLOEXEC, 0);
	if (fd == -1)
		return err_sys(err, "listener %s", l->url);
	s->fd[s->n++] = fd;
	flags = fcntl(fd, F_GETFL);
	if (flags == -1 || fcntl(fd, F_SETFL, flags | O_NONBLOCK) == -1)
		return err_sys(err, "listener %s", l->url);
	if (l->path == NULL)
		s->port = port_of(fd);
	s->passed = true;
	set_options(fd, l, true);
	return 0;
}

int
socket_set_open(
    struct socket_set *s, const struct listen_conf *l, struct err *err)
{
	struct err why;
	int rc;

	*s = (struct socket_set){ 0 };
	if (l->kind == LISTEN_UNIX || l->kind == LISTEN_UNIX_STREAM)
		rc = open_unix(s, l, &why);
	else
		rc = open_inet(s, l->host, (uint16_t)l->port,
		    l->kind == LISTEN_UDP ? SOCK_DGRAM : SOCK_STREAM, &why);
	if (rc == -1) {
		socket_set_close(s);
		return err_set(err, "listener %s: %s", l->url, why.text);
	}
	for (size_t i = 0; i < s->n; i++)
		set_options(s->fd[i], l, false);
	return 0;
}

/* Our own socket file gets that mode: its name may be another's by now, or a
 * link. -1: errno; 0 also when it is not ours any more. */
static int
renew_mode(const struct socket_set *s, mode_t mode)
{
	char self[sizeof("/proc/self/fd/") + 3 * sizeof(int)];
	int fd = open(s->path, O_PATH | O_NOFOLLOW | O_CLOEXEC);
	struct stat st;
	int rc = 0;

	if (fd == -1)
		return 0;
	(void)snprintf(self, sizeof(self), "/proc/self/fd/%d", fd);
	if (fstat(fd, &st) == 0 && st.st_dev == s->dev && st.st_ino == s->ino &&
	    (st.st_mode & 0777) != mode)
		rc = chmod(self, mode);
	close(fd);
	return rc;
}

void
socket_set_ask(const struct socket_set *s, const struct listen_conf *l)
{
	for (size_t i = 0; i < s->n; i++)
		set_credentials(s->fd[i], l);
}

void
socket_set_renew(const struct socket_set *s, const struct listen_conf *l)
{
	for (size_t i = 0; i < s->n; i++)
		set_options(s->fd[i], l, s->passed);
	if (s->path != NULL && renew_mode(s, (mode_t)l->mode) == -1)
		log_sys(LOG_WARNING, "listener %s: mode", listen_label(l));
}

int
socket_set_open_tcp(
    struct socket_set *s, const char *host, uint16_t port, struct err *err)
{
	*s = (struct socket_set){ 0 };
	if (open_inet(s, host, port, SOCK_STREAM, err) == -1) {
		socket_set_close(s);
		return -1;
	}
	return 0;
}

void
socket_set_close(struct socket_set *s)
{
	struct stat st;

	for (size_t i = 0; i < s->n; i++)
		if (s->fd[i] != -1)
			close(s->fd[i]);
	s->n = 0;
	if (s->path != NULL && s->ino != 0 && lstat(s->path, &st) == 0 &&
	    st.st_dev == s->dev && st.st_ino == s->ino)
		(void)unlink(s->path);
	free(s->path);
	s->path = NULL;
}

void
socket_set_url(const struct socket_set *s, const struct listen_conf *l,
    char *url, size_t n)
{
	const char *scheme = scheme_of(l->kind);

	if (l->kind == LISTEN_UNIX || l->kind == LISTEN_UNIX_STREAM)
		(void)snprintf(url, n, "%s://%s", scheme, l->path);
	else if (strchr(l->host, ':') != NULL)
		(void)snprintf(
		    url, n, "%s://[%s]:%u", scheme, l->host, s->port);
	else
		(void)snprintf(url, n, "%s://%s:%u", scheme, l->host, s->port);
}
