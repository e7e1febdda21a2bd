/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * stamp.c - timestamps as RFC 5424 wants them
 */
#include "wire/stamp.h"

#include "wire/stamp_parts.h"

/* What follows the seconds in RFC 5424: [ "." 1*6DIGIT ] ( "Z" / offset ) */
static bool
read_rest(struct slice s, struct stamp *t)
{
	unsigned hours, minutes, bad = 0;
	size_t digits;

	t->digits = 0;
	t->nsec = 0;
	if (s.n > 0 && s.p[0] == '.') {
		slice_skip(&s, 1);
		digits = stamp_fraction(s, t);
		if (digits < 1 || digits > 6)
			return false;
		slice_skip(&s, digits);
	}
	if (s.n == 1 && s.p[0] == 'Z')
		return stamp_offset(t, '+', 0, 0);
	if (s.n != 6 || (s.p[0] != '+' && s.p[0] != '-') || s.p[3] != ':')
		return false;
	hours = stamp_two(s.p + 1, &bad);
	minutes = stamp_two(s.p + 4, &bad);
	return bad == 0 && stamp_offset(t, s.p[0], hours, minutes);
}

bool
stamp_valid_rest(struct slice s)
{
	size_t digits = 0;
	struct stamp t;

	if (s.n <= 1 || s.p[s.n - 1] != 'Z')
		return read_rest(s, &t);
	/* nearly always: a fraction and Z */
	while (word_is_digit(s.p[1 + digits]))
		digits++;
	return s.p[0] == '.' && digits >= 1 && digits <= 6 && digits + 2 == s.n;
}

bool
stamp_parse_5424(struct slice s, struct stamp *t)
{
	struct stamp got;

	if (s.n <= STAMP_FRONT || s.p[10] != 'T' || !stamp_front(s.p, &got) ||
	    !stamp_possible(&got))
		return false;
	slice_skip(&s, STAMP_FRONT);
	if (!read_rest(s, &got))
		return false;
	got.known = true;
	*t = got;
	return true;
}

bool
stamp_valid_5424(struct slice s)
{
	struct stamp t;

	return stamp_parse_5424(s, &t);
}
