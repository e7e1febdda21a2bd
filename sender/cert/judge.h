/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * judge.h - whether a certificate is to be trusted, and if not, why and what
 * to do
 */
#ifndef CERT_JUDGE_H
#define CERT_JUDGE_H

#include <stdbool.h>

#include "cert/hostname.h"
#include "wire/err.h"

struct stack_st_X509;
struct x509_st;

enum judge_use { JUDGE_ANY, JUDGE_SERVER, JUDGE_CLIENT };

/*
 * RFC 5280's path validation: from chain[0], with what follows it in the
 * chain, to one of cas, for that use and now; ca_name is what cas is called in
 * messages. Only what is in cas is trusted, there is no default. -1: *why
 * says what is wrong, *cure what to do; both can be printed.
 */
int judge_chain(struct stack_st_X509 *chain, struct stack_st_X509 *cas,
    const char *ca_name, enum judge_use use, struct err *why, struct err *cure);

/* The same without a look at dates. */
int judge_chain_undated(struct stack_st_X509 *chain, struct stack_st_X509 *cas,
    const char *ca_name, enum judge_use use, struct err *why, struct err *cure);

/*
 * It is for that host, by its subjectAltNames alone: a name matches a
 * dNSName, an address an iPAddress; "*" stands for the whole left-most label
 * (RFC 5425 5.2).
 */
bool judge_is_for(struct x509_st *cert, const struct hostname *host);

/* Signed by itself. */
bool judge_is_self_signed(struct x509_st *cert);

#endif
