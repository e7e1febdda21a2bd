/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * run.h - lines of one file in a block of an output with many files
 *
 * The block of an output whose path has fields is a sequence of runs: a head,
 * the file's name below the output's folder, then whole lines. A head may lie
 * at any address: copy it in and out.
 */
#ifndef BASE_RUN_H
#define BASE_RUN_H

#include <stdint.h>

enum { RUN_NAME_MAX = 1024 };

struct run_head {
	uint32_t bytes;    /* of the lines behind the name */
	uint32_t messages; /* of them, those that count as written */
	uint32_t name_n;   /* 1..RUN_NAME_MAX; no NUL behind it */
	uint64_t peer;     /* stands for the sender's address: who makes how
			      many new files */
};

#endif
