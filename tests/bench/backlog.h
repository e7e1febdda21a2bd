/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * backlog.h - how much waits in the socket that our datagrams go to
 *
 * A sender that keeps that below a bound sends as fast as the receiver reads,
 * and loses nothing. The kernel is asked by sock_diag(7), which finds the one
 * socket; /proc/net/udp lists all there are.
 */
#ifndef BENCH_BACKLOG_H
#define BENCH_BACKLOG_H

#include <stdint.h>

struct target;

/* What is asked, and where. */
struct backlog {
	int fd;
	int family;
	uint16_t port; /* of the receiver, network order */
};

void backlog_open(struct backlog *b, const struct target *t);
void backlog_close(struct backlog *b);

/* Bytes of kernel memory that wait; from: our socket. Ends the tool when there
 * is no such receiver. */
uint32_t backlog_bytes(const struct backlog *b, int from);

#endif
