/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * reason.h - why OpenSSL refused something
 */
#ifndef CERT_REASON_H
#define CERT_REASON_H

#include "wire/err.h"

/*
 * err_set(), followed by ": " and the reason that OpenSSL queued last in this
 * thread, if there is one; the queue is empty afterwards. Returns -1.
 */
int reason_set(struct err *err, const char *fmt, ...)
    __attribute__((format(printf, 2, 3)));

#endif
