/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * test_rfc3164_devices.c - headers as devices write them, and texts that only
 * look like those
 *
 * RFC-109 to RFC-121, and what was seen of real clients ("interop"). Rules,
 * not samples: each row is a shape, the row behind it often what is none.
 */
#include "wire/msg.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>

#include <cmocka.h>

#define COUNT(a) (sizeof(a) / sizeof((a)[0]))

#define B "<165>Nov 24 04:00:00 "

struct device_row {
	const char *what;
	const char *in;
	bool timed;
	const char *host, *app, *procid, *text;
};

static const struct device_row device_rows[] = {
	/* interop: a severity behind the host */
	{ "severity, tag, number", B "h notice a[1]: b", 1, "h", "a", "1",
	    "b" },
	{ "severity, no number", B "h notice board: done", 1, "h", "", "",
	    "notice board: done" },
	{ "severity, no digits", B "h notice board[x]: y", 1, "h", "", "",
	    "notice board[x]: y" },
	{ "severity, nothing in it", B "h notice board[]: y", 1, "h", "", "",
	    "notice board[]: y" },
	{ "severity, no name", B "h notice [7]: y", 1, "h", "", "",
	    "notice [7]: y" },
	{ "info", "<166>Nov 24 04:00:00 h info update: done", 1, "h", "", "",
	    "info update: done" },
	{ "warning", "<164>Nov 24 04:00:00 h warning light: on", 1, "h", "", "",
	    "warning light: on" },
	{ "warning, number", "<164>Nov 24 04:00:00 h warning a[1]: b", 1, "h",
	    "a", "1", "b" },
	{ "not its label", "<163>Nov 24 04:00:00 h error handler[3]: x", 1, "h",
	    "", "", "error handler[3]: x" },
	{ "its label", "<163>Nov 24 04:00:00 h err a[3]: x", 1, "h", "a", "3",
	    "x" },

	/* interop: what may stand behind the time */
	{ "a zone of several", B "IST h a: b", 1, "h", "a", "", "b" },
	{ "a host like a zone", B "IST a: b", 1, "IST", "a", "", "b" },
	{ "an offset with a name", B "UTC+3 h a[1]: b", 1, "h", "a", "1", "b" },
	{ "TAB", "<13>Nov 24 04:00:00\th a[1]: b", 1, "h", "a", "1", "b" },
	{ "day first", "<13>24 Nov 04:00:00 h a: b", 1, "h", "a", "", "b" },
	{ "month in capitals", "<13>NOV 24 04:00:00 h a: b", 1, "h", "a", "",
	    "b" },
	{ "a colon alone", B ": a[1]: b", 1, "", "a", "1", "b" },
	{ "slashes, end of the header",
	    "<134> 11/24/2026:04:00:00 GMT h : b c : d", 1, "h", "", "",
	    "b c : d" },
	{ "slashes, a tag behind it", "<134> 11/24/2026:04:00:00 GMT h : a: b",
	    1, "h", "a", "", "b" },
	{ "slashes, words before it",
	    "<134> 11/24/2026:04:00:00 GMT h 0-P-0 : b", 1, "h", "", "",
	    "0-P-0 : b" },
	{ "another time, no end", B "h : b c", 1, "h", "", "", ": b c" },

	/* interop: names of nodes and tasks */
	{ "a node", "<189>RP/0/RSP0/CPU0:Nov 24 04:00:00.123 : a[65734]: b", 1,
	    "RP/0/RSP0/CPU0", "a", "65734", "b" },
	{ "number, host, node",
	    "<189>100: asr RP/0/RSP0/CPU0:Nov 24 04:00:00.123 : a[6]: b", 1,
	    "asr", "a", "6", "b" },
	{ "a node, a zone",
	    "<189>100: RP/0/0/CPU0:Nov 24 04:00:00.1 UTC: a[6]: b", 1,
	    "RP/0/0/CPU0", "a", "6", "b" },
	{ "a node, a zone of several",
	    "<189>100: RP/0/0/CPU0:Nov 24 04:00:00.1 IST: a[6]: b", 1,
	    "RP/0/0/CPU0", "a", "6", "b" },
	{ "a node, no end of the header", "<189>see/also:Nov 24 04:00:00 a: b",
	    0, "", "", "", "see/also:Nov 24 04:00:00 a: b" },
	{ "no path", "<189>also:Nov 24 04:00:00: a: b", 0, "", "", "",
	    "also:Nov 24 04:00:00: a: b" },
	{ "words, node", "<189>do see a/b:Nov 24 04:00:00: x", 0, "", "", "",
	    "do see a/b:Nov 24 04:00:00: x" },
	{ "a task", "<134>wlc1: *apfTask_1: Nov 24 04:00:00.123: %APF-6-MSG: b",
	    1, "wlc1", "%APF-6-MSG", "", "b" },
	{ "a task, a mark",
	    "<134>wlc1: *apfTask_1: *Nov 24 04:00:00.123: %APF-6-MSG: b", 1,
	    "wlc1", "%APF-6-MSG", "", "b" },
	{ "no task", "<134>app: *star: Nov 24 04:00:00 x", 0, "", "app", "",
	    "*star: Nov 24 04:00:00 x" },
	{ "no time", "<134>app: *star: %A-6-B: x", 0, "", "app", "",
	    "*star: %A-6-B: x" },

	/* interop: addresses of network cards */
	{ "a card", B "aa:bb:cc:dd:ee:ff kernel: b", 1, "aa:bb:cc:dd:ee:ff",
	    "kernel", "", "b" },
	{ "a card, dashes", B "aa-bb-cc-dd-ee-0f kernel: b", 1,
	    "aa-bb-cc-dd-ee-0f", "kernel", "", "b" },
	{ "a card in the text", B "h aa:bb:cc:dd:ee:ff is up", 1, "h", "", "",
	    "aa:bb:cc:dd:ee:ff is up" },
	{ "a card begins the text", B "aa:bb:cc:dd:ee:ff: is up", 1, "", "", "",
	    "aa:bb:cc:dd:ee:ff: is up" },
	{ "five pairs", B "h aa:bb:cc:dd:ee x", 1, "h", "aa", "",
	    "bb:cc:dd:ee x" },
	{ "no card", B "h aa:bb cc", 1, "h", "aa", "", "bb cc" },

	/* interop: the name of an event is the tag, what is before it none */
	{ "host, colon, event", B "fw1: %ASA-6-302013: b", 1, "fw1",
	    "%ASA-6-302013", "", "b" },
	{ "IPv4, colon, event", B "192.0.2.1: %FTD-6-302013: b", 1, "192.0.2.1",
	    "%FTD-6-302013", "", "b" },
	{ "IPv6, colon, event", B "2001:db8::1: %FTD-6-1: b", 1, "2001:db8::1",
	    "%FTD-6-1", "", "b" },
	{ "host, blank, colon, event", B "fw1 : %ASA-auth-6-1: b", 1, "fw1",
	    "%ASA-auth-6-1", "", "b" },
	{ "a number, event", B "12: %SYS-5-X: b", 1, "", "", "",
	    "12: %SYS-5-X: b" },
	{ "no severity", B "fw1: %ASA-8-1: b", 1, "", "fw1", "",
	    "%ASA-8-1: b" },
	{ "no colon", B "fw1: %ASA-6-1 b", 1, "", "fw1", "", "%ASA-6-1 b" },
	{ "number, zone of any name",
	    "<189>45: Mar  1 18:46:11 PCTime: %SYS-5-X: b", 1, "", "%SYS-5-X",
	    "", "b" },
	{ "mark, zone of any name",
	    "<189>*Mar  1 18:46:11 MET-DST: %SYS-5-X: b", 1, "", "%SYS-5-X", "",
	    "b" },
	{ "colon, zone of any name", "<166>:Oct 11 22:14:15 cest: %ASA-6-1: b",
	    1, "", "%ASA-6-1", "", "b" },
	{ "fraction, zone of any name",
	    "<189>Mar  1 18:46:11.123 PCTime: %SYS-5-X: b", 1, "", "%SYS-5-X",
	    "", "b" },
	{ "number, zone, host", "<166>45: Oct 11 22:14:15 CET fw1: %ASA-6-1: b",
	    1, "fw1", "%ASA-6-1", "", "b" },
	{ "number, host, blank, colon",
	    "<166>45: Oct 11 22:14:15 fw1 : %ASA-6-1: b", 1, "fw1", "%ASA-6-1",
	    "", "b" },
	{ "year, host", "<166>Oct 11 2026 22:14:15 fw1: %ASA-6-1: b", 1, "fw1",
	    "%ASA-6-1", "", "b" },
	{ "no time: host, event", "<166>fw1 %ASA-6-315011: b", 0, "fw1",
	    "%ASA-6-315011", "", "b" },
	{ "no time: host, colon, event", "<166>fw1: %ASA-6-1: b", 0, "fw1",
	    "%ASA-6-1", "", "b" },
	{ "no time: host, blank, colon", "<166>fw1 : %ASA-6-1: b", 0, "fw1",
	    "%ASA-6-1", "", "b" },
	{ "no time: words, event", "<166>see also %ASA-6-1: b", 0, "", "", "",
	    "see also %ASA-6-1: b" },
	{ "no time: a number, event", "<166>12 %ASA-6-1: b", 0, "", "", "",
	    "12 %ASA-6-1: b" },

	/* interop: NILVALUE, which relays write for what they do not know */
	{ "tag is NIL", B "h -: x", 1, "h", "", "", "x" },
	{ "tag is NIL, pid", B "h -[7]: x", 1, "h", "", "7", "x" },
	{ "pid is NIL", B "h su[-]: x", 1, "h", "su", "", "x" },
	{ "tag is NIL, mark", B "h - \xef\xbb\xbfx", 1, "h", "", "", "x" },
	{ "tag is NIL, alone", "<13>-: x", 0, "", "", "", "x" },

	/* interop: a colon alone behind the pid */
	{ "blank, colon", B "h a[1] : b", 1, "h", "a", "1", "b" },
	{ "blank, colon, no host", B "a[1] : b", 1, "", "a", "1", "b" },
	{ "blank, colon, end", B "h a[1] :", 1, "h", "a", "1", "" },
	{ "a smiley", B "h a[1] :-)", 1, "h", "a", "1", ":-)" },
	{ "tag, blank, colon", B "h a : b", 1, "h", "", "", "a : b" },
	{ "no time before it", "<13>a[1] : b", 0, "", "", "", "a[1] : b" },
};

