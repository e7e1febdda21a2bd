/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * retain.h - which rotated files have to go: the pure part
 */
#ifndef OUTPUT_RETAIN_H
#define OUTPUT_RETAIN_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

enum retain_why {
	RETAIN_STAYS,
	RETAIN_KEEP, /* more files of that name than keep */
	RETAIN_AGE,
	RETAIN_TOTAL,
	RETAIN_FREE
};

/* One rotated file, plain or compressed, or both of them. */
struct kept {
	uint64_t number;
	int64_t stamp; /* of its name */
	int64_t since; /* it is as old as that: see retain_since() */
	uint64_t size; /* bytes, of both */
	uint32_t live; /* number of the live file's name */
	uint8_t forms; /* bits 1 << enum packing */
	uint8_t why;   /* enum retain_why */
};

/* 0: no limit. Seconds and bytes. */
struct retain_limits {
	uint64_t keep, total;
	int64_t age, min;
};

/*
 * When a file was rotated, by the stamp in its name or, when that is still to
 * come, by when it was last changed. A time to come is now: who is not sure
 * how old a file is takes it for a young one.
 */
int64_t retain_since(int64_t stamp, int64_t changed, int64_t now);

/*
 * Puts files in order, by live name and then as written, and joins the forms
 * of one file, one that is plain and compressed. Returns how many are left.
 */
size_t retain_join(struct kept *file, size_t n);

/* Says of each of them, joined, why it goes, and puts all in order, oldest
 * first. */
void retain_judge(
    struct kept *file, size_t n, const struct retain_limits *l, int64_t now);

/* May it be deleted at all? */
bool retain_may_go(
    const struct kept *f, const struct retain_limits *l, int64_t now);

/*
 * The next instant when one of those that stay will have to go for its age,
 * or may go after all: INT64_MAX: never, as things are.
 */
int64_t retain_next(const struct kept *file, size_t n,
    const struct retain_limits *l, int64_t now);

#endif
