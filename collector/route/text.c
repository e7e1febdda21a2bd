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

/* RFC 5424 section 6, RFC-22. */
enum { HOST_MAX = 255, APP_MAX = 48, PROCID_MAX = 128, MSGID_MAX = 32 };

/* PRI, VERSION, TIMESTAMP, the header, NILVALUE, BOM, and spaces. */
enum {
	HEADER_MAX = 5 + 1 + WHEN_TEXT + HOST_MAX + APP_MAX + PROCID_MAX +
	    MSGID_MAX + 1 + 3 + 7
};

static size_t
escape_growth(const struct msg *m)
{
	return m->clean ? 1 : ESCAPE_TEXT_GROWTH;
}

size_t
text_bound_raw(const struct msg *m)
{
	return m->raw.n * escape_growth(m);
}

size_t
text_bound(const struct record *r)
{
	const struct msg *m = r->msg;

	if (m->valid)
		return text_bound_raw(m);
	return (m->sd.n + m->text.n) * escape_growth(m) + HEADER_MAX;
}

/* Part of a message: escaped, unless the whole is known to be clean. */
static char *
put_part(char *out, const struct msg *m, struct slice part)
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
	return (size_t)(put_part(out, m, m->raw) - out);
}

/*
 * A space and a header field: PRINTUSASCII, at most max bytes, '-' when it
 * is empty. The escape of '#' holds here too, or it could not be told from
 * one that the sender wrote; it is never cut.
 */
static char *
put_field(char *out, struct slice s, size_t max)
{
	char *end;

	*out++ = ' ';
	end = out + max;
	if (s.n == 0)
		*out++ = '-';
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
	out = put_field(out, record_host(r), HOST_MAX);
	out = put_field(out, m->app, APP_MAX);
	out = put_field(out, m->procid, PROCID_MAX);
	return put_field(out, m->msgid, MSGID_MAX);
}

size_t
text_write(struct when *w, const struct record *r, char *out)
{
	static const char bom[3] = { '\xef', '\xbb', '\xbf' };
	const struct msg *m = r->msg;
	char *o;

	if (m->valid)
		return text_write_raw(m, out);

	o = put_header(w, r, out);
	*o++ = ' ';
	if (m->sd.n > 0)
		o = put_part(o, m, m->sd);
	else
		*o++ = '-';
	if (m->text.n > 0 || m->bom)
		*o++ = ' ';
	if (m->bom) {
		memcpy(o, bom, sizeof(bom));
		o += sizeof(bom);
	}
	o = put_part(o, m, m->text);
	return (size_t)(o - out);
}
