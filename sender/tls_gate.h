/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * tls_gate.h - no fork(2) while we are where the whole process has a lock
 *
 * OpenSSL has locks that all of a process share. A child that is born while
 * our thread holds one finds it taken for ever, as that thread is not there.
 * So fork(2) waits until we are outside: some milliseconds at most, when a
 * handshake is just being made. The C library has such a lock around what it
 * knows of the time zone: tzset(3), localtime_r(3).
 */
#ifndef TLS_GATE_H
#define TLS_GATE_H

/* Not nested, and nothing is called in between that may fork or wait. */
void tls_gate_enter(void);
void tls_gate_leave(void);

#endif
