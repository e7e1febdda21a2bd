/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * test_render.c - lines for eyes and older programs (F8, F9, F10)
 */
#include "route/render.h"

#include <arpa/inet.h>
#include <netinet/in.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>

#include <cmocka.h>

#include "wire/scan.h"

#include "base/zone.h"
#include "route/format.h"

#define COUNT(a) (sizeof(a) / sizeof((a)[0]))
/* a slice in a table, where a compound literal is no constant */
#define L(s)                       \
	{                          \
		(s), sizeof(s) - 1 \
	}

enum { MAX_MESSAGE = 65536, ROUNDS = 5000, LONGEST = 60 };

/* 10:15 UTC, 11:15 in Berlin */
#define RECEIVED "2026-11-22T10:15:00.123456"

/* Oct 11 22:14:15, no year, no zone */
#define SENT                                                       \
	{                                                          \
		.known = true, .month = 10, .day = 11, .hour = 22, \
		.minute = 14, .second = 15                         \
	}

struct tools {
	struct formatter *formatter;
	struct zone *berlin; /* of this machine */
	struct zone *york;   /* of the sender */
};

struct row {
	const char *why;
	const char *template; /* NULL: iso, then bsd */
	struct msg m;
	bool local, truncated, credentials, distrust;
	struct slice want, bsd;
};

static const struct row line_rows[] = {
	{ .why = "RFC 3164: the sender's zone, and the local one",
	    .m = { .form = MSG_RFC3164,
		.sent = SENT,
		.host = L("mymachine"),
		.app = L("su"),
		.procid = L("230"),
		.text = L("'su root' failed") },
	    .want = L("2026-10-11T22:14:15-04:00 mymachine su[230]: 'su root' "
		      "failed\n"),
	    .bsd = L("Oct 12 04:14:15 mymachine su[230]: 'su root' failed\n") },
	{ .why = "RFC 5424: its own offset and digits",
	    .m = { .form = MSG_RFC5424,
		.valid = true,
		.clean = true,
		.time = L("2003-10-09T22:14:15.003-07:00"),
		.host = L("h"),
		.app = L("a"),
		.procid = L("x-1"),
		.sd = L("[b c=\"d\"]"),
		.text = L("e  f ") },
	    .want = L("2003-10-09T22:14:15.003-07:00 h a[x-1]: e  f \n"),
	    .bsd = L("Oct 10 07:14:15 h a[x-1]: e  f \n") },
	{ .why = "UTC is +00:00; one digit of a day has a blank before it",
	    .m = { .form = MSG_RFC5424,
		.valid = true,
		.time = L("2003-10-09T02:14:15Z"),
		.host = L("h"),
		.app = L("a") },
	    .want = L("2003-10-09T02:14:15+00:00 h a: \n"),
	    .bsd = L("Oct  9 04:14:15 h a: \n") },
	{ .why = "nothing known: reception, the peer",
	    .m = { .form = MSG_RAW, .text = L("a") },
	    .want = L(RECEIVED "+00:00 192.0.2.7 -: a\n"),
	    .bsd = L("Nov 22 11:15:00 192.0.2.7 -: a\n") },
	{ .why = "valid, and nothing known",
	    .m = { .form = MSG_RFC5424, .valid = true, .text = L("a") },
	    .want = L(RECEIVED "+00:00 192.0.2.7 -: a\n"),
	    .bsd = L("Nov 22 11:15:00 192.0.2.7 -: a\n") },
	{ .why = "on a unix socket: our name; a process without a name",
	    .m = { .form = MSG_RFC3164, .procid = L("1"), .text = L("a") },
	    .local = true,
	    .want = L(RECEIVED "+00:00 self -[1]: a\n"),
	    .bsd = L("Nov 22 11:15:00 self -[1]: a\n") },
	{ .why = "a host that is not believed",
	    .m = { .form = MSG_RFC5424,
		.valid = true,
		.clean = true,
		.host = L("web01"),
		.app = L("a"),
		.text = L("b") },
	    .distrust = true,
	    .want = L(RECEIVED "+00:00 192.0.2.7 a: b\n"),
	    .bsd = L("Nov 22 11:15:00 192.0.2.7 a: b\n") },
	{ .why = "F9: columns stay columns, lines lines",
	    .m = { .form = MSG_RFC3164,
		.host = L("h x"),
		.app = L("a\n<0>1 b: "),
		.procid = L("1] c"),
		.text = L("d\r\n#012\0") },
	    .want = L(RECEIVED "+00:00 h_x a_<0>1_b:_[1]_c]: "
			       "d#015#012#043012#000\n"),
	    .bsd = L("Nov 22 11:15:00 h_x a_<0>1_b:_[1]_c]: "
		     "d#015#012#043012#000\n") },
	{ .why = "a valid field is not cut by its escapes",
	    .m = { .form = MSG_RFC5424,
		.valid = true,
		.host = L("#012"),
		.app = L("#012#012#012#012#012#012#012#012#012#012#012#012"),
		.procid = L("#777") },
	    .want = L(RECEIVED "+00:00 #043012 "
			       "#043012#043012#043012#043012#043012#043012"
			       "#043012#043012#043012#043012#043012#043012"
			       "[#043777]: \n"),
	    .bsd = L("Nov 22 11:15:00 #043012 "
		     "#043012#043012#043012#043012#043012#043012"
		     "#043012#043012#043012#043012#043012#043012"
		     "[#043777]: \n") },
	{ .why = "a byte order mark is no text",
	    .m = { .form = MSG_RFC3164, .bom = true, .text = L("a") },
	    .want = L(RECEIVED "+00:00 192.0.2.7 -: a\n"),
	    .bsd = L("Nov 22 11:15:00 192.0.2.7 -: a\n") },
};

