/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * tls_alert.h - the alerts that a server sends, in words
 */
#ifndef TLS_ALERT_H
#define TLS_ALERT_H

#include "wire/err.h"

/* What an alert of that number (RFC 8446 6) means, and what to do. */
void tls_alert_words(int alert, struct err *why, struct err *cure);

#endif
