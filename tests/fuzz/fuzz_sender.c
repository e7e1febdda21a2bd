/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * fuzz_sender.c - what the sender composes is what the house parses
 *
 * The first byte chooses. Messages: any names, values and texts give valid
 * RFC 5424, and come back unchanged, but for bytes that are no UTF-8. URLs:
 * what is taken has a host and a port or a path, and is taken again.
 */
#include <stdint.h>
#include <stdlib.h>

#include "target.h"
#include "wire/compose_quick.h"
#include "wire/msg.h"
#include "wire/scan.h"
#include "wire/sdata.h"
#include "wire/sdput.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void
expect(bool holds)
{
	if (!holds)
		abort();
}

/* The bytes up to the next 0xfe, which is never UTF-8. */
static struct slice
take(struct slice *in)
{
	const char *end = in->n > 0 ? memchr(in->p, '\xfe', in->n) : NULL;
	struct slice s = slice_of(
	    in->p, end != NULL ? (size_t)(end - in->p) : in->n);

	slice_skip(in, s.n + (end != NULL ? 1 : 0));
	return s;
}

static void
check_value(struct slice got, struct slice value)
{
	char *back = malloc(got.n + 1);
	size_t n;

	expect(back != NULL);
	n = sdata_unescape(got, back);
	expect(scan_utf8(slice_of(back, n)) == n);
	if (scan_utf8(value) == value.n)
		expect(slice_eq(slice_of(back, n), value));
	free(back);
}

/* The header of the one serves the other, and nobody can tell. */
static void
compose_quickly(const struct compose *c, struct compose_msg m, char *out)
{
	struct compose_quick q = { 0 };
	size_t room = compose_room(c, &m), n;
	char *want = malloc(room);

	expect(want != NULL);
	m.msgid.n = 0;
	for (uint32_t i = 0; i < 3; i++) {
		m.sequence = (uint32_t)m.text.n * 7 + i;
		m.usec = i;
		n = compose(c, &m, want);
		expect(compose_quick(&q, c, &m, out) == n);
		expect(memcmp(out, want, n) == 0);
	}
	free(want);
}

static void
compose_it(struct slice in)
{
	struct slice id = take(&in), name = take(&in), value = take(&in);
	struct slice host = take(&in), msgid = take(&in), params, got_id;
	struct compose c = { .form = COMPOSE_5424, .synced = -1 };
	struct compose_msg m = { .pri = 191, .text = in };
	struct msg_hints hints = { 0 };
	struct msg_cache cache = { 0 };
	struct sdata_param param;
	struct msg got;
	char word[COMPOSE_MSGID + 1], *sd, *out;
	size_t n;

	/* a byte order mark promises UTF-8, which is the caller's business */
	if (id.n == 0 || name.n == 0 ||
	    (in.n >= 3 && memcmp(in.p, "\xef\xbb\xbf", 3) == 0))
		return;
	sd = malloc(80 + 4 * value.n);
	expect(sd != NULL);
	n = sdput_open(id, sd);
	expect(
	    sdput_param(name, value, NULL) == sdput_param(name, value, sd + n));
	n += sdput_param(name, value, sd + n);
	n += sdput_close(sd + n);
	m.sd = slice_of(sd, n);
	compose_word(host, c.host, COMPOSE_HOST);
	compose_word(host, c.app, COMPOSE_APP);
	compose_word(host, c.procid, COMPOSE_PROCID);
	compose_word(msgid, word, COMPOSE_MSGID);
	m.msgid = slice_str(word);
	m.sec = (int64_t)host.n * 86400 * 365;
	out = malloc(compose_room(&c, &m));
	expect(out != NULL);
	n = compose(&c, &m, out);
	expect(n <= compose_room(&c, &m));
	msg_parse(slice_of(out, n), &hints, &cache, &got);
	expect(got.valid && slice_eq(got.sd, m.sd));
	expect(sdata_next(&got.sd, &got_id, &params));
	expect(sdata_next_param(&params, &param));
	check_value(param.value, value);
	compose_quickly(&c, m, out);
	free(out);
	free(sd);
}

static void
parse_url(struct slice in)
{
	static struct targets t, again;
	struct err err;

	if (targets_parse(&t, in, &err) == -1) {
		targets_clear(&t);
		return;
	}
	expect(t.n >= 1 && t.n <= TARGETS_MAX);
	for (size_t i = 0; i < t.n; i++) {
		expect(t.at[i].host[0] != '\0' || t.at[i].path[0] == '/');
		expect(
		    targets_parse(&again, slice_str(t.at[i].url), &err) == 0);
		expect(again.at[0].kind == t.at[i].kind);
		expect(strcmp(again.at[0].host, t.at[i].host) == 0);
		targets_clear(&again);
	}
	targets_clear(&t);
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	if (size < 1)
		return 0;
	if (data[0] == 'U')
		parse_url(slice_of(data + 1, size - 1));
	else
		compose_it(slice_of(data + 1, size - 1));
	return 0;
}
