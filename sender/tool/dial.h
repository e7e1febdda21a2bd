/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * dial.h - from HOST:PORT to a connected socket, within a time
 */
#ifndef TOOL_DIAL_H
#define TOOL_DIAL_H

#include <stdint.h>

#include "cert/hostname.h"
#include "wire/err.h"

struct addrinfo;

enum { DIAL_PORT = 6, DIAL_ADDRESS = 64 };

struct target {
	struct hostname host;
	char port[DIAL_PORT]; /* decimal, 1 to 65535 */
};

/* "HOST", "HOST:PORT", "[IPV6]:PORT", also after "tls://"; without a port it
 * is 6514 (RFC 5425 4.1). What is said of a mistake begins with the text. */
int dial_read(struct target *t, const char *text, struct err *err);

/*
 * The addresses of the host, at least one; freeaddrinfo(3) takes them. A name
 * server that is silent for so many seconds ends the process, with status 1
 * and a line that says so: getaddrinfo(3) cannot be told a time.
 */
int dial_find(const struct target *t, unsigned int seconds,
    struct addrinfo **out, struct err *err, struct err *cure);

/* Connects to one of them. Returns a non-blocking socket, or -1 and the
 * reason; its time is up at deadline (dial_now()). */
int dial_connect(const struct addrinfo *at, int64_t deadline, struct err *err,
    struct err *cure);

/* "192.0.2.1 port 6514". */
void dial_write(const struct addrinfo *at, char out[DIAL_ADDRESS]);

/* Milliseconds of a clock that only goes forward. */
int64_t dial_now(void);

/* Waits until fd is readable (writable); 0: the time is up, -1: errno. */
int dial_wait(int fd, short events, int64_t deadline);

#endif
