/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * pathname.c - see pathname.h
 *
 * A component without a hash can be read backwards in one way only: each
 * value but the first begins behind the last occurrence of the text before
 * it. Where that would not be so, or anything was changed, a hash of all its
 * values stands behind the last of them, and no component without one ends
 * like that.
 */
#include "route/pathname.h"

#include <endian.h>
#include <stdint.h>

#include "route/field.h"

enum {
	HASH_DIGITS = 16,
	HASH_TEXT = 1 + HASH_DIGITS, /* "-" and the digits */
	STAMP_TEXT = 18,             /* of "-20261122T101500Z-" */
	NUMBER_MIN = 6               /* digits behind it */
};

/* The component being written. */
struct name {
	struct fields *fields;
	const struct record *record;
	const struct piece *piece;
	size_t pieces;
	char *out;
	size_t n; /* bytes of out; TEMPLATE_COMPONENT at most */
};

/* A value that comes from the clock has always the same length. */
static bool
is_date(enum field f)
{
	return f == FIELD_YEAR || f == FIELD_MONTH || f == FIELD_DAY ||
	    f == FIELD_HOUR;
}

static bool
is_value(const struct piece *p)
{
	return p->field != FIELD_LITERAL && !is_date(p->field);
}

static bool
is_safe(char c)
{
	return (c >= '0' && c <= '9') || (c >= 'a' && c <= 'z') ||
	    (c >= 'A' && c <= 'Z') || c == '.' || c == '_' || c == '-';
}

static bool
is_digits(const char *p, size_t n)
{
	for (size_t i = 0; i < n; i++) {
		if (p[i] < '0' || p[i] > '9')
			return false;
	}
	return true;
}

/* Ends it as a hash of ours does? */
static bool
is_hashed(struct slice s)
{
	if (s.n < HASH_TEXT || s.p[s.n - HASH_TEXT] != '-')
		return false;
	for (size_t i = s.n - HASH_DIGITS; i < s.n; i++) {
		if (!is_digits(&s.p[i], 1) && (s.p[i] < 'a' || s.p[i] > 'f'))
			return false;
	}
	return true;
}

/* "NAME-20261122T101500Z-000001" */
static bool
is_rotated(struct slice s)
{
	size_t number = 0;
	const char *p;

	while (number < s.n && is_digits(&s.p[s.n - number - 1], 1))
		number++;
	if (number < NUMBER_MIN || s.n < number + STAMP_TEXT)
		return false;
	p = s.p + s.n - number - STAMP_TEXT;
	return p[0] == '-' && is_digits(p + 1, 8) && p[9] == 'T' &&
	    is_digits(p + 10, 6) && p[16] == 'Z' && p[17] == '-';
}

static bool
ends_with(struct slice s, struct slice end)
{
	return s.n >= end.n && memcmp(s.p + s.n - end.n, end.p, end.n) == 0;
}

/* A name that the collector gives to files itself. */
static bool
is_ours(struct slice s)
{
	return slice_eq(s, SLICE_LIT("_other")) ||
	    ends_with(s, SLICE_LIT(".torn")) ||
	    ends_with(s, SLICE_LIT(".gz")) || ends_with(s, SLICE_LIT(".zst")) ||
	    ends_with(s, SLICE_LIT(".tmp")) || is_rotated(s);
}

/*
 * Could the value at out + at, the last one yet, have begun elsewhere, too?
 * before is the text in front of it.
 */
static bool
is_doubtful(const struct name *c, size_t at, struct slice before)
{
	if (before.n == 0)
		return true;
	/* from behind the first byte of before; a value is never empty */
	return memmem(c->out + at - before.n + 1, c->n - (at - before.n) - 2,
		   before.p, before.n) != NULL;
}

static void
put_literal(struct name *c, struct slice s)
{
	memcpy(c->out + c->n, s.p, s.n);
	c->n += s.n;
}

/* Appends v as far as it has room. False: not all of it, or not as it is. */
static bool
put_value(struct name *c, struct slice v, size_t room)
{
	bool same = v.n <= room;

	if (!same)
		v.n = room;
	for (size_t i = 0; i < v.n; i++) {
		char b = v.p[i];

		if (!is_safe(b) || (b == '.' && c->n == 0)) {
			b = '_';
			same = false;
		}
		c->out[c->n++] = b;
	}
	return same;
}

