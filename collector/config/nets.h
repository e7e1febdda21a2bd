/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * nets.h - sets of addresses: 10.0.0.0/8, fd00::/8, 192.0.2.7
 *
 * Immutable once loaded; any thread may ask. IPv4-mapped IPv6 addresses are
 * the IPv4 addresses that they stand for, on both sides.
 */
#ifndef CONFIG_NETS_H
#define CONFIG_NETS_H

#include <sys/socket.h>

#include <stdbool.h>

#include "wire/err.h"

struct nets;

/*
 * Adds ADDRESS or ADDRESS/BITS to *n, which is made when it is NULL. -1 sets
 * *err and changes nothing: no such form, too many bits, bits set behind the
 * prefix (it says which network was probably meant), a name instead of an
 * address, more than 4,096 entries.
 */
int nets_add(struct nets **n, const char *text, struct err *err);
void nets_free(struct nets *n); /* accepts NULL */

/* Is the address in the set? False for what is neither IPv4 nor IPv6. */
bool nets_hold(const struct nets *n, const struct sockaddr_storage *a);

#endif
