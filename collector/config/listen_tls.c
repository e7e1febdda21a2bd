/* SPDX-License-Identifier: BSD-2-Clause */
#include "config/listen_tls.h"

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
	l->tls = tls_new(&o, f);
	return l->tls != NULL ? 0 : -1;
}
