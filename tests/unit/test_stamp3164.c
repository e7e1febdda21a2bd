/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * test_stamp3164.c - timestamps as they are written where RFC 5424 is not
 * (RFC-112, RFC-121, interop)
 */
#include "wire/stamp.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>

#include <cmocka.h>

#define COUNT(a) (sizeof(a) / sizeof((a)[0]))

/* "[yyyy]-mm-ddThh:mm:ss[.fraction][+minutes]", or "-" when nothing is known */
static const char *
show(const struct stamp *t, char *out, size_t size)
{
	char year[16] = "", fraction[16] = "", zone[16] = "";

	if (!t->known)
		return "-";
	if (t->dated)
		snprintf(year, sizeof(year), "%04d", t->year);
	snprintf(fraction, sizeof(fraction), ".%09u", (unsigned)t->nsec);
	fraction[t->digits == 0 ? 0 : 1 + t->digits] = '\0';
	if (t->zoned)
		snprintf(zone, sizeof(zone), "%+d", t->offset);
	snprintf(out, size, "%s-%02u-%02uT%02u:%02u:%02u%s%s", year, t->month,
	    t->day, t->hour, t->minute, t->second, fraction, zone);
	return out;
}

struct loose_row {
	const char *what;
	const char *in;
	const char *want; /* NULL: not taken */
	const char *rest;
};

