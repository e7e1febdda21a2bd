/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * floor_stream.c - streams are cut into frames
 *
 * All connections are read into one buffer; a connection keeps only its
 * unfinished frame.
 */
#include "common.h"
#include "floor.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/socket.h>
#include <unistd.h>

enum {
	EVENTS = 256,
	CONNS = 64,      /* to begin with */
	PREFIX_MOST = 8, /* bytes of a count and its space */
	REST_MOST = MESSAGE_MOST + PREFIX_MOST,
};

struct conn {
	bool open;
	struct ssl_st *ssl; /* tls only */
	char *rest;         /* an unfinished frame */
	size_t length, room;
};

struct streams {
	struct floor *floor;
	int epoll;
	struct conn *conns; /* by descriptor */
	size_t room;
	char *buffer; /* REST_MOST + BLOCK */
};

static void
watch(const struct streams *s, int fd)
{
	struct epoll_event e = { .events = EPOLLIN, .data.fd = fd };

	if (epoll_ctl(s->epoll, EPOLL_CTL_ADD, fd, &e))
		die(errno, "epoll");
}

static void
conn_open(struct streams *s)
{
	int fd = accept4(
	    s->floor->fd, NULL, NULL, SOCK_NONBLOCK | SOCK_CLOEXEC);
	size_t n = (size_t)fd;

	if (fd < 0) {
		if (errno == ECONNABORTED || errno == EAGAIN || errno == EINTR)
			return;
		die(errno, "accept");
	}
	if (n >= s->room) {
		size_t room = 2 * n;

		s->conns = reallocarray(s->conns, room, sizeof(*s->conns));
		if (!s->conns)
			die(ENOMEM, "%zu connections", room);
		memset(s->conns + s->room, 0,
		    (room - s->room) * sizeof(*s->conns));
		s->room = room;
	}
	s->conns[n].open = true;
	if (s->floor->tls)
		s->conns[n].ssl = floor_tls_accept(s->floor, fd);
	watch(s, fd);
}

static void
conn_close(struct streams *s, size_t n)
{
	if (!s->conns[n].open)
		return;
	if (s->conns[n].ssl)
		floor_tls_free(s->conns[n].ssl);
	close((int)n);
	free(s->conns[n].rest);
	s->conns[n] = (struct conn){ 0 };
}

/* Writes the messages of all whole frames; returns where the rest begins. */
static const char *
cut_octets(struct output *o, const char *p, const char *end)
{
	while (p < end) {
		const char *q = p;
		size_t length = 0;

		while (
		    q < end && *q >= '0' && *q <= '9' && length <= MESSAGE_MOST)
			length = length * 10 + (size_t)(*q++ - '0');
		if (q == end)
			break;
		if (*q != ' ' || length > MESSAGE_MOST)
			die(0, "not a frame: %.20s", p);
		if ((size_t)(end - q) <= length)
			break;
		output_message(o, q + 1, length);
		p = q + 1 + length;
	}
	output_full(o);
	return p;
}

/* Lines are written as they lie there. */
static const char *
cut_lines(struct output *o, const char *p, const char *end)
{
	const char *lf = memrchr(p, '\n', (size_t)(end - p));

	if (!lf)
		return p;
	output_lines(o, p, (size_t)(lf + 1 - p));
	return lf + 1;
}

static void
keep_rest(struct conn *c, const char *p, size_t length)
{
	if (length > REST_MOST)
		die(0, "a message of more than %d bytes", MESSAGE_MOST);
	if (length > c->room) {
		free(c->rest);
		c->room = length + 1024;
		c->rest = malloc(c->room);
		if (!c->rest)
			die(ENOMEM, "an unfinished message");
	}
	if (length > 0)
		memcpy(c->rest, p, length);
	c->length = length;
}

static void
conn_read(struct streams *s, int fd)
{
	struct conn *c = &s->conns[fd];
	struct output *o = &s->floor->output;
	const char *p, *end;
	ssize_t n;

	if (c->length > 0)
		memcpy(s->buffer, c->rest, c->length);
	n = c->ssl ? floor_tls_read(c->ssl, s->buffer + c->length, BLOCK)
		   : recv(fd, s->buffer + c->length, BLOCK, 0);
	if (n <= 0) {
		if (n == 0 || (errno != EAGAIN && errno != EINTR))
			conn_close(s, (size_t)fd);
		return;
	}
	end = s->buffer + c->length + n;
	p = s->floor->framing == OCTET ? cut_octets(o, s->buffer, end)
				       : cut_lines(o, s->buffer, end);
	keep_rest(c, p, (size_t)(end - p));
}

void
floor_streams(struct floor *f)
{
	struct epoll_event events[EVENTS];
	struct streams s = { .floor = f,
		.epoll = epoll_create1(EPOLL_CLOEXEC),
		.conns = calloc(CONNS, sizeof(*s.conns)),
		.room = CONNS,
		.buffer = pages(REST_MOST + BLOCK) };

	if (!s.conns)
		die(ENOMEM, "%d connections", CONNS);
	if (s.epoll < 0)
		die(errno, "epoll");
	watch(&s, f->fd);
	while (!floor_is_over()) {
		int n = epoll_wait(s.epoll, events, EVENTS, 0);

		if (n <= 0) {
			floor_rest(f);
			if (floor_is_stopping())
				break;
			n = epoll_wait(s.epoll, events, EVENTS, -1);
		}
		for (int i = 0; i < n; i++) {
			if (events[i].data.fd == f->fd)
				conn_open(&s);
			else
				conn_read(&s, events[i].data.fd);
		}
	}
	for (size_t n = 0; n < s.room; n++)
		conn_close(&s, n);
	close(s.epoll);
	free(s.conns);
	free(s.buffer);
}
