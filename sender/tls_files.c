/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * tls_files.c - certificates, keys and lists of revoked ones, from files
 */
#include <sys/stat.h>

#include <errno.h>
#include <fcntl.h>
#include <openssl/err.h>
#include <openssl/pem.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "tls_parts.h"

enum { FILE_BYTES_MAX = 64 << 20 };

static int
check_file(
    const char *path, const struct stat *st, bool secret, struct err *err)
{
	if (!S_ISREG(st->st_mode))
		return err_set(err, "is no ordinary file");
	if (secret && (st->st_mode & S_IRWXO) != 0)
		return err_set(err,
		    "others may read this private key, which is mode %04o; "
		    "forbid that with chmod o= %.200s",
		    (unsigned)(st->st_mode & 07777), path);
	/* Whoever can write it decides who is trusted. */
	if ((st->st_mode & (secret ? S_IWGRP | S_IWOTH : S_IWOTH)) != 0)
		return err_set(err,
		    "others may write to it; forbid that with chmod go-w "
		    "%.200s",
		    path);
	if (st->st_size == 0)
		return err_set(err, "is empty");
	return 0;
}

/* Everything that is there goes to bio, whose memory is wiped when freed. */
static int
read_all(int fd, BIO *bio, struct err *err)
{
	char part[16384];
	ssize_t got;
	int rc = 0;

	do {
		got = read(fd, part, sizeof(part));
		if (got == -1 && errno != EINTR)
			rc = err_sys(err, "cannot be read");
		else if (got > 0 && BIO_write(bio, part, (int)got) != got)
			rc = err_set(err, "out of memory");
		else if (BIO_pending(bio) > FILE_BYTES_MAX)
			rc = err_set(err, "is larger than 64M");
	} while (rc == 0 && got != 0);
	OPENSSL_cleanse(part, sizeof(part));
	return rc;
}

/* The whole file in memory, for reading. NULL sets *err. */
static BIO *
open_file(const char *path, bool secret, struct err *err)
{
	/* O_NONBLOCK: a pipe without a writer would keep us for ever. */
	int fd = open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK);
	BIO *bio = NULL;
	struct stat st;

	if (fd == -1 || fstat(fd, &st) == -1) {
		(void)err_sys(err, "cannot be read");
		goto out;
	}
	if (check_file(path, &st, secret, err) == -1)
		goto out;
	bio = BIO_new(BIO_s_mem());
	if (bio == NULL) {
		(void)err_set(err, "out of memory");
	} else if (read_all(fd, bio, err) == -1) {
		BIO_free(bio);
		bio = NULL;
	} else {
		BIO_set_mem_eof_return(bio, 0);
	}
out:
	if (fd != -1)
		(void)close(fd);
	return bio;
}

/* Did reading stop because nothing more is there? Anything else is wrong. */
static bool
is_end_of_pem(void)
{
	unsigned long e = ERR_peek_last_error();

	return (ERR_GET_LIB(e) == ERR_LIB_PEM &&
		   ERR_GET_REASON(e) == PEM_R_NO_START_LINE) ||
	    (ERR_GET_LIB(e) == ERR_LIB_OSSL_DECODER &&
		ERR_GET_REASON(e) == ERR_R_UNSUPPORTED);
}

/* what: a thing of that kind; mark: what it begins with in PEM. */
static int
refuse_pem(const char *what, const char *mark, size_t n, struct err *err)
{
	char reason[200];

	if (n == 0 && is_end_of_pem())
		return err_set(err,
		    "holds no %s in PEM, the form with -----BEGIN %s-----; "
		    "openssl(1) makes it of other ones",
		    what, mark);
	ERR_error_string_n(ERR_peek_last_error(), reason, sizeof(reason));
	return err_set(
	    err, "%s %zu in it cannot be read: %s", what, n + 1, reason);
}

int
tls_read_certificate(
    SSL_CTX *ctx, const char *path, X509 **leaf, struct err *err)
{
	BIO *bio = open_file(path, false, err);
	X509 *x;
	int rc = -1;
	size_t n = 0;

	if (bio == NULL)
		return -1;
	ERR_clear_error();
	while ((x = PEM_read_bio_X509(bio, NULL, NULL, NULL)) != NULL) {
		if (n++ > 0) {
			if (SSL_CTX_add0_chain_cert(ctx, x) == 1)
				continue;
			X509_free(x);
			break;
		}
		*leaf = x;
		if (SSL_CTX_use_certificate(ctx, x) != 1)
			break;
	}
	if (x == NULL && n > 0 && is_end_of_pem())
		rc = 0;
	else if (x != NULL && ERR_GET_LIB(ERR_peek_last_error()) == ERR_LIB_SSL)
		(void)err_set(err,
		    "certificate %zu in it is too weak for TLS today (%s); "
		    "take ECDSA P-256 or RSA of 2048 bits or more, and SHA-256",
		    n, ERR_reason_error_string(ERR_peek_last_error()));
	else
		(void)refuse_pem("certificate", "CERTIFICATE", n, err);
	ERR_clear_error();
	BIO_free(bio);
	return rc;
}

