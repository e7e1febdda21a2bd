/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * render.c - see render.h
 */
#include "route/render.h"

#include "wire/escape.h"

#include "route/text.h"

enum {
	FRAME_MAX = WHEN_TEXT + 8, /* the time, "  []: " and two "-" */
	BORDER_MAX = 3             /* bytes that a border may insert */
};

size_t
render_bound(const struct record *r)
{
	const struct msg *m = r->msg;
	size_t parts = m->text.n;

	if (m->valid)
		parts += m->host.n + m->app.n + m->procid.n;
	/* of these a message that is not valid has no more */
	return parts * text_growth(m) + FRAME_MAX + TEXT_HOST_MAX +
	    TEXT_APP_MAX + TEXT_PROCID_MAX;
}

/* A valid field stays what it is; any other must not break the columns. */
static char *
put_name(char *out, const struct msg *m, struct slice s, size_t max)
{
	if (m->valid && s.n > 0)
		return text_put_part(out, m, s);
	return text_put_field(out, s, max);
}

/* What follows the time: these lines always name a host. */
static char *
put_rest(char *out, const struct record *r)
{
	const struct msg *m = r->msg;

	*out++ = ' ';
	if (m->host.n > 0 && !r->origin->distrust)
		out = put_name(out, m, m->host, TEXT_HOST_MAX);
	else
		out = text_put_field(out, record_host(r), TEXT_HOST_MAX);
	*out++ = ' ';
	out = put_name(out, m, m->app, TEXT_APP_MAX);
	if (m->procid.n > 0) {
		*out++ = '[';
		out = put_name(out, m, m->procid, TEXT_PROCID_MAX);
		*out++ = ']';
	}
	*out++ = ':';
	*out++ = ' ';
	return text_put_part(out, m, m->text);
}

size_t
render_iso(struct when *w, const struct record *r, char *out)
{
	struct stamp sent = msg_stamp(r->msg);
	size_t n = when_iso(w, &sent, r->received, r->origin->zone, out);

	return (size_t)(put_rest(out + n, r) - out);
}

size_t
render_bsd(struct when *w, const struct record *r, char *out)
{
	struct stamp sent = msg_stamp(r->msg);
	size_t n = when_bsd(
	    w, &sent, r->received, r->origin->zone, r->zone, out);

	return (size_t)(put_rest(out + n, r) - out);
}

size_t
render_template_bound(const struct template *t, const struct record *r)
{
	size_t n = 0;

	for (size_t i = 0; i < t->n; i++)
		n += field_bound(&t->piece[i], r) + BORDER_MAX;
	return n;
}

static bool
is_octal(char c)
{
	return c >= '0' && c <= '7';
}

/*
 * A '#' near the end of one piece and the digits that the next one, s, begins
 * with may look like an escape. Makes that '#' one; returns the new end of
 * what is written from begin. (An escape of ours is never divided, so a '#'
 * that less than three digits follow is one that was sent.)
 */
static char *
close_border(char *begin, char *end, struct slice s)
{
	static const char octal[3] = { '0', '4', '3' };
	size_t written = (size_t)(end - begin), ahead = 0;

	while (ahead < 3 && ahead < s.n && is_octal(s.p[ahead]))
		ahead++;
	for (size_t back = 1; back <= 3 && back <= written; back++) {
		if (end[-(ptrdiff_t)back] == '#' && back - 1 + ahead >= 3) {
			memmove(end - back + 4, end - back + 1, back - 1);
			end[-(ptrdiff_t)back] = '#';
			memcpy(end - back + 1, octal, sizeof(octal));
			return end + BORDER_MAX;
		}
		if (!is_octal(end[-(ptrdiff_t)back]))
			break;
	}
	return end;
}

size_t
render_template(struct fields *f, const struct template *t,
    const struct record *r, char *out)
{
	char *o = out;
	struct slice v;

	for (size_t i = 0; i < t->n; i++) {
		v = field_value(f, &t->piece[i], r);
		o = close_border(out, o, v);
		o += escape_text(v, o);
	}
	return (size_t)(o - out);
}
