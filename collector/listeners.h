/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * listeners.h - the sockets of a plan's listeners, in the main thread
 *
 * A listener whose URL a reload leaves alone keeps its sockets. Streams are
 * accepted here; a datagram socket belongs to one worker.
 */
#ifndef LISTENERS_H
#define LISTENERS_H

#include <event2/event.h>

#include "acceptor.h"
#include "activation.h"
#include "config/config.h"
#include "input/socket.h"
#include "worker.h"

struct listener {
	struct socket_set sockets;
	struct acceptor
	    acceptor[SOCKETS_MAX];  /* of a stream, when it accepts */
	size_t worker[SOCKETS_MAX]; /* who serves a datagram socket */
	bool accepts;
};

/* By their numbers in the configuration; a retired one is NULL. */
struct listeners {
	struct listener **list; /* owned, and owned */
	size_t n;
};

/*
 * Opens what conf names, or takes the sockets that were passed to us for it,
 * and takes what old has of the same URL along: those are in both until
 * listeners_commit() or listeners_abandon(). All that is wrong is said. -1:
 * nothing was opened and old is as it was. old may be NULL.
 */
int listeners_open(struct listeners *ls, const struct config *conf,
    const struct activation *a, const struct listeners *old,
    const struct config *old_conf);

/* ls is not to be: closes what it opened. */
void listeners_abandon(struct listeners *ls, const struct listeners *old);

/* Closes those of old that ls has not, and frees old's list. */
void listeners_commit(const struct listeners *ls, struct listeners *old);

/* The number of the old listener's sockets in the new list; SIZE_MAX. */
size_t listeners_find(const struct listeners *ls, const struct listener *l);

/* Accepts from now on, with tools' plan; those that did go on. -1 sets *err.*/
int listeners_accept(struct listeners *ls, struct event_base *base,
    struct acceptor_tools *tools, struct err *err);

/* Takes what waits in the kernel, stops, and closes the streams; but those
 * that are in but, too, which may be NULL. */
void listeners_stop(struct listeners *ls, const struct listeners *but);

/* "listening on": each that is not in old, which may be NULL. */
void listeners_announce(const struct listeners *ls, const struct config *conf,
    const struct listeners *old);

/* Closes everything. */
void listeners_close(struct listeners *ls);

bool listener_is_stream(const struct listen_conf *l);

#endif
