/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * test_compose.c - what is composed is what the parsers of the house read
 */
#include "wire/compose_quick.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>

#include <cmocka.h>

#include "wire/crc.h"
#include "wire/msg.h"
#include "wire/sdata.h"
#include "wire/sdput.h"

#define COUNT(a) (sizeof(a) / sizeof((a)[0]))

static struct compose
identity(enum compose_form form)
{
	return (struct compose){ .form = form,
		.host = "web.example.net",
		.app = "app",
		.procid = "77",
		.synced = -1 };
}

static void
assert_composed(
    const struct compose *c, const struct compose_msg *m, const char *want)
{
	char out[1024];
	size_t n = compose(c, m, out);

	out[n] = '\0';
	assert_string_equal(out, want);
	assert_true(n <= compose_room(c, m));
}

/* 2003-10-11T22:14:15.003000Z */
static const struct compose_msg plain = {
	.pri = 165, .sec = 1065910455, .usec = 3000, .text = { "text", 4 }
};

static void
a_message_of_rfc5424(void **state)
{
	struct compose c = identity(COMPOSE_5424);
	struct compose_msg m = plain;

	(void)state;
	assert_composed(&c, &m,
	    "<165>1 2003-10-11T22:14:15.003000Z web.example.net app 77 - - "
	    "text");
	m.text.n = 0; /* RFC-5: it may end behind STRUCTURED-DATA */
	assert_composed(&c, &m,
	    "<165>1 2003-10-11T22:14:15.003000Z web.example.net app 77 - -");
	m = plain;
	m.pri = 0; /* RFC-13 */
	m.app = SLICE_LIT("other");
	m.msgid = SLICE_LIT("ID47");
	m.sequence = 2147483647;
	m.sd = SLICE_LIT("[x@1 a=\"b\"]");
	c.synced = 0;
	(void)strcpy(c.origin, "[origin software=\"s\"]");
	assert_composed(&c, &m,
	    "<0>1 2003-10-11T22:14:15.003000Z web.example.net other 77 ID47 "
	    "[timeQuality tzKnown=\"1\" isSynced=\"0\"][origin software=\"s\"]"
	    "[meta sequenceId=\"2147483647\"][x@1 a=\"b\"] text");
	m.own = COMPOSE_META | COMPOSE_TIME_QUALITY | COMPOSE_ORIGIN;
	assert_composed(&c, &m,
	    "<0>1 2003-10-11T22:14:15.003000Z web.example.net other 77 ID47 "
	    "[x@1 a=\"b\"] text");
}

static void
times(void **state)
{
	static const struct {
		int64_t sec;
		int16_t offset;
		const char *want;
	} rows[] = {
		{ 0, 0, "1970-01-01T00:00:00.000001Z" },
		{ -1, 0, "1969-12-31T23:59:59.000001Z" },
		{ 951782400, 0, "2000-02-29T00:00:00.000001Z" },
		{ 4107542400, 0, "2100-03-01T00:00:00.000001Z" },
		{ 0, 60, "1970-01-01T01:00:00.000001+01:00" },
		{ 0, -210, "1969-12-31T20:30:00.000001-03:30" },
		{ 253402300799, 0, "9999-12-31T23:59:59.000001Z" },
		{ 253402300800, 0, "-" }, /* RFC-15: four digits */
		{ INT64_MAX / 2, 0, "-" },
		{ INT64_MIN / 2, 0, "-" },
	};
	struct compose c = identity(COMPOSE_5424);
	char out[256], want[256];

	(void)state;
	for (size_t i = 0; i < COUNT(rows); i++) {
		struct compose_msg m = {
			.sec = rows[i].sec, .usec = 1, .offset = rows[i].offset
		};

		out[compose(&c, &m, out)] = '\0';
		(void)snprintf(want, sizeof(want),
		    "<0>1 %s web.example.net app 77 - -", rows[i].want);
		assert_string_equal(out, want);
	}
}

