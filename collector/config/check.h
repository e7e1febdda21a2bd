/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * check.h - rules that no single key can see
 */
#ifndef CONFIG_CHECK_H
#define CONFIG_CHECK_H

#include "config/config.h"

struct err;

enum {
	CHECK_WORKER_MEMORY = 1 << 20, /* each worker fills blocks of its own */
	CHECK_MEMORY_MESSAGES = 16     /* longest messages that memory holds */
};

/* Each returns 0, or -1 with what is wrong and what would be right. */

/* memory is enough for the workers and for the longest messages. */
int check_memory(const struct config *c, struct err *err);

/* Listener (output) i is not one that stands before it: *twin is then which
 * one. */
int check_listen(
    const struct config *c, size_t i, size_t *twin, struct err *err);
int check_output(
    const struct config *c, size_t i, size_t *twin, struct err *err);

/* What a key asks of its output as a whole. */
struct check_whole {
	const char *key;
	const char *option; /* NULL: it has none */
	int (*check)(const struct output_conf *o, struct err *err);
};

extern const struct check_whole check_whole[]; /* ends with a NULL key */

/* The words of a list of facilities leave some. */
int check_choice(const struct choice *c, struct err *err);

/* ADDR:PORT, or "none". */
int check_http(const char *text, struct err *err);

/* A path that can be a log file, or "-". */
int check_path(const char *path, struct err *err);

#endif
