/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * listen.h - a listener's URL becomes its part of the configuration
 */
#ifndef CONFIG_LISTEN_H
#define CONFIG_LISTEN_H

#include "config/keys.h"
#include "config/problem.h"

/* When none was given: of udp and tcp, of tls (RFC-64). */
enum { LISTEN_PORT = 514, LISTEN_TLS_PORT = 6514 };

/*
 * Reads the URL, its query included, into *l; what the query leaves open is
 * the default. Returns 0, and *l is the caller's to clear, or -1 when there
 * were problems: all of them were added to p, and *l is empty.
 */
int listen_parse(const char *url, struct listen_conf *l, struct problems *p,
    const char *where);

/*
 * The same for an *l that has its defaults, and stays the caller's to clear
 * whatever happens. *seen gets a bit for each row of listen_keys that the
 * query sets. -1: there were problems, and l->kind may not be known.
 */
int listen_read_url(const char *url, struct listen_conf *l, uint64_t *seen,
    struct problems *p, const char *where);

/* Is there such a setting for listeners of that kind? */
bool listen_has_key(const struct conf_key *k, enum listen_kind kind);

/* The bit of a row of listen_keys in *seen. */
uint64_t listen_key_bit(const struct conf_key *k);

#endif
