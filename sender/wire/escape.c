/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * escape.c - see escape.h
 */
#include "wire/escape.h"

#include <stdint.h>

#ifdef __SSE2__
#include <immintrin.h>
#endif

#include "wire/scan.h"

size_t
escape_span(struct slice s)
{
	return scan_clean(s);
}

static char *
put_octal(char *out, unsigned char c)
{
	out[0] = '#';
	out[1] = (char)('0' + (c >> 6));
	out[2] = (char)('0' + ((c >> 3) & 7));
	out[3] = (char)('0' + (c & 7));
	return out + 4;
}

size_t
escape_text(struct slice s, char *out)
{
	char *o = out;
	uint32_t code;
	size_t n;

	while (s.n > 0) {
		n = scan_clean(s);
		memcpy(o, s.p, n);
		o += n;
		slice_skip(&s, n);
		if (s.n == 0)
			break;
		/* What is not clean is a '#' before octal digits, an unsafe
		 * character or one byte of no character. */
		n = scan_char(s, &code);
		if (n == 0)
			n = 1;
		for (size_t i = 0; i < n; i++)
			o = put_octal(o, (unsigned char)s.p[i]);
		slice_skip(&s, n);
	}
	return (size_t)(o - out);
}

static bool
is_plain_json(unsigned char c)
{
	return c >= 0x20 && c < 0x7f && c != '"' && c != '\\';
}

#ifdef __SSE2__

enum { LOAD = sizeof(__m128i) };

/* A bit for each byte that JSON does not take as it is, or that is not ASCII.
 */
static inline unsigned
other_json(__m128i v)
{
	/* signed: bytes from 0x80 up are below 0x20, too */
	__m128i bad = _mm_cmplt_epi8(v, _mm_set1_epi8(0x20));

	bad = _mm_or_si128(bad, _mm_cmpeq_epi8(v, _mm_set1_epi8(0x7f)));
	bad = _mm_or_si128(bad, _mm_cmpeq_epi8(v, _mm_set1_epi8('"')));
	bad = _mm_or_si128(bad, _mm_cmpeq_epi8(v, _mm_set1_epi8('\\')));
	return (unsigned)_mm_movemask_epi8(bad);
}

static inline __m128i
load(const char *p)
{
	return _mm_loadu_si128((const __m128i *)(const void *)p);
}

/* The same of 32 bytes. A byte's low four bits choose what it is compared with:
 * the one byte from 0x20 to 0x7f that ends so and needs an escape, or none. */
static inline __attribute__((target("avx2"))) unsigned
other_json_avx2(__m256i v)
{
	const __m256i escaped = _mm256_broadcastsi128_si256(_mm_setr_epi8(-1,
	    -1, '"', -1, -1, -1, -1, -1, -1, -1, -1, -1, '\\', -1, -1, 0x7f));
	__m256i bad = _mm256_cmpgt_epi8(_mm256_set1_epi8(0x20), v); /* signed */

	bad = _mm256_or_si256(
	    bad, _mm256_cmpeq_epi8(v, _mm256_shuffle_epi8(escaped, v)));
	return (unsigned)_mm256_movemask_epi8(bad);
}

/* copy_json() for s of at least 32 bytes. */
static __attribute__((target("avx2"))) size_t
copy_json_avx2(struct slice s, char *out)
{
	const size_t step = sizeof(__m256i), last = s.n - step;
	unsigned mask;
	__m256i v;

	for (size_t i = 0;; i += step) {
		/* at the end together with some already seen */
		i = i < last ? i : last;
		v = _mm256_loadu_si256((const void *)(s.p + i));
		mask = other_json_avx2(v);
		_mm256_storeu_si256((void *)(out + i), v);
		if (mask != 0)
			return i + (size_t)__builtin_ctz(mask);
		if (i == last)
			return s.n;
	}
}

/* Copies bytes up to the first that JSON does not take; returns how many. */
static inline size_t
copy_json(struct slice s, char *out)
{
	size_t i = 0;
	unsigned mask;

	if (s.n >= sizeof(__m256i) && __builtin_cpu_supports("avx2"))
		return copy_json_avx2(s, out);
	for (; s.n - i >= LOAD; i += LOAD) {
		mask = other_json(load(s.p + i));
		/* more than is right, never more than there is room for */
		memcpy(out + i, s.p + i, LOAD);
		if (mask != 0)
			return i + (size_t)__builtin_ctz(mask);
	}
	if (i > 0 && i < s.n) {
		/* the last bytes together with some already seen */
		size_t at = s.n - LOAD;

		mask = other_json(load(s.p + at)) >> (i - at);
		memcpy(out + at, s.p + at, LOAD);
		return mask != 0 ? i + (size_t)__builtin_ctz(mask) : s.n;
	}
	for (; i < s.n && is_plain_json((unsigned char)s.p[i]); i++)
		out[i] = s.p[i];
	return i;
}

