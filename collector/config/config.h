/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * config.h - what the operator asked for, immutable once loaded
 *
 * Sizes are bytes, durations milliseconds, both int64_t. Every text is owned
 * by the configuration.
 */
#ifndef CONFIG_CONFIG_H
#define CONFIG_CONFIG_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

enum listen_kind { LISTEN_UDP, LISTEN_TCP, LISTEN_UNIX, LISTEN_UNIX_STREAM };

struct listen_conf {
	char *url;  /* as written, without the query */
	char *name; /* NULL: none was given */
	enum listen_kind kind;
	char *host; /* UDP, TCP: "*", an address without brackets, a name */
	int64_t port;
	char *path;      /* unix sockets */
	int64_t framing; /* enum frame_mode */
	int64_t receive_buffer;
	int64_t max_connections;
	int64_t idle_timeout; /* 0: none */
	int64_t mode;         /* of a unix socket's file */
};

enum { SYNC_NEVER = -1, SYNC_ALWAYS = 0 }; /* any other: a period in ms */

struct output_conf {
	char *name;     /* label of metrics: the path unless it was named */
	char *path;     /* "-" is standard output */
	int64_t format; /* enum format */
	int64_t rotate_size; /* 0: never by size */
	int64_t sync;        /* SYNC_NEVER, SYNC_ALWAYS or a period */
	int64_t mode, dir_mode;
};

struct config {
	int64_t workers; /* never 0 once loaded */
	int64_t memory;
	int64_t max_message;
	int64_t stop_timeout;
	char *hostname; /* never empty once loaded */
	char *http;     /* NULL: off; else ADDR:PORT as written */
	char *http_host;
	int64_t http_port;
	bool verbose;

	struct listen_conf *listen;
	size_t listens;
	struct output_conf *output;
	size_t outputs;
};

/* What a listener is called in metrics and messages: its name or its URL. */
static inline const char *
listen_label(const struct listen_conf *l)
{
	return l->name != NULL ? l->name : l->url;
}

void config_free(struct config *c); /* accepts NULL */

#endif
