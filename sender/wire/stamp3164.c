/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * stamp3164.c - timestamps as senders of RFC 3164 really write them
 */
#include "wire/stamp.h"

#include "wire/stamp_parts.h"

enum {
	YEAR_FIRST = 1970,
	YEAR_LAST = 2099,
	EPOCH_DIGITS = 10, /* seconds since 1970: from 2001 to 2286 */
	DAY = 86400
};

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
	year = stamp_two(s.p, &bad) * 100;
	year += stamp_two(s.p + 2, &bad);
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
	hours = stamp_two(s.p + 1, &bad);
	colon = s.n > 3 && s.p[3] == ':';
	if (s.n >= 5 + colon && word_is_digit(s.p[3 + colon])) {
		minutes = stamp_two(s.p + 3 + colon, &bad);
		used = 5 + colon;
	}
	slice_skip(&s, used);
	if (bad != 0 || !at_edge(s) ||
	    !stamp_offset(t, in->p[0], hours, minutes))
		return false;
	*in = s;
	return true;
}

/* Takes a zone that is no more than a name: "IST" of "IST: %SYS-5-X: ". */
static bool
take_unknown_zone(struct slice *in, struct slice word)
{
	if (word.n < 3 || in->n < word.n + 3 ||
	    memcmp(in->p + word.n, ": %", 3) != 0)
		return false;
	for (size_t i = 0; i < word.n; i++)
		if (word.p[i] < 'A' || word.p[i] > 'Z')
			return false;
	slice_skip(in, word.n);
	return true;
}

/*
 * Takes the name of a zone: those of RFC 5322 section 4.3, those of Europe,
 * some that nothing else is called, and "TZ-6" as in the examples of RFC 3164
 * section 5.4. Other names cannot be told from host names, unless a colon ends
 * the time and the name of an event follows; what they mean is not known.
 */
static bool
take_zone_name(struct slice *in, struct stamp *t)
{
	static const struct {
		const char *name;
		int16_t offset; /* minutes east of UTC */
	} zones[] = { { "UTC", 0 }, { "GMT", 0 }, { "Z", 0 }, { "WET", 0 },
		{ "WEST", 60 }, { "BST", 60 }, { "CET", 60 }, { "CEST", 120 },
		{ "MEZ", 60 }, { "MESZ", 120 }, { "EET", 120 }, { "EEST", 180 },
		{ "MSK", 180 }, { "SAST", 120 }, { "JST", 540 }, { "KST", 540 },
		{ "AWST", 480 }, { "ACST", 570 }, { "ACDT", 630 },
		{ "AEST", 600 }, { "AEDT", 660 }, { "NZST", 720 },
		{ "NZDT", 780 }, { "EST", -300 }, { "EDT", -240 },
		{ "CST", -360 }, { "CDT", -300 }, { "MST", -420 },
		{ "MDT", -360 }, { "PST", -480 }, { "PDT", -420 },
		{ "AKST", -540 }, { "AKDT", -480 } };
	struct slice word = { .p = in->p };

	while (word.n < in->n && in->p[word.n] != ' ' && in->p[word.n] != ':')
		word.n++;
	if (word.n == 0 || word.n > 5 || word_is_digit(word.p[0]))
		return false;
	for (size_t i = 0; i < sizeof(zones) / sizeof(zones[0]); i++)
		if (slice_eq(word, slice_str(zones[i].name))) {
			t->offset = zones[i].offset;
			t->zoned = true;
			slice_skip(in, word.n);
			return true;
		}
	if (word.n == 4 && memcmp(word.p, "TZ", 2) == 0 && word.p[2] != ':' &&
	    (word.p[2] == '+' || word.p[2] == '-') &&
	    word_is_digit(word.p[3])) {
		slice_skip(in, word.n);
		return stamp_offset(
		    t, word.p[2], (unsigned)(word.p[3] - '0'), 0);
	}
	return take_unknown_zone(in, word);
}