/* The whole of a short s, when JSON takes it: names and numbers are short,
 * and byte by byte they would cost more than the text. */
static inline bool
copy_short(struct slice s, char *out)
{
	__m128i a, b;
	int c, d;

	if (s.n >= 8) {
		a = _mm_loadl_epi64((const void *)s.p);
		b = _mm_loadl_epi64((const void *)(s.p + s.n - 8));
		_mm_storel_epi64((void *)out, a);
		_mm_storel_epi64((void *)(out + s.n - 8), b);
		return other_json(_mm_unpacklo_epi64(a, b)) == 0;
	}
	if (s.n < 4)
		return false;
	memcpy(&c, s.p, 4);
	memcpy(&d, s.p + s.n - 4, 4);
	memcpy(out, &c, 4);
	memcpy(out + s.n - 4, &d, 4);
	a = _mm_unpacklo_epi32(_mm_cvtsi32_si128(c), _mm_cvtsi32_si128(d));
	return (other_json(a) & 0xff) == 0;
}

#else

static inline size_t
copy_json(struct slice s, char *out)
{
	size_t i = 0;

	for (; i < s.n && is_plain_json((unsigned char)s.p[i]); i++)
		out[i] = s.p[i];
	return i;
}

static inline bool
copy_short(struct slice s, char *out)
{
	(void)s;
	(void)out;
	return false;
}

#endif

static char *
put_json(char *out, struct slice c, uint32_t code)
{
	static const char hex[16] = "0123456789abcdef";

	if (code == '"' || code == '\\' || code == '\t') {
		out[0] = '\\';
		out[1] = 't';
		if (code != '\t')
			out[1] = (char)code;
		return out + 2;
	}
	if (!scan_is_unsafe(code)) {
		memcpy(out, c.p, c.n);
		return out + c.n;
	}
	/* all of these are in the Basic Multilingual Plane */
	out[0] = '\\';
	out[1] = 'u';
	out[2] = hex[code >> 12 & 15];
	out[3] = hex[code >> 8 & 15];
	out[4] = hex[code >> 4 & 15];
	out[5] = hex[code & 15];
	return out + 6;
}

/* Takes the character that *s begins with, whatever it is. */
static char *
take_json(struct slice *s, char *out)
{
	static const char fffd[3] = { '\xef', '\xbf', '\xbd' };
	uint32_t code;
	size_t n = scan_char(*s, &code);

	if (n == 0) {
		memcpy(out, fffd, sizeof(fffd));
		out += sizeof(fffd);
		n = 1;
	} else {
		out = put_json(out, slice_of(s->p, n), code);
	}
	slice_skip(s, n);
	return out;
}

size_t
escape_json(struct slice s, char *out)
{
	char *o = out;
	size_t n;

	if (s.n <= 16 && copy_short(s, out))
		return s.n;
	while (s.n > 0) {
		n = copy_json(s, o);
		o += n;
		slice_skip(&s, n);
		if (s.n == 0)
			break;
		if (*s.p == '"' || *s.p == '\\') {
			/* many, where the text is JSON itself */
			*o++ = '\\';
			*o++ = *s.p;
			slice_skip(&s, 1);
		} else {
			o = take_json(&s, o);
		}
	}
	return (size_t)(o - out);
}

size_t
escape_json_portable(struct slice s, char *out)
{
	char *o = out;

	while (s.n > 0)
		o = take_json(&s, o);
	return (size_t)(o - out);
}

/* What a first byte announces, RFC 3629 section 4; 0: it is none. */
static size_t
announced_length(unsigned char c)
{
	if (c >= 0xc2 && c <= 0xdf)
		return 2;
	if (c >= 0xe0 && c <= 0xef)
		return 3;
	if (c >= 0xf0 && c <= 0xf4)
		return 4;
	return 0;
}

size_t
escape_whole(struct slice s)
{
	size_t back = 1, need;
	char whole[4];
	uint32_t code;

	while (back <= 3 && back < s.n && (s.p[s.n - back] & 0xc0) == 0x80)
		back++;
	if (back > 3 || back > s.n)
		return s.n;
	need = announced_length((unsigned char)s.p[s.n - back]);
	if (need <= back)
		return s.n;
	if (back > 1) {
		/* The second byte may not fit the first: then this never was
		 * a character. Any other continuation fits. */
		memset(whole, 0x80, sizeof(whole));
		memcpy(whole, s.p + s.n - back, back);
		if (scan_char(slice_of(whole, need), &code) == 0)
			return s.n;
	}
	return s.n - back;
}