static const struct loose_row loose_rows[] = {
	{ "RFC 3164", "Oct 11 22:14:15 host", "-10-11T22:14:15", " host" },
	{ "padded day", "Feb  5 17:32:18 h", "-02-05T17:32:18", " h" },
	{ "zero before the day", "Feb 05 17:32:18 h", "-02-05T17:32:18", " h" },
	{ "day of one digit", "Feb 5 17:32:18 h", "-02-05T17:32:18", " h" },
	{ "nothing behind", "Feb  5 17:32:18", "-02-05T17:32:18", "" },
	{ "colon behind", "Feb  5 17:32:18: x", "-02-05T17:32:18", ": x" },
	{ "29 February of some year", "Feb 29 00:00:00 h", "-02-29T00:00:00",
	    " h" },
	{ "fraction", "Feb  5 17:32:18.123 h", "-02-05T17:32:18.123", " h" },
	{ "comma", "Feb  5 17:32:18,120 h", "-02-05T17:32:18.120", " h" },
	{ "long fraction is cut", "Feb  5 17:32:18.1234567899 h",
	    "-02-05T17:32:18.123456789", " h" },
	{ "year before the time", "Feb  5 2024 17:32:18 h",
	    "2024-02-05T17:32:18", " h" },
	{ "year behind the time", "Feb  5 17:32:18 2024 h",
	    "2024-02-05T17:32:18", " h" },
	{ "year first", "2024 Feb  5 17:32:18 h", "2024-02-05T17:32:18", " h" },
	{ "no year but a number", "Feb  5 17:32:18 1234 h", "-02-05T17:32:18",
	    " 1234 h" },
	{ "no year but an address", "Feb  5 17:32:18 2001:db8::1 su:",
	    "-02-05T17:32:18", " 2001:db8::1 su:" },
	{ "29 February of no leap year", "Feb 29 2023 17:32:18 h", "-", " h" },
	{ "UTC", "Feb  5 17:32:18 UTC h", "-02-05T17:32:18+0", " h" },
	{ "UTC and colon", "Feb  5 17:32:18.5 UTC: x", "-02-05T17:32:18.5+0",
	    ": x" },
	{ "CEST", "Feb  5 17:32:18 CEST h", "-02-05T17:32:18+120", " h" },
	{ "zone, then year (3164 5.4)", "Aug 24 05:34:00 CST 1987 mymachine",
	    "1987-08-24T05:34:00-360", " mymachine" },
	{ "year, then zone", "Aug 24 05:34:00 1987 CST mymachine",
	    "1987-08-24T05:34:00-360", " mymachine" },
	{ "TZ-6 (3164 5.4)", "1990 Oct 22 10:52:01 TZ-6 host",
	    "1990-10-22T10:52:01-360", " host" },
	{ "a host, no zone", "Feb  5 17:32:18 NAS h", "-02-05T17:32:18",
	    " NAS h" },
	{ "offset", "Feb  5 17:32:18 +02:00 h", "-02-05T17:32:18+120", " h" },
	{ "offset, no colon", "Feb  5 17:32:18 -0730 h", "-02-05T17:32:18-450",
	    " h" },
	{ "offset at once", "Feb  5 17:32:18-07:00 h", "-02-05T17:32:18-420",
	    " h" },
	{ "offset of hours", "Feb  5 17:32:18+02 h", "-02-05T17:32:18+120",
	    " h" },
	{ "one zone only", "Feb  5 17:32:18 UTC +02:00 h", "-02-05T17:32:18+0",
	    " +02:00 h" },
	{ "ISO 8601", "2003-10-11T22:14:15.003Z h", "2003-10-11T22:14:15.003+0",
	    " h" },
	{ "ISO, blank, comma", "2026-11-22 10:34:58,502 h",
	    "2026-11-22T10:34:58.502", " h" },
	{ "ISO, no offset", "2026-11-22T10:41:10 h", "2026-11-22T10:41:10",
	    " h" },
	{ "ISO, lower case", "2026-11-22t10:41:10z h", "2026-11-22T10:41:10+0",
	    " h" },
	{ "ISO, nine digits", "2003-08-24T05:14:15.000000003-07:00 h",
	    "2003-08-24T05:14:15.000000003-420", " h" },
	{ "weekday", "Mon Apr 15 10:00:00 2024 h", "2024-04-15T10:00:00",
	    " h" },
	{ "weekday, no year", "Mon Apr 15 10:00:00 h", "-04-15T10:00:00",
	    " h" },
	{ "as in mail", "Mon, 15 Apr 2024 10:00:00 +0200 h",
	    "2024-04-15T10:00:00+120", " h" },
	{ "day first", "5 Apr 2024 10:00:00 h", "2024-04-05T10:00:00", " h" },
	{ "day first, no year", "15 Apr 10:00:00 h", "-04-15T10:00:00", " h" },
	{ "no weekday", "Moo Apr 15 10:00:00 2024 h", NULL, NULL },
	{ "a weekday alone", "Mon", NULL, NULL },
	{ "year at once, offset at once", "Apr 15 2024 10:00:00+02:00 h",
	    "2024-04-15T10:00:00+120", " h" },
	{ "ISO, slashes", "2024/04/15 10:00:00 h", "2024-04-15T10:00:00",
	    " h" },
	{ "ISO, slashes, a dash", "2024/04/15-10:00:00 h",
	    "2024-04-15T10:00:00", " h" },
	{ "ISO, colons, a dash", "2024:04:15-10:00:00 h", "2024-04-15T10:00:00",
	    " h" },
	{ "ISO, two kinds", "2024/04-15 10:00:00 h", NULL, NULL },
	{ "ISO, no kind", "2024x04x15 10:00:00 h", NULL, NULL },
	{ "ISO, offset behind a blank", "2024-04-15 10:00:00.123 +0000 WAF",
	    "2024-04-15T10:00:00.123+0", " WAF" },
	{ "ISO, one digit", "2024-04-15T10:00:00.1Z h",
	    "2024-04-15T10:00:00.1+0", " h" },
	{ "epoch", "1379988354.262286 h", "2013-09-24T02:05:54.262286+0",
	    " h" },
	{ "epoch, nine digits", "1563249630.774247467 h",
	    "2019-07-16T04:00:30.774247467+0", " h" },
	{ "epoch, leap day", "1709164800.0 h", "2024-02-29T00:00:00.0+0",
	    " h" },
	{ "epoch, last of its kind", "9999999999.9 h",
	    "2286-11-20T17:46:39.9+0", " h" },
	{ "epoch, no fraction", "1379988354 h", NULL, NULL },
	{ "epoch, nine digits of seconds", "137998835.26 h", NULL, NULL },
	{ "epoch, eleven digits", "13799883545.26 h", NULL, NULL },
	{ "epoch, a zero in front", "0379988354.26 h", NULL, NULL },
	{ "epoch, a word behind", "1379988354.26x h", NULL, NULL },
	{ "AEST", "Feb  5 17:32:18 AEST h", "-02-05T17:32:18+600", " h" },
	{ "a zone that may be three", "Feb  5 17:32:18.5 IST: %SYS-5-X: y",
	    "-02-05T17:32:18.5", ": %SYS-5-X: y" },
	{ "a tag, no zone", "Feb  5 17:32:18 CRON: x", "-02-05T17:32:18",
	    " CRON: x" },
	{ "F15: 20 digits", "2003-10-11T22:14:15.12345678901234567890Z h",
	    "2003-10-11T22:14:15.123456789+0", " h" },
	{ "F15: year 0", "0000-01-01T00:00:00Z h", "0000-01-01T00:00:00+0",
	    " h" },
	{ "F15: -23:59", "9999-12-31T23:59:59-23:59 h",
	    "9999-12-31T23:59:59-1439", " h" },
	{ "F15: leap second", "2016-12-31T23:59:60Z h", "-", " h" },
	{ "30 February", "Feb 30 17:32:18 h", "-", " h" },
	{ "hour 24", "Feb  5 24:00:00 h", "-", " h" },
	{ "second 60", "Feb  5 23:59:60 h", "-", " h" },
	{ "month 13", "2003-13-11T22:14:15Z h", "-", " h" },
	{ "German month", "Mai  5 17:32:18 h", NULL, NULL },
	{ "no seconds", "Feb  5 17:32 h: some text", NULL, NULL },
	{ "glued to a word", "Feb  5 17:32:18abc h", NULL, NULL },
	{ "three digits of day", "Feb 123 17:32:18 h", NULL, NULL },
	{ "only a date", "2003-10-11 h", NULL, NULL },
	{ "year first, no more", "2024 Feb", NULL, NULL },
	{ "year and end", "2024", NULL, NULL },
	{ "month alone", "Feb", NULL, NULL },
	{ "month and blank", "Feb ", NULL, NULL },
	{ "month and day", "Feb  5 ", NULL, NULL },
	{ "words", "some words of text", NULL, NULL },
	{ "HKT", "Nov 24 04:00:00 HKT h a: b", "-11-24T04:00:00+480",
	    " h a: b" },
	{ "SGT", "Nov 24 04:00:00 SGT h a: b", "-11-24T04:00:00+480",
	    " h a: b" },
	{ "PHT", "Nov 24 04:00:00 PHT h a: b", "-11-24T04:00:00+480",
	    " h a: b" },
	{ "WIB", "Nov 24 04:00:00 WIB h a: b", "-11-24T04:00:00+420",
	    " h a: b" },
	{ "WITA", "Nov 24 04:00:00 WITA h a: b", "-11-24T04:00:00+480",
	    " h a: b" },
	{ "BRT", "Nov 24 04:00:00 BRT h a: b", "-11-24T04:00:00-180",
	    " h a: b" },
	{ "PKT", "Nov 24 04:00:00 PKT h a: b", "-11-24T04:00:00+300",
	    " h a: b" },
	{ "TRT", "Nov 24 04:00:00 TRT h a: b", "-11-24T04:00:00+180",
	    " h a: b" },
	{ "IRST", "Nov 24 04:00:00 IRST h a: b", "-11-24T04:00:00+210",
	    " h a: b" },
	{ "ART", "Nov 24 04:00:00 ART h a: b", "-11-24T04:00:00-180",
	    " h a: b" },
	{ "CAT", "Nov 24 04:00:00 CAT h a: b", "-11-24T04:00:00+120",
	    " h a: b" },
	{ "EAT", "Nov 24 04:00:00 EAT h a: b", "-11-24T04:00:00+180",
	    " h a: b" },
	{ "ICT", "Nov 24 04:00:00 ICT h a: b", "-11-24T04:00:00+420",
	    " h a: b" },
	{ "NPT", "Nov 24 04:00:00 NPT h a: b", "-11-24T04:00:00+345",
	    " h a: b" },
	{ "WAT", "Nov 24 04:00:00 WAT h a: b", "-11-24T04:00:00+60",
	    " h a: b" },
	{ "WIT", "Nov 24 04:00:00 WIT h a: b", "-11-24T04:00:00+540",
	    " h a: b" },
	{ "IST, several zones", "Nov 24 04:00:00 IST h a: b", "-11-24T04:00:00",
	    " h a: b" },
	{ "GST, several zones", "Nov 24 04:00:00 GST h a: b", "-11-24T04:00:00",
	    " h a: b" },
	{ "AST, several zones", "Nov 24 04:00:00 AST h a: b", "-11-24T04:00:00",
	    " h a: b" },
	{ "a zone or a host: a host", "Nov 24 04:00:00 IST a: b",
	    "-11-24T04:00:00", " IST a: b" },
	{ "a zone or a host: words", "Nov 24 04:00:00 CAT is up",
	    "-11-24T04:00:00", " CAT is up" },
	{ "a zone or a host: a pid", "Nov 24 04:00:00 ICT a[1]: b",
	    "-11-24T04:00:00", " ICT a[1]: b" },
	{ "a zone or a tag", "Nov 24 04:00:00 AST: syntax error",
	    "-11-24T04:00:00", " AST: syntax error" },
	{ "a zone or a tag: a pid behind", "Nov 24 04:00:00 IST: a[1]: b",
	    "-11-24T04:00:00", ": a[1]: b" },
	{ "a zone or a host: a year", "Nov 24 04:00:00 IST 2026 h",
	    "2026-11-24T04:00:00", " h" },
	{ "a zone or a host: alone", "Nov 24 04:00:00 IST", "-11-24T04:00:00",
	    " IST" },
	{ "UTC+3", "Nov 24 04:00:00 UTC+3 h a: b", "-11-24T04:00:00+180",
	    " h a: b" },
	{ "GMT+1", "Nov 24 04:00:00 GMT+1 h a: b", "-11-24T04:00:00+60",
	    " h a: b" },
	{ "UTC+05:30", "Nov 24 04:00:00 UTC+05:30 h a: b",
	    "-11-24T04:00:00+330", " h a: b" },
	{ "UTC+5:30", "Nov 24 04:00:00 UTC+5:30 h a: b", "-11-24T04:00:00+330",
	    " h a: b" },
	{ "GMT-0800", "Nov 24 04:00:00 GMT-0800 h a: b", "-11-24T04:00:00-480",
	    " h a: b" },
	{ "UTC-03", "Nov 24 04:00:00 UTC-03 h a: b", "-11-24T04:00:00-180",
	    " h a: b" },
	{ "TZ+10", "Nov 24 04:00:00 TZ+10 h a: b", "-11-24T04:00:00+600",
	    " h a: b" },
	{ "UTC+3, colon", "Nov 24 04:00:00 UTC+3: %X", "-11-24T04:00:00+180",
	    ": %X" },
	{ "no offset: UTC+", "Nov 24 04:00:00 UTC+ h", "-11-24T04:00:00",
	    " UTC+ h" },
	{ "no offset: UTC-web", "Nov 24 04:00:00 UTC-web h", "-11-24T04:00:00",
	    " UTC-web h" },
	{ "no offset: GMT+530", "Nov 24 04:00:00 GMT+530 h", "-11-24T04:00:00",
	    " GMT+530 h" },
	{ "no offset: UTC+99", "Nov 24 04:00:00 UTC+99 h", "-11-24T04:00:00",
	    " UTC+99 h" },
	{ "upper case", "NOV 24 04:00:00 h", "-11-24T04:00:00", " h" },
	{ "lower case", "nov 24 04:00:00 h", "-11-24T04:00:00", " h" },
	{ "both cases", "mON nOv 24 04:00:00 2026 h", "2026-11-24T04:00:00",
	    " h" },
	{ "a case of no letter", "N\x4fv 24 04:00:00 h", "-11-24T04:00:00",
	    " h" },
	{ "no letter", "\x0eov 24 04:00:00 h", NULL, NULL },
	{ "hour of one digit", "Nov 24 4:00:00 h", "-11-24T04:00:00", " h" },
	{ "hour of one digit, end", "Nov 24 4:00:00", "-11-24T04:00:00", "" },
	{ "hour of none", "Nov 24 :00:00 h", NULL, NULL },
	{ "minute of one digit", "Nov 24 4:0:00 h", NULL, NULL },
	{ "day first, hour of one digit", "24 Nov 2026 4:00:00 h",
	    "2026-11-24T04:00:00", " h" },
	{ "day first, no colon in the time", "24 Nov 040000 h", NULL, NULL },
	{ "ISO, no seconds", "2026-11-24T04:00Z h", "2026-11-24T04:00:00+0",
	    " h" },
	{ "ISO, no seconds, offset", "2026-11-24T04:00+05:30 h",
	    "2026-11-24T04:00:00+330", " h" },
	{ "ISO, no seconds, no offset", "2026-11-24T04:00 h",
	    "2026-11-24T04:00:00", " h" },
	{ "ISO, no seconds, end", "2026-11-24T04:00Z", NULL, NULL },
	{ "padded hour", "Nov 24  4:00:00 h", "-11-24T04:00:00", " h" },
	{ "hour padded twice", "Nov 24   4:00:00 h", NULL, NULL },
	{ "ISO, half the seconds", "2026-11-24T04:00:1 h", NULL, NULL },
	{ "no seconds, no T", "2026-11-24 04:00 h", NULL, NULL },
	{ "ISO, name of the month", "2026-Nov-24 04:00:00 h",
	    "2026-11-24T04:00:00", " h" },
	{ "ISO, name, T, fraction, Z", "2026-NOV-24T04:00:00.5Z h",
	    "2026-11-24T04:00:00.5+0", " h" },
	{ "ISO, no name of a month", "2026-Nox-24 04:00:00 h", NULL, NULL },
	{ "ISO, name, short", "2026-Nov-24 04:00:0", NULL, NULL },
	{ "month first, slashes, colon", "11/24/2026:04:00:00 GMT h",
	    "2026-11-24T04:00:00+0", " h" },
	{ "slashes, year first, colon", "2026/11/24:04:00:00 h",
	    "2026-11-24T04:00:00", " h" },
	{ "month 24", "24/11/2026:04:00:00 GMT h", "-", " h" },
	{ "month first, a blank", "11/24/2026 04:00:00 h", NULL, NULL },
	{ "colons only: IPv6", "2001:10:10:04:00:00::1", NULL, NULL },
	{ "TAB behind", "Nov 24 04:00:00\th a: b", "-11-24T04:00:00",
	    "\th a: b" },
	{ "TAB behind the zone", "Nov 24 04:00:00 UTC\th a: b",
	    "-11-24T04:00:00+0", "\th a: b" },
	{ "nothing", "", NULL, NULL },
};

