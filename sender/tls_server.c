/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * tls_server.c - the context of the side that is connected to
 */
#include "tls_parts.h"

struct tls *
tls_new(const struct tls_options *o, struct tls_faults *f)
{
	return tls_make(o, f, tls_on_verify);
}
