/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * test_msg.c - what is made of a message, right, nearly right, or not at all
 *
 * RFC-1, RFC-5 to RFC-22, RFC-27 to RFC-55 (RFC 5424 section 6); RFC-109,
 * RFC-115, RFC-118, RFC-120 (RFC 3164). The shapes of RFC 3164 are in
 * test_rfc3164.c.
 */
#include "wire/msg.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>

#include <cmocka.h>

#include "wire/scan.h"

#define COUNT(a) (sizeof(a) / sizeof((a)[0]))
/* a slice in a table, where a compound literal is no constant */
#define L(s)                       \
	{                          \
		(s), sizeof(s) - 1 \
	}

#define T    "2003-10-11T22:14:15.003Z"
#define X16  "xxxxxxxxxxxxxxxx"
#define X32  X16 X16
#define X128 X32 X32 X32 X32

struct row_5424 {
	const char *what;
	struct slice in;
	bool valid, clean;
	const char *time, *host, *app, *procid, *msgid, *sd;
	struct slice text;
};

static const struct row_5424 rows_5424[] = {
	{ "all fields", L("<34>1 " T " h app 9 ID - text"), 1, 1, T, "h", "app",
	    "9", "ID", "", L("text") },
	{ "nothing known (RFC-19, RFC-25)", L("<0>1 - - - - - -"), 1, 1, "", "",
	    "", "", "", "", L("") },
	{ "empty MSG behind SP", L("<0>1 - - - - - - "), 1, 1, "", "", "", "",
	    "", "", L("") },
	{ "MSG begins with a space", L("<0>1 - - - - - -  x"), 1, 1, "", "", "",
	    "", "", "", L(" x") },
	{ "MSG is dashes", L("<0>1 - - - - - - - -"), 1, 1, "", "", "", "", "",
	    "", L("- -") },
	{ "SD and no MSG", L("<0>1 - h a - - [x@1 k=\"v\"]"), 1, 1, "", "h",
	    "a", "", "", "[x@1 k=\"v\"]", L("") },
	{ "SD and MSG", L("<0>1 - h a - - [x][y] [z]"), 1, 1, "", "h", "a", "",
	    "", "[x][y]", L("[z]") },
	{ "host of 255",
	    L("<0>1 - " X128 X32 X32 X32 X16 "xxxxxxxxxxxxxxx a - - - t"), 1, 1,
	    "", X128 X32 X32 X32 X16 "xxxxxxxxxxxxxxx", "a", "", "", "",
	    L("t") },
	{ "host of 256", L("<0>1 - " X128 X128 " a - - - t"), 0, 1, "",
	    X128 X128, "a", "", "", "", L("t") },
	{ "app of 48", L("<0>1 - h " X32 X16 " - - - t"), 1, 1, "", "h",
	    X32 X16, "", "", "", L("t") },
	{ "app of 49", L("<0>1 - h " X32 X16 "y - - - t"), 0, 1, "", "h",
	    X32 X16 "y", "", "", "", L("t") },
	{ "procid of 128", L("<0>1 - h a " X128 " - - t"), 1, 1, "", "h", "a",
	    X128, "", "", L("t") },
	{ "procid of 129", L("<0>1 - h a " X128 "y - - t"), 0, 1, "", "h", "a",
	    X128 "y", "", "", L("t") },
	{ "msgid of 32", L("<0>1 - h a - " X32 " - t"), 1, 1, "", "h", "a", "",
	    X32, "", L("t") },
	{ "msgid of 33", L("<0>1 - h a - " X32 "y - t"), 0, 1, "", "h", "a", "",
	    X32 "y", "", L("t") },
	{ "odd but printable (RFC-24)", L("<0>1 - [::1] \"a\" <1> = - t"), 1, 1,
	    "", "[::1]", "\"a\"", "<1>", "=", "", L("t") },
	{ "two dashes are a name", L("<0>1 - -- a - - - t"), 1, 1, "", "--",
	    "a", "", "", "", L("t") },
	{ "MSG of anything (RFC-38)", L("<0>1 - h a - - - \xe4\0\n"), 1, 0, "",
	    "h", "a", "", "", "", L("\xe4\0\n") },
	{ "UTF-8", L("<0>1 - h a - - - \xc3\xa4"), 1, 1, "", "h", "a", "", "",
	    "", L("\xc3\xa4") },
	{ "byte order mark (RFC-39)",
	    L("<0>1 - h a - - - \xef\xbb\xbf\xc3\xa4"), 1, 1, "", "h", "a", "",
	    "", "", L("\xc3\xa4") },
	{ "only the mark", L("<0>1 - h a - - - \xef\xbb\xbf"), 1, 1, "", "h",
	    "a", "", "", "", L("") },
	{ "mark and no UTF-8 (RFC-42)",
	    L("<0>1 - h a - - - \xef\xbb\xbf"
	      "bad \xff"),
	    0, 0, "", "h", "a", "", "", "", L("bad \xff") },
	{ "mark, UTF-8, not clean",
	    L("<0>1 - h a - - - \xef\xbb\xbf\xc2\x85\n"), 1, 0, "", "h", "a",
	    "", "", "", L("\xc2\x85\n") },
	{ "escape in MSG", L("<0>1 - h a - - - x#012"), 1, 0, "", "h", "a", "",
	    "", "", L("x#012") },
	{ "hash in MSG", L("<0>1 - h a - - - x#01"), 1, 1, "", "h", "a", "", "",
	    "", L("x#01") },
	{ "escape in the header", L("<0>1 - h a#012 - - - t"), 1, 0, "", "h",
	    "a#012", "", "", "", L("t") },
	{ "hash in the header", L("<0>1 - h #1 - - - a long enough text"), 1, 1,
	    "", "h", "#1", "", "", "", L("a long enough text") },
	{ "escape in SD", L("<0>1 - h a - - [x k=\"#001\"]"), 1, 0, "", "h",
	    "a", "", "", "[x k=\"#001\"]", L("") },
	{ "LF in SD (RFC-34)", L("<0>1 - h a - - [x k=\"\n\"] t"), 1, 0, "",
	    "h", "a", "", "", "[x k=\"\n\"]", L("t") },

	{ "IPv4 (RFC-21)", L("<0>1 - 192.0.2.1 a - - - t"), 1, 1, "",
	    "192.0.2.1", "a", "", "", "", L("t") },
	{ "IPv6 (RFC-21)", L("<0>1 - 2001:db8::1 a - - - t"), 1, 1, "",
	    "2001:db8::1", "a", "", "", "", L("t") },
	{ "a name that nobody registered (RFC-31)",
	    L("<0>1 - h a - - [mine k=\"v\"] t"), 1, 1, "", "h", "a", "", "",
	    "[mine k=\"v\"]", L("t") },
	{ "what a name means is not judged (RFC-37, RFC-45 to RFC-55)",
	    L("<0>1 - h a - - [timeQuality tzKnown=\"2\" x=\"\"][meta] t"), 1,
	    1, "", "h", "a", "", "", "[timeQuality tzKnown=\"2\" x=\"\"][meta]",
	    L("t") },
	{ "octets below 32 in MSG (RFC-40, RFC-41)",
	    L("<0>1 - h a - - - \t\x01\x1b"), 1, 0, "", "h", "a", "", "", "",
	    L("\t\x01\x1b") },

	{ "seven digits (RFC-16)",
	    L("<34>1 2003-10-11T22:14:15.1234567Z h a "
	      "9 M - t"),
	    0, 1, "2003-10-11T22:14:15.1234567Z", "h", "a", "9", "M", "",
	    L("t") },
	{ "month 13", L("<34>1 2003-13-11T22:14:15Z h a - - - t"), 0, 1,
	    "2003-13-11T22:14:15Z", "h", "a", "", "", "", L("t") },
	{ "blank in the time", L("<34>1 2003-10-11 22:14:15 h a - - - t"), 0, 1,
	    "2003-10-11 22:14:15", "h", "a", "", "", "", L("t") },
	{ "byte ff in app",
	    L("<34>1 - h a\xff"
	      "b - - - t"),
	    0, 0, "", "h",
	    "a\xff"
	    "b",
	    "", "", "", L("t") },
	{ "TAB in app", L("<34>1 - h a\tb - - - t"), 0, 1, "", "h", "a\tb", "",
	    "", "", L("t") },
	{ "empty host", L("<34>1 " T "  a 9 M - t"), 0, 1, T, "", "a", "9", "M",
	    "", L("t") },
	{ "malformed SD, none of it lost (RFC-27, RFC-28)",
	    L("<34>1 - h a - - [x k=v] t"), 0, 1, "", "h", "a", "", "", "",
	    L("[x k=v] t") },
	{ "SD-ID twice (RFC-30)", L("<34>1 - h a - - [x][x] t"), 0, 1, "", "h",
	    "a", "", "", "", L("[x][x] t") },
	{ "no SP behind SD", L("<34>1 - h a - - [x]t"), 0, 1, "", "h", "a", "",
	    "", "", L("[x]t") },
	{ "two dashes for SD", L("<34>1 - h a - - -- t"), 0, 1, "", "h", "a",
	    "", "", "", L("-- t") },
	{ "JSON for SD", L("<34>1 - h a - - {\"x\":1}"), 0, 1, "", "h", "a", "",
	    "", "", L("{\"x\":1}") },
	{ "cut off behind MSGID", L("<34>1 " T " h a 9 M"), 0, 1, T, "h", "a",
	    "9", "M", "", L("") },
	{ "cut off before SD", L("<34>1 " T " h a 9 M "), 0, 1, T, "h", "a",
	    "9", "M", "", L("") },
	{ "cut off behind APP-NAME", L("<34>1 " T " h a"), 0, 1, T, "h", "a",
	    "", "", "", L("") },
	{ "cut off behind the time", L("<34>1 " T), 0, 1, T, "", "", "", "", "",
	    L("") },
};

