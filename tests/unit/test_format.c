/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * test_format.c - one record becomes one line, whatever is in it (F7, F9, F10)
 */
#include "route/format.h"

#include <arpa/inet.h>
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

enum { MAX_MESSAGE = 65536, ROUNDS = 20000, LONGEST = 120 };

#define RECEIVED "2026-11-22T10:15:00.123456Z"
#define FROM     "\"from\":\"192.0.2.7\",\"listener\":\"udp://*:514\","
#define LOCAL    "\"from\":null,\"listener\":\"udp://*:514\","
#define USER     "\"facility\":\"user\",\"severity\":\"notice\",\"pri\":13,"

/* Oct 11 22:14:15, no year, no zone */
#define SENT                                                       \
	{                                                          \
		.known = true, .month = 10, .day = 11, .hour = 22, \
		.minute = 14, .second = 15                         \
	}

struct row {
	const char *why;
	struct msg m;
	bool local, truncated, credentials, distrust;
	struct slice want;
};

static const struct row text_rows[] = {
	{ .why = "valid: byte for byte",
	    .m = { .raw = L("<13>1 - - - - - - a"),
		.valid = true,
		.clean = true },
	    .want = L("<13>1 - - - - - - a\n") },
	{ .why = "valid, but for the escapes",
	    .m = { .raw = L("<13>1 - h a#012 - - [a b=\"\n\"] x\r\n#043"),
		.valid = true },
	    .want = L("<13>1 - h a#043012 - - [a b=\"#012\"] x#015#012#043043"
		      "\n") },
	{ .why = "RFC 3164",
	    .m = { .form = MSG_RFC3164,
		.pri = 34,
		.sent = SENT,
		.host = L("mymachine"),
		.app = L("su"),
		.text = L("'su root' failed") },
	    .want = L("<34>1 2026-10-11T22:14:15+00:00 mymachine su - - - "
		      "'su root' failed\n") },
	{ .why = "the same, known to be clean",
	    .m = { .form = MSG_RFC3164,
		.pri = 34,
		.sent = SENT,
		.host = L("mymachine"),
		.app = L("su"),
		.procid = L("7"),
		.text = L("'su root' failed"),
		.clean = true },
	    .want = L("<34>1 2026-10-11T22:14:15+00:00 mymachine su 7 - - "
		      "'su root' failed\n") },
	{ .why = "no host: the peer; no time: reception; PRI 0",
	    .m = { .form = MSG_RFC3164, .pri = 0, .text = L("a") },
	    .want = L("<0>1 " RECEIVED " 192.0.2.7 - - - - a\n") },
	{ .why = "no host on a unix socket: our own; PRI 191",
	    .m = { .form = MSG_RFC3164, .pri = 191, .text = L("a") },
	    .local = true,
	    .want = L("<191>1 " RECEIVED " self - - - - a\n") },
	{ .why = "RFC-118: no PRI: all is text",
	    .m = { .form = MSG_RAW, .pri = 13, .text = L("<999>a: b") },
	    .want = L("<13>1 " RECEIVED " 192.0.2.7 - - - - <999>a: b\n") },
	{ .why = "no text: no space behind the last field",
	    .m = { .form = MSG_RFC3164, .pri = 13, .app = L("a") },
	    .want = L("<13>1 " RECEIVED " 192.0.2.7 a - - -\n") },
	{ .why = "a byte order mark is kept",
	    .m = { .form = MSG_RFC3164,
		.pri = 13,
		.bom = true,
		.text = L("a") },
	    .want = L("<13>1 " RECEIVED " 192.0.2.7 - - - - \xef\xbb\xbf"
		      "a\n") },
	{ .why = "RFC-22: what a field does not allow",
	    .m = { .form = MSG_RFC3164,
		.pri = 13,
		.host = L("h\xc3\xa4 t"),
		.app = L("a b\x7f"),
		.procid = L("\n1"),
		.msgid = L("\t") },
	    .want = L("<13>1 " RECEIVED " h___t a_b_ _1 _ -\n") },
	{ .why = "F9: forged header behind an LF",
	    .m = { .form = MSG_RFC3164,
		.pri = 13,
		.host = L("h"),
		.app = L("a\n<0>1"),
		.text = L("b\n<0>1 - - - - - -\0") },
	    .want = L("<13>1 " RECEIVED
		      " h a_<0>1 - - - b#012<0>1 - - - - - -#000\n") },
	{ .why = "F10: what reorders or hides text",
	    .m = { .form = MSG_RFC3164,
		.pri = 13,
		.host = L("h"),
		.text = L("\033[1m\xe2\x80\xae\xc2\x85\xc0\xaf\xff") },
	    .want = L("<13>1 " RECEIVED " h - - - - "
		      "#033[1m#342#200#256#302#205#300#257#377\n") },
	{ .why = "an escape that the sender wrote, in fields, too",
	    .m = { .form = MSG_RFC3164,
		.pri = 13,
		.host = L("#012"),
		.app = L("a#777b"),
		.text = L("#012") },
	    .want = L("<13>1 " RECEIVED " #043012 a#043777b - - - #043012\n") },
	{ .why = "valid STRUCTURED-DATA in a message that is not",
	    .m = { .form = MSG_RFC5424,
		.pri = 13,
		.host = L("h"),
		.sd = L("[a b=\"\x01 c\"]"),
		.text = L("t") },
	    .want = L("<13>1 " RECEIVED " h - - - [a b=\"#001 c\"] t\n") },
	{ .why = "RFC 5424 in all but its time",
	    .m = { .form = MSG_RFC5424,
		.pri = 13,
		.host = L("h"),
		.time = L("2026-10-11T22:14:15.123456789Z"),
		.text = L("t") },
	    .want = L("<13>1 2026-10-11T22:14:15.123456Z h - - - - t\n") },
};

