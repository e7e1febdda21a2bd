/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * tag.h - the name of a program and its process, as RFC 3164 senders write it
 */
#ifndef WIRE_TAG_H
#define WIRE_TAG_H

#include "wire/slice.h"

/* What may be taken for a tag, from the strictest on. */
enum tag_rule {
	TAG_ALONE,  /* nothing stands before it: "tag: " or "tag[pid]:" */
	TAG_HEADED, /* behind a time: also "tag:text" and "tag[pid] text" */
	TAG_HOSTED, /* behind a host: also "1234: " */
	TAG_SPACED  /* "some words[123]: ", and nothing else */
};

struct tag {
	struct slice name, pid;
	size_t used; /* bytes up to the text */
};

/* Reads the tag that s starts with. False: it starts with none. */
bool tag_read(struct slice s, enum tag_rule rule, struct tag *t);

/* A byte order mark stands there. */
static inline bool
tag_has_bom(struct slice s)
{
	return s.n >= 3 && memcmp(s.p, "\xef\xbb\xbf", 3) == 0;
}

#endif
