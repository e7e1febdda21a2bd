/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * cert.h - `syncline cert` and its own sub-commands
 */
#ifndef TOOL_CERT_H
#define TOOL_CERT_H

#include <stdbool.h>

#include "wire/err.h"

struct x509_st;

enum {
	CERT_PATH = 4096,      /* the longest path, with its NUL */
	CERT_NAMES = 100,      /* of one certificate */
	CERT_DAYS = 825,       /* what certificates live, without --days */
	CERT_DAYS_MAX = 36500, /* what somebody may ask for */
	CERT_CA_DAYS = 3652,   /* ten years */
	CERT_WARN_SECONDS = 30 * 86400 /* an end that near is worth a word */
};

struct cert_options {
	const char *command; /* "syncline cert issue", for messages */
	const char *dir;     /* where the authority is */
	const char *out;     /* where a bundle goes, or NULL */
	const char *key;     /* NULL: beside the certificate */
	const char *ca;      /* NULL: beside the certificate */
	const char *name;    /* that the certificate should have, or NULL */
	int days;
	bool rsa;
	bool force;
	bool keep; /* what is there is enough */
	bool server;
	bool client;
	bool self_signed;
	bool new_key;
	bool authority; /* what is renewed is the authority itself */
	bool sha1;
	char **names; /* what is left: borrowed from argv, count of them */
	int count;
};

/* Each returns the exit status, and has printed what there is to say. */
int cert_init(const struct cert_options *o);
int cert_issue(const struct cert_options *o);
int cert_renew(const struct cert_options *o);
int cert_renew_authority(const struct cert_options *o);
int cert_fingerprint(const struct cert_options *o);
int cert_show(const struct cert_options *o);
int cert_check(const struct cert_options *o);

/* "825 days", "3 hours": how long that is, roughly. */
void cert_write_age(long long seconds, char *out, unsigned int n);

/* --keep, and all these files are in dir: says so. */
bool cert_is_kept(const struct cert_options *o, const char *dir,
    const char *const *files, int count);

/* DIR/NAME; -1 when it is too long. */
int cert_path(
    char out[CERT_PATH], const char *dir, const char *name, struct err *err);

#endif
