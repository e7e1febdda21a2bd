/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * activation.h - sockets that were bound before we were started
 *
 * systemd holds them while we restart, so that nobody is refused, and a low
 * port needs no rights of ours: sd_listen_fds(3), LISTEN_FDS. They stay open
 * for good, and a listener gets copies, because a reload may take a listener
 * away and another one bring it back.
 */
#ifndef ACTIVATION_H
#define ACTIVATION_H

#include "config/config.h"
#include "input/socket.h"
#include "wire/err.h"

enum { ACTIVATION_MAX = 1024 };

struct activation {
	size_t n;    /* descriptors 3, 4, ... */
	char *names; /* owned; of each, with colons between; NULL: none */
};

/* What the environment says was passed to us. -1 sets *err. */
int activation_init(struct activation *a, struct err *err);
void activation_clear(struct activation *a);

/*
 * Sees to it that each socket fits a listener of conf. -1 sets *err: one does
 * not, and nothing would ever be read from it.
 */
int activation_check(
    const struct activation *a, const struct config *conf, struct err *err);

/*
 * Listener i of conf gets copies of the sockets that are its. Returns how many
 * there are, 0: it has to bind its own; or -1 and *err.
 */
int activation_take(const struct activation *a, const struct config *conf,
    size_t i, struct socket_set *s, struct err *err);

#endif