static void
loose_stamps_are_taken_with_what_belongs_to_them(void **state)
{
	char out[64];

	(void)state;
	for (size_t i = 0; i < COUNT(loose_rows); i++) {
		const struct loose_row *r = &loose_rows[i];
		struct slice in = slice_str(r->in);
		struct stamp t = { .known = false, .day = 77 };
		bool taken = stamp_take_3164(&in, &t);

		print_message("  %s\n", r->what);
		assert_int_equal(taken, r->want != NULL);
		assert_string_equal(in.p, taken ? r->rest : r->in);
		assert_int_equal(in.n, strlen(in.p));
		if (taken)
			assert_string_equal(
			    show(&t, out, sizeof(out)), r->want);
		else
			assert_int_equal(t.day, 77);
	}
}

/* However short the message is cut, no byte behind it decides. */
static void
a_stamp_that_is_cut_off_is_safe(void **state)
{
	(void)state;
	for (size_t i = 0; i < COUNT(loose_rows); i++) {
		const char *text = loose_rows[i].in;

		for (size_t n = 0; n <= strlen(text); n++) {
			char *copy = malloc(n + 1);
			struct slice in;
			struct stamp t;

			memcpy(copy + 1, text, n);
			in = slice_of(copy + 1, n);
			stamp_take_3164(&in, &t);
			free(copy);
		}
	}
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(
		    loose_stamps_are_taken_with_what_belongs_to_them),
		cmocka_unit_test(a_stamp_that_is_cut_off_is_safe),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
