/* SPDX-License-Identifier: BSD-2-Clause */
#include "cert/pem.h"

#include <errno.h>
#include <fcntl.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include <openssl/err.h>
#include <openssl/pem.h>
#include <openssl/x509.h>

#include "cert/reason.h"

struct text {
	char *p; /* owned, PEM_FILE_MAX + 1 bytes */
	size_t n;
};

static void
text_clear(struct text *t)
{
	if (t->p != NULL)
		OPENSSL_cleanse(t->p, t->n);
	free(t->p);
}

/* Everything that fd has, as long as that is not too much. */
static int
read_all(int fd, const char *path, struct text *t, struct err *err)
{
	while (t->n <= PEM_FILE_MAX) {
		ssize_t got = read(fd, t->p + t->n, PEM_FILE_MAX + 1 - t->n);

		if (got == 0)
			return 0;
		if (got < 0 && errno != EINTR)
			return err_sys(err, "%s", path);
		if (got > 0)
			t->n += (size_t)got;
	}
	return err_set(err,
	    "%s: larger than %d bytes: that is no file of "
	    "certificates or keys",
	    path, PEM_FILE_MAX);
}

static int
read_file(const char *path, struct text *t, struct err *err)
{
	bool standard = strcmp(path, "-") == 0;
	/* a FIFO would wait for somebody to write */
	int fd = standard
	    ? STDIN_FILENO
	    : open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK | O_NOCTTY);
	int status = -1;

	t->n = 0;
	t->p = NULL;
	if (fd < 0)
		return err_sys(err, "%s", path);
	t->p = malloc(PEM_FILE_MAX + 1);
	if (t->p == NULL)
		(void)err_set(err, "%s: not enough memory", path);
	else
		status = read_all(fd, path, t, err);
	if (!standard)
		close(fd);
	return status;
}

static bool
holds(const struct text *t, const char *word)
{
	return t->p != NULL && memmem(t->p, t->n, word, strlen(word)) != NULL;
}

/* Adds the certificates of the PEM text; false: *err says why not. */
static bool
add_certs(STACK_OF(X509) * certs, BIO *bio, const char *path, struct err *err)
{
	X509 *cert;

	while ((cert = PEM_read_bio_X509(bio, NULL, NULL, NULL)) != NULL) {
		if (sk_X509_num(certs) >= PEM_CERTS_MAX ||
		    sk_X509_push(certs, cert) == 0) {
			X509_free(cert);
			(void)err_set(err, "%s: more than %d certificates",
			    path, PEM_CERTS_MAX);
			return false;
		}
	}
	if (ERR_GET_REASON(ERR_peek_last_error()) != PEM_R_NO_START_LINE) {
		(void)reason_set(err,
		    "%s: certificate %d of the file is "
		    "damaged",
		    path, sk_X509_num(certs) + 1);
		return false;
	}
	ERR_clear_error();
	return true;
}

static int
parse_certs(STACK_OF(X509) * certs, const struct text *t, const char *path,
    struct err *err)
{
	const unsigned char *der = (const unsigned char *)t->p;
	BIO *bio = BIO_new_mem_buf(t->p, (int)t->n);
	X509 *cert;
	bool good;

	if (certs == NULL || bio == NULL) {
		BIO_free(bio);
		return err_set(err, "%s: not enough memory", path);
	}
	good = add_certs(certs, bio, path, err);
	BIO_free(bio);
	if (!good)
		return -1;
	if (sk_X509_num(certs) > 0)
		return 0;
	cert = d2i_X509(NULL, &der, (long)t->n);
	ERR_clear_error();
	if (cert != NULL && sk_X509_push(certs, cert) > 0)
		return 0;
	X509_free(cert);
	if (holds(t, "PRIVATE KEY-----"))
		return err_set(err,
		    "%s: this is a private key; give the "
		    "file of the certificate",
		    path);
	return err_set(err,
	    "%s: no certificate in it: it should have a line "
	    "\"-----BEGIN CERTIFICATE-----\"",
	    path);
}

STACK_OF(X509) * pem_read_certs(const char *path, struct err *err)
{
	STACK_OF(X509) *certs = NULL;
	struct text t;

	if (read_file(path, &t, err) == 0) {
		certs = sk_X509_new_null();
		if (parse_certs(certs, &t, path, err) != 0) {
			pem_free_certs(certs);
			certs = NULL;
		}
	}
	text_clear(&t);
	return certs;
}

