/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * check_tls.h - the parts of `syncline check-tls`
 */
#ifndef TOOL_CHECK_TLS_H
#define TOOL_CHECK_TLS_H

#include <stdbool.h>

#include "tool/cert.h"
#include "tool/dial.h"
#include "tool/probe.h"
#include "tool/steps.h"

enum {
	CHECK_SECONDS = 10,
	CHECK_SECONDS_MAX = 300,
	CHECK_OBJECTION = 1000, /* ms to wait for the alert of TLS 1.3 */
	CHECK_CLOSE = 300,      /* ms to see whether the server just leaves */
	CHECK_ADDRESSES = 8
};

struct check_tls {
	struct target target;
	struct hostname name;      /* that the server should have */
	char cert_path[CERT_PATH]; /* "": none */
	char key_path[CERT_PATH];
	char ca_path[CERT_PATH];
	const char *fingerprint; /* of the server, or NULL */
	unsigned int seconds;    /* each step may take */
	bool send;
	struct stack_st_X509 *certs; /* owned: ours, or NULL */
	struct stack_st_X509 *cas;   /* owned, or NULL */
	struct evp_pkey_st *key;     /* owned, or NULL */
	struct steps steps;
};

/* check_server.c: whether a sender would trust the server. */
void check_server(struct check_tls *c, const struct probe *p);

/* check_client.c: what the server makes of our certificate. */
void check_client(struct check_tls *c, struct probe *p);

/* One message, if everything was well until here. */
void check_send(struct check_tls *c, struct probe *p);

/* What is said of an end that is not PROBE_GOOD. */
void check_end(struct check_tls *c, const struct probe *p, const char *step,
    enum probe_end end);

#endif