/* A host that is not believed is replaced, and nothing else. */
static const struct row distrust_rows[] = {
	{ .why = "valid and clean",
	    .m = { .raw = L("<13>1 - web01 a - - [b c=\"d\"] \xef\xbb\xbf"
			    "e  f "),
		.host = L("web01"),
		.valid = true,
		.clean = true },
	    .distrust = true,
	    .want = L("<13>1 - 192.0.2.7 a - - [b c=\"d\"] \xef\xbb\xbf"
		      "e  f \n") },
	{ .why = "valid, with escapes",
	    .m = { .raw = L("<13>1 2026-10-11T22:14:15Z #012 a#012 - - - x\n"),
		.host = L("#012"),
		.valid = true },
	    .distrust = true,
	    .want = L("<13>1 2026-10-11T22:14:15Z 192.0.2.7 a#043012 - - - "
		      "x#012\n") },
	{ .why = "valid, without a host",
	    .m = { .raw = L("<13>1 - - a - - -"),
		.valid = true,
		.clean = true },
	    .distrust = true,
	    .want = L("<13>1 - 192.0.2.7 a - - -\n") },
	{ .why = "RFC 3164",
	    .m = { .form = MSG_RFC3164,
		.pri = 13,
		.host = L("web01"),
		.text = L("a") },
	    .distrust = true,
	    .want = L("<13>1 " RECEIVED " 192.0.2.7 - - - - a\n") },
};

static const struct row raw_rows[] = {
	{ .why = "as it came",
	    .m = { .raw = L("<34>Oct 11 su: a"), .clean = true },
	    .want = L("<34>Oct 11 su: a\n") },
	{ .why = "but for the escapes",
	    .m = { .raw = L("<34>Oct 11\nsu: \xff#012") },
	    .want = L("<34>Oct 11#012su: #377#043012\n") },
	{ .why = "nothing", .m = { .raw = L("") }, .want = L("\n") },
};

