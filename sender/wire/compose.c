/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * compose.c - see compose.h
 */
#include "wire/compose.h"

#include "wire/word.h"

enum {
	DAY = 86400,
	FIXED = 160, /* PRI, stamp, blanks, meta, timeQuality */
};

struct civil {
	int64_t year;
	unsigned month, day;
};

/* Days since 1970 as a date; years begin in March here (Gregorian). */
static struct civil
civil_of(int64_t days)
{
	int64_t day = days + 719468;
	int64_t era = (day >= 0 ? day : day - 146096) / 146097;
	unsigned doe = (unsigned)(day - era * 146097);
	unsigned yoe = (doe - doe / 1460 + doe / 36524 - doe / 146096) / 365;
	unsigned doy = doe - (365 * yoe + yoe / 4 - yoe / 100);
	unsigned mp = (5 * doy + 2) / 153;
	struct civil c;

	c.day = doy - (153 * mp + 2) / 5 + 1;
	c.month = mp < 10 ? mp + 3 : mp - 9;
	c.year = yoe + era * 400 + (c.month <= 2);
	return c;
}

static char *
put(char *out, struct slice s)
{
	if (s.n > 0)
		(void)memcpy(out, s.p, s.n);
	return out + s.n;
}

static char *
put_string(char *out, const char *s)
{
	return put(out, slice_str(s));
}

static char *
put_two(char *out, unsigned n)
{
	out[0] = (char)('0' + n / 10 % 10);
	out[1] = (char)('0' + n % 10);
	return out + 2;
}

size_t
compose_number(uint64_t n, char *out)
{
	size_t digits = 1;

	if (n < 10) {
		out[0] = (char)('0' + n);
		return 1;
	}
	if (n < 100) {
		(void)put_two(out, (unsigned)n);
		return 2;
	}
	if (n < 1000) { /* octet counts, mostly */
		out[0] = (char)('0' + n / 100);
		(void)put_two(out + 1, (unsigned)n % 100);
		return 3;
	}
	for (uint64_t rest = n; rest >= 10; rest /= 10)
		digits++;
	for (size_t i = digits; i-- > 0; n /= 10)
		out[i] = (char)('0' + n % 10);
	return digits;
}

void
compose_copy(struct slice s, char *to)
{
	for (size_t i = 0; i < s.n; i++)
		to[i] = s.p[i];
	for (size_t i = 0; i < s.n; i++)
		if (!word_is_print(to[i]))
			to[i] = '_';
}

void
compose_word(struct slice s, char *to, size_t max)
{
	size_t n = s.n < max ? s.n : max;

	compose_copy(slice_of(s.p, n), to);
	if (n == 0)
		to[n++] = '-';
	to[n] = '\0';
}

static char *
put_pri(char *out, uint8_t pri)
{
	*out++ = '<';
	out += compose_number(pri, out);
	*out++ = '>';
	return out;
}

/* hh:mm:ss of the seconds of a day. */
static char *
put_time(char *out, unsigned second)
{
	out = put_two(out, second / 3600);
	*out++ = ':';
	out = put_two(out, second / 60 % 60);
	*out++ = ':';
	return put_two(out, second % 60);
}

/* The local date, and the second of its day. */
static struct civil
local_of(const struct compose_msg *m, unsigned *second)
{
	int64_t t = m->sec + (int64_t)m->offset * 60;
	int64_t days = (t >= 0 ? t : t - (DAY - 1)) / DAY;

	*second = (unsigned)(t - days * DAY);
	return civil_of(days);
}

/* RFC 5424 section 6.2.3, always with six digits (RFC-18). */
static char *
put_stamp(char *out, const struct compose_msg *m)
{
	unsigned second, usec = m->usec, east;
	struct civil c = local_of(m, &second);

	/* four digits is all there are (RFC-15) */
	if (c.year < 0 || c.year > 9999)
		return put_string(out, "-");
	out = put_two(out, (unsigned)c.year / 100);
	out = put_two(out, (unsigned)c.year % 100);
	*out++ = '-';
	out = put_two(out, c.month);
	*out++ = '-';
	out = put_two(out, c.day);
	*out++ = 'T';
	out = put_time(out, second);
	*out++ = '.';
	out = put_two(out, usec / 10000);
	out = put_two(out, usec / 100 % 100);
	out = put_two(out, usec % 100);
	if (m->offset == 0) {
		*out++ = 'Z';
		return out;
	}
	east = (unsigned)(m->offset < 0 ? -m->offset : m->offset);
	*out++ = m->offset < 0 ? '-' : '+';
	out = put_two(out, east / 60);
	*out++ = ':';
	return put_two(out, east % 60);
}

