/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * stamp.c - timestamps of syslog messages, as they are written
 */
#include "wire/stamp.h"

enum { YEAR_FIRST = 1970, YEAR_LAST = 2099, NSEC_DIGITS = 9 };

/* Two digits; what is none sets bits in *bad. */
static inline unsigned
two(const char *p, unsigned *bad)
{
	unsigned tens = (unsigned)p[0] - '0', ones = (unsigned)p[1] - '0';

	*bad |= (unsigned)(tens > 9) | (unsigned)(ones > 9);
	return tens * 10 + ones;
}

static bool
is_digit(char c)
{
	return c >= '0' && c <= '9';
}

static inline unsigned
days_of(unsigned month, unsigned year)
{
	static const uint8_t days[16] = { 0, 31, 28, 31, 30, 31, 30, 31, 31, 30,
		31, 30, 31, 0, 0, 0 };
	bool leap = year % 4 == 0 && (year % 100 != 0 || year % 400 == 0);

	return days[month & 15] + (unsigned)(month == 2 && leap);
}

/* hh:mm:ss */
static inline void
read_time(const char *p, struct stamp *t, unsigned *bad)
{
	t->hour = (uint8_t)two(p, bad);
	t->minute = (uint8_t)two(p + 3, bad);
	t->second = (uint8_t)two(p + 6, bad);
	*bad |= (unsigned)(p[2] ^ ':') | (unsigned)(p[5] ^ ':');
}

/* yyyy-mm-dd?hh:mm:ss, and no exits on the way: nearly all are good. */
static inline bool
read_front(const char *p, struct stamp *t)
{
	unsigned bad = 0;

	t->year = (int16_t)(two(p, &bad) * 100);
	t->year = (int16_t)(t->year + (int16_t)two(p + 2, &bad));
	t->month = (uint8_t)two(p + 5, &bad);
	t->day = (uint8_t)two(p + 8, &bad);
	bad |= (unsigned)(p[4] ^ '-') | (unsigned)(p[7] ^ '-');
	read_time(p + 11, t, &bad);
	t->dated = true;
	return bad == 0;
}

/* Whether date and time can be; without a year February has 29 days. */
static inline bool
is_possible(const struct stamp *t)
{
	unsigned year = t->dated ? (unsigned)t->year : 2000;

	return t->day >= 1 && t->month <= 12 &&
	    t->day <= days_of(t->month, year) && t->hour <= 23 &&
	    t->minute <= 59 && t->second <= 59;
}

/* The length of the digits that s starts with, their value as nanoseconds. */
static size_t
read_fraction(struct slice s, struct stamp *t)
{
	uint32_t nsec = 0;
	size_t i;

	for (i = 0; i < s.n && is_digit(s.p[i]); i++)
		if (i < NSEC_DIGITS)
			nsec = nsec * 10 + (uint32_t)(s.p[i] - '0');
	t->digits = (uint8_t)(i < NSEC_DIGITS ? i : NSEC_DIGITS);
	for (size_t j = i; j < NSEC_DIGITS; j++)
		nsec *= 10;
	t->nsec = nsec;
	return i;
}

static bool
set_offset(struct stamp *t, char sign, unsigned hours, unsigned minutes)
{
	int offset = (int)(hours * 60 + minutes);

	if (hours > 23 || minutes > 59)
		return false;
	t->offset = (int16_t)(sign == '-' ? -offset : offset);
	t->zoned = true;
	return true;
}

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
		digits = read_fraction(s, t);
		if (digits < 1 || digits > 6)
			return false;
		slice_skip(&s, digits);
	}
	if (s.n == 1 && s.p[0] == 'Z')
		return set_offset(t, '+', 0, 0);
	if (s.n != 6 || (s.p[0] != '+' && s.p[0] != '-') || s.p[3] != ':')
		return false;
	hours = two(s.p + 1, &bad);
	minutes = two(s.p + 4, &bad);
	return bad == 0 && set_offset(t, s.p[0], hours, minutes);
}

