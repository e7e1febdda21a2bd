/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * bundle.h - certificates and keys on their way into the files of a folder
 */
#ifndef TOOL_BUNDLE_H
#define TOOL_BUNDLE_H

#include "tool/place.h"

struct evp_pkey_st;
struct x509_st;

enum { BUNDLE_FILES = 4 };

struct bundle {
	struct place_file file[BUNDLE_FILES]; /* texts are owned */
	size_t count;
};

/* Names are borrowed. Keys are secret. -1 also when the object is NULL, for
 * which err was set by who could not make it. */
int bundle_add_key(struct bundle *b, const char *name, struct evp_pkey_st *key,
    struct err *err);
int bundle_add_cert(
    struct bundle *b, const char *name, struct x509_st *cert, struct err *err);

void bundle_clear(struct bundle *b);

#endif
