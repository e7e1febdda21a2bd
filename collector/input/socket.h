/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * socket.h - sockets that listen: made, bound, named
 */
#ifndef INPUT_SOCKET_H
#define INPUT_SOCKET_H

#include <sys/types.h>

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "wire/err.h"

#include "config/config.h"

/* A name may stand for several addresses; each has a socket. */
enum { SOCKETS_MAX = 8 };

struct socket_set {
	int fd[SOCKETS_MAX]; /* owned */
	size_t n;
	uint16_t port; /* the real one, also when 0 was asked for */
	bool passed;   /* somebody else has bound them */
	char *path;    /* owned; of a unix socket, to be removed */
	dev_t dev;     /* what was made at path */
	ino_t ino;
};

/* Makes and binds what l describes; a stream listens. A port or a path that
 * somebody else has is an error. -1 sets *err; nothing is left open. */
int socket_set_open(
    struct socket_set *s, const struct listen_conf *l, struct err *err);

/* Adds a copy of a socket that somebody else bound for l. -1 sets *err. */
int socket_set_adopt(struct socket_set *s, int from,
    const struct listen_conf *l, struct err *err);

/* A reload: the same URL, other keys (receive_buffer, mode), or others ask
 * who sends. */
void socket_set_renew(const struct socket_set *s, const struct listen_conf *l);

/* Of these only `credentials`, which others may need sooner. */
void socket_set_ask(const struct socket_set *s, const struct listen_conf *l);

/* The same for a TCP address: host is "*", an address or a name. */
int socket_set_open_tcp(
    struct socket_set *s, const char *host, uint16_t port, struct err *err);

/* Closes what is open; removes a unix socket's file when it is still ours. */
void socket_set_close(struct socket_set *s);

/* "tcp://127.0.0.1:40123": the URL as written, with the real port. */
void socket_set_url(const struct socket_set *s, const struct listen_conf *l,
    char *url, size_t n);

#endif
