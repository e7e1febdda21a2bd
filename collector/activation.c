/* SPDX-License-Identifier: BSD-2-Clause */
#include "activation.h"

#include <sys/socket.h>
#include <sys/un.h>

#include <errno.h>
#include <fcntl.h>
#include <netdb.h>
#include <netinet/in.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/log.h"
#include "config/place.h"
#include "listeners.h"
#include "wire/slice.h"

enum { FD_FIRST = 3, HOST_TEXT = 128, PORT_TEXT = 8 };

/* A socket that was passed. */
struct passed {
	int fd;
	struct slice name;
	int family;
	bool stream;
	char host[HOST_TEXT]; /* of an address; or the path */
	char port[PORT_TEXT];
};

static bool
read_number(const char *text, long most, long *n)
{
	char *end;

	if (text[0] < '0' || text[0] > '9')
		return false;
	errno = 0;
	*n = strtol(text, &end, 10);
	return errno == 0 && *end == '\0' && *n <= most;
}

int
activation_init(struct activation *a, struct err *err)
{
	const char *pid = getenv("LISTEN_PID"), *fds = getenv("LISTEN_FDS");
	const char *names = getenv("LISTEN_FDNAMES");
	long n;

	*a = (struct activation){ 0 };
	if (pid == NULL || fds == NULL)
		return 0;
	if (!read_number(pid, INT32_MAX, &n) || n != getpid()) {
		log_line(LOG_NOTICE,
		    "LISTEN_FDS is for process %.20s, not for us: ignored "
		    "(what starts us must exec us)",
		    pid);
		return 0;
	}
	if (!read_number(fds, ACTIVATION_MAX, &n))
		return err_set(err,
		    "LISTEN_FDS: \"%.20s\" is no number of at most %d", fds,
		    (int)ACTIVATION_MAX);
	for (int fd = FD_FIRST; fd < FD_FIRST + (int)n; fd++)
		if (fcntl(fd, F_SETFD, FD_CLOEXEC) == -1)
			return err_sys(err, "LISTEN_FDS: socket %d", fd);
	if (names != NULL) {
		a->names = strdup(names);
		if (a->names == NULL)
			return err_sys(err, "LISTEN_FDNAMES");
	}
	a->n = (size_t)n;
	return 0;
}

void
activation_clear(struct activation *a)
{
	for (size_t i = 0; i < a->n; i++)
		close(FD_FIRST + (int)i);
	free(a->names);
	*a = (struct activation){ 0 };
}

/* The name of the i-th, "" when there is none. */
static struct slice
find_name(const struct activation *a, size_t i)
{
	const char *at = a->names != NULL ? a->names : "";

	for (; i > 0; i--) {
		at += strcspn(at, ":");
		if (*at == ':')
			at++;
	}
	return slice_of(at, strcspn(at, ":"));
}

static int
read_place(struct passed *p, struct err *err)
{
	struct sockaddr_storage ss = { 0 };
	const struct sockaddr_un *un = (const void *)&ss;
	socklen_t n = sizeof(ss);
	int rc;

	if (getsockname(p->fd, (struct sockaddr *)&ss, &n) == -1)
		return err_sys(err, "LISTEN_FDS: socket %d", p->fd);
	p->family = ss.ss_family;
	if (ss.ss_family == AF_UNIX) {
		(void)snprintf(p->host, sizeof(p->host), "%.*s",
		    (int)sizeof(un->sun_path), un->sun_path);
		return 0;
	}
	rc = getnameinfo((struct sockaddr *)&ss, n, p->host, sizeof(p->host),
	    p->port, sizeof(p->port), NI_NUMERICHOST | NI_NUMERICSERV);
	return rc == 0 ? 0
		       : err_set(err, "LISTEN_FDS: socket %d: %s", p->fd,
			     gai_strerror(rc));
}

static int
get_option(int fd, int option, int *value)
{
	socklen_t n = sizeof(*value);

	return getsockopt(fd, SOL_SOCKET, option, value, &n);
}