static void
a_message_of_rfc3164(void **state)
{
	struct compose c = identity(COMPOSE_3164);
	struct compose_msg m = plain;

	(void)state;
	assert_composed(&c, &m, "<165>Oct 11 22:14:15 web app: text");
	m.sec = 1064999655; /* RFC-112: 1 October */
	m.offset = 120;
	c.pid = true;
	m.sd = SLICE_LIT("[a@1]");
	assert_composed(&c, &m, "<165>Oct  1 11:14:15 web app[77]: [a@1] text");
	(void)strcpy(c.host, "192.0.2.1");
	m.sd.n = 0;
	assert_composed(&c, &m, "<165>Oct  1 11:14:15 192.0.2.1 app[77]: text");
	c.form = COMPOSE_3164_LOCAL;
	assert_composed(&c, &m, "<165>Oct  1 11:14:15 app[77]: text");
}

static void
words_are_fit_for_a_header(void **state)
{
	char word[9];

	(void)state;
	compose_word(SLICE_LIT("a b\nc\x7f\xc3"), word, 8);
	assert_string_equal(word, "a_b_c__");
	compose_word(SLICE_LIT("123456789"), word, 8);
	assert_string_equal(word, "12345678");
	compose_word(slice_of(NULL, 0), word, 8);
	assert_string_equal(word, "-");
}

/* Escaped, parsed and unescaped it is what it was, but for bytes that are no
 * UTF-8 (RFC-32, RFC-35). */
static void
values_come_back(void **state)
{
	static const struct {
		struct slice value, want;
	} rows[] = {
		{ { "", 0 }, { "", 0 } },
		{ { "plain", 5 }, { "plain", 5 } },
		{ { "\"\\]", 3 }, { "\"\\]", 3 } },
		{ { "\\\\\\", 3 }, { "\\\\\\", 3 } },
		{ { "a\0b\n", 4 }, { "a\0b\n", 4 } },
		{ { "\xc3\xa4", 2 }, { "\xc3\xa4", 2 } },
		{ { "0123456789abcdef0123]", 21 },
		    { "0123456789abcdef0123]", 21 } },
		{ { "\xff\xc3", 2 }, { "\xef\xbf\xbd\xef\xbf\xbd", 6 } },
		{ { "\xc0\x80", 2 }, { "\xef\xbf\xbd\xef\xbf\xbd", 6 } },
	};
	char sd[256], back[256];

	(void)state;
	for (size_t i = 0; i < COUNT(rows); i++) {
		struct slice all, id, params;
		struct sdata_param param;
		size_t n = sdput_open(SLICE_LIT("x@1"), sd), m;

		m = sdput_param(SLICE_LIT("n"), rows[i].value, NULL);
		assert_int_equal(
		    sdput_param(SLICE_LIT("n"), rows[i].value, sd + n), m);
		n += m;
		n += sdput_close(sd + n);
		all = slice_of(sd, n);
		assert_int_equal(sdata_span(all), n);
		assert_true(sdata_next(&all, &id, &params));
		assert_true(slice_eq(id, SLICE_LIT("x@1")));
		assert_true(sdata_next_param(&params, &param));
		n = sdata_unescape(param.value, back);
		assert_true(slice_eq(slice_of(back, n), rows[i].want));
	}
}

static void
names_are_cut_and_cleaned(void **state)
{
	char sd[64];
	size_t n;

	(void)state;
	n = sdput_open(SLICE_LIT("a b]c=d\"e"), sd);
	assert_true(slice_eq(slice_of(sd, n), SLICE_LIT("[a_b_c_d_e")));
	n = sdput_open(SLICE_LIT("0123456789012345678901234567890123456"), sd);
	assert_int_equal(n, 33);
	assert_true(sdput_same(SLICE_LIT("a b"), SLICE_LIT("a_b")));
	assert_false(sdput_same(SLICE_LIT("a"), SLICE_LIT("A"))); /* RFC-30 */
}