static const struct row json_rows[] = {
	{ .why = "valid, with everything",
	    .m = { .form = MSG_RFC5424,
		.pri = 165,
		.valid = true,
		.time = L("2003-10-11T22:14:15.003000-07:00"),
		.host = L("h.example"),
		.app = L("evntslog"),
		.procid = L("8710"),
		.msgid = L("ID47"),
		.sd = L("[exampleSDID@32473 iut=\"3\" eventID=\"1011\"][b]"),
		.text = L("An \"event\"\\") },
	    .want = L("{\"received\":\"" RECEIVED "\"," FROM
		      "\"facility\":\"local4\",\"severity\":\"notice\","
		      "\"pri\":165,\"timestamp\":"
		      "\"2003-10-11T22:14:15.003000-07:00\","
		      "\"hostname\":\"h.example\",\"app_name\":\"evntslog\","
		      "\"procid\":\"8710\",\"msgid\":\"ID47\",\"sd\":{"
		      "\"exampleSDID@32473\":{\"iut\":\"3\","
		      "\"eventID\":\"1011\"},\"b\":{}},"
		      "\"msg\":\"An \\\"event\\\"\\\\\","
		      "\"format\":\"rfc5424\"}\n") },
	{ .why = "valid, with nothing: null and empty",
	    .m = { .form = MSG_RFC5424,
		.pri = 13,
		.valid = true,
		.clean = true },
	    .want = L("{\"received\":\"" RECEIVED "\"," FROM USER
		      "\"timestamp\":null,\"hostname\":null,"
		      "\"app_name\":null,\"procid\":null,\"msgid\":null,"
		      "\"sd\":{},\"msg\":\"\",\"format\":\"rfc5424\"}\n") },
	{ .why = "RFC 3164: time and host completed; cut",
	    .m = { .form = MSG_RFC3164,
		.pri = 13,
		.sent = SENT,
		.app = L("su"),
		.text = L("a\tb\n\x7f\xff\xe2\x80\xa8") },
	    .truncated = true,
	    .want = L("{\"received\":\"" RECEIVED "\"," FROM USER
		      "\"timestamp\":\"2026-10-11T22:14:15+00:00\","
		      "\"hostname\":\"192.0.2.7\",\"app_name\":\"su\","
		      "\"procid\":null,\"msgid\":null,\"sd\":{},"
		      "\"msg\":\"a\\tb\\u000a\\u007f\xef\xbf\xbd\\u2028\","
		      "\"format\":\"rfc3164\",\"truncated\":true}\n") },
	{ .why = "unix socket: no address, our own name, credentials",
	    .m = { .form = MSG_RAW, .pri = 13, .text = L("a") },
	    .local = true,
	    .credentials = true,
	    .want = L("{\"received\":\"" RECEIVED "\"," LOCAL USER
		      "\"timestamp\":\"" RECEIVED "\","
		      "\"hostname\":\"self\",\"app_name\":null,"
		      "\"procid\":null,\"msgid\":null,\"sd\":{},"
		      "\"msg\":\"a\",\"format\":\"raw\","
		      "\"pid\":4711,\"uid\":0,\"gid\":4294967294}\n") },
	{ .why = "a host that is not believed",
	    .m = { .form = MSG_RFC5424,
		.pri = 13,
		.valid = true,
		.clean = true,
		.host = L("web01") },
	    .distrust = true,
	    .want = L("{\"received\":\"" RECEIVED "\"," FROM USER
		      "\"timestamp\":null,\"hostname\":\"192.0.2.7\","
		      "\"app_name\":null,\"procid\":null,\"msgid\":null,"
		      "\"sd\":{},\"msg\":\"\",\"format\":\"rfc5424\"}\n") },
	{ .why = "what is sent is kept: no byte becomes _",
	    .m = { .form = MSG_RFC3164,
		.pri = 13,
		.host = L("h\xc3\xa4"),
		.app = L("a b") },
	    .want = L("{\"received\":\"" RECEIVED "\"," FROM USER
		      "\"timestamp\":\"" RECEIVED "\","
		      "\"hostname\":\"h\xc3\xa4\",\"app_name\":\"a b\","
		      "\"procid\":null,\"msgid\":null,\"sd\":{},"
		      "\"msg\":\"\",\"format\":\"rfc3164\"}\n") },
};