static int
look(const struct activation *a, size_t i, struct passed *p, struct err *err)
{
	int type = 0, accepts = 0;

	*p = (struct passed){ .fd = FD_FIRST + (int)i,
		.name = find_name(a, i) };
	if (get_option(p->fd, SO_TYPE, &type) == -1 ||
	    get_option(p->fd, SO_ACCEPTCONN, &accepts) == -1)
		return err_sys(err, "LISTEN_FDS: socket %d", p->fd);
	p->stream = type == SOCK_STREAM;
	if ((type != SOCK_DGRAM && type != SOCK_STREAM) ||
	    (p->stream && accepts == 0))
		return err_set(err,
		    "LISTEN_FDS: socket %d neither listens nor is it for "
		    "datagrams; a .socket unit needs ListenStream or "
		    "ListenDatagram, and Accept=no",
		    p->fd);
	return read_place(p, err);
}

/* Is that one of the addresses of a host with a name? */
static bool
has_address(const char *host, const struct passed *p)
{
	const struct addrinfo hints = { .ai_family = p->family,
		.ai_socktype = SOCK_STREAM };
	struct addrinfo *found = NULL;
	char text[HOST_TEXT];
	bool has = false;

	if (getaddrinfo(host, NULL, &hints, &found) != 0)
		return false;
	for (struct addrinfo *ai = found; ai != NULL; ai = ai->ai_next)
		has |= getnameinfo(ai->ai_addr, ai->ai_addrlen, text,
			   sizeof(text), NULL, 0, NI_NUMERICHOST) == 0 &&
		    strcmp(text, p->host) == 0;
	freeaddrinfo(found);
	return has;
}

static bool
is_kind(const struct listen_conf *l, const struct passed *p)
{
	return !l->retired && listener_is_stream(l) == p->stream &&
	    (l->path != NULL) == (p->family == AF_UNIX);
}

static bool
is_place(const struct listen_conf *l, const struct passed *p)
{
	if (l->path != NULL)
		return place_is_same_path(l->path, p->host);
	if (l->port == 0 || l->port != strtol(p->port, NULL, 10))
		return false;
	if (strcmp(l->host, "*") == 0)
		return strcmp(p->host, "::") == 0 ||
		    strcmp(p->host, "0.0.0.0") == 0;
	return place_is_same_host(l->host, p->host) || has_address(l->host, p);
}

/* The listener whose the socket is: by its place, or else by its name. */
static size_t
find_listener(const struct config *conf, const struct passed *p)
{
	const struct listen_conf *l = conf->listen;

	for (size_t i = 0; i < conf->listens; i++)
		if (is_kind(&l[i], p) && is_place(&l[i], p))
			return i;
	for (size_t i = 0; i < conf->listens; i++)
		if (is_kind(&l[i], p) && l[i].name != NULL &&
		    slice_eq(slice_str(l[i].name), p->name))
			return i;
	return SIZE_MAX;
}

static int
refuse(const struct passed *p, struct err *err)
{
	bool unix_socket = p->family == AF_UNIX;

	return err_set(err,
	    "LISTEN_FDS: socket %d (%s, %s%s%s, name \"%.*s\") fits no "
	    "listener; add one of that kind with that %s, or with that name",
	    p->fd, p->stream ? "stream" : "datagrams", p->host,
	    unix_socket ? "" : " port ", p->port, (int)p->name.n, p->name.p,
	    unix_socket ? "path" : "address");
}

int
activation_check(
    const struct activation *a, const struct config *conf, struct err *err)
{
	struct passed p;

	for (size_t k = 0; k < a->n; k++) {
		if (look(a, k, &p, err) == -1)
			return -1;
		if (find_listener(conf, &p) == SIZE_MAX)
			return refuse(&p, err);
	}
	return 0;
}

int
activation_take(const struct activation *a, const struct config *conf, size_t i,
    struct socket_set *s, struct err *err)
{
	struct passed p;

	*s = (struct socket_set){ 0 };
	for (size_t k = 0; k < a->n; k++) {
		if (look(a, k, &p, err) == -1)
			goto fail;
		if (find_listener(conf, &p) == i &&
		    socket_set_adopt(s, p.fd, &conf->listen[i], err) == -1)
			goto fail;
	}
	return (int)s->n;

fail:
	socket_set_close(s);
	return -1;
}
