/* SPDX-License-Identifier: BSD-2-Clause */
#include "config/listen_tls.h"

#include <sys/stat.h>

#include <errno.h>

/* Is there no such file? One that cannot be looked at may be there. */
static bool
is_missing(const char *path)
{
	struct stat st;

	return path[0] != '\0' && stat(path, &st) == -1 &&
	    (errno == ENOENT || errno == ENOTDIR);
}

int
listen_open_tls(struct listen_conf *l, struct tls_faults *f)
{
	struct tls_options o = {
		.certificate = l->certificate,
		.key = l->key,
		.ca = l->ca,
		.crl = l->crl,
		.client = (enum tls_client)l->client,
		.peers = l->peers.text,
		.n_peers = l->peers.n,
		.match_cn = l->match_cn,
		.legacy = l->legacy,
	};

	f->n = 0;
	if (l->kind != LISTEN_TLS)
		return 0;
	/* decided once: it may come into being a moment later */
	l->absent = l->optional && is_missing(l->certificate);
	if (l->absent)
		return 0;
	l->tls = tls_new(&o, f);
	return l->tls != NULL ? 0 : -1;
}
