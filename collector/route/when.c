/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * when.c - see when.h
 *
 * What was made of the last message's time serves the next one, when both say
 * the same: at some thousand messages a second most do.
 */
#include "route/when.h"

#include <string.h>

#include "base/civil.h"

enum {
	HOUR = 3600,
	LEAP_GAP = 8, /* years between two 29ths of February, 1896-1904 */
	OFFSET_LIMIT = 1439, /* minutes: TIME-HOUR of an offset ends at 23 */
	FRACTION = 6,        /* digits that RFC 5424 allows */
	RECEIVED = WHEN_SECONDS + 1 + FRACTION
};

/* A time that is complete: what the sender's wall says, and where that is. */
struct moment {
	int64_t year;
	int64_t wall;   /* seconds since 1970 as if it were UTC */
	int32_t offset; /* seconds east */
};

void
when_init(struct when *w)
{
	memset(w, 0, sizeof(*w));
	w->received.tv_nsec = -1; /* no time has that */
	w->day = w->hour = INT64_MIN;
}

void
when_forget(struct when *w)
{
	w->last.known = false;
}

static char *
put2(char *out, unsigned v)
{
	out[0] = (char)('0' + v / 10 % 10);
	out[1] = (char)('0' + v % 10);
	return out + 2;
}

/* The digits most significant ones of nsec. */
static char *
put_fraction(char *out, uint32_t nsec, unsigned digits)
{
	if (digits == 0)
		return out;
	*out++ = '.';
	for (uint32_t unit = 100000000; digits > 0; digits--, unit /= 10)
		*out++ = (char)('0' + nsec / unit % 10);
	return out;
}

static char *
put_time(char *out, const struct stamp *t)
{
	out = put2(out, t->hour);
	*out++ = ':';
	out = put2(out, t->minute);
	*out++ = ':';
	return put2(out, t->second);
}

static char *
put_seconds(char *out, int64_t year, const struct stamp *t)
{
	out = put2(out, (unsigned)(year / 100));
	out = put2(out, (unsigned)(year % 100));
	*out++ = '-';
	out = put2(out, t->month);
	*out++ = '-';
	out = put2(out, t->day);
	*out++ = 'T';
	return put_time(out, t);
}

/* What a clock shows t seconds since 1970. */
static struct stamp
shown(int64_t t, int64_t *year)
{
	int64_t day = civil_floor(t, CIVIL_DAY);
	unsigned rest = (unsigned)(t - day * CIVIL_DAY);
	struct civil c = civil_date(day);

	*year = c.year;
	return (struct stamp){ .known = true,
		.month = (uint8_t)c.month,
		.day = (uint8_t)c.day,
		.hour = (uint8_t)(rest / HOUR),
		.minute = (uint8_t)(rest / 60 % 60),
		.second = (uint8_t)(rest % 60) };
}

/* Seconds since 1970 of a clock that shows this date and time. */
static int64_t
wall_of(int64_t year, const struct stamp *t)
{
	int64_t minutes = (int64_t)t->hour * 60 + t->minute;

	return civil_days(year, t->month, t->day) * CIVIL_DAY + minutes * 60 +
	    t->second;
}

static int64_t
distance(int64_t a, int64_t b)
{
	return a > b ? a - b : b - a;
}

/*
 * The year that brings t nearest to now, what the sender's clock shows at
 * reception; -1: no year has that day.
 */
static int64_t
nearest_year(struct when *w, const struct stamp *t, int64_t now)
{
	int64_t day = civil_floor(now, CIVIL_DAY), best = -1, best_far = 0, far;

	if (w->day != day) {
		w->year = civil_date(day).year;
		w->day = day;
	}
	if (civil_is_day(w->year, t->month, t->day) &&
	    distance(wall_of(w->year, t), now) <= (int64_t)182 * CIVIL_DAY)
		return w->year;
	for (int64_t y = w->year - LEAP_GAP; y <= w->year + LEAP_GAP; y++) {
		if (y < 0 || y > 9999 || !civil_is_day(y, t->month, t->day))
			continue;
		far = distance(wall_of(y, t), now);
		if (best == -1 || far < best_far) {
			best = y;
			best_far = far;
		}
	}
	return best;
}

static int32_t
offset_at(const struct zone *zone, int64_t utc)
{
	return zone != NULL ? zone_offset(zone, utc) : 0;
}

/* What a message states, completed. False: nothing that could be. */
static bool
complete(struct when *w, const struct stamp *sent, int64_t received,
    const struct zone *zone, struct moment *m)
{
	int32_t said = sent->zoned ? sent->offset * 60 : 0;

	if (!sent->known)
		return false;
	m->year = sent->year;
	if (!sent->dated)
		m->year = nearest_year(w, sent,
		    received +
			(sent->zoned ? said : offset_at(zone, received)));
	if (m->year < 0 || !civil_is_day(m->year, sent->month, sent->day))
		return false;
	m->wall = wall_of(m->year, sent);
	m->offset = sent->zoned || zone == NULL
	    ? said
	    : zone_offset_of_wall(zone, m->wall, received);
	return true;
}

