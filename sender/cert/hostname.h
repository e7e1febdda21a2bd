/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * hostname.h - a name or an address as it may stand in a certificate
 */
#ifndef CERT_HOSTNAME_H
#define CERT_HOSTNAME_H

#include <stddef.h>

#include "wire/err.h"

enum { HOSTNAME_TEXT = 254 }; /* 253 bytes at most (RFC 1035), and a NUL */

struct hostname {
	char text[HOSTNAME_TEXT];  /* in lower case */
	unsigned char address[16]; /* network byte order */
	size_t octets;             /* of address: 4, 16, or 0 for a name */
};

/*
 * An IPv4 or IPv6 address (also in brackets), or labels of letters, digits,
 * '-' and '_'. What is refused: a wildcard, a name that is not ASCII (it
 * stands in certificates as A-labels, RFC 5280 7.2), a dot at the end, and a
 * name of digits only, which is an address with a mistake. *h is untouched
 * then.
 */
int hostname_read(struct hostname *h, const char *text, struct err *err);

#endif