static void
assert_slice(struct slice got, const char *want)
{
	assert_int_equal(got.n, strlen(want));
	assert_memory_equal(got.p, want, got.n);
}

/* Parses a copy that ends where the message ends. */
static void
parse(struct slice in, const struct msg_hints *hints, struct msg_cache *cache,
    struct msg *m, char **copy)
{
	*copy = malloc(in.n);
	assert_true(*copy != NULL || in.n == 0);
	if (in.n > 0)
		memcpy(*copy, in.p, in.n);
	memset(m, 0xa5, sizeof(*m));
	msg_parse(slice_of(*copy, in.n), hints, cache, m);
	assert_ptr_equal(m->raw.p, *copy);
	assert_int_equal(m->raw.n, in.n);
}

static void
messages_of_rfc_5424_are_taken_apart(void **state)
{
	const struct msg_hints hints = { .local = false };
	struct msg_cache cache = { .known = false };

	(void)state;
	for (size_t i = 0; i < COUNT(rows_5424); i++) {
		const struct row_5424 *r = &rows_5424[i];
		struct msg m;
		char *copy;

		print_message("  %s\n", r->what);
		parse(r->in, &hints, &cache, &m, &copy);
		assert_int_equal(m.form, MSG_RFC5424);
		assert_int_equal(m.pri, strtol(r->in.p + 1, NULL, 10));
		assert_int_equal(m.valid, r->valid);
		assert_int_equal(m.clean, r->clean);
		assert_int_equal(
		    m.clean, scan_clean_portable(m.raw) == m.raw.n);
		assert_slice(m.time, r->time);
		assert_slice(m.host, r->host);
		assert_slice(m.app, r->app);
		assert_slice(m.procid, r->procid);
		assert_slice(m.msgid, r->msgid);
		assert_slice(m.sd, r->sd);
		assert_int_equal(m.text.n, r->text.n);
		assert_memory_equal(m.text.p, r->text.p, r->text.n);
		assert_int_equal(m.bom,
		    m.text.p >= copy + 3 &&
			memcmp(m.text.p - 3, "\xef\xbb\xbf", 3) == 0);
		free(copy);
	}
}

