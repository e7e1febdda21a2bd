/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * cert_print.h - what was made, and what to type next
 */
#ifndef TOOL_CERT_PRINT_H
#define TOOL_CERT_PRINT_H

#include "tool/cert.h"

/* "  collector.pem  the certificate: NAMES, valid until DAY" */
void cert_print_made(const char *file, struct x509_st *cert);

/* "  collector.key  the key; keep it secret" */
void cert_print_key(const char *file);

/* The fingerprint alone on its line. */
int cert_print_fingerprint(const struct x509_st *cert, struct err *err);

/* "    key: "VALUE"", with quotes where YAML wants them. */
void cert_print_yaml(const char *key, const char *dir, const char *file);

/* A word of a shell's command line, with quotes where it wants them. */
void cert_print_word(const char *word);

/* The folder as an absolute path, as far as that can be found out. */
void cert_print_place(const char *dir, char out[CERT_PATH]);

#endif
