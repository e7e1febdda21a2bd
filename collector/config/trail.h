/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * trail.h - the way to a value in a file: "listen[2].allow[0]"
 */
#ifndef CONFIG_TRAIL_H
#define CONFIG_TRAIL_H

#include <stddef.h>
#include <stdint.h>

enum { TRAIL_TEXT = 200, TRAIL_NAME = 40 };

struct trail {
	char text[TRAIL_TEXT]; /* what is too long is cut */
	size_t n;
};

/*
 * Each goes one step down and returns where it was, for trail_back(). Of a
 * name at most TRAIL_NAME bytes are shown.
 */
size_t trail_name(struct trail *t, const char *name);
size_t trail_index(struct trail *t, size_t i);
void trail_back(struct trail *t, size_t n);

#endif
