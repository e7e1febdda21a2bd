/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * strict.c - see strict.h
 *
 * Nearly every message comes through here, and nothing else does: a field's
 * end and its bytes are judged by one load of 16 bytes, and whatever is not
 * just as it should be ends in `return`, for rfc5424.c to read with patience.
 * That keeps all there is to know in registers (78 ns a message instead of
 * 120 on a busy core). The grammar is rfc5424.c's; a test and a fuzzer hold
 * the two against each other.
 */
#include "wire/strict.h"

#include "wire/rfc5424.h"
#include "wire/scan.h"
#include "wire/sdata.h"
#include "wire/word.h"

#ifdef __SSE2__

enum {
	LOAD = 16,
	FRACTION_MAX = 6,
	/* VERSION, front of the TIMESTAMP, and a load behind each */
	SHORTEST = 2 + STAMP_FRONT + 1 + LOAD
};

/* Is the front of this TIMESTAMP that of the last good one? */
static inline bool
is_known(const char *p, const struct msg_cache *cache)
{
	/* two loads that overlap make up its 19 bytes */
	__m128i a = _mm_cmpeq_epi8(word_load(p), word_load(cache->stamp));
	__m128i b = _mm_cmpeq_epi8(word_load(p + STAMP_FRONT - LOAD),
	    word_load(cache->stamp + STAMP_FRONT - LOAD));

	return cache->known && _mm_movemask_epi8(_mm_and_si128(a, b)) == 0xffff;
}

/* The number of digits that p starts with, of 16 bytes. */
static inline unsigned
count_digits(const char *p)
{
	__m128i v = _mm_sub_epi8(word_load(p), _mm_set1_epi8('0'));
	__m128i digit = _mm_cmpeq_epi8(_mm_min_epu8(v, _mm_set1_epi8(9)), v);

	return (unsigned)__builtin_ctz(
	    ~(unsigned)_mm_movemask_epi8(digit) | 0x10000);
}

/* A TIMESTAMP of another second than the last one, or with an offset. */
static const char *
take_other_time(const char *p, struct msg_cache *cache, struct slice *time)
{
	struct slice s = slice_of(p, STAMP_FRONT + LOAD);
	bool hash = false;

	s.n = word_print(s, &hash);
	if (s.n == STAMP_FRONT + LOAD || p[s.n] != ' ' || !stamp_valid_5424(s))
		return NULL;
	memcpy(cache->stamp, p, STAMP_FRONT);
	cache->known = true;
	*time = s;
	return p + s.n + 1;
}

/* TIMESTAMP and its SP. */
static inline const char *
take_time(const char *p, struct msg_cache *cache, struct slice *time)
{
	const char *rest = p + STAMP_FRONT + 1;
	unsigned digits;

	if (p[0] == '-' && p[1] == ' ') {
		*time = slice_of(p, 0);
		return p + 2;
	}
	digits = count_digits(rest);
	rest += digits;
	/* most messages are of the second of the one before */
	if (p[STAMP_FRONT] != '.' || digits - 1 >= FRACTION_MAX ||
	    rest[0] != 'Z' || rest[1] != ' ' || !is_known(p, cache))
		return take_other_time(p, cache, time);
	*time = slice_of(p, (size_t)(rest - p) + 1);
	return rest + 2;
}

/*
 * One field of the header and its SP. *hashes gathers where a '#' stands, in
 * the fields or a little behind; last is the last place for a load.
 */
static inline const char *
take_field(const char *p, const char *last, size_t max, __m128i *hashes,
    struct slice *field)
{
	const char *from = p;
	unsigned stop;
	__m128i v;
	size_t n;

	for (;; p += LOAD) {
		if (p > last)
			return NULL;
		v = word_load(p);
		*hashes = _mm_or_si128(*hashes, word_equal(v, '#'));
		/* signed: what is not ASCII is less than '!', too */
		stop = (unsigned)_mm_movemask_epi8(
		    _mm_or_si128(_mm_cmplt_epi8(v, _mm_set1_epi8('!')),
			word_equal(v, 0x7f)));
		if (stop != 0)
			break;
	}
	p += __builtin_ctz(stop);
	n = (size_t)(p - from);
	if (*p != ' ' || n - 1 >= max)
		return NULL;
	field->p = from;
	field->n = n == 1 && *from == '-' ? 0 : n;
	return p + 1;
}

/* A bit for each of the MSG_NAMES bytes at p that is not as in the cache. */
static inline uint64_t
differing(const char *p, const struct msg_cache *cache)
{
	uint64_t bits = 0;

	for (int i = 0; i < MSG_NAMES; i += LOAD)
		bits |= (uint64_t)(unsigned)_mm_movemask_epi8(_mm_cmpeq_epi8(
			    word_load(p + i), word_load(cache->names + i)))
		    << i;
	return ~bits;
}

