/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * msg.c - one log message, parsed but not copied
 */
#include "wire/msg.h"

#include "wire/pri.h"
#include "wire/quick3164.h"
#include "wire/rfc3164.h"
#include "wire/rfc5424.h"
#include "wire/scan.h"
#include "wire/strict.h"

static bool
is_clean(struct slice raw)
{
	return scan_clean(raw) == raw.n;
}

/* Reads what the quick ways leave; rest is what follows the PRI, if any. */
static __attribute__((noinline)) void
parse_patiently(struct slice rest, const struct msg_hints *hints,
    struct msg_cache *cache, struct msg *m)
{
	struct slice raw = m->raw;

	if (rest.n < raw.n && rfc5424_parse(rest, cache, m)) {
		if (!m->valid)
			m->clean = is_clean(raw);
		return;
	}
	*m = (struct msg){ .raw = raw,
		.pri = m->pri,
		.form = MSG_RAW,
		.text = raw,
		.clean = is_clean(raw) };
	if (rest.n == raw.n)
		return;
	rfc3164_parse(rest, hints, m);
	quick3164_remember(rest, m, cache);
}

void
msg_parse(struct slice raw, const struct msg_hints *hints,
    struct msg_cache *cache, struct msg *m)
{
	struct slice rest = raw;

	m->raw = raw;
	m->pri = MSG_PRI_DEFAULT;
	if (pri_take(&rest, &m->pri) && rest.n > 0 &&
	    (rest.p[0] == '1' /* VERSION */
		    ? strict_parse(rest, cache, m)
		    : quick3164_parse(rest, hints, cache, m)))
		return;
	parse_patiently(rest, hints, cache, m);
}

struct stamp
msg_stamp_5424(const struct msg *m)
{
	struct stamp t = { .known = false };
	struct slice s = m->time;

	/* One that RFC 5424 does not allow may still be clear. */
	if (!stamp_parse_5424(s, &t) && stamp_take_3164(&s, &t) && s.n > 0)
		t.known = false;
	return t;
}
