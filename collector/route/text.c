/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * text.c - see text.h
 *
 * A message that is valid RFC 5424 is its own canonical line. From any other
 * one a line is made that is valid in its header whatever the sender wrote
 * there; the text stands whole in MSG.
 */
#include "route/text.h"

#include "wire/escape.h"
#include "wire/scan.h"
#include "wire/word.h"

enum { MSGID_MAX = 32 }; /* RFC 5424 section 6, RFC-22 */

/* PRI, VERSION, TIMESTAMP, the header, NILVALUE, BOM, and spaces. */
enum {
	HEADER_MAX = 5 + 1 + WHEN_TEXT + TEXT_HOST_MAX + TEXT_APP_MAX +
	    TEXT_PROCID_MAX + MSGID_MAX + 1 + 3 + 7
};

size_t
text_growth(const struct msg *m)
{
	return m->clean ? 1 : ESCAPE_TEXT_GROWTH;
}

size_t
text_bound_raw(const struct msg *m)
{
	return m->raw.n * text_growth(m);
}

size_t
text_bound(const struct record *r)
{
	const struct msg *m = r->msg;

	if (m->valid && r->origin->distrust)
		return text_bound_raw(m) + TEXT_HOST_MAX;
	if (m->valid)
		return text_bound_raw(m);
	return (m->sd.n + m->text.n) * text_growth(m) + HEADER_MAX;
}

/* Escaped, unless the whole message is known to be clean. */
char *
text_put_part(char *out, const struct msg *m, struct slice part)
{
	if (!m->clean)
		return out + escape_text(part, out);
	if (part.n > 0)
		memcpy(out, part.p, part.n);
	return out + part.n;
}

size_t
text_write_raw(const struct msg *m, char *out)
{
	return (size_t)(text_put_part(out, m, m->raw) - out);
}

char *
text_put_field(char *out, struct slice s, size_t max)
{
	char *end = out + max;
	bool hash = false;

	if (s.n == 0) {
		*out++ = '-';
		return out;
	}
	if (s.n <= max && word_print(s, &hash) == s.n && !hash) {
		/* nearly always; a '#' might begin an escape */
		memcpy(out, s.p, s.n);
		return out + s.n;
	}
	for (; s.n > 0 && out < end; slice_skip(&s, 1)) {
		if (scan_is_octal(s)) {
			if (end - out < ESCAPE_TEXT_GROWTH)
				break;
			out += escape_text(slice_of(s.p, 4), out) - 3;
			continue;
		}
		*out = s.p[0];
		if (s.p[0] <= ' ' || s.p[0] >= 0x7f)
			*out = '_';
		out++;
	}
	return out;
}

/* The same, of a message whose fields may be known to be good. */
static inline char *
put_column(char *out, const struct msg *m, struct slice s, size_t max)
{
	*out++ = ' ';
	if (!m->plain || s.n == 0)
		return text_put_field(out, s, max);
	memcpy(out, s.p, s.n);
	return out + s.n;
}

static char *
put_pri(char *out, uint8_t pri)
{
	*out++ = '<';
	if (pri >= 100)
		*out++ = '1';
	if (pri >= 10)
		*out++ = (char)('0' + pri / 10 % 10);
	*out++ = (char)('0' + pri % 10);
	*out++ = '>';
	return out;
}

static char *
put_header(struct when *w, const struct record *r, char *out)
{
	const struct msg *m = r->msg;
	struct stamp sent = msg_stamp(m);

	out = put_pri(out, m->pri);
	*out++ = '1';
	*out++ = ' ';
	out += when_sent(w, &sent, r->received, r->origin->zone, out);
	/* an address is no worse than a host that is known to be good */
	out = put_column(out, m, record_host(r), TEXT_HOST_MAX);
	out = put_column(out, m, m->app, TEXT_APP_MAX);
	out = put_column(out, m, m->procid, TEXT_PROCID_MAX);
	return put_column(out, m, m->msgid, MSGID_MAX);
}

/* A valid message whose host is not believed: all of it but HOSTNAME, which
 * is the third word. */
static size_t
write_distrusted(const struct record *r, char *out)
{
	const struct msg *m = r->msg;
	const char *end = m->raw.p + m->raw.n;
	const char *at = m->raw.p, *next;
	char *o;

	for (int spaces = 0; spaces < 2; at++)
		spaces += *at == ' ';
	next = memchr(at, ' ', (size_t)(end - at));
	o = text_put_part(out, m, slice_of(m->raw.p, (size_t)(at - m->raw.p)));
	o = text_put_field(o, record_host(r), TEXT_HOST_MAX);
	o = text_put_part(o, m, slice_of(next, (size_t)(end - next)));
	return (size_t)(o - out);
}

size_t
text_write(struct when *w, const struct record *r, char *out)
{
	static const char bom[3] = { '\xef', '\xbb', '\xbf' };
	const struct msg *m = r->msg;
	char *o;

	if (m->valid && r->origin->distrust)
		return write_distrusted(r, out);
	if (m->valid)
		return text_write_raw(m, out);

	o = put_header(w, r, out);
	*o++ = ' ';
	if (m->sd.n > 0)
		o = text_put_part(o, m, m->sd);
	else
		*o++ = '-';
	if (m->text.n > 0 || m->bom)
		*o++ = ' ';
	if (m->bom) {
		memcpy(o, bom, sizeof(bom));
		o += sizeof(bom);
	}
	o = text_put_part(o, m, m->text);
	return (size_t)(o - out);
}
