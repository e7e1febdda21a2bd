/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * scan.c - finding the bytes that a line of text cannot hold as they are
 */
#include "wire/scan.h"

#ifdef __SSE2__
#include <immintrin.h>
#endif

/*
 * After a character that is not ASCII the text is looked at byte by byte for
 * this long: more of the kind usually follow, and going back to vectors for
 * each costs more than it saves (199 ns against 163 for a 256-byte message
 * with every seventh character a two-byte one).
 */
enum { GRACE = 16 };

static bool
is_octal(char c)
{
	return c >= '0' && c <= '7';
}

static bool
is_continuation(char c)
{
	return ((uint8_t)c & 0xc0) == 0x80;
}

bool
scan_is_octal(struct slice s)
{
	return s.n >= 4 && s.p[0] == '#' && is_octal(s.p[1]) &&
	    is_octal(s.p[2]) && is_octal(s.p[3]);
}

bool
scan_is_unsafe(uint32_t code)
{
	if (code < 0x20)
		return code != '\t';
	if (code < 0x7f)
		return false;
	if (code < 0xa0)
		return true;
	if (code == 0x061c)
		return true;
	if (code < 0x200e || code > 0x2069)
		return false;
	return code <= 0x200f || (code >= 0x2028 && code <= 0x202e) ||
	    code >= 0x2066;
}

static uint32_t
low6(char c)
{
	return (uint8_t)c & 0x3fU;
}

/* A lead byte of 0xc2 or more and what follows it. */
static inline size_t
decode(const char *p, size_t n, uint32_t *code)
{
	uint8_t lead = (uint8_t)p[0];
	uint32_t c;

	if (lead < 0xc2 || n < 2 || !is_continuation(p[1]))
		return 0;
	if (lead < 0xe0) {
		*code = (uint32_t)(lead & 0x1f) << 6 | low6(p[1]);
		return 2;
	}
	if (n < 3 || !is_continuation(p[2]))
		return 0;
	if (lead < 0xf0) {
		c = (uint32_t)(lead & 0x0f) << 12 | low6(p[1]) << 6 |
		    low6(p[2]);
		if (c < 0x800 || (c >= 0xd800 && c <= 0xdfff))
			return 0; /* not the shortest form; a surrogate */
		*code = c;
		return 3;
	}
	if (n < 4 || !is_continuation(p[3]) || lead > 0xf4)
		return 0;
	c = (uint32_t)(lead & 0x07) << 18 | low6(p[1]) << 12 | low6(p[2]) << 6 |
	    low6(p[3]);
	if (c < 0x10000 || c > 0x10ffff)
		return 0;
	*code = c;
	return 4;
}

size_t
scan_char(struct slice s, uint32_t *code)
{
	if (s.n == 0)
		return 0;
	if ((uint8_t)s.p[0] < 0x80) {
		*code = (uint8_t)s.p[0];
		return 1;
	}
	return decode(s.p, s.n, code);
}

/* The length of the clean character that s starts with; 0: it is not clean. */
static inline size_t
clean_char(const char *p, size_t n)
{
	uint8_t c = (uint8_t)p[0];
	uint32_t code;
	size_t len;

	if (c < 0x80) {
		if (c == '#')
			return !scan_is_octal(slice_of(p, n));
		return !scan_is_unsafe(c);
	}
	len = decode(p, n, &code);
	return len > 0 && !scan_is_unsafe(code) ? len : 0;
}

/* Goes on from i to end or a little further; false: *i is what stopped it. */
static inline bool
clean_run(struct slice s, size_t *i, size_t end)
{
	uint8_t c;
	size_t len;

	while (*i < end) {
		c = (uint8_t)s.p[*i];
		if (c >= 0x20 && c < 0x7f && c != '#') {
			++*i;
			continue;
		}
		len = clean_char(s.p + *i, s.n - *i);
		if (len == 0)
			return false;
		*i += len;
	}
	return true;
}

size_t
scan_clean_portable(struct slice s)
{
	size_t i = 0;

	clean_run(s, &i, s.n);
	return i;
}

#ifdef __SSE2__

/* Lanes with all bits set: bytes 0x20 to 0x7e except '#'. */
static inline __m128i
plain_lanes(__m128i v)
{
	__m128i text = _mm_cmpgt_epi8(v, _mm_set1_epi8(0x1f)); /* signed */
	__m128i not = _mm_or_si128(_mm_cmpeq_epi8(v, _mm_set1_epi8(0x7f)),
	    _mm_cmpeq_epi8(v, _mm_set1_epi8('#')));

	return _mm_andnot_si128(not, text);
}