/* RFC 3164 section 4.1.2: a day below 10 has a blank before it (RFC-112). */
static char *
put_old_stamp(char *out, const struct compose_msg *m)
{
	static const char months[] = "JanFebMarAprMayJunJulAugSepOctNovDec";
	size_t month;
	unsigned second;
	struct civil c = local_of(m, &second);

	month = c.month - 1;
	out = put(out, slice_of(months + month * 3, 3));
	*out++ = ' ';
	out = put_two(out, c.day);
	if (c.day < 10)
		out[-2] = ' ';
	*out++ = ' ';
	return put_time(out, second);
}

static char *
put_sd(char *out, const struct compose *c, const struct compose_msg *m)
{
	const char *begin = out;

	if (c->synced >= 0 && (m->own & COMPOSE_TIME_QUALITY) == 0) {
		out = put_string(out, "[timeQuality tzKnown=\"1\" isSynced=\"");
		*out++ = c->synced > 0 ? '1' : '0';
		out = put_string(out, "\"]");
	}
	if ((m->own & COMPOSE_ORIGIN) == 0)
		out = put_string(out, c->origin);
	if (m->sequence > 0 && (m->own & COMPOSE_META) == 0) {
		out = put_string(out, "[meta sequenceId=\"");
		out += compose_number(m->sequence, out);
		out = put_string(out, "\"]");
	}
	out = put(out, m->sd);
	if (out == begin)
		*out++ = '-';
	return out;
}

static char *
put_5424(char *out, const struct compose *c, const struct compose_msg *m)
{
	out = put_string(out, "1 ");
	out = put_stamp(out, m);
	*out++ = ' ';
	out = put_string(out, c->host);
	*out++ = ' ';
	out = m->app.n > 0 ? put(out, m->app) : put_string(out, c->app);
	*out++ = ' ';
	out = put_string(out, c->procid);
	*out++ = ' ';
	out = m->msgid.n > 0 ? put(out, m->msgid) : put_string(out, "-");
	*out++ = ' ';
	out = put_sd(out, c, m);
	if (m->text.n == 0)
		return out;
	*out++ = ' ';
	return put(out, m->text);
}

static char *
put_3164(char *out, const struct compose *c, const struct compose_msg *m)
{
	struct slice host = slice_str(c->host);
	const char *dot = memchr(host.p, '.', host.n);

	out = put_old_stamp(out, m);
	*out++ = ' ';
	if (c->form == COMPOSE_3164) {
		/* without the domain, unless it is an address (RFC-112) */
		if (dot != NULL && word_is_letter(host.p[0]))
			host.n = (size_t)(dot - host.p);
		out = put(out, host);
		*out++ = ' ';
	}
	out = m->app.n > 0 ? put(out, m->app) : put_string(out, c->app);
	if (c->pid) {
		*out++ = '[';
		out = put_string(out, c->procid);
		*out++ = ']';
	}
	out = put_string(out, ": ");
	if (m->sd.n > 0) {
		out = put(out, m->sd);
		*out++ = ' ';
	}
	return put(out, m->text);
}

size_t
compose_room(const struct compose *c, const struct compose_msg *m)
{
	return FIXED + strlen(c->host) + strlen(c->app) + m->app.n +
	    strlen(c->procid) + strlen(c->origin) + m->msgid.n + m->sd.n +
	    m->text.n;
}

size_t
compose(const struct compose *c, const struct compose_msg *m, char *out)
{
	char *o = put_pri(out, m->pri);

	if (c->form == COMPOSE_5424)
		o = put_5424(o, c, m);
	else
		o = put_3164(o, c, m);
	return (size_t)(o - out);
}