static inline struct slice
known_field(const char *p, struct msg_span s)
{
	return slice_of(p + s.at, s.n);
}

static inline struct msg_span
span_of(const char *from, struct slice s)
{
	return (struct msg_span){ (uint8_t)(s.p - from), (uint8_t)s.n };
}

/* The names of the last message, if these are the same: a program says many
 * things in a row. */
static inline const char *
take_known_names(const char *p, struct msg_cache *cache, struct msg *m)
{
	if ((differing(p, cache) & cache->names_mask) != 0)
		return NULL;
	m->host = known_field(p, cache->host);
	m->app = known_field(p, cache->app);
	m->procid = known_field(p, cache->procid);
	m->msgid = known_field(p, cache->msgid);
	return p + cache->names_n;
}

static inline void
remember_names(
    const char *p, size_t n, const struct msg *m, struct msg_cache *cache)
{
	memcpy(cache->names, p, MSG_NAMES);
	cache->names_n = (uint8_t)n;
	cache->names_mask = UINT64_MAX >> (MSG_NAMES - n);
	cache->host = span_of(p, m->host);
	cache->app = span_of(p, m->app);
	cache->procid = span_of(p, m->procid);
	cache->msgid = span_of(p, m->msgid);
}

/* HOSTNAME, APP-NAME, PROCID and MSGID, each with its SP. */
static inline const char *
take_names(
    const char *p, const char *end, struct msg_cache *cache, struct msg *m)
{
	__m128i hashes = _mm_setzero_si128();
	const char *from = p, *last = end - LOAD;
	bool fits = end - p >= MSG_NAMES;
	const char *known;

	m->clean = true;
	if (fits && cache->names_mask != 0 &&
	    (known = take_known_names(p, cache, m)) != NULL)
		return known;
	if ((p = take_field(p, last, RFC5424_HOSTNAME, &hashes, &m->host)) ==
		NULL ||
	    (p = take_field(p, last, RFC5424_APP_NAME, &hashes, &m->app)) ==
		NULL ||
	    (p = take_field(p, last, RFC5424_PROCID, &hashes, &m->procid)) ==
		NULL ||
	    (p = take_field(p, last, RFC5424_MSGID, &hashes, &m->msgid)) ==
		NULL)
		return NULL;
	if (_mm_movemask_epi8(hashes) != 0)
		m->clean = scan_clean(slice_of(from, (size_t)(p - from))) ==
		    (size_t)(p - from);
	else if (fits && p - from <= MSG_NAMES)
		remember_names(from, (size_t)(p - from), m, cache);
	return p;
}

/* STRUCTURED-DATA, and the SP behind it unless it is the end. */
static inline const char *
take_sd(const char *p, const char *end, struct msg *m)
{
	size_t n = 1;

	if (p == end)
		return NULL;
	m->sd = slice_of(p, 0);
	if (*p == '[') {
		n = sdata_span(slice_of(p, (size_t)(end - p)));
		if (n == 0)
			return NULL;
		m->sd.n = n;
		m->clean &= scan_clean(m->sd) == n;
	} else if (*p != '-') {
		return NULL;
	}
	p += n;
	if (p == end)
		return p;
	return *p == ' ' ? p + 1 : NULL;
}

/* MSG. False: the mark promises UTF-8 and it is none (RFC-39). */
static inline bool
take_text(const char *p, const char *end, struct msg *m)
{
	struct slice text = slice_of(p, (size_t)(end - p));
	bool clean;

	m->bom = text.n >= 3 && memcmp(p, "\xef\xbb\xbf", 3) == 0;
	if (m->bom)
		slice_skip(&text, 3);
	m->text = text;
	clean = scan_clean(text) == text.n;
	m->clean &= clean;
	return clean || !m->bom || scan_utf8(text) == text.n;
}

bool
strict_parse(struct slice rest, struct msg_cache *cache, struct msg *m)
{
	const char *p = rest.p, *end = p + rest.n;

	/* VERSION, RFC-14 */
	if (rest.n < SHORTEST || p[0] != '1' || p[1] != ' ')
		return false;
	p = take_time(p + 2, cache, &m->time);
	if (p == NULL || (p = take_names(p, end, cache, m)) == NULL ||
	    (p = take_sd(p, end, m)) == NULL || !take_text(p, end, m))
		return false;
	m->sent.known = false;
	m->form = MSG_RFC5424;
	m->valid = true;
	m->plain = false;
	return true;
}

#else

/* Without vectors there is nothing to gain. */
bool
strict_parse(struct slice rest, struct msg_cache *cache, struct msg *m)
{
	(void)rest;
	(void)cache;
	(void)m;
	return false;
}

#endif
