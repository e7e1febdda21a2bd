/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * sdput.c - see sdput.h
 */
#include "wire/sdput.h"

#include <stdint.h>

#include "wire/scan.h"
#include "wire/word.h"

enum { NAME_MAX_LENGTH = 32 };

static size_t
put(struct slice s, char *out)
{
	if (out != NULL && s.n > 0)
		(void)memcpy(out, s.p, s.n);
	return s.n;
}

/* out + n, where there is an out. */
static char *
at(char *out, size_t n)
{
	return out != NULL ? out + n : NULL;
}

static size_t
put_name(struct slice name, char *out)
{
	size_t n = name.n < NAME_MAX_LENGTH ? name.n : NAME_MAX_LENGTH;

	(void)put(slice_of(name.p, n), out);
	for (size_t i = 0; out != NULL && i < n; i++)
		if (!word_is_name(out[i]))
			out[i] = '_';
	return n;
}

/* One character that does not mean itself, from the front of *s. */
static size_t
put_odd(struct slice *s, char *out)
{
	static const char fffd[3] = { '\xef', '\xbf', '\xbd' };
	char escaped[2] = { '\\', s->p[0] };
	uint32_t code;
	size_t n = scan_char(*s, &code), written;

	if (n == 0) {
		written = put(slice_of(fffd, sizeof(fffd)), out);
		n = 1;
	} else if (n == 1) {
		written = put(slice_of(escaped, sizeof(escaped)), out);
	} else {
		written = put(slice_of(s->p, n), out);
	}
	slice_skip(s, n);
	return written;
}

size_t
sdput_open(struct slice id, char *out)
{
	size_t n = put(SLICE_LIT("["), out);

	return n + put_name(id, at(out, n));
}

size_t
sdput_param(struct slice name, struct slice value, char *out)
{
	size_t n = put(SLICE_LIT(" "), out), plain;

	n += put_name(name, at(out, n));
	n += put(SLICE_LIT("=\""), at(out, n));
	while (value.n > 0) {
		plain = word_value(value);
		n += put(slice_of(value.p, plain), at(out, n));
		slice_skip(&value, plain);
		if (value.n > 0)
			n += put_odd(&value, at(out, n));
	}
	return n + put(SLICE_LIT("\""), at(out, n));
}

size_t
sdput_close(char *out)
{
	return put(SLICE_LIT("]"), out);
}

bool
sdput_same(struct slice a, struct slice b)
{
	char one[NAME_MAX_LENGTH], other[NAME_MAX_LENGTH];
	size_t n = put_name(a, one), m = put_name(b, other);

	return slice_eq(slice_of(one, n), slice_of(other, m));
}
