/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * notify.h - tells systemd, or who else started us, how we are: sd_notify(3)
 *
 * A protocol of one datagram for each change, which systemd promises to keep
 * (systemd.io/PORTABILITY_AND_STABILITY), so it needs no library.
 */
#ifndef NOTIFY_H
#define NOTIFY_H

#include <sys/socket.h>
#include <sys/un.h>

#include <stdint.h>

#include "wire/err.h"

struct notify {
	int fd; /* owned; -1: nobody wants to know */
	struct sockaddr_un to;
	socklen_t length;
	int64_t watchdog_ms; /* how long we may be silent; 0: for ever */
};

/* Reads NOTIFY_SOCKET, WATCHDOG_USEC and WATCHDOG_PID. -1 sets *err. */
int notify_init(struct notify *n, struct err *err);
void notify_clear(struct notify *n);

/* Each does nothing when nobody wants to know; what cannot be told is lost,
 * and does not keep us waiting for more than a second. */
void notify_ready(const struct notify *n); /* also after a reload */
void notify_reloading(const struct notify *n);
void notify_stopping(const struct notify *n);
void notify_alive(const struct notify *n); /* for the watchdog */

#endif
