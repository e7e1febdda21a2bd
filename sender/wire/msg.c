/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * msg.c - one log message, parsed but not copied
 */
#include "wire/msg.h"

#include "wire/pri.h"
#include "wire/quick3164.h"
#include "wire/rfc3164.h"
#include "wire/rfc5424.h"
#include "wire/strict.h"

void
msg_parse(struct slice raw, const struct msg_hints *hints,
    struct msg_cache *cache, struct msg *m)
{
	struct slice rest = raw;

	if (strict_parse(raw, cache, m))
		return;

	m->raw = raw;
	m->pri = MSG_PRI_DEFAULT;
	if (pri_take(&rest, &m->pri) &&
	    (quick3164_parse(rest, hints, cache, m) ||
		rfc5424_parse(rest, cache, m)))
		return;

	*m = (struct msg){
		.raw = raw, .pri = m->pri, .form = MSG_RAW, .text = raw
	};
	if (rest.n == raw.n)
		return;
	rfc3164_parse(rest, hints, m);
	quick3164_remember(rest, m, cache);
}

struct stamp
msg_stamp(const struct msg *m)
{
	struct stamp t = { .known = false };
	struct slice s = m->time;

	if (m->form != MSG_RFC5424)
		return m->sent;
	/* One that RFC 5424 does not allow may still be clear. */
	if (!stamp_parse_5424(s, &t) && stamp_take_3164(&s, &t) && s.n > 0)
		t.known = false;
	return t;
}
