/* SPDX-License-Identifier: BSD-2-Clause */
/* target.h - where messages are sent: this host, never another one */
#ifndef BENCH_TARGET_H
#define BENCH_TARGET_H

#include <stdbool.h>
#include <stdint.h>

enum transport {
	TRANSPORT_NONE,
	TRANSPORT_UDP,
	TRANSPORT_TCP,
	TRANSPORT_TLS,
	TRANSPORT_UNIX, /* datagrams */
};

struct target {
	enum transport transport;
	uint16_t port;
	bool ipv6;
	const char *path;
};

/* Takes the option o when it is one of TARGET_OPTIONS. */
#define TARGET_OPTIONS "t:p:u:6"
bool target_option(struct target *t, int o, const char *text);

/* Ends the tool when the options contradict each other. */
void target_check(const struct target *t);

static inline bool
target_is_stream(const struct target *t)
{
	return t->transport == TRANSPORT_TCP || t->transport == TRANSPORT_TLS;
}

/* A connected, blocking socket, or the end of the tool. */
int target_connect(const struct target *t);

#endif