/* Nobody is there to type one. */
static int
no_passphrase(char *buf, int size, int writes, void *arg)
{
	(void)buf;
	(void)size;
	(void)writes;
	(void)arg;
	return -1;
}

int
tls_read_key(SSL_CTX *ctx, const char *path, struct err *err)
{
	BIO *bio = open_file(path, true, err);
	EVP_PKEY *key;
	int rc = -1, reason;

	if (bio == NULL)
		return -1;
	ERR_clear_error();
	key = PEM_read_bio_PrivateKey(bio, NULL, no_passphrase, NULL);
	reason = ERR_GET_REASON(ERR_peek_last_error());
	if (key != NULL &&
	    (ctx == NULL || SSL_CTX_use_PrivateKey(ctx, key) == 1))
		rc = 0;
	else if (key != NULL)
		(void)err_set(err,
		    "does not belong to the certificate, the first in its "
		    "file: they are no pair");
	else if (reason == PEM_R_BAD_PASSWORD_READ ||
	    reason == PEM_R_PROBLEMS_GETTING_PASSWORD ||
	    ERR_GET_LIB(ERR_peek_last_error()) == ERR_LIB_UI)
		(void)err_set(err,
		    "is encrypted, and nobody is there to type its "
		    "passphrase; store it without, readable by us alone: "
		    "`openssl pkey -in %.200s -out NEW`",
		    path);
	else
		(void)refuse_pem("private key", "PRIVATE KEY", 0, err);
	EVP_PKEY_free(key);
	ERR_clear_error();
	BIO_free(bio);
	return rc;
}

int
tls_read_ca(const char *path, STACK_OF(X509) * to, struct err *err)
{
	BIO *bio = open_file(path, false, err);
	X509 *x;
	int rc = -1;

	if (bio == NULL)
		return -1;
	ERR_clear_error();
	while ((x = PEM_read_bio_X509(bio, NULL, NULL, NULL)) != NULL) {
		if (sk_X509_push(to, x) == 0) {
			X509_free(x);
			break;
		}
	}
	if (x == NULL && sk_X509_num(to) > 0 && is_end_of_pem())
		rc = 0;
	else
		(void)refuse_pem(
		    "certificate", "CERTIFICATE", (size_t)sk_X509_num(to), err);
	ERR_clear_error();
	BIO_free(bio);
	return rc;
}

int
tls_read_crl(const char *path, STACK_OF(X509_CRL) * to, struct err *err)
{
	BIO *bio = open_file(path, false, err);
	X509_CRL *x;
	int rc = -1;

	if (bio == NULL)
		return -1;
	ERR_clear_error();
	while ((x = PEM_read_bio_X509_CRL(bio, NULL, NULL, NULL)) != NULL) {
		if (sk_X509_CRL_push(to, x) == 0) {
			X509_CRL_free(x);
			break;
		}
	}
	if (x == NULL && sk_X509_CRL_num(to) > 0 && is_end_of_pem())
		rc = 0;
	else
		(void)refuse_pem("list of revoked certificates", "X509 CRL",
		    (size_t)sk_X509_CRL_num(to), err);
	ERR_clear_error();
	BIO_free(bio);
	return rc;
}

static uint64_t
mix(uint64_t hash, int64_t value)
{
	return (hash ^ (uint64_t)value) * UINT64_C(0x100000001b3);
}

uint64_t
tls_files_now(const struct tls *t)
{
	uint64_t hash = UINT64_C(0xcbf29ce484222325);
	struct stat st;

	for (size_t i = 0; i < TLS_FILES; i++) {
		if (t->file[i][0] == '\0')
			continue;
		if (stat(t->file[i], &st) == -1) {
			hash = mix(hash, errno);
			continue;
		}
		hash = mix(hash, (int64_t)st.st_ino);
		hash = mix(hash, st.st_size);
		hash = mix(hash, st.st_mtim.tv_sec);
		hash = mix(hash, st.st_mtim.tv_nsec);
		hash = mix(hash, st.st_ctim.tv_sec);
		hash = mix(hash, st.st_ctim.tv_nsec);
	}
	return hash;
}

uint64_t
tls_files_then(const struct tls *t)
{
	return t->stamp;
}

int
tls_files_check(const struct tls *t, struct err *err)
{
	for (size_t i = 0; i < TLS_FILES; i++) {
		int fd;

		if (t->file[i][0] == '\0')
			continue;
		fd = open(t->file[i], O_RDONLY | O_CLOEXEC | O_NONBLOCK);
		if (fd == -1)
			return err_sys(err, "%.300s", t->file[i]);
		(void)close(fd);
	}
	return 0;
}