static char *
put_offset(char *out, int32_t minutes)
{
	unsigned v;

	if (minutes > OFFSET_LIMIT)
		minutes = OFFSET_LIMIT;
	if (minutes < -OFFSET_LIMIT)
		minutes = -OFFSET_LIMIT;
	v = (unsigned)(minutes < 0 ? -minutes : minutes);
	*out++ = minutes < 0 ? '-' : '+';
	out = put2(out, v / 60);
	*out++ = ':';
	return put2(out, v % 60);
}

/* The time of reception up to its fraction: one for all messages of a
 * burst. */
static char *
put_received(struct when *w, struct timespec received, char *out)
{
	struct stamp s;
	int64_t year;
	char *o;

	if (w->received.tv_nsec != received.tv_nsec ||
	    w->received.tv_sec != received.tv_sec) {
		s = shown(received.tv_sec, &year);
		o = put_seconds(w->text, year, &s);
		put_fraction(o, (uint32_t)received.tv_nsec, FRACTION);
		w->received = received;
	}
	memcpy(out, w->text, RECEIVED);
	return out + RECEIVED;
}

size_t
when_received(struct when *w, struct timespec received, char *out)
{
	char *o = put_received(w, received, out);

	*o++ = 'Z';
	return (size_t)(o - out);
}

/* Fills w->last; false: the message states no time that could be. */
static bool
recall(struct when *w, const struct stamp *sent, int64_t received,
    const struct zone *zone)
{
	struct when_sent *l = &w->last;
	struct moment m;

	if (l->known && l->received == received && l->zone == zone &&
	    sent->known && stamp_same(&l->sent, sent))
		return true;
	l->known = complete(w, sent, received, zone, &m);
	if (!l->known)
		return false;
	l->sent = *sent;
	l->received = received;
	l->zone = zone;
	l->offset = m.offset / 60;
	put_seconds(l->text, m.year, sent);
	return true;
}

/* The time that a message states. UTC is written as "Z" when it was said, not
 * when it is our guess. */
static size_t
put_sent(struct when *w, const struct stamp *sent, struct timespec received,
    const struct zone *zone, bool zulu, char *out)
{
	unsigned digits = sent->digits < FRACTION ? sent->digits : FRACTION;
	bool is_utc = true;
	int32_t offset = 0;
	char *o;

	if (recall(w, sent, received.tv_sec, zone)) {
		memcpy(out, w->last.text, WHEN_SECONDS);
		o = put_fraction(out + WHEN_SECONDS, sent->nsec, digits);
		offset = w->last.offset;
		is_utc = sent->zoned && sent->offset == 0;
	} else {
		o = put_received(w, received, out);
	}
	if (zulu && is_utc)
		*o++ = 'Z';
	else
		o = put_offset(o, offset);
	return (size_t)(o - out);
}

size_t
when_sent(struct when *w, const struct stamp *sent, struct timespec received,
    const struct zone *zone, char *out)
{
	return put_sent(w, sent, received, zone, true, out);
}

size_t
when_iso(struct when *w, const struct stamp *sent, struct timespec received,
    const struct zone *zone, char *out)
{
	return put_sent(w, sent, received, zone, false, out);
}

size_t
when_bsd(struct when *w, const struct stamp *sent, struct timespec received,
    const struct zone *sender, const struct zone *local, char *out)
{
	static const char names[] = "JanFebMarAprMayJunJulAugSepOctNovDec";
	int64_t at = received.tv_sec, year;
	struct stamp s = *sent;
	struct moment m;
	char *o = out;

	if (complete(w, sent, at, sender, &m))
		at = m.wall - m.offset;
	else
		s.known = false;
	/* the same wall: it shows what it showed to the sender */
	if (!s.known || s.zoned || sender != local)
		s = shown(at + offset_at(local, at), &year);
	memcpy(o, names + (size_t)3 * (s.month - 1U), 3);
	o[3] = ' ';
	o = put2(o + 4, s.day);
	if (s.day < 10)
		o[-2] = ' ';
	*o++ = ' ';
	return (size_t)(put_time(o, &s) - out);
}

struct when_date
when_date(struct when *w, struct timespec received, const struct zone *local)
{
	int64_t wall = received.tv_sec + offset_at(local, received.tv_sec);
	int64_t hour = civil_floor(wall, HOUR), year;
	struct stamp s;

	if (w->hour != hour) {
		s = shown(wall, &year);
		w->date = (struct when_date){ .year = (int)year,
			.month = s.month,
			.day = s.day,
			.hour = s.hour };
		w->hour = hour;
	}
	return w->date;
}
