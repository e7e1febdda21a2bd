/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * slice.h - a view of bytes that somebody else owns
 *
 * A slice is a pointer and a length. It owns nothing, is passed by value,
 * may hold NUL bytes and is not NUL-terminated. It is valid for as long as
 * the buffer it points into is neither freed, refilled nor moved.
 */
#ifndef WIRE_SLICE_H
#define WIRE_SLICE_H

#include <assert.h>
#include <stdbool.h>
#include <stddef.h>
#include <string.h>

struct slice {
	const char *p;
	size_t n; /* bytes */
};

#define SLICE_LIT(s) ((struct slice){ .p = (s), .n = sizeof(s) - 1 })

static inline struct slice
slice_of(const void *p, size_t n)
{
	return (struct slice){ .p = p, .n = n };
}

/* A view of a NUL-terminated string. */
static inline struct slice
slice_str(const char *s)
{
	return (struct slice){ .p = s, .n = strlen(s) };
}

/* Drops the first n bytes; n must not be more than there are. */
static inline void
slice_skip(struct slice *s, size_t n)
{
	assert(n <= s->n);
	if (n == 0)
		return; /* an empty slice may hold a null pointer */
	s->p += n;
	s->n -= n;
}

static inline bool
slice_eq(struct slice a, struct slice b)
{
	return a.n == b.n && (a.n == 0 || memcmp(a.p, b.p, a.n) == 0);
}

#endif