/* RFC-6, RFC-7 (480 and 2048 octets), RFC-43: long in the longest of
 * characters. */
static void
long_messages_are_valid(void **state)
{
	static const size_t sizes[] = { 480, 481, 1180, 2048, 2049, 8192,
		65535 };
	static const char head[] = "<0>1 - h a - - [origin software=\"",
			  mid[] = "\"] ", wide[] = "\xf0\x9f\x98\x80";
	const struct msg_hints hints = { .local = false };
	struct msg_cache cache = { .known = false };
	size_t n, value = 48 * strlen(wide);
	char *text = malloc(65535);
	struct msg m;
	char *copy;

	(void)state;
	for (size_t i = 0; i < COUNT(sizes); i++) {
		memset(text, 'x', sizes[i]);
		memcpy(text, head, strlen(head));
		n = strlen(head);
		for (int k = 0; k < 48; k++, n += strlen(wide))
			memcpy(text + n, wide, strlen(wide));
		memcpy(text + n, mid, strlen(mid));
		n += strlen(mid);
		parse(slice_of(text, sizes[i]), &hints, &cache, &m, &copy);
		assert_true(m.valid);
		assert_int_equal(
		    m.sd.n, strlen("[origin software=\"\"]") + value);
		assert_int_equal(m.text.n, sizes[i] - n);
		free(copy);
	}
	free(text);
}

