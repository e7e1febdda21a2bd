/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * entry.h - what stands in the ring: a message not yet composed
 *
 * The caller pays for a clock and a copy; header, sequence and framing are the
 * sender's work. Behind the entry stand app, msgid, sd and text.
 */
#ifndef ENTRY_H
#define ENTRY_H

#include <stdint.h>

#include "wire/compose.h"

struct entry {
	int64_t sec;
	uint32_t usec;
	uint8_t pri, own; /* COMPOSE_META ... */
	uint8_t app_n, msgid_n;
	uint32_t sd_n, text_n;
};

/* Takes the entry that record is into *m; offset and sequence stay. */
static inline void
entry_read(struct slice record, struct compose_msg *m)
{
	struct entry e;

	assert(record.n >= sizeof(e));
	(void)memcpy(&e, record.p, sizeof(e));
	slice_skip(&record, sizeof(e));
	m->pri = e.pri;
	m->own = e.own;
	m->sec = e.sec;
	m->usec = e.usec;
	m->app = slice_of(record.p, e.app_n);
	slice_skip(&record, e.app_n);
	m->msgid = slice_of(record.p, e.msgid_n);
	slice_skip(&record, e.msgid_n);
	m->sd = slice_of(record.p, e.sd_n);
	slice_skip(&record, e.sd_n);
	assert(e.text_n <= record.n);
	m->text = slice_of(record.p, e.text_n);
}

#endif
