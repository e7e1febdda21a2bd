/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * view.h - what a certificate says, as text that is safe to print
 *
 * A certificate may hold any bytes. What comes from it is escaped as in log
 * files (wire/escape.h), so that no control character and no NUL gets
 * through, and each value is cut to VIEW_TEXT - 1 bytes.
 */
#ifndef CERT_VIEW_H
#define CERT_VIEW_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "wire/err.h"

struct X509_name_st;
struct x509_st;

enum {
	VIEW_TEXT = 512,
	VIEW_FINGERPRINT = 128, /* "sha-256:" and 32 times "XX:" fit */
	VIEW_TIME = 32
};

/* As RFC 4514 has it, "CN=web1.example.net,O=Example". */
void view_subject(const struct x509_st *cert, char out[VIEW_TEXT]);
void view_issuer(const struct x509_st *cert, char out[VIEW_TEXT]);

/* Any such name. */
void view_x509_name(const struct X509_name_st *name, char out[VIEW_TEXT]);

/* Hexadecimal, two digits an octet. */
void view_serial(const struct x509_st *cert, char out[VIEW_TEXT]);

/* The i-th subjectAltName, "DNS:web1.example.net" or "IP:192.0.2.1"; false:
 * there is none. */
bool view_name(const struct x509_st *cert, int i, char out[VIEW_TEXT]);

/* All of them, with blanks between, as many as fit; "(none)" without. */
void view_names(const struct x509_st *cert, char out[VIEW_TEXT]);

/* When it becomes valid, or expires: "2028-02-29 12:00:00 UTC". */
void view_begin(const struct x509_st *cert, char out[VIEW_TIME]);
void view_end(const struct x509_st *cert, char out[VIEW_TIME]);

/* Seconds from now to then; negative when that is past. */
int64_t view_until_begin(const struct x509_st *cert);
int64_t view_until_end(const struct x509_st *cert);

/* "ECDSA P-256" or "RSA, 3072 bits"; returns false when that is weak. */
bool view_key(const struct x509_st *cert, char out[VIEW_TEXT]);

/* Is its key on a curve that every TLS has, or on none? */
bool view_has_usual_curve(const struct x509_st *cert);

/* How it is signed, "ecdsa-with-SHA256"; returns false when that is weak. */
bool view_signature(const struct x509_st *cert, char out[VIEW_TEXT]);

/*
 * The fingerprint of RFC 5425 4.2.2, "sha-256:AB:CD:...": of the DER bytes, as
 * the configuration's `peers` takes it. label is "sha-256" or "sha-1".
 */
int view_fingerprint(const struct x509_st *cert, const char *label,
    char out[VIEW_FINGERPRINT], struct err *err);

/* Whether the text is a fingerprint at all, letters of any case; -1: *err says
 * what is wrong with it. */
int view_check_fingerprint(const char *text, struct err *err);

/* Whether it is that of the certificate. */
bool view_is_fingerprint(const struct x509_st *cert, const char *text);

#endif