static void
assert_slice(struct slice got, const char *want)
{
	assert_int_equal(got.n, strlen(want));
	assert_memory_equal(got.p, want, got.n);
}

static void
parse(struct slice in, char **copy, struct msg *m)
{
	const struct msg_hints hints = { .local = false };
	struct msg_cache cache = { .known = false };

	*copy = malloc(in.n + 1);
	assert_non_null(*copy);
	memcpy(*copy + 1, in.p, in.n);
	msg_parse(slice_of(*copy + 1, in.n), &hints, &cache, m);
}

static void
headers_of_devices_are_read_and_words_stay_in_the_text(void **state)
{
	(void)state;
	for (size_t i = 0; i < COUNT(device_rows); i++) {
		const struct device_row *r = &device_rows[i];
		struct msg m;
		char *copy;

		print_message("  %s\n", r->what);
		parse(slice_str(r->in), &copy, &m);
		assert_int_equal(m.form, MSG_RFC3164);
		assert_int_equal(m.sent.known, r->timed);
		assert_slice(m.host, r->host);
		assert_slice(m.app, r->app);
		assert_slice(m.procid, r->procid);
		assert_slice(m.text, r->text);
		free(copy);
	}
}

/* There it is the program that says so. */
static void
on_our_own_machine_no_host_stands_before_an_event(void **state)
{
	const struct msg_hints hints = { .local = true };
	struct msg_cache cache = { .known = false };
	struct msg m;

	(void)state;
	msg_parse(slice_str(B "Rib: %BGP-3-X: b"), &hints, &cache, &m);
	assert_slice(m.host, "");
	assert_slice(m.app, "Rib");
	assert_slice(m.text, "%BGP-3-X: b");
	msg_parse(slice_str("<165>Rib: %BGP-3-X: b"), &hints, &cache, &m);
	assert_slice(m.app, "Rib");
}

/* Wherever a message is cut, no byte behind it is read (with a sanitizer). */
static void
a_header_that_is_cut_off_is_safe(void **state)
{
	(void)state;
	for (size_t i = 0; i < COUNT(device_rows); i++) {
		struct slice in = slice_str(device_rows[i].in);

		for (size_t n = 0; n <= in.n; n++) {
			struct msg m;
			char *copy;

			parse(slice_of(in.p, n), &copy, &m);
			free(copy);
		}
	}
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(
		    headers_of_devices_are_read_and_words_stay_in_the_text),
		cmocka_unit_test(
		    on_our_own_machine_no_host_stands_before_an_event),
		cmocka_unit_test(a_header_that_is_cut_off_is_safe),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
