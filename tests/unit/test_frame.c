/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * test_frame.c - a stream becomes messages, however the network cuts it
 *
 * RFC-102 to RFC-104 (RFC 6587), RFC-80 (RFC 5425 section 4.3); what was seen
 * of real clients: both framings and all delimiters, on one connection.
 */
#include "wire/frame.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>

#include <cmocka.h>

#define COUNT(a) (sizeof(a) / sizeof((a)[0]))
/* a slice in a table, where a compound literal is no constant */
#define L(s)                       \
	{                          \
		(s), sizeof(s) - 1 \
	}

enum { MAX = 16, LOG = 4096 };

/* What came out: each message behind '=' or, when it was cut, '~', and ended
 * by '|'; '!' when the framer gave up. */
struct log {
	char text[LOG];
	size_t n;
};

static void
log_put(struct log *l, const void *p, size_t n)
{
	assert_true(l->n + n <= sizeof(l->text));
	memcpy(l->text + l->n, p, n);
	l->n += n;
}

static void
log_frame(struct log *l, enum frame_status st, struct slice msg)
{
	log_put(l, st == FRAME_OK ? "=" : "~", 1);
	if (msg.n > 0)
		log_put(l, msg.p, msg.n);
	log_put(l, "|", 1);
}

/* A connection: keeps the tail between two reads, in a buffer of the exact
 * size so that a sanitizer sees a read behind the end. */
struct stream {
	struct framer f;
	char *kept;
	size_t kept_n;
	bool bad;
	struct log log;
};

static void
stream_init(struct stream *s, size_t max, enum frame_mode mode)
{
	memset(s, 0, sizeof(*s));
	framer_init(&s->f, max, mode);
}

static void
stream_read(struct stream *s, struct slice chunk)
{
	size_t n = s->kept_n + chunk.n;
	char *all = malloc(n + 1);
	struct slice in = slice_of(all + 1, n), msg;
	enum frame_status st;

	assert_non_null(all);
	if (s->kept_n > 0)
		memcpy(all + 1, s->kept, s->kept_n);
	if (chunk.n > 0)
		memcpy(all + 1 + s->kept_n, chunk.p, chunk.n);
	while (!s->bad && (st = frame_next(&s->f, &in, &msg)) != FRAME_MORE) {
		s->bad = st == FRAME_BAD;
		if (s->bad)
			log_put(&s->log, "!", 1);
		else
			log_frame(&s->log, st, msg);
	}
	free(s->kept);
	s->kept_n = in.n;
	s->kept = malloc(in.n + 1);
	assert_non_null(s->kept);
	if (in.n > 0)
		memcpy(s->kept, in.p, in.n);
	free(all);
	assert_true(s->bad || s->kept_n < FRAME_ROOM(s->f.max));
}

static void
stream_end(struct stream *s)
{
	struct slice in = slice_of(s->kept, s->kept_n), msg;
	enum frame_status st;

	while (!s->bad && (st = frame_end(&s->f, &in, &msg)) != FRAME_MORE)
		log_frame(&s->log, st, msg);
	assert_true(s->bad || in.n == 0);
	free(s->kept);
	s->kept = NULL;
}

static void
assert_log(const struct log *l, struct slice want)
{
	if (l->n != want.n || memcmp(l->text, want.p, want.n) != 0)
		print_message("  got \"%.*s\"\n", (int)l->n, l->text);
	assert_int_equal(l->n, want.n);
	assert_memory_equal(l->text, want.p, want.n);
}

/* Reads the stream in three pieces that end at a and b. */
static void
assert_pieces(struct slice in, size_t max, enum frame_mode mode, size_t a,
    size_t b, struct slice want)
{
	struct stream s;

	stream_init(&s, max, mode);
	stream_read(&s, slice_of(in.p, a));
	stream_read(&s, slice_of(in.p + a, b - a));
	stream_read(&s, slice_of(in.p + b, in.n - b));
	stream_end(&s);
	assert_log(&s.log, want);
}

/* Whole, in two pieces cut anywhere, in three for short ones, byte by byte:
 * always the same. */
