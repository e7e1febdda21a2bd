/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * listen_tls.h - the files of a listener in TLS are read and found good
 */
#ifndef CONFIG_LISTEN_TLS_H
#define CONFIG_LISTEN_TLS_H

#include "tls.h"

#include "config/config.h"

/* Makes l->tls of the keys of l; of a listener of another kind nothing, nor of
 * an optional one without a certificate, which is absent then. -1: all that is
 * wrong is in *f. */
int listen_open_tls(struct listen_conf *l, struct tls_faults *f);

#endif
