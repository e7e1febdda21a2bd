/* SPDX-License-Identifier: BSD-2-Clause */
/* mark.c - see mark.h */
#include "mark.h"

#include <string.h>

static bool
digits(const char *p, size_t n, uint64_t *value)
{
	uint64_t v = 0;

	for (size_t i = 0; i < n; i++) {
		unsigned d = (unsigned char)p[i] - (unsigned)'0';

		if (d > 9)
			return false;
		v = v * 10 + d;
	}
	*value = v;
	return true;
}

/* Is it the alphabet, again and again? */
static bool
alphabet(const char *p, size_t n)
{
	static const char letters[26] = "abcdefghijklmnopqrstuvwxyz";

	if (n <= sizeof(letters))
		return memcmp(p, letters, n) == 0;
	return memcmp(p, letters, sizeof(letters)) == 0 &&
	    memcmp(p + sizeof(letters), p, n - sizeof(letters)) == 0;
}

/* Might a mark begin here, whole or not? room: up to the end of the line. */
static bool
resembles(const char *p, size_t room)
{
	return (room >= 9 + 5 && memcmp(p + 9, " seq=", 5) == 0) ||
	    (room >= 6 + 5 && memcmp(p + 6, " seq=", 5) == 0);
}

static size_t
short_at(const char *p, size_t room, struct mark *m)
{
	if (room < MARK_SHORT || memcmp(p + 6, " seq=", 5) != 0 ||
	    !digits(p + 3, MARK_SHORT_ID, &m->id) ||
	    !digits(p + 11, MARK_SHORT_SEQ, &m->seq))
		return 0;
	return MARK_SHORT;
}

/* The length of the mark that begins at p; 0: there is no whole one. */
static size_t
mark_at(const char *p, size_t room, struct mark *m)
{
	uint64_t length;

	if (room < 3 || memcmp(p, "id=", 3) != 0)
		return 0;
	if (room < MARK_LONG || memcmp(p + 9, " seq=", 5) != 0)
		return short_at(p, room, m);
	if (memcmp(p + 24, " len=", 5) != 0 || p[MARK_PAD - 1] != ' ' ||
	    !digits(p + 3, MARK_ID, &m->id) ||
	    !digits(p + 14, MARK_SEQ, &m->seq) ||
	    !digits(p + 29, MARK_LEN, &length) || length < MARK_LONG ||
	    length > room || !alphabet(p + MARK_PAD, length - MARK_LONG) ||
	    memcmp(p + length - 15, " end=", 5) != 0 ||
	    memcmp(p + length - MARK_SEQ, p + 14, MARK_SEQ) != 0)
		return 0;
	return length;
}

/* A mark with nothing glued to it? */
static bool
alone_at(const char *line, size_t length, size_t at, struct mark *m)
{
	const char *end;
	size_t n = mark_at(line + at, length - at, m), rest;

	if (n == 0 || (at > 0 && line[at - 1] != ' ' && line[at - 1] != '"'))
		return false;
	m->start = at;
	end = line + at + n;
	rest = length - at - n;
	return rest == 0 || (*end == '"' && !memmem(end, rest, "seq=", 4));
}

bool
mark_find(const char *line, size_t length, struct mark *m)
{
	const char *p = line, *end = line + length;
	size_t hint = m->start;

	if (hint < length && alone_at(line, length, hint, m))
		return true;
	while ((p = memmem(p, (size_t)(end - p), "id=", 3)) != NULL) {
		size_t at = (size_t)(p - line);

		if (alone_at(line, length, at, m))
			return true;
		/* What is left of another message makes the line a bad one,
		 * whatever follows. */
		if (resembles(p, length - at))
			return false;
		p++;
	}
	return false;
}
