/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * log.h - what the parts of `syncline log` share
 */
#ifndef TOOL_LOG_H
#define TOOL_LOG_H

#include <stdbool.h>
#include <stdint.h>

#include "syncline.h"
#include "wire/err.h"
#include "wire/slice.h"

enum { LOG_ELEMENTS = 8, LOG_PARAMS = 32 };

/* What the command line says. */
struct log_job {
	const char *url, *file; /* file: "-" is standard input; NULL: none */
	char made_url[8192];    /* of --server, --socket, --tls-... */
	struct syncline_opts opts;
	struct syncline_record record; /* pri, msgid, elements */
	struct syncline_element elements[LOG_ELEMENTS];
	struct syncline_param params[LOG_PARAMS];
	size_t n_params;
	int64_t rate;    /* messages a second; 0: no limit */
	int64_t timeout; /* ms */
	bool skip_empty, prio_prefix, no_act, help, version;
	bool no_socket_errors; /* what a unix socket did not take is no error */
	int first;             /* index of the first word of the message */
};

/* What became of it. */
struct log_count {
	uint64_t read, refused;
	uint64_t lines; /* of a file: as many were read */
	int error;      /* of the first that was refused; 0: none */
};

/* Reads "facility.severity", "severity", or a number; -1: it is none. */
int log_priority(const char *text);

/* Fills *job. A status of tool.h, TOOL_OK when all is well. */
int log_options(struct log_job *job, int argc, char **argv);

extern const char log_help[];

/* log_where.c: the options that say where to, and the URL they make. Those
 * with a letter have that. */
enum {
	LOG_URL = 256,
	LOG_SPOOL,
	LOG_TLS,
	LOG_TLS_CA,
	LOG_TLS_CERTIFICATE,
	LOG_TLS_KEY,
	LOG_TLS_FINGERPRINT,
	LOG_TLS_NAME,
	LOG_WHERE_END
};

enum { LOG_TLS_PARAMS = LOG_WHERE_END - LOG_TLS_CA };

struct log_where {
	const char *server, *port, *socket; /* NULL: not given */
	const char *scheme;
	const char *tls[LOG_TLS_PARAMS];
};

/* False: it is none of them. */
bool log_take_where(struct log_job *job, struct log_where *w, int letter);

/* Are unix sockets all that the job sends to? */
bool log_is_local(const struct log_job *job);

/* A status of tool.h. */
int log_make_url(struct log_job *job, const struct log_where *w);

/* Queues one text, in time. */
void log_text(struct syncline *s, const struct log_job *job,
    struct log_count *count, struct slice text);

/* Queues the lines of the job's file. -1: *err. */
int log_lines(struct syncline *s, const struct log_job *job,
    struct log_count *count, struct err *err);

#endif
