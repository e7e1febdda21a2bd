/* SPDX-License-Identifier: BSD-2-Clause */
#include <openssl/bio.h>
#include <string.h>

#include "tls_parts.h"

static int
on_read(BIO *bio, char *to, int size)
{
	struct slice *in = BIO_get_data(bio);
	size_t n = in->n < (size_t)size ? in->n : (size_t)size;

	BIO_clear_retry_flags(bio);
	if (n == 0) {
		BIO_set_retry_read(bio);
		return -1;
	}
	(void)memcpy(to, in->p, n);
	slice_skip(in, n);
	return (int)n;
}

static long
on_control(BIO *bio, int command, long number, void *arg)
{
	(void)bio;
	(void)number;
	(void)arg;
	return command == BIO_CTRL_FLUSH;
}

BIO_METHOD *
tls_bio_method(int (*on_write)(BIO *bio, const char *p, int size))
{
	BIO_METHOD *m = BIO_meth_new(BIO_TYPE_SOURCE_SINK, "slice");

	if (m != NULL && BIO_meth_set_read(m, on_read) == 1 &&
	    BIO_meth_set_write(m, on_write) == 1 &&
	    BIO_meth_set_ctrl(m, on_control) == 1)
		return m;
	BIO_meth_free(m);
	return NULL;
}

bool
tls_bio_set(SSL *ssl, const BIO_METHOD *method, struct slice *in)
{
	BIO *bio = BIO_new(method);

	if (bio == NULL)
		return false;
	BIO_set_data(bio, in);
	BIO_set_init(bio, 1);
	SSL_set_bio(ssl, bio, bio);
	return true;
}