bool
stamp_valid_rest(struct slice s)
{
	size_t digits = 0;
	struct stamp t;

	if (s.n <= 1 || s.p[s.n - 1] != 'Z')
		return read_rest(s, &t);
	/* nearly always: a fraction and Z */
	while (is_digit(s.p[1 + digits]))
		digits++;
	return s.p[0] == '.' && digits >= 1 && digits <= 6 && digits + 2 == s.n;
}

bool
stamp_parse_5424(struct slice s, struct stamp *t)
{
	struct stamp got;

	if (s.n <= STAMP_FRONT || s.p[10] != 'T' || !read_front(s.p, &got) ||
	    !is_possible(&got))
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

/* Nothing that would make the timestamp just taken a part of a word. */
static bool
at_edge(struct slice s)
{
	return s.n == 0 || s.p[0] == ' ' || s.p[0] == ':';
}

/*
 * Takes "yyyy" where a year is likely; what follows must be an edge, and no
 * IPv6 address: "2001:db8::1".
 */
static bool
take_year(struct slice *in, struct stamp *t)
{
	struct slice s = *in;
	unsigned bad = 0, year;

	if (t->dated || s.n < 4)
		return false;
	year = two(s.p, &bad) * 100;
	year += two(s.p + 2, &bad);
	if (bad != 0 || year < YEAR_FIRST || year > YEAR_LAST)
		return false;
	slice_skip(&s, 4);
	if (!at_edge(s) || (s.n > 1 && s.p[0] == ':' && s.p[1] != ' '))
		return false;
	t->year = (int16_t)year;
	t->dated = true;
	*in = s;
	return true;
}

/* Takes "+hh:mm", "+hhmm" or "+hh", and the same with "-". */
static bool
take_offset(struct slice *in, struct stamp *t)
{
	struct slice s = *in;
	unsigned hours, minutes = 0, bad = 0;
	size_t used = 3, colon;

	if (s.n < 3 || (s.p[0] != '+' && s.p[0] != '-'))
		return false;
	hours = two(s.p + 1, &bad);
	colon = s.n > 3 && s.p[3] == ':';
	if (s.n >= 5 + colon && is_digit(s.p[3 + colon])) {
		minutes = two(s.p + 3 + colon, &bad);
		used = 5 + colon;
	}
	slice_skip(&s, used);
	if (bad != 0 || !at_edge(s) || !set_offset(t, in->p[0], hours, minutes))
		return false;
	*in = s;
	return true;
}

/*
 * Takes the name of a zone: those of RFC 5322 section 4.3, those of Europe,
 * and "TZ-6" as in the examples of RFC 3164 section 5.4. Other names cannot
 * be told from host names.
 */
static bool
take_zone_name(struct slice *in, struct stamp *t)
{
	static const struct {
		const char *name;
		int16_t offset; /* minutes east of UTC */
	} zones[] = { { "UTC", 0 }, { "GMT", 0 }, { "Z", 0 }, { "WET", 0 },
		{ "WEST", 60 }, { "BST", 60 }, { "CET", 60 }, { "CEST", 120 },
		{ "EET", 120 }, { "EEST", 180 }, { "MSK", 180 },
		{ "EST", -300 }, { "EDT", -240 }, { "CST", -360 },
		{ "CDT", -300 }, { "MST", -420 }, { "MDT", -360 },
		{ "PST", -480 }, { "PDT", -420 } };
	struct slice word = { .p = in->p };

	while (word.n < in->n && in->p[word.n] != ' ' && in->p[word.n] != ':')
		word.n++;
	for (size_t i = 0; i < sizeof(zones) / sizeof(zones[0]); i++)
		if (slice_eq(word, slice_str(zones[i].name))) {
			t->offset = zones[i].offset;
			t->zoned = true;
			slice_skip(in, word.n);
			return true;
		}
	if (word.n == 4 && memcmp(word.p, "TZ", 2) == 0 && word.p[2] != ':' &&
	    (word.p[2] == '+' || word.p[2] == '-') && is_digit(word.p[3])) {
		slice_skip(in, word.n);
		return set_offset(t, word.p[2], (unsigned)(word.p[3] - '0'), 0);
	}
	return false;
}

/* Takes fraction, zone and year, in the orders in which they are written. */
static bool
take_suffix(struct slice *in, struct stamp *t)
{
	struct slice s = *in, next;
	size_t digits;

	if (s.n >= 2 && (s.p[0] == '.' || s.p[0] == ',') && is_digit(s.p[1])) {
		slice_skip(&s, 1);
		digits = read_fraction(s, t);
		slice_skip(&s, digits);
	}
	if (s.n > 0 && (s.p[0] == 'Z' || s.p[0] == 'z')) {
		slice_skip(&s, 1);
		set_offset(t, '+', 0, 0);
	} else {
		take_offset(&s, t);
	}
	if (!at_edge(s))
		return false;
	for (int i = 0; i < 2 && s.n > 1 && s.p[0] == ' '; i++) {
		next = s;
		slice_skip(&next, 1);
		if (!take_year(&next, t) &&
		    (t->zoned ||
			(!take_offset(&next, t) && !take_zone_name(&next, t))))
			break;
		s = next;
	}
	*in = s;
	return true;
}

/* Takes "Mmm" of an English month and the space behind it. */
static bool
take_month(struct slice *in, struct stamp *t)
{
	static const char names[] = "JanFebMarAprMayJunJulAugSepOctNovDec";

	if (in->n < 4 || in->p[3] != ' ')
		return false;
	for (uint8_t i = 0; i < 12; i++)
		if (memcmp(in->p, names + 3 * (size_t)i, 3) == 0) {
			t->month = (uint8_t)(i + 1);
			slice_skip(in, 4);
			return true;
		}
	return false;
}

/* Takes "dd ", " d " or "d ". */
static bool
take_day(struct slice *in, struct stamp *t)
{
	struct slice s = *in;
	unsigned day;

	if (s.n > 0 && s.p[0] == ' ')
		slice_skip(&s, 1);
	if (s.n < 3 || !is_digit(s.p[0]))
		return false;
	day = (unsigned)(s.p[0] - '0');
	if (is_digit(s.p[1])) {
		day = day * 10 + (unsigned)(s.p[1] - '0');
		slice_skip(&s, 1);
	}
	if (s.p[1] != ' ')
		return false;
	slice_skip(&s, 2);
	t->day = (uint8_t)day;
	*in = s;
	return true;
}

/* Takes "[yyyy ]Mmm dd [yyyy ]hh:mm:ss". */
static bool
take_bsd(struct slice *in, struct stamp *t)
{
	struct slice s = *in;
	unsigned bad = 0;

	if (take_year(&s, t)) {
		if (s.n == 0 || s.p[0] != ' ')
			return false;
		slice_skip(&s, 1);
	}
	if (!take_month(&s, t) || !take_day(&s, t))
		return false;
	if (take_year(&s, t)) {
		if (s.n == 0 || s.p[0] != ' ')
			return false;
		slice_skip(&s, 1);
	}
	if (s.n < 8)
		return false;
	read_time(s.p, t, &bad);
	if (bad != 0)
		return false;
	slice_skip(&s, 8);
	*in = s;
	return true;
}

/* Takes "yyyy-mm-ddThh:mm:ss", also with a blank. */
static bool
take_iso(struct slice *in, struct stamp *t)
{
	if (in->n < STAMP_FRONT ||
	    (in->p[10] != 'T' && in->p[10] != 't' && in->p[10] != ' ') ||
	    !read_front(in->p, t))
		return false;
	slice_skip(in, STAMP_FRONT);
	return true;
}

bool
stamp_take_3164(struct slice *in, struct stamp *t)
{
	struct stamp got = { .known = false };
	struct slice s = *in;

	if (!take_iso(&s, &got)) {
		got = (struct stamp){ .known = false };
		if (!take_bsd(&s, &got))
			return false;
	}
	if (!take_suffix(&s, &got))
		return false;
	got.known = is_possible(&got);
	*t = got;
	*in = s;
	return true;
}