static struct origin
make_origin(const struct row *r)
{
	struct sockaddr_in peer = { .sin_family = AF_INET };
	struct origin o = { .listener = SLICE_LIT("udp://*:514"),
		.local = r->local,
		.credentials = r->credentials,
		.distrust = r->distrust,
		.pid = 4711,
		.uid = 0,
		.gid = 4294967294 };

	peer.sin_addr.s_addr = htonl(0xc0000207);
	memcpy(&o.addr, &peer, sizeof(peer));
	return o;
}

/* The line, in memory of the size that was promised to suffice; to be
 * freed. */
static struct slice
render(struct formatter *fm, enum format f, const struct row *row)
{
	struct origin o = make_origin(row);
	struct record r = { .msg = &row->m,
		.origin = &o,
		.received = { .tv_sec = 1795342500, .tv_nsec = 123456789 },
		.self = SLICE_LIT("self"),
		.truncated = row->truncated };
	struct output_conf conf = { .format = f };
	size_t bound = format_bound(&conf, &r), n;
	char *out = malloc(bound);

	assert_non_null(out);
	n = format_line(fm, &conf, &r, out);
	assert_true(n <= bound);
	return slice_of(out, n);
}

static void
free_line(struct slice s)
{
	free((char *)(uintptr_t)s.p);
}

static void
assert_rows(void **state, enum format f, const struct row *rows, size_t n)
{
	for (size_t i = 0; i < n; i++) {
		struct slice got;

		print_message("  %s\n", rows[i].why);
		got = render(*state, f, &rows[i]);
		if (!slice_eq(got, rows[i].want))
			print_message("  got %.*s", (int)got.n, got.p);
		assert_int_equal(got.n, rows[i].want.n);
		assert_memory_equal(got.p, rows[i].want.p, got.n);
		free_line(got);
	}
}

static void
a_message_becomes_a_line_of_rfc_5424(void **state)
{
	assert_rows(state, FORMAT_RFC5424, text_rows, COUNT(text_rows));
}

static void
a_host_that_is_not_believed_is_replaced(void **state)
{
	assert_rows(state, FORMAT_RFC5424, distrust_rows, COUNT(distrust_rows));
}

static void
a_message_stays_as_it_came(void **state)
{
	assert_rows(state, FORMAT_RAW, raw_rows, COUNT(raw_rows));
}

static void
a_message_becomes_an_object(void **state)
{
	assert_rows(state, FORMAT_JSON, json_rows, COUNT(json_rows));
}

/* F7: a field of 60 KiB; the escape of '#' is never cut. */
static void
a_field_that_is_too_long_is_cut(void **state)
{
	enum { LONG = 60000 };
	static const struct {
		const char *why, *fill;
		size_t host, app, procid, msgid; /* lengths in the line */
	} fills[] = {
		{ "letters", "x", 255, 48, 128, 32 },
		{ "not allowed", "\n", 255, 48, 128, 32 },
		{ "escapes of #", "#012", 252, 48, 126, 32 },
	};
	char *field = malloc(LONG);

	assert_non_null(field);
	for (size_t i = 0; i < COUNT(fills); i++) {
		struct slice s = slice_of(field, LONG), got, rest;
		struct row r = { .m = { .form = MSG_RFC3164,
				     .host = s,
				     .app = s,
				     .procid = s,
				     .msgid = s } };
		const size_t want[] = { fills[i].host, fills[i].app,
			fills[i].procid, fills[i].msgid };
		size_t len = strlen(fills[i].fill);

		print_message("  %s\n", fills[i].why);
		for (size_t k = 0; k < LONG; k++)
			field[k] = fills[i].fill[k % len];
		got = rest = render(*state, FORMAT_RFC5424, &r);
		slice_skip(&rest, strlen("<0>1 " RECEIVED " "));
		for (size_t k = 0; k < COUNT(want); k++) {
			const char *sp = memchr(rest.p, ' ', rest.n);

			assert_non_null(sp);
			assert_int_equal(sp - rest.p, want[k]);
			slice_skip(&rest, (size_t)(sp - rest.p) + 1);
		}
		assert_int_equal(rest.n, 2);
		free_line(got);
	}
	free(field);
}