/* Writes the component without a hash. False: it needs one. */
static bool
write_plain(struct name *c)
{
	struct slice before = { .n = 0 };
	size_t at, values = 0;

	c->n = 0;
	for (size_t i = 0; i < c->pieces; i++) {
		const struct piece *p = &c->piece[i];
		struct slice v = field_value(c->fields, p, c->record);
		size_t room = TEMPLATE_COMPONENT - c->n;

		if (!is_value(p)) {
			if (v.n > room)
				return false;
			put_literal(c, v);
			before = p->text;
			continue;
		}
		at = c->n;
		if (!put_value(c, v, room))
			return false;
		if (values > 0 && is_doubtful(c, at, before))
			return false;
		before = slice_of(NULL, 0);
		values = c->n;
	}
	return values == 0 ||
	    (!is_hashed(slice_of(c->out, values)) &&
		!is_ours(slice_of(c->out, c->n)));
}

/* Each step can be undone: values of one length that differ in no more than
 * eight bytes never have the same hash. The same on every machine. */
static uint64_t
hash_value(uint64_t h, struct slice v)
{
	uint64_t word;
	size_t n;

	h ^= v.n;
	while (v.n > 0) {
		n = v.n < sizeof(word) ? v.n : sizeof(word);
		word = 0;
		memcpy(&word, v.p, n);
		h = (h ^ le64toh(word)) * UINT64_C(0x9e3779b97f4a7c15);
		h ^= h >> 32;
		slice_skip(&v, n);
	}
	h *= UINT64_C(0xd6e8feb86659fd93);
	return h ^ h >> 32;
}

static uint64_t
hash_values(const struct name *c)
{
	uint64_t h = UINT64_C(0x243f6a8885a308d3);

	for (size_t i = 0; i < c->pieces; i++) {
		if (is_value(&c->piece[i]))
			h = hash_value(
			    h, field_value(c->fields, &c->piece[i], c->record));
	}
	return h;
}

static void
put_hash(struct name *c, uint64_t h)
{
	static const char hex[16] = "0123456789abcdef";

	c->out[c->n++] = '-';
	for (int shift = 60; shift >= 0; shift -= 4)
		c->out[c->n++] = hex[h >> shift & 15];
}

/* What each value that the sender decides may have; template_new_path() has
 * seen to it that this is enough. */
static size_t
share_of(const struct name *c)
{
	size_t fixed = HASH_TEXT, open = 0, width;

	for (size_t i = 0; i < c->pieces; i++) {
		const struct piece *p = &c->piece[i];

		width = template_width(p->field);
		if (p->field != FIELD_LITERAL && width == 0)
			open++;
		fixed += p->field == FIELD_LITERAL ? p->text.n : width;
	}
	assert(fixed <= TEMPLATE_COMPONENT);
	return open > 0 ? (TEMPLATE_COMPONENT - fixed) / open : 0;
}

static void
write_hashed(struct name *c)
{
	size_t share = share_of(c), last = 0, width;

	for (size_t i = 0; i < c->pieces; i++) {
		if (is_value(&c->piece[i]))
			last = i;
	}
	c->n = 0;
	for (size_t i = 0; i < c->pieces; i++) {
		const struct piece *p = &c->piece[i];
		struct slice v = field_value(c->fields, p, c->record);

		width = template_width(p->field);
		if (is_value(p))
			(void)put_value(c, v, width > 0 ? width : share);
		else
			put_literal(c, v);
		if (i == last)
			put_hash(c, hash_values(c));
	}
}

static bool
is_slash(const struct piece *p)
{
	return p->field == FIELD_LITERAL && p->text.p[0] == '/';
}

size_t
pathname_write(struct formatter *fm, const struct template *t,
    const struct record *r, char out[RUN_NAME_MAX])
{
	struct name c = { .fields = formatter_fields(fm), .record = r };
	size_t n = 0;

	for (size_t i = t->base; i < t->n; i += c.pieces) {
		if (is_slash(&t->piece[i]))
			i++;
		c.piece = &t->piece[i];
		c.out = out + n + (n > 0);
		c.pieces = 0;
		while (i + c.pieces < t->n && !is_slash(&c.piece[c.pieces]))
			c.pieces++;
		if (!write_plain(&c))
			write_hashed(&c);
		if (n > 0)
			out[n++] = '/';
		n += c.n;
	}
	assert(n > 0 && n <= RUN_NAME_MAX);
	return n;
}
