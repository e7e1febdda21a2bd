/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * word.h - where a field of RFC 5424 ends, found 16 bytes at a time
 *
 * One load answers it for nearly every field there is: header fields, SD-IDs
 * and PARAM-NAMEs are short. Inline, because a call would cost as much.
 */
#ifndef WIRE_WORD_H
#define WIRE_WORD_H

#include <stdint.h>

#include "wire/slice.h"

#ifdef __SSE2__
#include <emmintrin.h>
#endif

/* PRINTUSASCII of RFC 5424 section 6: 33 to 126. */
static inline bool
word_is_print(char c)
{
	return c > ' ' && c < 0x7f;
}

static inline bool
word_is_digit(char c)
{
	return c >= '0' && c <= '9';
}

static inline bool
word_is_letter(char c)
{
	return (c >= 'A' && c <= 'Z') || (c >= 'a' && c <= 'z');
}

static inline bool
word_is_number(struct slice s)
{
	for (size_t i = 0; i < s.n; i++)
		if (!word_is_digit(s.p[i]))
			return false;
	return s.n > 0;
}

static inline bool
word_is_one_of(char c, struct slice set)
{
	return memchr(set.p, c, set.n) != NULL;
}

/* SD-NAME: PRINTUSASCII without '=', ']' and '"' (and SP, that is none). */
static inline bool
word_is_name(char c)
{
	return word_is_print(c) && c != '=' && c != ']' && c != '"';
}

#ifdef __SSE2__

static inline __m128i
word_load(const char *p)
{
	return _mm_loadu_si128((const __m128i *)(const void *)p);
}

static inline __m128i
word_equal(__m128i v, char c)
{
	return _mm_cmpeq_epi8(v, _mm_set1_epi8(c));
}

/* Lanes with all bits set: from first to last, both of them ASCII. */
static inline __m128i
word_lanes(__m128i v, char first, char last)
{
	__m128i above = _mm_sub_epi8(v, _mm_set1_epi8(first));

	return _mm_cmpeq_epi8(
	    _mm_min_epu8(above, _mm_set1_epi8((char)(last - first))), above);
}

/* Lanes with all bits set: PRINTUSASCII. */
static inline __m128i
word_print_lanes(__m128i v)
{
	return _mm_andnot_si128(word_equal(v, 0x7f),
	    _mm_cmpgt_epi8(v, _mm_set1_epi8(' '))); /* signed */
}

#endif

/*
 * The number of PRINTUSASCII bytes that s starts with. Sets *hash when one of
 * the bytes looked at is a '#' (it may stand behind them), else leaves it.
 */
static inline size_t
word_print(struct slice s, bool *hash)
{
	size_t i = 0;

#ifdef __SSE2__
	for (; s.n - i >= 16; i += 16) {
		__m128i v = word_load(s.p + i);
		unsigned stop = ~(unsigned)_mm_movemask_epi8(
				    word_print_lanes(v)) &
		    0xffff;

		*hash |= _mm_movemask_epi8(word_equal(v, '#')) != 0;
		if (stop != 0)
			return i + (size_t)__builtin_ctz(stop);
	}
#endif
	for (; i < s.n && word_is_print(s.p[i]); i++)
		*hash |= s.p[i] == '#';
	return i;
}

/* The length of the SD-NAME that s starts with; more than max: max + 1. */
static inline size_t
word_name(struct slice s, size_t max)
{
	size_t i = 0;

#ifdef __SSE2__
	for (; s.n - i >= 16 && i <= max; i += 16) {
		__m128i v = word_load(s.p + i);
		__m128i not = _mm_or_si128(word_equal(v, '='),
		    _mm_or_si128(word_equal(v, ']'), word_equal(v, '"')));
		__m128i good = _mm_andnot_si128(not, word_print_lanes(v));
		unsigned stop = ~(unsigned)_mm_movemask_epi8(good) & 0xffff;

		if (stop != 0) {
			i += (size_t)__builtin_ctz(stop);
			return i <= max ? i : max + 1;
		}
	}
#endif
	while (i <= max && i < s.n && word_is_name(s.p[i]))
		i++;
	return i <= max ? i : max + 1;
}

/*
 * The number of bytes that s starts with which names of hosts and programs are
 * mostly made of: letters, digits, '.', '-', '_' and '/'.
 */
static inline size_t
word_label(struct slice s)
{
	size_t i = 0;

#ifdef __SSE2__
	for (; s.n - i >= 16; i += 16) {
		__m128i v = word_load(s.p + i);
		__m128i small = _mm_or_si128(v, _mm_set1_epi8('a' - 'A'));
		__m128i good = _mm_or_si128(word_equal(v, '_'),
		    _mm_or_si128(
			word_lanes(v, '-', '9'), word_lanes(small, 'a', 'z')));
		unsigned stop = ~(unsigned)_mm_movemask_epi8(good) & 0xffff;

		if (stop != 0)
			return i + (size_t)__builtin_ctz(stop);
	}
#endif
	while (i < s.n &&
	    (word_is_letter(s.p[i]) || (s.p[i] >= '-' && s.p[i] <= '9') ||
		s.p[i] == '_'))
		i++;
	return i;
}

/*
 * The number of bytes that s starts with which mean themselves in a
 * PARAM-VALUE: ASCII other than '"', '\' and ']'.
 */
static inline size_t
word_value(struct slice s)
{
	size_t i = 0;

#ifdef __SSE2__
	for (; s.n - i >= 16; i += 16) {
		__m128i v = word_load(s.p + i);
		__m128i not = _mm_or_si128(word_equal(v, '"'),
		    _mm_or_si128(word_equal(v, '\\'), word_equal(v, ']')));
		unsigned stop = (unsigned)_mm_movemask_epi8(
		    _mm_or_si128(not, v)); /* the sign: not ASCII */

		if (stop != 0)
			return i + (size_t)__builtin_ctz(stop);
	}
#endif
	while (i < s.n && (uint8_t)s.p[i] < 0x80 && s.p[i] != '"' &&
	    s.p[i] != '\\' && s.p[i] != ']')
		i++;
	return i;
}

#endif
