/* SPDX-License-Identifier: BSD-2-Clause */
#include "tool/bundle.h"

#include <assert.h>

#include "cert/pem.h"

static int
add(struct bundle *b, const char *name, char *text, size_t n, bool secret)
{
	assert(b->count < BUNDLE_FILES);
	if (text == NULL)
		return -1;
	b->file[b->count++] = (struct place_file){
		.name = name, .text = text, .n = n, .secret = secret
	};
	return 0;
}

int
bundle_add_key(struct bundle *b, const char *name, struct evp_pkey_st *key,
    struct err *err)
{
	size_t n = 0;
	char *text = key != NULL ? pem_key_text(key, &n, err) : NULL;

	return add(b, name, text, n, true);
}

int
bundle_add_cert(
    struct bundle *b, const char *name, struct x509_st *cert, struct err *err)
{
	size_t n = 0;
	char *text = cert != NULL ? pem_cert_text(cert, &n, err) : NULL;

	return add(b, name, text, n, false);
}

void
bundle_clear(struct bundle *b)
{
	while (b->count > 0) {
		b->count--;
		pem_free_text(b->file[b->count].text, b->file[b->count].n);
	}
}
