/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * proxy.h - the PROXY protocol, versions 1 and 2 (RFC-149)
 *
 * A balancer that passes connections on says first whose they are. Only from
 * peers that are configured to do so; it is never guessed.
 */
#ifndef INPUT_PROXY_H
#define INPUT_PROXY_H

#include <sys/socket.h>

#include <stdbool.h>
#include <stddef.h>

#include "wire/slice.h"

enum {
	PROXY_V1_MAX = 107, /* bytes of the line, CR LF included */
	PROXY_MAX = 4096    /* bytes of a header of version 2; ours */
};

enum proxy_status {
	PROXY_MORE, /* not all of it is there; never with PROXY_MAX bytes */
	PROXY_OK,
	PROXY_BAD /* there is none, whatever follows */
};

struct proxy {
	size_t used; /* bytes of the header; what follows is the stream */
	bool stated; /* it says whose the connection is: source; false: the
			balancer's own, or of a kind that has no address */
	struct sockaddr_storage source;
};

/*
 * Reads the header that in begins with; *out is filled for PROXY_OK only.
 * What has been MORE may become anything, the others stay what they are
 * whatever is added.
 */
enum proxy_status proxy_parse(struct slice in, struct proxy *out);

#endif
