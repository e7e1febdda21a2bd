/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * listen.h - a listener's URL becomes its part of the configuration
 */
#ifndef CONFIG_LISTEN_H
#define CONFIG_LISTEN_H

#include "config/config.h"
#include "config/problem.h"

enum { LISTEN_PORT = 514 }; /* of udp and tcp, when none was given */

/*
 * Reads the URL, its query included, into *l; what the query leaves open is
 * the default. Returns 0, and *l is the caller's to clear, or -1 when there
 * were problems: all of them were added to p, and *l is empty.
 */
int listen_parse(const char *url, struct listen_conf *l, struct problems *p,
    const char *where);

#endif
