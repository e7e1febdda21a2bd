/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * fuzz_msg.c - any bytes are a message, and what is said of them holds
 *
 * Fields lie within the message; the quick way says what the patient one
 * does; parsing does not depend on what was parsed
 * before; valid and clean mean what msg.h says; STRUCTURED-DATA is walked
 * through to its last byte.
 */
#include <stdint.h>
#include <stdlib.h>

#include "wire/escape.h"
#include "wire/msg.h"
#include "wire/pri.h"
#include "wire/rfc5424.h"
#include "wire/scan.h"
#include "wire/sdata.h"
#include "wire/strict.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void
expect(bool holds)
{
	if (!holds)
		abort();
}

static void
expect_inside(struct slice raw, struct slice s)
{
	expect(s.n == 0 ||
	    (s.p >= raw.p && s.n <= raw.n &&
		s.p - raw.p <= (ptrdiff_t)(raw.n - s.n)));
}

static bool
is_same(struct slice a, struct slice b)
{
	return a.n == b.n && (a.n == 0 || a.p == b.p);
}

static void
expect_same(const struct msg *a, const struct msg *b)
{
	struct stamp t = msg_stamp(a), u = msg_stamp(b);

	expect(is_same(a->time, b->time) && is_same(a->host, b->host) &&
	    is_same(a->app, b->app) && is_same(a->procid, b->procid) &&
	    is_same(a->msgid, b->msgid) && is_same(a->sd, b->sd) &&
	    is_same(a->text, b->text));
	expect(a->form == b->form && a->pri == b->pri && a->valid == b->valid &&
	    a->clean == b->clean && a->bom == b->bom);
	expect(t.known == u.known);
	expect(!t.known ||
	    (t.year == u.year && t.month == u.month && t.day == u.day &&
		t.second == u.second && t.nsec == u.nsec &&
		t.offset == u.offset));
}

/* Every byte of the STRUCTURED-DATA is a part of what the walk gives. */
static void
walk(struct slice sd)
{
	struct slice id, params;
	struct sdata_param param;
	size_t covered = 0, n;
	char *out;

	while (sd.n > 0) {
		expect(sdata_next(&sd, &id, &params));
		expect(id.n >= 1 && id.n <= 32);
		covered = 0;
		n = params.n;
		while (sdata_next_param(&params, &param)) {
			covered += param.name.n + param.value.n + 4;
			out = malloc(param.value.n + 1);
			if (out != NULL)
				expect(sdata_unescape(param.value, out) <=
				    param.value.n);
			free(out);
		}
		expect(covered == n && params.n == 0);
	}
}

static void
expect_valid(const struct msg *m)
{
	struct slice bare = m->text;

	expect(m->form == MSG_RFC5424 && m->raw.n > 0 && m->raw.p[0] == '<');
	expect(msg_stamp(m).known == (m->time.n > 0));
	expect(m->host.n <= 255 && m->app.n <= 48 && m->procid.n <= 128 &&
	    m->msgid.n <= 32);
	expect(m->sd.n == 0 || sdata_span(m->sd) == m->sd.n);
	expect(!m->bom || scan_utf8(bare) == bare.n);
}

static void
expect_print(struct slice s, size_t max)
{
	expect(s.n <= max);
	for (size_t i = 0; i < s.n; i++)
		expect(s.p[i] > ' ' && s.p[i] < 0x7f && s.p[i] != '#');
}

static void
expect_plain(const struct msg *m)
{
	expect_print(m->host, 255);
	expect_print(m->app, 48);
	expect_print(m->procid, 128);
	expect_print(m->msgid, 32);
}

/* What the quick way takes, the patient one takes just so. */
static void
expect_no_haste(struct slice raw)
{
	struct msg_cache cache = { .known = false };
	struct slice rest = raw;
	struct msg quick, patient = { .raw = raw };

	if (!pri_take(&rest, &patient.pri) ||
	    !strict_parse(rest, &cache, &quick))
		return;
	quick.pri = patient.pri;
	expect(rfc5424_parse(rest, &cache, &patient));
	expect(patient.valid);
	expect_same(&quick, &patient);
}

/* Vectors escape as bytes do, into the room that was promised. */
static void
expect_escaped(struct slice raw)
{
	size_t room = raw.n * ESCAPE_JSON_GROWTH, n;
	char *out = malloc(room), *want = malloc(room);

	if (out != NULL && want != NULL) {
		n = escape_json_portable(raw, want);
		expect(escape_json(raw, out) == n);
		expect(n == 0 || memcmp(out, want, n) == 0);
	}
	free(out);
	free(want);
}

static void
check(struct slice raw, bool local)
{
	struct msg_hints hints = { .local = local, .self = SLICE_LIT("web01") };
	struct msg_cache cache = { .known = false };
	struct msg m, again;
	uint32_t code;

	memset(&m, 0xa5, sizeof(m));
	memset(&again, 0x5a, sizeof(again));
	msg_parse(raw, &hints, &cache, &m);
	msg_parse(raw, &hints, &cache, &again); /* the cache is warm now */
	expect_same(&m, &again);
	expect_no_haste(raw);
	expect_escaped(raw);

	expect(is_same(m.raw, raw));
	expect_inside(raw, m.time);
	expect_inside(raw, m.host);
	expect_inside(raw, m.app);
	expect_inside(raw, m.procid);
	expect_inside(raw, m.msgid);
	expect_inside(raw, m.sd);
	expect_inside(raw, m.text);
	expect(m.pri <= MSG_PRI_MAX);
	expect(m.form != MSG_RAW || is_same(m.text, raw));
	expect(m.clean == (scan_clean_portable(raw) == raw.n));
	if (m.plain)
		expect_plain(&m);
	if (m.valid)
		expect_valid(&m);
	walk(m.sd);

	expect(scan_clean(raw) == scan_clean_portable(raw));
	expect(scan_utf8(raw) <= raw.n);
	expect(scan_char(raw, &code) <= raw.n);
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	char *copy = malloc(size); /* no byte more: reading on is an error */

	if (copy == NULL && size > 0)
		return 0;
	if (size > 0)
		memcpy(copy, data, size);
	check(slice_of(copy, size), false);
	check(slice_of(copy, size), true);
	free(copy);
	return 0;
}
