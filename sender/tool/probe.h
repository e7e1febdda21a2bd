/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * probe.h - one TLS connection as a sender makes it, watched closely
 *
 * The server's certificate is looked at afterwards, by whoever asks: so that
 * everything that is wrong can be said, not only the first thing.
 */
#ifndef TOOL_PROBE_H
#define TOOL_PROBE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "cert/view.h"
#include "wire/err.h"

struct evp_pkey_st;
struct probe;
struct stack_st_X509;

struct probe_want {
	char *server_name;           /* for SNI; NULL: none */
	struct stack_st_X509 *certs; /* ours, the first with its chain; NULL */
	struct evp_pkey_st *key;     /* its key, or NULL */
};

enum probe_end {
	PROBE_GOOD,   /* done, or (probe_listen) silent until the deadline */
	PROBE_LATE,   /* the time was up */
	PROBE_ALERT,  /* the server said why: probe_alert() */
	PROBE_NO_TLS, /* what came is no TLS: probe_first_bytes() */
	PROBE_CLOSED, /* the server went away without a word */
	PROBE_FAILED  /* otherwise: probe_reason() */
};

/* fd stays the caller's, and has to live longer. */
struct probe *probe_new(int fd, const struct probe_want *want, struct err *err);
void probe_free(struct probe *p);

enum probe_end probe_handshake(struct probe *p, int64_t deadline);

/*
 * Waits for an objection. With TLS 1.3 it comes after the handshake, as the
 * server sees our certificate only when we are through. A session ticket is
 * sent after that; when there was one the rest of the time is shortened.
 */
enum probe_end probe_listen(struct probe *p, int64_t deadline);

enum probe_end probe_send(
    struct probe *p, const char *text, size_t n, int64_t deadline);

/* close_notify, and the server's answer, or what it has to say instead. */
enum probe_end probe_close(struct probe *p, int64_t deadline);

/* "TLSv1.3", and "TLS_AES_256_GCM_SHA384". */
const char *probe_version(const struct probe *p);
const char *probe_cipher(const struct probe *p);

/* The server's certificate and what it sent behind it; borrowed, or NULL. */
struct stack_st_X509 *probe_chain(const struct probe *p);

/* It asked for our certificate; and the i-th authority that it named. */
bool probe_asked(const struct probe *p);
bool probe_authority(const struct probe *p, int i, char out[VIEW_TEXT]);

/* The alert that came last, "unknown CA", and what to do then. */
void probe_alert(const struct probe *p, struct err *why, struct err *cure);

/* The first bytes that came, escaped. */
void probe_first_bytes(const struct probe *p, char out[VIEW_TEXT]);

const char *probe_reason(const struct probe *p);

#endif