static uint32_t
next_random(uint32_t *x)
{
	*x ^= *x << 13;
	*x ^= *x >> 17;
	*x ^= *x << 5;
	return *x;
}

/* Bytes that every rule has something to say about. */
static struct slice
make_text(uint32_t *x, char *out, size_t longest)
{
	static const char some[] = "#01234567 \n\r\t\"\\<>[]=-a\x7f\xc3\xa4\xe2"
				   "\x80\xae\x85\xf0\x9f\x98";
	size_t n = next_random(x) % longest;

	for (size_t i = 0; i < n; i++)
		out[i] = next_random(x) % 4 == 0
		    ? (char)next_random(x)
		    : some[next_random(x) % sizeof(some)];
	return slice_of(out, n);
}

static void
assert_one_safe_line(struct slice line)
{
	uint32_t code;
	size_t n;

	assert_int_equal(line.p[line.n - 1], '\n');
	line.n--;
	for (; line.n > 0; slice_skip(&line, n)) {
		n = scan_char(line, &code);
		assert_int_not_equal(n, 0);
		assert_false(scan_is_unsafe(code));
	}
}

static void
any_bytes_become_one_safe_line(void **state)
{
	char bytes[6][LONGEST];
	uint32_t x = 2463534242;
	struct slice line;

	for (int i = 0; i < ROUNDS; i++) {
		struct row r = { .m = { .form = MSG_RFC3164,
				     .pri = (uint8_t)(i % 192) } };

		r.local = i % 2;
		r.distrust = i % 3 == 0;
		r.m.host = make_text(&x, bytes[0], LONGEST);
		r.m.app = make_text(&x, bytes[1], LONGEST);
		r.m.procid = make_text(&x, bytes[2], LONGEST);
		r.m.msgid = make_text(&x, bytes[3], LONGEST);
		r.m.text = make_text(&x, bytes[4], LONGEST);
		r.m.raw = make_text(&x, bytes[5], LONGEST);
		for (int f = FORMAT_RFC5424; f <= FORMAT_BSD; f++) {
			line = render(*state, (enum format)f, &r);
			assert_one_safe_line(line);
			free_line(line);
		}
	}
}

/* Whatever it was made from: our line is one that we would keep as it is. */
static void
a_canonical_line_is_valid_and_clean(void **state)
{
	struct msg_hints hints = { .self = SLICE_LIT("self") };
	struct msg_cache cache = { .known = false };
	char bytes[LONGEST * 2];
	uint32_t x = 88172645;
	struct slice line, in;

	for (int i = 0; i < ROUNDS; i++) {
		struct row r = { .local = i % 2 };
		struct msg again;

		bytes[0] = '<';
		bytes[1] = (char)('1' + i % 9);
		bytes[2] = '>';
		in = make_text(&x, bytes + 3, LONGEST * 2 - 3);
		in = slice_of(bytes, in.n + 3);
		msg_parse(in, &hints, &cache, &r.m);
		line = render(*state, FORMAT_RFC5424, &r);
		line.n--;
		msg_parse(line, &hints, &cache, &again);
		assert_true(again.valid);
		assert_int_equal(again.pri, r.m.pri);
		/* but for escapes of ours, which '#' and digits are now */
		if (memmem(line.p, line.n, "#", 1) == NULL)
			assert_true(again.clean);
		free_line(line);
	}
}