#define FULL                                                                   \
	{                                                                      \
		.form = MSG_RFC5424, .pri = 165, .valid = true,                \
		.raw = L("<165>1 ..."), .time = L("2003-10-11T22:14:15.003Z"), \
		.host = L("web01"), .app = L("app"), .procid = L("8710"),      \
		.msgid = L("ID47"),                                            \
		.sd = L("[a@1 x=\"1\" y=\"q\\\"\\\\\\]\\z\" x=\"2\"]"          \
			"[b x=\"\"]"),                                         \
		.text = L("text")                                              \
	}

static const struct row template_rows[] = {
	{ .why = "what the message says",
	    .template = "%{pri} %{facility} %{severity} %{version} "
			"%{timestamp} %{hostname} %{app_name} %{procid} "
			"%{msgid} %{msg} %{raw}",
	    .m = FULL,
	    .want = L("165 local4 notice 1 2003-10-11T22:14:15.003Z web01 app "
		      "8710 ID47 text <165>1 ...\n") },
	{ .why = "STRUCTURED-DATA",
	    .template = "%{sd}",
	    .m = FULL,
	    .want = L("[a@1 x=\"1\" y=\"q\\\"\\\\\\]\\z\" x=\"2\"]"
		      "[b x=\"\"]\n") },
	{ .why = "an SD-PARAM: the first of its name, without its escapes",
	    .template = "%{sd:a@1:x}|%{sd:a@1:y}|%{sd:b:x}|%{sd:b:y}|"
			"%{sd:a:x}",
	    .m = FULL,
	    .want = L("1|q\"\\]\\z|-|-|-\n") },
	{ .why = "what the collector knows",
	    .template = "%{received} %{from} %{from_port} %{listener} "
			"%{truncated} %{pid} %{uid} %{gid} %{tls_peer}",
	    .m = FULL,
	    .truncated = true,
	    .want = L(RECEIVED "Z 192.0.2.7 40123 udp://*:514 true - - - "
			       "-\n") },
	{ .why = "on a unix socket",
	    .template = "%{from} %{from_port} %{truncated} %{pid} %{uid} "
			"%{gid} %{hostname}",
	    .m = { .form = MSG_RAW },
	    .local = true,
	    .credentials = true,
	    .want = L("- - - 4711 0 4294967294 self\n") },
	{ .why = "the hour of reception here",
	    .template = "%{year}-%{month}-%{day}T%{hour}",
	    .m = FULL,
	    .want = L("2026-11-22T11\n") },
	{ .why = "a message without anything, of RFC 3164",
	    .template = "%{version} %{timestamp} %{hostname} %{app_name} "
			"%{procid} %{msgid} %{sd} %{msg} %{raw}",
	    .m = { .form = MSG_RFC3164, .sent = SENT },
	    .want = L("- 2026-10-11T22:14:15-04:00 192.0.2.7 - - - - - -\n") },
	{ .why = "a valid one says nothing where it says nothing",
	    .template = "%{version} %{timestamp} %{hostname} %{app_name} "
			"%{procid} %{msgid} %{sd} %{msg}",
	    .m = { .form = MSG_RFC5424, .valid = true },
	    .want = L("1 - - - - - - -\n") },
	{ .why = "a host that is not believed",
	    .template = "%{hostname}",
	    .m = FULL,
	    .distrust = true,
	    .want = L("192.0.2.7\n") },
	{ .why = "text of the template",
	    .template = "100%% \xc3\xa4\t{%{pri}}#012",
	    .m = FULL,
	    .want = L("100% \xc3\xa4\t{165}#043012\n") },
	{ .why = "F9: one line, whatever is in it",
	    .template = "%{hostname}|%{app_name}|%{msg}",
	    .m = { .form = MSG_RFC3164,
		.host = L("a\nb"),
		.app = L("\xe2\x80\xa8"),
		.text = L("\r\n\v\f\0\xc2\x85\xff\x7f\033") },
	    .want = L("a#012b|#342#200#250|#015#012#013#014#000#302#205#377"
		      "#177#033\n") },
	{ .why = "a byte order mark is no text",
	    .template = "%{msg}",
	    .m = { .form = MSG_RFC3164, .bom = true, .text = L("a") },
	    .want = L("a\n") },
	{ .why = "an escape over a border: 1 and 2",
	    .template = "%{app_name}%{msg}",
	    .m = { .form = MSG_RFC3164, .app = L("#0"), .text = L("12") },
	    .want = L("#043012\n") },
	{ .why = "an escape over a border: 0 and 3",
	    .template = "%{app_name}012",
	    .m = { .form = MSG_RFC3164, .app = L("##") },
	    .want = L("##043012\n") },
	{ .why = "an escape over two borders",
	    .template = "#%{app_name}%{procid}%{msgid}x",
	    .m = { .form = MSG_RFC3164,
		.app = L("0"),
		.procid = L("1"),
		.msgid = L("2") },
	    .want = L("#043012x\n") },
	{ .why = "an escape over two borders, and another one",
	    .template = "%{app_name}%{procid}%{msgid}",
	    .m = { .form = MSG_RFC3164,
		.app = L("#7"),
		.procid = L("7"),
		.msgid = L("7#777") },
	    .want = L("#043777#043777\n") },
	{ .why = "no escape over a border",
	    .template = "%{app_name}%{msg}",
	    .m = { .form = MSG_RFC3164, .app = L("#01"), .text = L("8") },
	    .want = L("#018\n") },
	{ .why = "an escape of ours before a border",
	    .template = "%{app_name}%{msg}",
	    .m = { .form = MSG_RFC3164, .app = L("\n"), .text = L("012") },
	    .want = L("#012012\n") },
	{ .why = "half an escape behind one of ours",
	    .template = "%{app_name}%{msg}",
	    .m = { .form = MSG_RFC3164, .app = L("#0120#0"), .text = L("12") },
	    .want = L("#0430120#043012\n") },
	{ .why = "a clean message next to text",
	    .template = "%{app_name}12",
	    .m = { .form = MSG_RFC5424,
		.valid = true,
		.clean = true,
		.app = L("#0") },
	    .want = L("#043012\n") },
};