static void
assert_stream(
    struct slice in, size_t max, enum frame_mode mode, struct slice want)
{
	struct stream s;

	assert_pieces(in, max, mode, in.n, in.n, want);
	for (size_t a = 0; a < in.n; a++) {
		assert_pieces(in, max, mode, a, in.n, want);
		for (size_t b = a; in.n <= 60 && b < in.n; b++)
			assert_pieces(in, max, mode, a, b, want);
	}
	stream_init(&s, max, mode);
	for (size_t i = 0; i < in.n; i++)
		stream_read(&s, slice_of(in.p + i, 1));
	stream_end(&s);
	assert_log(&s.log, want);
}

struct row {
	const char *why;
	enum frame_mode mode;
	struct slice in, want;
};

/* max is 16 bytes in every row */
static const struct row rows[] = {
	{ "nothing", FRAME_AUTO, L(""), L("") },
	{ "separators only", FRAME_AUTO, L("\n\r\n\0\n"), L("") },

	{ "RFC-102: counted", FRAME_AUTO, L("4 <1>a5 <2>bc"),
	    L("=<1>a|=<2>bc|") },
	{ "LF, NUL, LF in it", FRAME_AUTO, L("8 <1>a\n\0b\n4 <1>c"),
	    L("=<1>a\n\0b|=<1>c|") },
	{ "LF and CR LF inside the count", FRAME_AUTO,
	    L("5 <1>a\n6 <1>b\r\n7 <1>c\n\n\0"), L("=<1>a|=<1>b|=<1>c|") },
	{ "LF, CR LF, NUL behind the count", FRAME_AUTO,
	    L("4 <1>a\n4 <1>b\r\n4 <1>c\0\n\0004 <1>d"),
	    L("=<1>a|=<1>b|=<1>c|=<1>d|") },
	{ "count of max", FRAME_AUTO, L("16 <1>45678901234564 <2>b"),
	    L("=<1>4567890123456|=<2>b|") },
	{ "count of max + 1", FRAME_AUTO, L("17 <1>456789012345674 <2>b"),
	    L("~<1>4567890123456|=<2>b|") },
	{ "F2: count far over max, next is intact", FRAME_AUTO,
	    L("40 <1>456789012345678901234567890123456789x4 <2>b"),
	    L("~<1>4567890123456|=<2>b|") },
	{ "over max: not cut inside a character", FRAME_AUTO,
	    L("20 <1>45678901234\xc3\xa4xyzz4 <2>b"),
	    L("~<1>45678901234\xc3\xa4|=<2>b|") },
	{ "over max: a torn character is left out", FRAME_AUTO,
	    L("20 <1>456789012345\xc3\xa4zzz4 <2>b"),
	    L("~<1>456789012345|=<2>b|") },
	{ "over max: what is no UTF-8 stays", FRAME_AUTO,
	    L("20 <1>45678901234\xe4\xe4zzzz4 <2>b"),
	    L("~<1>45678901234\xe4|=<2>b|") },
	{ "over max: a first byte may be a torn character", FRAME_AUTO,
	    L("20 <1>45678901234\xa4\xe4zzzz4 <2>b"),
	    L("~<1>45678901234\xa4|=<2>b|") },
	{ "over max, ends in its rest", FRAME_AUTO, L("40 <1>456789012345678"),
	    L("~<1>4567890123456|") },
	{ "nine digits are a count", FRAME_AUTO,
	    L("999999999 <1>45678901234567890"), L("~<1>4567890123456|") },
	{ "F1: an unfinished counted frame is marked", FRAME_AUTO,
	    L("10 <1>abc\n"), L("~<1>abc|") },
	{ "F1: digits, then the end", FRAME_AUTO, L("12"), L("=12|") },
	{ "digits and a space, then the end", FRAME_AUTO, L("12 "),
	    L("=12 |") },
	{ "count and <, then the end", FRAME_AUTO, L("12 <"), L("~<|") },

	{ "F1: 0 is no count", FRAME_AUTO, L("0 <1>a\n"), L("=0 <1>a|") },
	{ "F1: 00", FRAME_AUTO, L("00 <1>a\n"), L("=00 <1>a|") },
	{ "F1: 007", FRAME_AUTO, L("007 <1>a\n"), L("=007 <1>a|") },
	{ "F1: 08", FRAME_AUTO, L("08 <1>a\n"), L("=08 <1>a|") },
	{ "F1: -1", FRAME_AUTO, L("-1 <1>a\n"), L("=-1 <1>a|") },
	{ "F1: +5", FRAME_AUTO, L("+5 <1>a\n"), L("=+5 <1>a|") },
	{ "F1: ten digits", FRAME_AUTO, L("1000000000 <1>a\n"),
	    L("=1000000000 <1>a|") },
	{ "F1: 2^32", FRAME_AUTO, L("4294967296 <1>a\n<2>b\n"),
	    L("=4294967296 <1>a|=<2>b|") },
	{ "F1: 2^64 - 1", FRAME_AUTO, L("18446744073709551615 <1>\n<2>b\n"),
	    L("~1844674407370955|=<2>b|") },
	{ "F1: space before", FRAME_AUTO, L(" 5 <1>a\n"), L("= 5 <1>a|") },
	{ "F1: TAB behind", FRAME_AUTO, L("5\t<1>a\n"), L("=5\t<1>a|") },
	{ "F1: count too small: the rest is text", FRAME_AUTO,
	    L("3 <1>a\n<2>b\n"), L("=<1>|=a|=<2>b|") },
	{ "F1: count too big: takes what comes", FRAME_AUTO,
	    L("6 <1>a\n<2>b\n"), L("=<1>a\n<|=2>b|") },
	{ "F4: two spaces", FRAME_AUTO, L("5  <1>a\n"), L("=5  <1>a|") },
	{ "F4: no progress was made on 1 <23>4", FRAME_AUTO,
	    L("1 <23>41 <23>4"), L("=<|=23>41 <23>4|") },
	{ "a number is not enough", FRAME_AUTO,
	    L("12 monkeys\n2024-02-05 x\n<1>a\n"),
	    L("=12 monkeys|=2024-02-05 x|=<1>a|") },

	{ "RFC-103: LF", FRAME_AUTO, L("<1>a\n<2>b\n"), L("=<1>a|=<2>b|") },
	{ "CR LF", FRAME_AUTO, L("<1>a\r\n<2>b\r\n"), L("=<1>a|=<2>b|") },
	{ "only the CR before the LF goes", FRAME_AUTO,
	    L("<1>a\r\r\n<2>b\rc\n"), L("=<1>a\r|=<2>b\rc|") },
	{ "blank lines", FRAME_AUTO, L("\n\n<1>a\n\r\n\n<2>b\n"),
	    L("=<1>a|=<2>b|") },
	{ "last line not ended", FRAME_AUTO, L("<1>a\n<2>b"),
	    L("=<1>a|=<2>b|") },
	{ "one line, the end decides for LF", FRAME_AUTO, L("<1>a\n"),
	    L("=<1>a|") },
	{ "one line, not ended", FRAME_AUTO, L("<1>a"), L("=<1>a|") },
	{ "NUL inside a line of an LF stream", FRAME_AUTO,
	    L("<1>a\n<2>b\0c\n<3>d\0\n"), L("=<1>a|=<2>b\0c|=<3>d|") },
	{ "RFC-104: counted and lines", FRAME_AUTO,
	    L("<1>a\n4 <2>b<3>c\n4 <4>d\n<5>e"),
	    L("=<1>a|=<2>b|=<3>c|=<4>d|=<5>e|") },

	{ "NUL", FRAME_AUTO, L("<1>a\0<2>b\0"), L("=<1>a|=<2>b|") },
	{ "NUL, LF inside", FRAME_AUTO, L("<1>a\nb\0<2>c\n\nd\0"),
	    L("=<1>a\nb|=<2>c\n\nd|") },
	{ "NUL, several LFs in the first", FRAME_AUTO,
	    L("<1>a\nb\nc\n d\0<2>e\n<f\0"), L("=<1>a\nb\nc\n d|=<2>e\n<f|") },
	{ "LF NUL", FRAME_AUTO, L("<1>a\n\0<2>b\nc\n\0"),
	    L("=<1>a|=<2>b\nc|") },
	{ "NUL, then counted", FRAME_AUTO, L("<1>a\0004 <2>b<3>c\0"),
	    L("=<1>a|=<2>b|=<3>c|") },
	{ "NUL, last not ended", FRAME_AUTO, L("<1>a\0<2>b\nc"),
	    L("=<1>a|=<2>b\nc|") },

	{ "LF and < decide for LF", FRAME_AUTO, L("<1>a\n<2>b\0c\n"),
	    L("=<1>a|=<2>b\0c|") },
	{ "LF and a count decide for LF", FRAME_AUTO, L("<1>a\n4 <2>b<3>\0\n"),
	    L("=<1>a|=<2>b|=<3>|") },
	{ "LF and digits decide nothing", FRAME_AUTO, L("<1>a\n42 b\0<2>c\0"),
	    L("=<1>a\n42 b|=<2>c|") },
	{ "LF and ten digits decide nothing", FRAME_AUTO,
	    L("<1>\n1234567890\0<2>\n\0"), L("=<1>\n1234567890|=<2>|") },
	{ "LF and CR decide for LF", FRAME_AUTO, L("<1>a\n\r\n<2>b\0c\n"),
	    L("=<1>a|=<2>b\0c|") },
	{ "LF and LF decide for LF", FRAME_AUTO, L("<1>a\n\n<2>b\0c\n"),
	    L("=<1>a|=<2>b\0c|") },
	{ "LF and text decide nothing, the next LF does", FRAME_AUTO,
	    L("<1>a\nb\n<2>c\0d\n"), L("=<1>a|=b|=<2>c\0d|") },
	{ "held, then the end: LF", FRAME_AUTO, L("<1>a\nb\nc"),
	    L("=<1>a|=b|=c|") },
	{ "held, the end inside a count", FRAME_AUTO, L("<1>a\n42"),
	    L("=<1>a|=42|") },
	{ "held for max bytes, then LF", FRAME_AUTO,
	    L("<1>a\nb\nc\nd\ne\nf\ng\nh\n\0"),
	    L("=<1>a|=b|=c|=d|=e|=f|=g|=h|") },
	{ "held for max bytes, NUL behind them", FRAME_AUTO,
	    L("<1>a\nb890123456\0<2>\n3\0"), L("=<1>a\nb890123456|=<2>\n3|") },
	{ "held for max bytes, LF NUL behind them", FRAME_AUTO,
	    L("<1>a\nb8901234567\n\0<2>\n3\0"),
	    L("=<1>a\nb8901234567|=<2>\n3|") },
	{ "separators in front decide nothing", FRAME_AUTO,
	    L("\0<1>a\n<2>b\0c\n"), L("=<1>a|=<2>b\0c|") },

	{ "F2: line of max - 1", FRAME_AUTO, L("<1>456789012345\n<2>b\n"),
	    L("=<1>456789012345|=<2>b|") },
	{ "F2: line of max", FRAME_AUTO, L("<1>4567890123456\n<2>b\n"),
	    L("=<1>4567890123456|=<2>b|") },
	{ "F2: line of max, CR LF", FRAME_AUTO, L("<1>4567890123456\r\n<2>b\n"),
	    L("=<1>4567890123456|=<2>b|") },
	{ "F2: line of max + 1", FRAME_AUTO, L("<1>45678901234567\n<2>b\n"),
	    L("~<1>4567890123456|=<2>b|") },
	{ "line of max, CR and more", FRAME_AUTO,
	    L("<1>4567890123456\rx\n<2>b\n"), L("~<1>4567890123456|=<2>b|") },
	{ "line of max, CR CR LF", FRAME_AUTO,
	    L("<1>4567890123456\r\r\n<2>b\n"), L("~<1>4567890123456|=<2>b|") },
	{ "line of max and CR, then the end", FRAME_AUTO,
	    L("<1>4567890123456\r"), L("~<1>4567890123456|") },
	{ "line far over max", FRAME_AUTO,
	    L("<1>4567890123456789012345678901234567890\n<2>b\n"),
	    L("~<1>4567890123456|=<2>b|") },
	{ "line over max, not the first", FRAME_AUTO,
	    L("<1>a\n<2>45678901234567\n<3>b\n"),
	    L("=<1>a|~<2>4567890123456|=<3>b|") },
	{ "over max, its rest looks like frames", FRAME_AUTO,
	    L("<1>a\n<2>45678901234564 <3>b<4>\n<5>c\n"),
	    L("=<1>a|~<2>4567890123456|=<5>c|") },
	{ "over max, text behind its LF is a message", FRAME_AUTO,
	    L("<1>45678901234567\nb\n<2>c\n"),
	    L("~<1>4567890123456|=b|=<2>c|") },
	{ "over max, then the end", FRAME_AUTO, L("<1>45678901234567"),
	    L("~<1>4567890123456|") },
	{ "over max and LF, then the end", FRAME_AUTO, L("<1>45678901234567\n"),
	    L("~<1>4567890123456|") },
	{ "F2: NUL, max", FRAME_AUTO, L("<1>4567890123456\0<2>b\nc\0"),
	    L("=<1>4567890123456|=<2>b\nc|") },
	{ "F2: NUL, max + 1", FRAME_AUTO, L("<1>45678901234567\0<2>b\nc\0"),
	    L("~<1>4567890123456|=<2>b\nc|") },
	{ "F2: NUL, far over max", FRAME_AUTO,
	    L("<1>456789012345678901234567890\0<2>b\nc\0"),
	    L("~<1>4567890123456|=<2>b\nc|") },
	{ "F2: LF NUL, over max", FRAME_AUTO,
	    L("<1>45678901234567\n\0<2>b\nc\n\0"),
	    L("~<1>4567890123456|=<2>b\nc|") },
	{ "cut delimited: no torn character", FRAME_AUTO,
	    L("<1>456789012345\xe2\x82\xac\n<2>b\n"),
	    L("~<1>456789012345|=<2>b|") },

	{ "lf: no counts", FRAME_LF, L("4 <1>a\n<2>b\n"), L("=4 <1>a|=<2>b|") },
	{ "lf: NUL is text", FRAME_LF, L("<1>a\0b\n\0c\n"), L("=<1>a\0b|=c|") },
	{ "lf: nothing is held", FRAME_LF, L("a\nb\nc"), L("=a|=b|=c|") },
	{ "lf: max, CR LF", FRAME_LF, L("1234567890123456\r\nb\n"),
	    L("=1234567890123456|=b|") },
	{ "lf: max, NUL LF", FRAME_LF, L("1234567890123456\0\nb\n"),
	    L("=1234567890123456|=b|") },
	{ "lf: max + 1", FRAME_LF, L("12345678901234567\nb\n"),
	    L("~1234567890123456|=b|") },
	{ "nul: no counts, LF is text", FRAME_NUL, L("4 <1>a\nb\0<2>c\n\0"),
	    L("=4 <1>a\nb|=<2>c|") },
	{ "nul: max, CR LF NUL", FRAME_NUL, L("1234567890123456\r\n\0b\0"),
	    L("=1234567890123456|=b|") },
	{ "nul: max, LF LF LF NUL", FRAME_NUL, L("1234567890123456\n\n\n\0b\0"),
	    L("~1234567890123456|=b|") },
	{ "nul: max + 1", FRAME_NUL, L("12345678901234567\0b\0"),
	    L("~1234567890123456|=b|") },

	{ "RFC-80, octet: no < needed", FRAME_OCTET, L("1 a3 b\nc"),
	    L("=a|=b\nc|") },
	{ "octet: separators are skipped", FRAME_OCTET, L("1 a\n\r\n\0001 b"),
	    L("=a|=b|") },
	{ "octet: empty after trimming", FRAME_OCTET, L("2 \n\0001 b"),
	    L("=|=b|") },
	{ "octet: text is refused", FRAME_OCTET, L("1 a<1>b\n"), L("=a|!") },
	{ "octet: 0", FRAME_OCTET, L("0 "), L("!") },
	{ "octet: leading zero", FRAME_OCTET, L("01 a"), L("!") },
	{ "octet: ten digits", FRAME_OCTET, L("1234567890 a"), L("!") },
	{ "octet: a sign", FRAME_OCTET, L("+1 a"), L("!") },
	{ "octet: no space", FRAME_OCTET, L("1a"), L("!") },
	{ "octet: TAB", FRAME_OCTET, L("5\ta"), L("!") },
	{ "octet: space before", FRAME_OCTET, L(" 5 a"), L("!") },
	{ "octet: over max", FRAME_OCTET, L("18 1234567890123456781 b"),
	    L("~1234567890123456|=b|") },
	{ "octet: unfinished", FRAME_OCTET, L("9 abc"), L("~abc|") },
	{ "octet: a count and the end", FRAME_OCTET, L("9"), L("~|") },
};

