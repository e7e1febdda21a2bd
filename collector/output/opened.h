/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * opened.h - the files that are open: by name, by place, by age
 */
#ifndef OUTPUT_OPENED_H
#define OUTPUT_OPENED_H

#include <stddef.h>
#include <stdint.h>

#include "output/file.h"
#include "wire/slice.h"

struct opened {
	struct file **place; /* owned; n in any order, for who visits all */
	size_t n, room;
	struct file **bucket; /* owned; buckets of them, a power of two */
	size_t buckets;
	struct file *newest, *oldest; /* by last use */
};

/* Frees the tables; no file is in them any more. */
void opened_clear(struct opened *o);

/* NULL: it is not open. */
struct file *opened_find(
    const struct opened *o, struct slice name, uint64_t hash);

/* f has its name and hash; it becomes the newest. -1: no memory. */
int opened_add(struct opened *o, struct file *f);
void opened_remove(struct opened *o, struct file *f);

/* It is used now. */
void opened_use(struct opened *o, struct file *f);

#endif
