/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * use.h - what a certificate may be used for
 */
#ifndef CERT_USE_H
#define CERT_USE_H

#include <stdbool.h>

#include "cert/view.h"

/* May sign other certificates; -1: as many levels as they like. */
bool use_is_authority(struct x509_st *cert, long *path_length);

/* By key usage and extended key usage; what says nothing allows all. */
bool use_is_server(struct x509_st *cert);
bool use_is_client(struct x509_st *cert);

/* "server and client (any use)", "authority, no other below it", ... */
void use_text(struct x509_st *cert, char out[VIEW_TEXT]);

#endif