/* A bit for each byte that is clean whatever follows: those, and TAB. */
static inline unsigned
plain_mask(const char *p)
{
	__m128i v = _mm_loadu_si128((const __m128i *)(const void *)p);
	__m128i tab = _mm_cmpeq_epi8(v, _mm_set1_epi8('\t'));

	return (unsigned)_mm_movemask_epi8(_mm_or_si128(plain_lanes(v), tab));
}

/* True when the 64 bytes at p are all plain. */
static inline bool
is_plain64(const __m128i *p)
{
	__m128i a = plain_lanes(_mm_loadu_si128(p));
	__m128i b = plain_lanes(_mm_loadu_si128(p + 1));
	__m128i c = plain_lanes(_mm_loadu_si128(p + 2));
	__m128i d = plain_lanes(_mm_loadu_si128(p + 3));

	a = _mm_and_si128(_mm_and_si128(a, b), _mm_and_si128(c, d));
	return _mm_movemask_epi8(a) == 0xffff;
}

/* The same lanes, 32 at once, turned round: all bits set where a byte is not
 * plain. */
static inline __attribute__((target("avx2"))) __m256i
other_lanes(const char *p)
{
	__m256i v = _mm256_loadu_si256((const __m256i *)(const void *)p);
	__m256i low = _mm256_cmpgt_epi8(_mm256_set1_epi8(0x20), v);
	__m256i not = _mm256_or_si256(
	    _mm256_cmpeq_epi8(v, _mm256_set1_epi8(0x7f)),
	    _mm256_cmpeq_epi8(v, _mm256_set1_epi8('#')));

	return _mm256_or_si256(low, not );
}

/*
 * How many bytes of s, which has at least 32, are surely plain: all, or those
 * before the 64 that hold something else. A third of SSE2's instructions.
 */
static __attribute__((target("avx2"))) size_t
plain_avx2(struct slice s)
{
	const char *end = s.p + s.n - 32, *p = s.p;
	__m256i other;

	for (; end - p > 32; p += 64) {
		other = _mm256_or_si256(other_lanes(p), other_lanes(p + 32));
		if (!_mm256_testz_si256(other, other))
			return (size_t)(p - s.p);
	}
	/* at most 64 are left: two loads, which may overlap */
	other = _mm256_or_si256(
	    other_lanes(p < end ? p : end), other_lanes(end));
	return _mm256_testz_si256(other, other) ? s.n : (size_t)(p - s.p);
}

/* The index, from i on, of the first byte that is not plain; s.n: none. */
static inline size_t
skip_plain(struct slice s, size_t i)
{
	unsigned mask;

	while (s.n - i >= 64 && is_plain64((const void *)(s.p + i)))
		i += 64;
	for (; s.n - i >= 16; i += 16) {
		mask = plain_mask(s.p + i);
		if (mask != 0xffff)
			return i + (size_t)__builtin_ctz(~mask);
	}
	if (i == s.n)
		return i;
	/* The last bytes together with some already seen: there are 16. */
	mask = plain_mask(s.p + s.n - 16) | ((1U << (16 - (s.n - i))) - 1);
	return mask == 0xffff ? s.n : s.n - 16 + (size_t)__builtin_ctz(~mask);
}

/* Goes on from i, with an eye on each byte that is not plain. */
static __attribute__((noinline)) size_t
clean_from(struct slice s, size_t i)
{
	size_t end;

	while (i < s.n) {
		i = skip_plain(s, i);
		if (i == s.n)
			return i;
		end = i + 1;
		if ((uint8_t)s.p[i] >= 0x80)
			end = s.n - i > GRACE ? i + GRACE : s.n;
		if (!clean_run(s, &i, end))
			return i;
	}
	return i;
}

size_t
scan_clean(struct slice s)
{
	size_t i = 0;

	if (s.n < 16)
		return scan_clean_portable(s);
	if (s.n >= 32 && __builtin_cpu_supports("avx2"))
		i = plain_avx2(s);
	return i == s.n ? i : clean_from(s, i);
}

#else

size_t
scan_clean(struct slice s)
{
	return scan_clean_portable(s);
}

#endif

size_t
scan_utf8(struct slice s)
{
	size_t i = 0, len;
	uint64_t eight;
	uint32_t code;

	while (i < s.n) {
		if (s.n - i >= sizeof(eight)) {
			memcpy(&eight, s.p + i, sizeof(eight));
			if ((eight & 0x8080808080808080U) == 0) {
				i += sizeof(eight);
				continue;
			}
		}
		len = scan_char(slice_of(s.p + i, s.n - i), &code);
		if (len == 0)
			break;
		i += len;
	}
	return i;
}

size_t
scan_visible(struct slice s)
{
	size_t i = 0, len;
	uint32_t code;

	for (; i < s.n; i += len) {
		len = scan_char(slice_of(s.p + i, s.n - i), &code);
		if (len == 0 || scan_is_unsafe(code))
			break;
	}
	return i;
}
