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
	char made_url[1100];    /* of --server, --socket ... */
	struct syncline_opts opts;
	struct syncline_record record; /* pri, msgid, elements */
	struct syncline_element elements[LOG_ELEMENTS];
	struct syncline_param params[LOG_PARAMS];
	size_t n_params;
	int64_t rate;    /* messages a second; 0: no limit */
	int64_t timeout; /* ms */
	bool skip_empty, prio_prefix, no_act, help;
	int first; /* index of the first word of the message */
};

/* What became of it. */
struct log_count {
	uint64_t read, refused;
	int error; /* of the first that was refused; 0: none */
};

/* Reads "facility.severity", "severity", or a number; -1: it is none. */
int log_priority(const char *text);

/* Fills *job. A status of tool.h, TOOL_OK when all is well. */
int log_options(struct log_job *job, int argc, char **argv);

extern const char log_help[];

/* Queues one text, in time. */
void log_text(struct syncline *s, const struct log_job *job,
    struct log_count *count, struct slice text);

/* Queues the lines of the job's file. -1: *err. */
int log_lines(struct syncline *s, const struct log_job *job,
    struct log_count *count, struct err *err);

#endif