/* Takes fraction, zone and year, in the orders in which they are written. */
static bool
take_suffix(struct slice *in, struct stamp *t)
{
	struct slice s = *in, next;
	size_t digits;

	if (s.n >= 2 && (s.p[0] == '.' || s.p[0] == ',') &&
	    word_is_digit(s.p[1])) {
		slice_skip(&s, 1);
		digits = stamp_fraction(s, t);
		slice_skip(&s, digits);
	}
	if (s.n > 0 && (s.p[0] == 'Z' || s.p[0] == 'z')) {
		slice_skip(&s, 1);
		stamp_offset(t, '+', 0, 0);
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

/* The number, from 1 on, of the name of three letters that s starts with, in
 * a list of them; 0: it is none. */
static uint8_t
name_of(struct slice s, const char *names)
{
	for (uint8_t i = 0; s.n >= 3 && names[(size_t)3 * i] != '\0'; i++)
		if (memcmp(s.p, names + (size_t)3 * i, 3) == 0)
			return (uint8_t)(i + 1);
	return 0;
}

static bool
take_blank(struct slice *in)
{
	if (in->n == 0 || in->p[0] != ' ')
		return false;
	slice_skip(in, 1);
	return true;
}

/* Takes "Mmm" of an English month and the space behind it. */
static bool
take_month(struct slice *in, struct stamp *t)
{
	t->month = name_of(*in, "JanFebMarAprMayJunJulAugSepOctNovDec");
	if (t->month == 0 || in->n < 4 || in->p[3] != ' ')
		return false;
	slice_skip(in, 4);
	return true;
}

/* Takes "Www " in front of a month or "Www, ", a day of the week. */
static void
take_weekday(struct slice *in)
{
	struct slice s = *in;

	if (s.n < 5 || (s.p[3] != ',' && !word_is_letter(s.p[4])) ||
	    name_of(s, "SunMonTueWedThuFriSat") == 0)
		return;
	slice_skip(&s, 3);
	if (s.p[0] == ',')
		slice_skip(&s, 1);
	if (take_blank(&s))
		*in = s;
}

/* Takes "dd ", " d " or "d ". */
static bool
take_day(struct slice *in, struct stamp *t)
{
	struct slice s = *in;
	unsigned day;

	(void)take_blank(&s);
	if (s.n < 3 || !word_is_digit(s.p[0]))
		return false;
	day = (unsigned)(s.p[0] - '0');
	if (word_is_digit(s.p[1])) {
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

/* Takes "[yyyy ]Mmm dd [yyyy ]" or "dd Mmm yyyy ". */
static bool
take_date(struct slice *in, struct stamp *t)
{
	bool first = take_day(in, t);

	if (!first && take_year(in, t) && !take_blank(in))
		return false;
	if (!take_month(in, t) || (!first && !take_day(in, t)))
		return false;
	if (take_year(in, t))
		return take_blank(in);
	return !first;
}

/* Takes a date with the name of its month and hh:mm:ss. */
static bool
take_bsd(struct slice *in, struct stamp *t)
{
	struct slice s = *in;
	unsigned bad = 0;

	take_weekday(&s);
	if (!take_date(&s, t) || s.n < 8)
		return false;
	stamp_time(s.p, t, &bad);
	if (bad != 0)
		return false;
	slice_skip(&s, 8);
	*in = s;
	return true;
}

/* Takes "yyyy-mm-ddThh:mm:ss", also with a blank, a '-' before the time, or
 * '/', '.' or ':' in the date. */
static bool
take_iso(struct slice *in, struct stamp *t)
{
	char front[STAMP_FRONT];

	if (in->n < STAMP_FRONT || in->p[4] != in->p[7] ||
	    !word_is_one_of(in->p[4], SLICE_LIT("-/.:")) ||
	    !word_is_one_of(in->p[10], SLICE_LIT("Tt -")))
		return false;
	memcpy(front, in->p, sizeof(front));
	front[4] = front[7] = '-';
	if (!stamp_front(front, t))
		return false;
	slice_skip(in, STAMP_FRONT);
	return true;
}

/* The date and time of that many seconds since 1970, UTC. */
static void
set_epoch(struct stamp *t, int64_t seconds)
{
	unsigned days = (unsigned)(seconds / DAY), year = 1970, month = 1;
	unsigned rest = (unsigned)(seconds % DAY), length;

	while (days >= (length = stamp_days(2, year) + 337)) {
		days -= length;
		year++;
	}
	while (days >= (length = stamp_days(month, year))) {
		days -= length;
		month++;
	}
	t->year = (int16_t)year;
	t->month = (uint8_t)month;
	t->day = (uint8_t)(days + 1);
	t->hour = (uint8_t)(rest / 3600);
	t->minute = (uint8_t)(rest / 60 % 60);
	t->second = (uint8_t)(rest % 60);
	t->dated = true;
	(void)stamp_offset(t, '+', 0, 0);
}

/* Takes seconds since 1970, which a fraction must follow: without one they
 * are a number like any other. */
static bool
take_epoch(struct slice *in, struct stamp *t)
{
	int64_t seconds = 0;
	size_t i;

	for (i = 0; i < in->n && i < EPOCH_DIGITS && word_is_digit(in->p[i]);
	     i++)
		seconds = seconds * 10 + (in->p[i] - '0');
	if (i < EPOCH_DIGITS || in->p[0] == '0' || in->n < i + 2 ||
	    in->p[i] != '.' || !word_is_digit(in->p[i + 1]))
		return false;
	set_epoch(t, seconds);
	slice_skip(in, i);
	return true;
}

/* Takes a time in one of the forms there are, up to its seconds. */
static bool
take_any(struct slice *in, struct stamp *t)
{
	const struct stamp none = { .known = false };

	if (in->n > 0 && word_is_digit(in->p[0])) {
		if (take_iso(in, t))
			return true;
		*t = none;
		if (take_epoch(in, t))
			return true;
	}
	*t = none;
	return take_bsd(in, t);
}

bool
stamp_take_3164(struct slice *in, struct stamp *t)
{
	struct stamp got = { .known = false };
	struct slice s = *in;

	if (!take_any(&s, &got) || !take_suffix(&s, &got))
		return false;
	got.known = stamp_possible(&got);
	*t = got;
	*in = s;
	return true;
}