static void
every_stream_gives_its_messages_however_it_is_cut(void **state)
{
	(void)state;
	for (size_t i = 0; i < COUNT(rows); i++) {
		print_message("  %s\n", rows[i].why);
		assert_stream(rows[i].in, MAX, rows[i].mode, rows[i].want);
	}
}

/* F1: a million digits are one long line, not a number. */
static void
a_million_digits_are_a_long_line(void **state)
{
	enum { DIGITS = 1000000 };
	char *digits = malloc(DIGITS);
	struct stream s;

	(void)state;
	assert_non_null(digits);
	memset(digits, '7', DIGITS);
	stream_init(&s, MAX, FRAME_AUTO);
	stream_read(&s, slice_of(digits, DIGITS));
	stream_read(&s, SLICE_LIT("\n<1>a\n"));
	stream_end(&s);
	assert_log(&s.log, SLICE_LIT("~7777777777777777|=<1>a|"));
	free(digits);
}

struct settled {
	const char *why;
	struct slice in;
	bool holding;
	struct slice want; /* after 100 ms of silence, then "b\0\n", the end */
};

static const struct settled settled[] = {
	{ "a line", L("<1>a\n"), true, L("=<1>a|=b|") },
	{ "a line and more", L("<1>a\nx"), true, L("=<1>a|=xb|") },
	{ "a line and digits", L("<1>a\n42"), true, L("=<1>a|=42b|") },
	{ "no LF yet", L("<1>a"), false, L("=<1>ab|") },
	{ "a count begins", L("42"), false, L("=42b|") },
	{ "decided", L("<1>a\n<2>x\n"), false, L("=<1>a|=<2>x|=b|") },
	{ "over max, then LF", L("<1>45678901234567\n"), true,
	    L("~<1>4567890123456|=b|") },
};

