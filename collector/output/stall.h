/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * stall.h - an output that cannot write: when it tries again, what it says
 */
#ifndef OUTPUT_STALL_H
#define OUTPUT_STALL_H

#include <stdbool.h>
#include <stdint.h>

#include "output/settings.h"
#include "wire/err.h"

struct stall {
	bool on;
	int64_t since;    /* clock_ms(); then */
	int64_t retry_at; /* clock_ms(); 0: nothing is waited for */
};

/* A call failed with that errno; err says which. */
void stall_begin(struct stall *s, const struct output_settings *set, int error,
    const struct err *err);

/* A call that stores something went well. */
void stall_end(struct stall *s, const struct output_settings *set);

#endif