static void
what_is_composed_is_valid(void **state)
{
	struct compose c = identity(COMPOSE_5424);
	struct msg_hints hints = { 0 };
	struct msg_cache cache = { 0 };
	struct compose_msg m = plain;
	struct msg got;
	char out[512];

	(void)state;
	m.offset = -90;
	m.sequence = 1;
	m.text = SLICE_LIT("with \n and \"]\\");
	msg_parse(slice_of(out, compose(&c, &m, out)), &hints, &cache, &got);
	assert_true(got.valid);
	assert_int_equal(got.pri, 165);
	assert_true(slice_eq(got.sd, SLICE_LIT("[meta sequenceId=\"1\"]")));
	assert_true(slice_eq(got.text, m.text));
	c.form = COMPOSE_3164;
	msg_parse(slice_of(out, compose(&c, &m, out)), &hints, &cache, &got);
	assert_int_equal(got.form, MSG_RFC3164);
	assert_true(slice_eq(got.app, SLICE_LIT("app")));
}

/* Whatever came before, the quick way writes what the patient one does. */
static void
assert_quick(
    struct compose_quick *q, const struct compose *c, struct compose_msg m)
{
	char want[1024], got[1024];
	size_t n = compose(c, &m, want);

	want[n] = '\0';
	n = compose_quick(q, c, &m, got);
	assert_true(n <= compose_room(c, &m));
	got[n] = '\0';
	assert_string_equal(got, want);
}

static void
many(struct compose_quick *q, struct compose *c)
{
	static const int64_t seconds[] = { 1065910455, 1065910455, 1065910456,
		253402300800, 1065910455, -1 };
	static const uint32_t sequences[] = { 1, 2, 9, 10, 11, 99, 100, 0, 5,
		2147483639, 2147483640, 2147483647, 1 };
	struct compose_msg m = { .text = { "text", 4 } };

	for (size_t i = 0; i < COUNT(seconds) * COUNT(sequences) * 16; i++) {
		m.sec = seconds[i / COUNT(sequences) % COUNT(seconds)];
		m.sequence = sequences[i % COUNT(sequences)];
		m.usec = (uint32_t)(i * 104729 % 1000000);
		m.pri = (uint8_t)(i % 192);
		m.offset = (int16_t)(i % 5 == 4 ? -90 : 0);
		m.text.n = i % 5;
		m.app = slice_of("other", i % 11 == 5 ? 5 : 0);
		m.msgid = slice_of("ID", i % 17 == 7 ? 2 : 0);
		m.sd = slice_of("[a@1]", i % 3 == 1 ? 5 : 0);
		m.own = i % 7 == 3 ? COMPOSE_META : 0;
		c->synced = (int8_t)(i / 4 % 3) - 1;
		assert_quick(q, c, m);
	}
}

static void
the_quick_way_is_the_patient_one(void **state)
{
	static const enum compose_form forms[] = { COMPOSE_5424, COMPOSE_3164,
		COMPOSE_3164_LOCAL };

	(void)state;
	for (size_t i = 0; i < COUNT(forms); i++) {
		struct compose c = identity(forms[i]);
		struct compose_quick q = { 0 };

		many(&q, &c);
		(void)strcpy(c.procid, "another");
		(void)strcpy(c.origin, "[origin software=\"s\"]");
		q.n = 0;
		many(&q, &c);
	}
}

/* RFC 3720 appendix B.4 */
static void
the_crc_is_that_of_the_standard(void **state)
{
	char zeroes[32] = { 0 };

	(void)state;
	assert_int_equal(
	    crc_add(0, slice_of(zeroes, sizeof(zeroes))), 0x8a9136aa);
	assert_int_equal(crc_add(0, SLICE_LIT("123456789")), 0xe3069283);
	assert_int_equal(
	    crc_add(crc_add(0, SLICE_LIT("1234")), SLICE_LIT("56789")),
	    0xe3069283);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_message_of_rfc5424),
		cmocka_unit_test(times),
		cmocka_unit_test(a_message_of_rfc3164),
		cmocka_unit_test(words_are_fit_for_a_header),
		cmocka_unit_test(values_come_back),
		cmocka_unit_test(names_are_cut_and_cleaned),
		cmocka_unit_test(what_is_composed_is_valid),
		cmocka_unit_test(the_quick_way_is_the_patient_one),
		cmocka_unit_test(the_crc_is_that_of_the_standard),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