/* RFC-109, RFC-115, RFC-118, RFC-120 */
static void
without_a_legal_pri_everything_is_text(void **state)
{
	static const struct slice in[] = { L(""), L("Use the BFG!"), L("<00>x"),
		L("<192>1 - - - - - -"), L("<999>Oct 11 x"), L("< 13>x"),
		L(" <13>x"), L("<13"), L("<"), L("\xff\xfe\0\1"),
		L("12 <13>x") };
	const struct msg_hints hints = { .local = false };
	struct msg_cache cache = { .known = false };
	struct msg m;
	char *copy;

	(void)state;
	for (size_t i = 0; i < COUNT(in); i++) {
		parse(in[i], &hints, &cache, &m, &copy);
		assert_int_equal(m.form, MSG_RAW);
		assert_int_equal(m.pri, MSG_PRI_DEFAULT);
		assert_int_equal(msg_facility(&m), 1);
		assert_int_equal(msg_severity(&m), 5);
		assert_true(slice_eq(m.text, in[i]));
		assert_false(m.valid || m.bom);
		assert_int_equal(
		    m.clean, scan_clean_portable(m.raw) == m.raw.n);
		assert_false(msg_stamp(&m).known);
		assert_int_equal(m.host.n + m.app.n + m.procid.n + m.msgid.n +
			m.sd.n + m.time.n,
		    0);
		free(copy);
	}
}

static void
a_cached_timestamp_makes_no_other_valid(void **state)
{
	static const struct {
		const char *in;
		bool valid, known;
	} cases[] = {
		{ "<0>1 2003-10-11T22:14:15.003Z - - - - -", true, true },
		{ "<0>1 2003-10-11T22:14:15.004Z - - - - -", true, true },
		{ "<0>1 2003-10-11T22:14:15+02:00 - - - - -", true, true },
		{ "<0>1 2003-10-11T22:14:15.1234567Z - - - - -", false, true },
		{ "<0>1 2003-10-11T22:14:15 - - - - -", false, true },
		{ "<0>1 2003-10-11T22:14:60Z - - - - -", false, false },
		{ "<0>1 2003-10-11T22:14:60Z - - - - -", false, false },
		{ "<0>1 2003-10-11T22:14:15Z - - - - -", true, true },
		{ "<0>1 2003-10-11T22:14:1 - - - - -", false, false },
		{ "<0>1 - - - - - -", true, false },
		{ "<0>1 2003-10-11T22:14:15x - - - - -", false, false },
	};
	const struct msg_hints hints = { .local = false };
	struct msg_cache cache = { .known = false };
	struct msg m;
	char *copy;

	(void)state;
	for (size_t i = 0; i < COUNT(cases); i++) {
		print_message("  %s\n", cases[i].in);
		parse(slice_str(cases[i].in), &hints, &cache, &m, &copy);
		assert_int_equal(m.form, MSG_RFC5424);
		assert_int_equal(m.valid, cases[i].valid);
		assert_int_equal(msg_stamp(&m).known, cases[i].known);
		free(copy);
	}
}

/* Wherever a message is cut, no byte behind it is read (with a sanitizer). */
static void
a_message_that_is_cut_off_is_safe(void **state)
{
	const struct msg_hints hints = { .local = true,
		.self = SLICE_LIT("web01") };
	struct msg_cache cache = { .known = false };
	struct slice in;
	struct msg m;
	char *copy;

	(void)state;
	for (size_t i = 0; i < COUNT(rows_5424); i++) {
		in = rows_5424[i].in;
		for (in.n = 0; in.n < rows_5424[i].in.n; in.n++) {
			parse(in, &hints, &cache, &m, &copy);
			free(copy);
		}
	}
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(messages_of_rfc_5424_are_taken_apart),
		cmocka_unit_test(long_messages_are_valid),
		cmocka_unit_test(without_a_legal_pri_everything_is_text),
		cmocka_unit_test(a_cached_timestamp_makes_no_other_valid),
		cmocka_unit_test(a_message_that_is_cut_off_is_safe),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
