/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * test_stamp.c - timestamps of RFC 5424 (RFC-15 to RFC-18)
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

struct strict_row {
	const char *what;
	const char *in;
	const char *want; /* NULL: not valid */
};

static const struct strict_row strict_rows[] = {
	{ "example 1", "1985-04-12T23:20:50.52Z", "1985-04-12T23:20:50.52+0" },
	{ "example 2", "1985-04-12T19:20:50.52-04:00",
	    "1985-04-12T19:20:50.52-240" },
	{ "example 3", "2003-10-11T22:14:15.003Z",
	    "2003-10-11T22:14:15.003+0" },
	{ "example 4", "2003-08-24T05:14:15.000003-07:00",
	    "2003-08-24T05:14:15.000003-420" },
	{ "example 5: nanoseconds", "2003-08-24T05:14:15.000000003-07:00",
	    NULL },
	{ "no fraction", "2003-10-11T22:14:15Z", "2003-10-11T22:14:15+0" },
	{ "one digit", "2003-10-11T22:14:15.1Z", "2003-10-11T22:14:15.1+0" },
	{ "seven digits", "2003-10-11T22:14:15.1234567Z", NULL },
	{ "dot, no digit", "2003-10-11T22:14:15.Z", NULL },
	{ "comma", "2003-10-11T22:14:15,1Z", NULL },
	{ "lower-case t", "2003-10-11t22:14:15Z", NULL },
	{ "lower-case z", "2003-10-11T22:14:15z", NULL },
	{ "blank for T", "2003-10-11 22:14:15Z", NULL },
	{ "no offset", "2003-10-11T22:14:15", NULL },
	{ "no offset, fraction", "2003-10-11T22:14:15.123", NULL },
	{ "offset without minutes", "2003-10-11T22:14:15+02", NULL },
	{ "offset without colon", "2003-10-11T22:14:15+0200", NULL },
	{ "largest offset", "2003-10-11T22:14:15+23:59",
	    "2003-10-11T22:14:15+1439" },
	{ "offset of 24 hours", "2003-10-11T22:14:15+24:00", NULL },
	{ "offset of 60 minutes", "2003-10-11T22:14:15+01:60", NULL },
	{ "unknown offset", "2003-10-11T22:14:15-00:00",
	    "2003-10-11T22:14:15+0" },
	{ "letters in the offset", "2003-10-11T22:14:15+0a:00", NULL },
	{ "more behind Z", "2003-10-11T22:14:15Zx", NULL },
	{ "more behind the offset", "2003-10-11T22:14:15+02:00x", NULL },
	{ "Z twice", "2003-10-11T22:14:15ZZ", NULL },
	{ "Z and no dot", "2003-10-11T22:14:15123Z", NULL },
	{ "year 0000", "0000-01-01T00:00:00Z", "0000-01-01T00:00:00+0" },
	{ "year 9999", "9999-12-31T23:59:59Z", "9999-12-31T23:59:59+0" },
	{ "month 0", "2003-00-11T22:14:15Z", NULL },
	{ "month 13", "2003-13-11T22:14:15Z", NULL },
	{ "month 99", "2003-99-11T22:14:15Z", NULL },
	{ "day 0", "2003-10-00T22:14:15Z", NULL },
	{ "day 32", "2003-10-32T22:14:15Z", NULL },
	{ "31 April", "2003-04-31T22:14:15Z", NULL },
	{ "31 December", "2003-12-31T22:14:15Z", "2003-12-31T22:14:15+0" },
	{ "leap year", "2004-02-29T22:14:15Z", "2004-02-29T22:14:15+0" },
	{ "no leap year", "2003-02-29T22:14:15Z", NULL },
	{ "1900 was none", "1900-02-29T00:00:00Z", NULL },
	{ "2000 was one", "2000-02-29T00:00:00Z", "2000-02-29T00:00:00+0" },
	{ "hour 24", "2003-10-11T24:00:00Z", NULL },
	{ "minute 60", "2003-10-11T22:60:15Z", NULL },
	{ "leap second", "2016-12-31T23:59:60Z", NULL },
	{ "no seconds", "2003-10-11T22:14Z", NULL },
	{ "basic format", "20031011T221415Z", NULL },
	{ "letters", "2003-1a-11T22:14:15Z", NULL },
	{ "a slash", "2003/10/11T22:14:15Z", NULL },
	{ "NILVALUE is another matter", "-", NULL },
	{ "cut off", "2003-10-11T22:14:1", NULL },
	{ "nothing", "", NULL },
};

static void
strict_stamps_are_valid_or_not(void **state)
{
	char out[64];

	(void)state;
	for (size_t i = 0; i < COUNT(strict_rows); i++) {
		const struct strict_row *r = &strict_rows[i];
		struct slice in = slice_str(r->in);
		struct stamp t = { .known = false, .day = 77 };

		print_message("  %s\n", r->what);
		assert_int_equal(stamp_valid_5424(in), r->want != NULL);
		assert_int_equal(stamp_parse_5424(in, &t), r->want != NULL);
		if (r->want != NULL)
			assert_string_equal(
			    show(&t, out, sizeof(out)), r->want);
		else
			assert_int_equal(t.day, 77);
	}
}

/* The rest alone must say what the whole would say of a good front. */
static void
the_rest_is_judged_as_in_the_whole(void **state)
{
	static const char *const rests[] = { "Z", ".1Z", ".123456Z",
		".1234567Z", ".Z", "Zx", "ZZ", "1Z", "+02:00", ".5-07:30",
		"+24:00", "+02", "+0200", "", ".", ".1", ".1+", "z", "xZ",
		".1.Z", "Z.1" };
	char whole[64];

	(void)state;
	for (size_t i = 0; i < COUNT(rests); i++) {
		print_message("  '%s'\n", rests[i]);
		snprintf(
		    whole, sizeof(whole), "2003-10-11T22:14:15%s", rests[i]);
		assert_int_equal(stamp_valid_rest(slice_str(rests[i])),
		    stamp_valid_5424(slice_str(whole)));
	}
}

/* However short it is cut, no byte behind it decides. */
static void
a_stamp_that_is_cut_off_is_safe(void **state)
{
	(void)state;
	for (size_t i = 0; i < COUNT(strict_rows); i++) {
		const char *text = strict_rows[i].in;

		for (size_t n = 0; n <= strlen(text); n++) {
			char *copy = malloc(n + 1);

			memcpy(copy + 1, text, n);
			stamp_valid_5424(slice_of(copy + 1, n));
			stamp_valid_rest(slice_of(copy + 1, n));
			free(copy);
		}
	}
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(strict_stamps_are_valid_or_not),
		cmocka_unit_test(the_rest_is_judged_as_in_the_whole),
		cmocka_unit_test(a_stamp_that_is_cut_off_is_safe),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
