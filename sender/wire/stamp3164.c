/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * stamp3164.c - timestamps as senders of RFC 3164 really write them
 */
#include "wire/stamp.h"

#include "wire/host.h"
#include "wire/stamp_parts.h"

#define MONTHS "JanFebMarAprMayJunJulAugSepOctNovDec"

enum {
	YEAR_FIRST = 1970,
	YEAR_LAST = 2099,
	EPOCH_DIGITS = 10, /* seconds since 1970: from 2001 to 2286 */
	CLOCK = 8,         /* bytes of "hh:mm:ss" */
	ANY_OFFSET = 9999, /* a name that several zones have */
	DAY = 86400
};

/* Nothing that would make the timestamp just taken a part of a word. */
static bool
at_edge(struct slice s)
{
	return s.n == 0 || s.p[0] == ' ' || s.p[0] == ':' || s.p[0] == '\t';
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

/* Takes "+hh:mm", "+hhmm" or "+hh", with hours of one digit "+h:mm" or "+h",
 * and the same with "-". */
static bool
take_offset(struct slice *in, size_t digits, struct stamp *t)
{
	struct slice s = *in;
	unsigned hours, minutes = 0, bad = 0;
	size_t used = 1 + digits, colon;
	char two[2] = "0";

	if (s.n < used || (s.p[0] != '+' && s.p[0] != '-'))
		return false;
	memcpy(two + 2 - digits, s.p + 1, digits);
	hours = stamp_two(two, &bad);
	colon = s.n > used && s.p[used] == ':';
	if (digits + colon >= 2 && s.n >= used + 2 + colon &&
	    word_is_digit(s.p[used + colon])) {
		minutes = stamp_two(s.p + used + colon, &bad);
		used += 2 + colon;
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

/* Takes an offset with a name before it: "UTC+3", "GMT-0800", and "TZ-6" as
 * in the examples of RFC 3164 section 5.4. */
static bool
take_named_offset(struct slice *in, struct stamp *t)
{
	struct slice s = *in;

	if (s.n < 4)
		return false;
	if (memcmp(s.p, "UTC", 3) == 0 || memcmp(s.p, "GMT", 3) == 0)
		slice_skip(&s, 3);
	else if (memcmp(s.p, "TZ", 2) == 0)
		slice_skip(&s, 2);
	else
		return false;
	if (!take_offset(&s, 2, t) && !take_offset(&s, 1, t))
		return false;
	*in = s;
	return true;
}

/* Whether a year or somebody's name and tag follow: then the word before is
 * neither the host nor the tag. */
static bool
is_before_origin(struct slice s)
{
	struct stamp ignored = { .dated = false };

	if (s.n > 0 && s.p[0] == ' ') {
		slice_skip(&s, 1);
		return take_year(&s, &ignored) || host_has_tag(s);
	}
	return host_is_missing(s);
}

struct zone {
	const char *name;
	int16_t offset; /* minutes east of UTC */
};

/* Those of RFC 5322 section 4.3, those of Europe, some that nothing else is
 * called. */
static const struct zone zones[] = { { "UTC", 0 }, { "GMT", 0 }, { "Z", 0 },
	{ "WET", 0 }, { "WEST", 60 }, { "BST", 60 }, { "CET", 60 },
	{ "CEST", 120 }, { "MEZ", 60 }, { "MESZ", 120 }, { "EET", 120 },
	{ "EEST", 180 }, { "MSK", 180 }, { "TRT", 180 }, { "SAST", 120 },
	{ "IRST", 210 }, { "PKT", 300 }, { "WIB", 420 }, { "HKT", 480 },
	{ "SGT", 480 }, { "PHT", 480 }, { "WITA", 480 }, { "JST", 540 },
	{ "KST", 540 }, { "AWST", 480 }, { "ACST", 570 }, { "ACDT", 630 },
	{ "AEST", 600 }, { "AEDT", 660 }, { "NZST", 720 }, { "NZDT", 780 },
	{ "BRT", -180 }, { "EST", -300 }, { "EDT", -240 }, { "CST", -360 },
	{ "CDT", -300 }, { "MST", -420 }, { "MDT", -360 }, { "PST", -480 },
	{ "PDT", -420 }, { "AKST", -540 }, { "AKDT", -480 }, { NULL, 0 } };

/* Those that a host or a program may well be called, too. */
static const struct zone unsure_zones[] = { { "ART", -180 }, { "CAT", 120 },
	{ "EAT", 180 }, { "HST", -600 }, { "ICT", 420 }, { "MYT", 480 },
	{ "NPT", 345 }, { "WAT", 60 }, { "WIT", 540 }, { "ADT", ANY_OFFSET },
	{ "AMT", ANY_OFFSET }, { "AST", ANY_OFFSET }, { "BDT", ANY_OFFSET },
	{ "GST", ANY_OFFSET }, { "IST", ANY_OFFSET }, { "NST", ANY_OFFSET },
	{ "SST", ANY_OFFSET }, { "WST", ANY_OFFSET }, { NULL, 0 } };

static const struct zone *
find_zone(const struct zone *list, struct slice word)
{
	for (; list->name != NULL; list++)
		if (slice_eq(word, slice_str(list->name)))
			return list;
	return NULL;
}

/*
 * Takes the name of a zone. Other names than those above cannot be told from
 * host names, unless a colon ends the time and the name of an event follows;
 * what they mean is not known.
 */
static bool
take_zone_name(struct slice *in, struct stamp *t)
{
	struct slice word = { .p = in->p }, after = *in;
	const struct zone *zone;

	if (in->n == 0 || in->p[0] < 'A' || in->p[0] > 'Z')
		return false;
	if (take_named_offset(in, t))
		return true;
	while (word.n < in->n && in->p[word.n] != ' ' && in->p[word.n] != ':' &&
	    in->p[word.n] != '\t')
		word.n++;
	if (word.n > 5)
		return false;
	slice_skip(&after, word.n);
	zone = find_zone(zones, word);
	if (zone == NULL) {
		zone = find_zone(unsure_zones, word);
		if (zone != NULL && !is_before_origin(after))
			zone = NULL;
	}
	if (zone == NULL)
		return take_unknown_zone(in, word);
	if (zone->offset != ANY_OFFSET) {
		t->offset = zone->offset;
		t->zoned = true;
	}
	*in = after;
	return true;
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
		take_offset(&s, 2, t);
	}
	if (!at_edge(s))
		return false;
	for (int i = 0; i < 2 && s.n > 1 && s.p[0] == ' '; i++) {
		next = s;
		slice_skip(&next, 1);
		if (!take_year(&next, t) &&
		    (t->zoned ||
			(!take_offset(&next, 2, t) &&
			    !take_zone_name(&next, t))))
			break;
		s = next;
	}
	*in = s;
	return true;
}

/* The number, from 1 on, of the name of three letters that s starts with, in
 * any case, in a list of them; 0: it is none. */
static uint8_t
name_of(struct slice s, const char *names)
{
	char a, b, c;

	if (s.n < 3)
		return 0;
	a = (char)(s.p[0] & ~0x20);
	b = (char)(s.p[1] | 0x20);
	c = (char)(s.p[2] | 0x20);
	for (uint8_t i = 0; *names != '\0'; i++, names += 3)
		if (c == names[2] && b == names[1] && a == names[0])
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
	t->month = name_of(*in, MONTHS);
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

/* Takes "[yyyy ]Mmm dd [yyyy ]" or "dd Mmm [yyyy ]". */
static bool
take_date(struct slice *in, struct stamp *t)
{
	bool first = take_day(in, t);

	if (!first && take_year(in, t) && !take_blank(in))
		return false;
	if (!take_month(in, t) || (!first && !take_day(in, t)))
		return false;
	return !take_year(in, t) || take_blank(in);
}

/* Takes a date with the name of its month and hh:mm:ss or h:mm:ss. */
static bool
take_bsd(struct slice *in, struct stamp *t)
{
	struct slice s = *in;
	char clock[CLOCK] = "0";
	unsigned bad = 0;
	size_t given;

	take_weekday(&s);
	if (!take_date(&s, t))
		return false;
	(void)take_blank(&s); /* before an hour of one digit */
	if (s.n < CLOCK - 1)
		return false;
	given = s.p[1] == ':' ? CLOCK - 1 : CLOCK;
	if (s.n < given)
		return false;
	memcpy(clock + CLOCK - given, s.p, given);
	stamp_time(clock, t, &bad);
	if (bad != 0)
		return false;
	slice_skip(&s, given);
	*in = s;
	return true;
}

/* Where a month and a day in digits are put in front of the time. */
static void
put_date(char *front, const char *year, const char *month, const char *day)
{
	memcpy(front, year, 4);
	memcpy(front + 5, month, 2);
	memcpy(front + 8, day, 2);
	front[4] = front[7] = '-';
}

/*
 * Writes down, as "yyyy-mm-dd hh:mm:ss", what may be one of
 *	yyyy-mm-ddThh:mm:ss	with '-', '/', '.' or ':' in the date
 *	mm/dd/yyyy:hh:mm:ss
 *	yyyy-Mmm-dd hh:mm:ss
 *	yyyy-mm-ddThh:mm	before words: alone it is no time of RFC 5424
 * Returns the length of what it was; 0: none of them.
 */
static size_t
write_front(struct slice s, char front[STAMP_FRONT])
{
	const size_t minutes = STAMP_FRONT - 3;
	const char *p = s.p;
	char name[2] = "0";
	uint8_t month;

	if (s.n < minutes)
		return 0;
	memcpy(front, p, minutes);
	memcpy(front + minutes, (const char[]){ ':', '0', '0' }, 3);
	if (s.n > minutes && (p[10] == 'T' || p[10] == 't') &&
	    p[minutes] != ':' &&
	    memchr(p + minutes, ' ', s.n - minutes) != NULL)
		return minutes;
	if (s.n < STAMP_FRONT)
		return 0;
	memcpy(front + minutes, p + minutes, 3);
	if (p[4] == p[7] && word_is_one_of(p[4], SLICE_LIT("-/.:")) &&
	    word_is_one_of(p[10], SLICE_LIT("Tt -:")) &&
	    (p[4] != ':' || p[10] != ':')) {
		put_date(front, p, p + 5, p + 8);
		return STAMP_FRONT;
	}
	if (p[2] == '/' && p[5] == '/' && p[10] == ':') {
		put_date(front, p + 6, p, p + 3);
		return STAMP_FRONT;
	}
	month = name_of(slice_of(p + 5, 3), MONTHS);
	if (s.n == STAMP_FRONT || p[4] != '-' || p[8] != '-' || month == 0 ||
	    !word_is_one_of(p[11], SLICE_LIT("Tt -:")))
		return 0;
	name[0] = (char)('0' + month / 10);
	name[1] = (char)('0' + month % 10);
	put_date(front, p, name, p + 9);
	memcpy(front + 11, p + 12, STAMP_FRONT - 11);
	return STAMP_FRONT + 1;
}

/* Takes a date in digits, in any order, and the time. */
static bool
take_digital(struct slice *in, struct stamp *t)
{
	char front[STAMP_FRONT];
	size_t used = write_front(*in, front);

	if (used == 0 || !stamp_front(front, t))
		return false;
	slice_skip(in, used);
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
		if (take_digital(in, t))
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
