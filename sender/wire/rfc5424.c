/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * rfc5424.c - a message in the form of RFC 5424, or nearly so
 *
 * Every message received comes through here, so one pass has to do: each
 * field's end is found and its bytes are judged by the same load. A message
 * that is not right everywhere is still read on, field by field, as its
 * sender meant it; only `strict` remembers.
 */
#include "wire/rfc5424.h"

#include "wire/scan.h"
#include "wire/sdata.h"
#include "wire/word.h"

enum { DATE_LEN = 10 /* bytes of 2003-10-11 */ };

struct reader {
	struct slice in; /* what is left to read */
	bool strict;     /* nothing has been wrong so far */
	bool hash;       /* there may be a '#' in the header */
	bool more;       /* the last field ended with a SP */
};

/* A field that is too long, empty, the last, or holds what it may not. */
static __attribute__((noinline)) size_t
odd_field(struct reader *r, size_t from)
{
	const char *end;

	r->strict = false;
	r->hash = true;
	if (r->in.n == from)
		end = NULL;
	else
		end = memchr(r->in.p + from, ' ', r->in.n - from);
	r->more = end != NULL;
	return r->more ? (size_t)(end - r->in.p) : r->in.n;
}

/* Takes one field of the header and the SP behind it; NILVALUE is empty. */
static inline struct slice
take_field(struct reader *r, size_t max)
{
	struct slice field = { .p = r->in.p };
	size_t n = word_print(r->in, &r->hash);

	if (n < r->in.n && r->in.p[n] == ' ' && n - 1 < max)
		r->more = true;
	else
		n = odd_field(r, n);
	field.n = n == 1 && field.p[0] == '-' ? 0 : n;
	slice_skip(&r->in, n + r->more);
	return field;
}

static bool
is_digit(char c)
{
	return c >= '0' && c <= '9';
}

/* True when s starts as a date does: "2003-10-11" and one byte more. */
static bool
is_dated(struct slice s)
{
	static const char shape[DATE_LEN] = { '0', '0', '0', '0', '-', '0', '0',
		'-', '0', '0' };

	if (s.n <= DATE_LEN)
		return false;
	for (size_t i = 0; i < DATE_LEN; i++)
		if (shape[i] == '-' ? s.p[i] != '-' : !is_digit(s.p[i]))
			return false;
	return true;
}

/*
 * Takes a TIMESTAMP that is not as section 6.2.3 wants it. False when it is
 * not even the beginning of a date. A blank between date and time belongs to
 * it when digits and a colon follow.
 */
static bool
take_odd_time(struct reader *r, struct slice *time)
{
	struct slice in = r->in;

	if (!is_dated(in))
		return false;
	r->strict = false;
	if (in.p[DATE_LEN] == ' ' && in.n > DATE_LEN + 3 &&
	    is_digit(in.p[DATE_LEN + 1]) && in.p[DATE_LEN + 3] == ':')
		slice_skip(&r->in, DATE_LEN + 1);
	*time = take_field(r, SIZE_MAX);
	time->n += (size_t)(time->p - in.p);
	time->p = in.p;
	return true;
}

/* Takes the TIMESTAMP and its SP. False: this is no header of RFC 5424. */
static inline bool
take_time(struct reader *r, struct msg_cache *cache, struct slice *time)
{
	struct slice all = r->in, word = { .p = all.p };
	bool known;

	word.n = word_print(all, &r->hash);
	if (word.n == all.n || all.p[word.n] != ' ')
		return take_odd_time(r, time);
	if (word.n == 1 && all.p[0] == '-') {
		*time = slice_of(all.p, 0);
	} else {
		/* most messages are of the second of the one before */
		known = cache->known && word.n > STAMP_FRONT &&
		    memcmp(word.p, cache->stamp, STAMP_FRONT) == 0;
		if (known ? !stamp_valid_rest(slice_of(
				word.p + STAMP_FRONT, word.n - STAMP_FRONT))
			  : !stamp_valid_5424(word))
			return take_odd_time(r, time);
		if (!known) {
			memcpy(cache->stamp, word.p, STAMP_FRONT);
			cache->known = true;
		}
		*time = word;
	}
	r->more = true;
	slice_skip(&r->in, word.n + 1);
	return true;
}

/* Takes MSG, which is all that is left, and a byte order mark off it. */
static inline bool
take_text(struct reader *r, struct msg *m)
{
	bool clean;

	m->bom = r->in.n >= 3 && memcmp(r->in.p, "\xef\xbb\xbf", 3) == 0;
	if (m->bom)
		slice_skip(&r->in, 3);
	m->text = r->in;
	clean = scan_clean(m->text) == m->text.n;
	/* RFC-39: the mark promises UTF-8; without one MSG is anything */
	if (m->bom && !clean && scan_utf8(m->text) != m->text.n)
		r->strict = false;
	return clean;
}

/*
 * Takes STRUCTURED-DATA and MSG. What is malformed is not taken apart: it
 * stays, with all that follows, in the text (RFC-27).
 */
static inline bool
take_rest(struct reader *r, struct msg *m)
{
	size_t n = sdata_span(r->in);
	bool clean = true;

	m->sd = slice_of(r->in.p, 0);
	m->bom = false;
	if (n == 0 || (n < r->in.n && r->in.p[n] != ' ')) {
		r->strict = false;
		m->text = r->in;
		return false;
	}
	if (r->in.p[0] == '[') {
		m->sd.n = n;
		clean = scan_clean(m->sd) == n;
	}
	if (n == r->in.n) {
		m->text = slice_of(r->in.p + n, 0);
		return clean;
	}
	slice_skip(&r->in, n + 1);
	return take_text(r, m) && clean;
}

/*
 * A header that ends early was cut off on its way, when it began with a date;
 * a lone "-" in front of some words begins no header.
 */
static bool
is_header(const struct reader *r, const struct msg *m)
{
	return r->more || m->time.n > 0;
}

bool
rfc5424_parse(struct slice rest, struct msg_cache *cache, struct msg *m)
{
	struct reader r = { .in = rest, .strict = true };
	struct slice header = rest;
	bool clean;

	/* VERSION: any other is of a format that is not known yet (RFC-14) */
	if (rest.n < 3 || rest.p[0] != '1' || rest.p[1] != ' ')
		return false;
	slice_skip(&r.in, 2);
	if (!take_time(&r, cache, &m->time))
		return false;
	m->host = take_field(&r, RFC5424_HOSTNAME);
	m->app = take_field(&r, RFC5424_APP_NAME);
	m->procid = take_field(&r, RFC5424_PROCID);
	m->msgid = take_field(&r, RFC5424_MSGID);
	if (!is_header(&r, m))
		return false;
	header.n = (size_t)(r.in.p - rest.p);
	clean = take_rest(&r, m);
	if (r.hash && scan_clean(header) != header.n)
		clean = false;

	m->sent = (struct stamp){ .known = false };
	m->form = MSG_RFC5424;
	m->valid = r.strict;
	m->clean = r.strict && clean;
	m->plain = false;
	return true;
}
