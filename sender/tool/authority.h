/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * authority.h - the authority in a folder: ca.pem and ca.key
 */
#ifndef TOOL_AUTHORITY_H
#define TOOL_AUTHORITY_H

#include "cert/make.h"

struct authority {
	struct x509_st *cert;    /* owned */
	struct evp_pkey_st *key; /* owned */
};

/* Makes one that is called by host, a name of this machine. */
int authority_make(
    struct authority *a, bool rsa, const char *host, struct err *err);

/* Reads the one in dir, and sees whether it can sign: the key is its own, it
 * is an authority, and has not expired. */
int authority_read(struct authority *a, const char *dir, struct err *err);

/* The same, but it may have expired. */
int authority_read_old(struct authority *a, const char *dir, struct err *err);

/* Takes one that is all zero. */
void authority_clear(struct authority *a);

#endif