bool
pem_is_der(const char *path)
{
	struct err ignored;
	struct text t;
	bool is;

	if (strcmp(path, "-") == 0)
		return false;
	is = read_file(path, &t, &ignored) == 0 && !holds(&t, "-----BEGIN ");
	text_clear(&t);
	return is;
}

int
pem_count(const STACK_OF(X509) * certs)
{
	return sk_X509_num(certs);
}

X509 *
pem_at(const STACK_OF(X509) * certs, int i)
{
	return sk_X509_value(certs, i);
}

X509 *
pem_read_cert(const char *path, struct err *err)
{
	STACK_OF(X509) *certs = pem_read_certs(path, err);
	X509 *first = certs != NULL ? sk_X509_shift(certs) : NULL;

	pem_free_certs(certs);
	return first;
}

/* Without this one OpenSSL asks at the terminal. */
static int
on_passphrase(char *to, int size, int writing, void *arg)
{
	(void)to;
	(void)size;
	(void)writing;
	(void)arg;
	return -1;
}

EVP_PKEY *
pem_read_key(const char *path, struct err *err)
{
	EVP_PKEY *key = NULL;
	struct text t;
	BIO *bio;

	if (read_file(path, &t, err) != 0) {
		text_clear(&t);
		return NULL;
	}
	bio = BIO_new_mem_buf(t.p, (int)t.n);
	if (bio != NULL)
		key = PEM_read_bio_PrivateKey(bio, NULL, on_passphrase, NULL);
	if (key == NULL && holds(&t, "ENCRYPTED"))
		(void)err_set(err,
		    "%s: the key has a passphrase, which a "
		    "program that starts by itself cannot know; take it off: "
		    "openssl pkey -in FILE -out NEWFILE",
		    path);
	else if (key == NULL && holds(&t, "-----BEGIN CERTIFICATE"))
		(void)err_set(err,
		    "%s: this is a certificate; give the file "
		    "of the private key",
		    path);
	else if (key == NULL && !holds(&t, "PRIVATE KEY-----"))
		(void)err_set(err,
		    "%s: no private key in it: it should have "
		    "a line \"-----BEGIN PRIVATE KEY-----\"",
		    path);
	else if (key == NULL)
		(void)reason_set(err, "%s: the private key is damaged", path);
	ERR_clear_error();
	BIO_free(bio);
	text_clear(&t);
	return key;
}

/* What was written to bio, in memory of its own; frees bio. */
static char *
take_text(BIO *bio, bool written, size_t *n, struct err *err)
{
	char *from = NULL;
	char *text = NULL;
	long size = written ? BIO_get_mem_data(bio, &from) : 0;

	if (size > 0)
		text = malloc((size_t)size);
	if (text != NULL) {
		memcpy(text, from, (size_t)size);
		*n = (size_t)size;
	} else {
		(void)reason_set(err, "cannot write it as PEM");
	}
	BIO_free(bio);
	return text;
}

char *
pem_cert_text(X509 *cert, size_t *n, struct err *err)
{
	BIO *bio = BIO_new(BIO_s_mem());

	return take_text(
	    bio, bio != NULL && PEM_write_bio_X509(bio, cert) == 1, n, err);
}

char *
pem_key_text(EVP_PKEY *key, size_t *n, struct err *err)
{
	/* memory of this kind is wiped when it is freed */
	BIO *bio = BIO_new(BIO_s_secmem());

	return take_text(bio,
	    bio != NULL &&
		PEM_write_bio_PKCS8PrivateKey(
		    bio, key, NULL, NULL, 0, NULL, NULL) == 1,
	    n, err);
}

void
pem_free_certs(STACK_OF(X509) * certs)
{
	sk_X509_pop_free(certs, X509_free);
}

void
pem_free_cert(X509 *cert)
{
	X509_free(cert);
}

void
pem_free_key(EVP_PKEY *key)
{
	EVP_PKEY_free(key);
}

void
pem_free_text(char *text, size_t n)
{
	if (text != NULL)
		OPENSSL_cleanse(text, n);
	free(text);
}