static struct origin
make_origin(const struct tools *t, const struct row *row)
{
	struct sockaddr_in peer = { .sin_family = AF_INET,
		.sin_port = htons(40123) };
	struct origin o = { .listener = SLICE_LIT("udp://*:514"),
		.zone = t->york,
		.local = row->local,
		.distrust = row->distrust,
		.credentials = row->credentials,
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
render(const struct tools *t, const struct output_conf *conf,
    const struct row *row)
{
	struct origin o = make_origin(t, row);
	struct record r = { .msg = &row->m,
		.origin = &o,
		.received = { .tv_sec = 1795342500, .tv_nsec = 123456789 },
		.self = SLICE_LIT("self"),
		.zone = t->berlin,
		.truncated = row->truncated };
	size_t bound = format_bound(conf, &r), n;
	char *out = malloc(bound);

	assert_non_null(out);
	n = format_line(t->formatter, conf, &r, out);
	assert_true(n <= bound);
	return slice_of(out, n);
}

static void
free_line(struct slice s)
{
	free((char *)(uintptr_t)s.p);
}

static void
assert_line(const struct tools *t, const struct output_conf *conf,
    const struct row *row, struct slice want)
{
	struct slice got = render(t, conf, row);

	if (!slice_eq(got, want))
		print_message("  got %.*s", (int)got.n, got.p);
	assert_int_equal(got.n, want.n);
	assert_memory_equal(got.p, want.p, got.n);
	free_line(got);
}

static void
a_message_becomes_a_line_for_eyes(void **state)
{
	struct output_conf iso = { .format = FORMAT_ISO };
	struct output_conf bsd = { .format = FORMAT_BSD };

	for (size_t i = 0; i < COUNT(line_rows); i++) {
		print_message("  %s\n", line_rows[i].why);
		assert_line(*state, &iso, &line_rows[i], line_rows[i].want);
		assert_line(*state, &bsd, &line_rows[i], line_rows[i].bsd);
	}
}

static struct output_conf
make_conf(const char *text)
{
	struct output_conf conf = { .format = FORMAT_TEMPLATE };
	struct err err;

	conf.line = template_new(text, &err);
	if (conf.line == NULL)
		fail_msg("%s", err.text);
	return conf;
}

static void
a_message_becomes_what_a_template_says(void **state)
{
	struct output_conf conf;

	for (size_t i = 0; i < COUNT(template_rows); i++) {
		print_message("  %s\n", template_rows[i].why);
		conf = make_conf(template_rows[i].template);
		assert_line(
		    *state, &conf, &template_rows[i], template_rows[i].want);
		template_free(conf.line);
	}
}

/* F8: the longest message as often as a template can have it. */
static void
nothing_is_cut_however_often_it_stands_there(void **state)
{
	char *text = calloc(TEMPLATE_PIECES + 1, 6), *long_text;
	struct row row = { .m = { .form = MSG_RAW } };
	struct output_conf conf;
	struct slice got;

	assert_non_null(text);
	for (size_t i = 0; i < TEMPLATE_PIECES; i++)
		memcpy(text + i * 6, "%{msg}", 6);
	long_text = malloc(MAX_MESSAGE);
	assert_non_null(long_text);
	memset(long_text, '\n', MAX_MESSAGE);
	row.m.text = slice_of(long_text, MAX_MESSAGE);
	conf = make_conf(text);
	got = render(*state, &conf, &row);
	assert_int_equal(got.n, (size_t)TEMPLATE_PIECES * MAX_MESSAGE * 4 + 1);
	free_line(got);

	/* but a short one needs little room */
	row.m.text.n = 10;
	got = render(*state, &conf, &row);
	assert_int_equal(got.n, (size_t)TEMPLATE_PIECES * 10 * 4 + 1);
	free_line(got);
	template_free(conf.line);
	free(long_text);
	free(text);
}

static uint32_t
next_random(uint32_t *x)
{
	*x ^= *x << 13;
	*x ^= *x >> 17;
	*x ^= *x << 5;
	return *x;
}

static struct slice
make_text(uint32_t *x, char *out, size_t longest)
{
	static const char some[] = "##0123#\n\xc3\xa4\xe2\x80\xae\x85 ";
	size_t n = next_random(x) % longest;

	for (size_t i = 0; i < n; i++)
		out[i] = some[next_random(x) % (sizeof(some) - 1)];
	return slice_of(out, n);
}

/* What '#' and three digits stand for; in place. */
static struct slice
unescape(struct slice line, char *out)
{
	size_t n = 0;

	for (; line.n > 0; slice_skip(&line, 1)) {
		out[n] = line.p[0];
		if (scan_is_octal(line)) {
			out[n] = (char)((line.p[1] - '0') << 6 |
			    (line.p[2] - '0') << 3 | (line.p[3] - '0'));
			slice_skip(&line, 3);
		}
		n++;
	}
	return slice_of(out, n);
}

/* F10: what the template makes of the values can be recovered, whatever
 * they are and however they meet. */
static void
every_line_can_be_undone(void **state)
{
	char bytes[4][LONGEST], want[5 * LONGEST], back[5 * LONGEST * 4];
	struct output_conf conf = make_conf(
	    "%{app_name}%{procid}0%{msgid}1#%{msg}2");
	uint32_t x = 2463534242, code;
	struct slice line, rest;
	size_t n, len;

	for (int i = 0; i < ROUNDS; i++) {
		struct row r = { .m = { .form = MSG_RFC3164 } };
		struct slice *v[] = { &r.m.app, &r.m.procid, &r.m.msgid,
			&r.m.text };
		const char *const behind[] = { "", "0", "1#", "2" };

		n = 0;
		for (size_t k = 0; k < COUNT(v); k++) {
			*v[k] = make_text(&x, bytes[k], i % 2 ? 4 : LONGEST);
			if (v[k]->n == 0)
				*v[k] = SLICE_LIT("#");
			memcpy(want + n, v[k]->p, v[k]->n);
			n += v[k]->n;
			memcpy(want + n, behind[k], strlen(behind[k]));
			n += strlen(behind[k]);
		}
		line = render(*state, &conf, &r);
		assert_int_equal(line.p[line.n - 1], '\n');
		for (rest = slice_of(line.p, line.n - 1); rest.n > 0;
		     slice_skip(&rest, len)) {
			len = scan_char(rest, &code);
			assert_int_not_equal(len, 0);
			assert_false(scan_is_unsafe(code));
		}
		rest = unescape(slice_of(line.p, line.n - 1), back);
		assert_int_equal(rest.n, n);
		assert_memory_equal(rest.p, want, n);
		free_line(line);
	}
	template_free(conf.line);
}

static int
set_up(void **state)
{
	static struct tools t;
	struct err err;

	t.formatter = formatter_new(MAX_MESSAGE);
	t.berlin = zone_load("CET-1CEST,M3.5.0,M10.5.0/3", &err);
	t.york = zone_load("EST5EDT,M3.2.0,M11.1.0", &err);
	*state = &t;
	return t.formatter != NULL && t.berlin != NULL && t.york != NULL ? 0
									 : -1;
}

static int
tear_down(void **state)
{
	struct tools *t = *state;

	formatter_free(t->formatter);
	zone_free(t->berlin);
	zone_free(t->york);
	return 0;
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_message_becomes_a_line_for_eyes),
		cmocka_unit_test(a_message_becomes_what_a_template_says),
		cmocka_unit_test(nothing_is_cut_however_often_it_stands_there),
		cmocka_unit_test(every_line_can_be_undone),
	};

	return cmocka_run_group_tests(tests, set_up, tear_down);
}