static void
silence_behind_an_lf_decides_for_lf(void **state)
{
	(void)state;
	for (size_t i = 0; i < COUNT(settled); i++) {
		const struct settled *r = &settled[i];
		struct stream s;

		print_message("  %s\n", r->why);
		stream_init(&s, MAX, FRAME_AUTO);
		stream_read(&s, r->in);
		assert_int_equal(s.f.holding, r->holding);
		frame_settle(&s.f);
		assert_false(s.f.holding);
		stream_read(&s, SLICE_LIT(""));
		stream_read(&s, SLICE_LIT("b\0\n"));
		stream_end(&s);
		assert_log(&s.log, r->want);
	}
}

/* A timer may take what there is of a line; the connection goes on. */
static void
a_line_taken_unfinished_leaves_the_stream_usable(void **state)
{
	struct stream s;

	(void)state;
	stream_init(&s, MAX, FRAME_AUTO);
	stream_read(&s, SLICE_LIT("<1>slow"));
	stream_end(&s);
	s.kept_n = 0;
	assert_int_equal(s.f.delimiter, DELIM_UNKNOWN);
	stream_read(&s, SLICE_LIT("<2>a\nb\0<3>c"));
	stream_end(&s);
	assert_log(&s.log, SLICE_LIT("=<1>slow|=<2>a\nb|=<3>c|"));
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(
		    every_stream_gives_its_messages_however_it_is_cut),
		cmocka_unit_test(a_million_digits_are_a_long_line),
		cmocka_unit_test(silence_behind_an_lf_decides_for_lf),
		cmocka_unit_test(
		    a_line_taken_unfinished_leaves_the_stream_usable),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