/* That a message is clean or plain saves time, and nothing else. */
static void
what_is_known_of_a_message_changes_no_line(void **state)
{
	static const char *const in[] = {
		"<13>Oct 11 22:14:15 web01 app[12]: text",
		"<13>Oct 11 22:14:15 web01 app: a \"text\"\t#12\\",
		"<13>Oct 11 22:14:15 web01 app: caf\xc3\xa9",
		"<13>Oct 11 22:14:15 web01 app: \xef\xbb\xbf#012 \n\xff",
		"<13>Oct 11 22:14:15 web01 app: ",
		"<13>Oct 11 22:14:15 10.0.0.1 an app: text",
		"<13>1 2003-10-11T22:14:15Z h a p m - a text that is whole",
		"<13>1 2003-10-11T22:14:15Z h a p m [x",
		"text",
	};
	struct msg_hints hints = { .self = SLICE_LIT("self") };
	struct msg_cache cache = { .known = false };
	size_t plain = 0;

	for (size_t i = 0; i < COUNT(in); i++) {
		struct row r = { .distrust = i % 2 };

		msg_parse(slice_str(in[i]), &hints, &cache, &r.m);
		msg_parse(slice_str(in[i]), &hints, &cache, &r.m);
		plain += r.m.plain;
		for (int f = FORMAT_RFC5424; f <= FORMAT_BSD; f++) {
			struct row unknown = r;
			struct slice a, b;

			unknown.m.clean = unknown.m.plain = false;
			a = render(*state, (enum format)f, &r);
			b = render(*state, (enum format)f, &unknown);
			assert_true(slice_eq(a, b));
			free_line(a);
			free_line(b);
		}
	}
	assert_int_equal(plain, 5);
}

static void
a_line_is_the_bytes_of_a_message_that_is_valid_and_believed(void **state)
{
	static const struct {
		enum format format;
		bool valid, clean, distrust, want;
	} rows[] = {
		{ FORMAT_RFC5424, true, true, false, true },
		{ FORMAT_RFC5424, true, false, false, false },
		{ FORMAT_RFC5424, false, true, false, false },
		{ FORMAT_RFC5424, true, true, true, false },
		{ FORMAT_RAW, false, true, true, true },
		{ FORMAT_RAW, true, false, false, false },
		{ FORMAT_JSON, true, true, false, false },
		{ FORMAT_ISO, true, true, false, false },
		{ FORMAT_BSD, true, true, false, false },
		{ FORMAT_TEMPLATE, true, true, false, false },
	};

	(void)state;
	for (size_t i = 0; i < COUNT(rows); i++) {
		struct msg m = { .valid = rows[i].valid,
			.clean = rows[i].clean };
		struct origin o = { .distrust = rows[i].distrust };
		struct record r = { .msg = &m, .origin = &o };
		struct output_conf conf = { .format = rows[i].format };

		assert_int_equal(format_is_raw(&conf, &r), rows[i].want);
	}
}

static int
set_up(void **state)
{
	*state = formatter_new(MAX_MESSAGE);
	return *state != NULL ? 0 : -1;
}

static int
tear_down(void **state)
{
	formatter_free(*state);
	formatter_free(NULL);
	return 0;
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_message_becomes_a_line_of_rfc_5424),
		cmocka_unit_test(a_host_that_is_not_believed_is_replaced),
		cmocka_unit_test(a_message_stays_as_it_came),
		cmocka_unit_test(a_message_becomes_an_object),
		cmocka_unit_test(a_field_that_is_too_long_is_cut),
		cmocka_unit_test(any_bytes_become_one_safe_line),
		cmocka_unit_test(a_canonical_line_is_valid_and_clean),
		cmocka_unit_test(what_is_known_of_a_message_changes_no_line),
		cmocka_unit_test(
		    a_line_is_the_bytes_of_a_message_that_is_valid_and_believed),
	};

	return cmocka_run_group_tests(tests, set_up, tear_down);
}
