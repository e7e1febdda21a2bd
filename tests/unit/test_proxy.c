/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * test_proxy.c - whose a connection is, said by a balancer (RFC-149, F12, F13)
 */
#include <arpa/inet.h>
#include <netinet/in.h>

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>

#include <cmocka.h>

#include "input/proxy.h"

#define COUNT(a) (sizeof(a) / sizeof((a)[0]))
#define BYTES(s)                             \
	{                                    \
		.p = (s), .n = sizeof(s) - 1 \
	}
#define SIGNATURE  "\r\n\r\n\0\r\nQUIT\n"
#define INET_BLOCK "\xcb\x00\x71\x07\xc0\x00\x02\x01\xdb\x3f\x02\x02"
#define INET6_BLOCK                                  \
	"\x20\x01\x0d\xb8\0\0\0\0\0\0\0\0\0\0\0\x07" \
	"\x20\x01\x0d\xb8\0\0\0\0\0\0\0\0\0\0\0\x01\xdb\x3f\x02\x02"
#define FULL6 "ffff:ffff:ffff:ffff:ffff:ffff:ffff:ffff"

struct row {
	const char *what;
	struct slice in;    /* the whole header */
	const char *source; /* NULL: the socket's address stays */
	unsigned port;
};

static const struct row good[] = {
	{ "version 1, IPv4",
	    BYTES("PROXY TCP4 203.0.113.7 192.0.2.1 56127 514\r\n"),
	    "203.0.113.7", 56127 },
	{ "version 1, IPv6",
	    BYTES("PROXY TCP6 2001:db8::7 2001:DB8::1 56127 514\r\n"),
	    "2001:db8::7", 56127 },
	{ "version 1, IPv4 in IPv6's clothes",
	    BYTES("PROXY TCP6 ::ffff:203.0.113.7 ::1 1 2\r\n"),
	    "::ffff:203.0.113.7", 1 },
	{ "version 1, lowest and highest port",
	    BYTES("PROXY TCP4 0.0.0.0 255.255.255.255 0 65535\r\n"), "0.0.0.0",
	    0 },
	{ "version 1, longest with addresses",
	    BYTES("PROXY TCP6 " FULL6 " " FULL6 " 65535 65535\r\n"), FULL6,
	    65535 },
	{ "version 1, unknown", BYTES("PROXY UNKNOWN\r\n"), NULL, 0 },
	{ "version 1, unknown with addresses: 107 bytes",
	    BYTES("PROXY UNKNOWN " FULL6 " " FULL6 " 65535 65535\r\n"), NULL,
	    0 },
	{ "version 2, IPv4", BYTES(SIGNATURE "\x21\x11\0\x0c" INET_BLOCK),
	    "203.0.113.7", 56127 },
	{ "version 2, IPv4, datagrams",
	    BYTES(SIGNATURE "\x21\x12\0\x0c" INET_BLOCK), "203.0.113.7",
	    56127 },
	{ "version 2, IPv6", BYTES(SIGNATURE "\x21\x21\0\x24" INET6_BLOCK),
	    "2001:db8::7", 56127 },
	{ "version 2, IPv4 and TLVs",
	    BYTES(SIGNATURE "\x21\x11\0\x14" INET_BLOCK "\x02\0\x05"
			    "a.net"),
	    "203.0.113.7", 56127 },
	{ "version 2, TLVs that are none",
	    BYTES(SIGNATURE "\x21\x11\0\x0e" INET_BLOCK "\xff\xff"),
	    "203.0.113.7", 56127 },
	{ "version 2, local", BYTES(SIGNATURE "\x20\0\0\0"), NULL, 0 },
	{ "version 2, local with a forged address (F13)",
	    BYTES(SIGNATURE "\x20\x11\0\x0c" INET_BLOCK), NULL, 0 },
	{ "version 2, local of a family that is none",
	    BYTES(SIGNATURE "\x20\xff\0\x01x"), NULL, 0 },
	{ "version 2, unspecified", BYTES(SIGNATURE "\x21\0\0\0"), NULL, 0 },
	{ "version 2, unspecified with a block (length 1)",
	    BYTES(SIGNATURE "\x21\0\0\x01x"), NULL, 0 },
	{ "version 2, IPv4 of no protocol",
	    BYTES(SIGNATURE "\x21\x10\0\x0c" INET_BLOCK), NULL, 0 },
};

static const struct {
	const char *what;
	struct slice in;
	size_t at; /* the first byte that decides */
} bad[] = {
	{ "a message", BYTES("<13>hello\n"), 0 },
	{ "another first byte", BYTES("proxy TCP4"), 0 },
	{ "two spaces", BYTES("PROXY  TCP4"), 6 },
	{ "another kind", BYTES("PROXY TCP5 "), 9 },
	{ "another protocol", BYTES("PROXY UDP4 "), 7 },
	{ "unknown and more", BYTES("PROXY UNKNOWNS\r\n"), 13 },
	{ "unknown, LF alone", BYTES("PROXY UNKNOWN\n"), 13 },
	{ "unknown, LF alone later", BYTES("PROXY UNKNOWN a\n"), 15 },
	{ "unknown, CR and no LF", BYTES("PROXY UNKNOWN\rx"), 14 },
	{ "no address", BYTES("PROXY TCP4  1.2.3.4 "), 11 },
	{ "a name", BYTES("PROXY TCP4 web.example.net "), 11 },
	{ "IPv6 for IPv4", BYTES("PROXY TCP4 ::1 "), 11 },
	{ "IPv4 for IPv6", BYTES("PROXY TCP6 1.2.3.4 "), 18 },
	{ "three numbers", BYTES("PROXY TCP4 1.2.3 "), 16 },
	{ "five numbers", BYTES("PROXY TCP4 1.2.3.4.5 "), 20 },
	{ "a number above 255", BYTES("PROXY TCP4 1.2.3.256 "), 20 },
	{ "a zero in front", BYTES("PROXY TCP4 1.2.3.04 "), 19 },
	{ "an address too long", BYTES("PROXY TCP4 100.100.100.1000 "), 26 },
	{ "a scope", BYTES("PROXY TCP6 fe80::1%1 "), 18 },
	{ "two gaps", BYTES("PROXY TCP6 1::2::3 "), 18 },
	{ "nine groups", BYTES("PROXY TCP6 1:2:3:4:5:6:7:8:9 "), 28 },
	{ "five digits in a group", BYTES("PROXY TCP6 00001::2 "), 19 },
	{ "one address", BYTES("PROXY TCP4 1.2.3.4\r\n"), 18 },
	{ "no port", BYTES("PROXY TCP4 1.2.3.4 1.2.3.4  "), 27 },
	{ "a port above 65535", BYTES("PROXY TCP4 1.2.3.4 1.2.3.4 65536 "),
	    31 },
	{ "a port with a zero in front",
	    BYTES("PROXY TCP4 1.2.3.4 1.2.3.4 01 "), 28 },
	{ "a signed port", BYTES("PROXY TCP4 1.2.3.4 1.2.3.4 +1 "), 27 },
	{ "one port", BYTES("PROXY TCP4 1.2.3.4 1.2.3.4 1\r\n"), 28 },
	{ "LF without CR", BYTES("PROXY TCP4 1.2.3.4 1.2.3.4 1 2\n"), 30 },
	{ "CR without LF", BYTES("PROXY TCP4 1.2.3.4 1.2.3.4 1 2\r<13>x"), 31 },
	{ "more behind the ports",
	    BYTES("PROXY TCP4 1.2.3.4 1.2.3.4 1 2 3\r\n"), 30 },
	{ "a NUL inside", BYTES("PROXY TCP4 1.2.3.4\0 1.2.3.4 1 2\r\n"), 18 },
	{ "a signature broken in its middle", BYTES("\r\n\r\n\0\r\nquit"), 7 },
	{ "version 1 in version 2", BYTES(SIGNATURE "\x11"), 12 },
	{ "version 3", BYTES(SIGNATURE "\x31"), 12 },
	{ "another command", BYTES(SIGNATURE "\x22"), 12 },
	{ "another family", BYTES(SIGNATURE "\x21\x41"), 13 },
	{ "another protocol of version 2", BYTES(SIGNATURE "\x21\x13"), 13 },
	{ "IPv4 without a block", BYTES(SIGNATURE "\x21\x11\0\0"), 15 },
	{ "IPv4, length 1", BYTES(SIGNATURE "\x21\x11\0\x01"), 15 },
	{ "IPv4, one byte short", BYTES(SIGNATURE "\x21\x11\0\x0b"), 15 },
	{ "IPv6, one byte short", BYTES(SIGNATURE "\x21\x21\0\x23"), 15 },
	{ "unix, one byte short", BYTES(SIGNATURE "\x21\x31\0\xd7"), 15 },
	{ "length 65535", BYTES(SIGNATURE "\x21\x11\xff\xff"), 14 },
	{ "local, length 65535", BYTES(SIGNATURE "\x20\0\xff\xff"), 14 },
	{ "length one more than we take", BYTES(SIGNATURE "\x20\0\x0f\xf1"),
	    15 },
};

/* Parses a copy of exactly that size: what is behind it may not be read. */
static enum proxy_status
parse(struct slice in, struct proxy *out)
{
	char *copy = malloc(in.n > 0 ? in.n : 1);
	enum proxy_status st;

	assert_non_null(copy);
	if (in.n > 0)
		memcpy(copy, in.p, in.n);
	st = proxy_parse(slice_of(copy, in.n), out);
	free(copy);
	return st;
}

static void
check_source(const struct row *r, const struct proxy *p)
{
	const struct sockaddr_in *in4 = (const void *)&p->source;
	const struct sockaddr_in6 *in6 = (const void *)&p->source;
	char text[INET6_ADDRSTRLEN] = "";

	assert_int_equal(p->stated, r->source != NULL);
	if (!p->stated)
		return;
	if (p->source.ss_family == AF_INET) {
		inet_ntop(AF_INET, &in4->sin_addr, text, sizeof(text));
		assert_int_equal(ntohs(in4->sin_port), r->port);
	} else {
		assert_int_equal(p->source.ss_family, AF_INET6);
		inet_ntop(AF_INET6, &in6->sin6_addr, text, sizeof(text));
		assert_int_equal(ntohs(in6->sin6_port), r->port);
	}
	assert_string_equal(text, r->source);
}

static void
a_header_says_whose_the_connection_is(void **state)
{
	struct proxy p;

	(void)state;
	for (size_t i = 0; i < COUNT(good); i++) {
		print_message("  %s\n", good[i].what);
		assert_int_equal(parse(good[i].in, &p), PROXY_OK);
		assert_int_equal(p.used, good[i].in.n);
		check_source(&good[i], &p);
	}
}

static void
what_follows_is_the_stream(void **state)
{
	char all[512];
	struct proxy p;

	(void)state;
	for (size_t i = 0; i < COUNT(good); i++) {
		memcpy(all, good[i].in.p, good[i].in.n);
		memcpy(all + good[i].in.n, "PROXY UNKNOWN\r\n", 15);
		assert_int_equal(
		    parse(slice_of(all, good[i].in.n + 15), &p), PROXY_OK);
		assert_int_equal(p.used, good[i].in.n);
	}
}

static void
a_truncated_header_waits_and_decides_nothing(void **state)
{
	struct proxy p = { .used = 77 };

	(void)state;
	for (size_t i = 0; i < COUNT(good); i++)
		for (size_t n = 0; n < good[i].in.n; n++)
			assert_int_equal(
			    parse(slice_of(good[i].in.p, n), &p), PROXY_MORE);
	assert_int_equal(p.used, 77); /* untouched */
}

static void
the_first_byte_that_cannot_be_decides(void **state)
{
	struct proxy p = { .used = 77 };

	(void)state;
	for (size_t i = 0; i < COUNT(bad); i++) {
		print_message("  %s\n", bad[i].what);
		for (size_t n = 0; n <= bad[i].in.n; n++)
			assert_int_equal(parse(slice_of(bad[i].in.p, n), &p),
			    n <= bad[i].at ? PROXY_MORE : PROXY_BAD);
	}
	assert_int_equal(p.used, 77);
}

static void
a_line_has_107_bytes_at_most(void **state)
{
	char line[PROXY_V1_MAX + 1] = "PROXY UNKNOWN";
	struct proxy p;

	(void)state;
	memset(line + 13, ' ', sizeof(line) - 13);
	assert_int_equal(
	    parse(slice_of(line, PROXY_V1_MAX - 1), &p), PROXY_MORE);
	assert_int_equal(parse(slice_of(line, PROXY_V1_MAX), &p), PROXY_BAD);
	memcpy(line + PROXY_V1_MAX - 1, "\r\n", 2);
	assert_int_equal(
	    parse(slice_of(line, PROXY_V1_MAX + 1), &p), PROXY_BAD);
	memcpy(line + PROXY_V1_MAX - 2, "\r\n", 2);
	assert_int_equal(parse(slice_of(line, PROXY_V1_MAX), &p), PROXY_OK);
	assert_int_equal(p.used, PROXY_V1_MAX);
}

static void
a_binary_header_has_4096_bytes_at_most(void **state)
{
	static char header[PROXY_MAX] = SIGNATURE "\x21\x11\x0f\xf0" INET_BLOCK;
	struct proxy p;

	(void)state;
	assert_int_equal(
	    parse(slice_of(header, PROXY_MAX - 1), &p), PROXY_MORE);
	assert_int_equal(parse(slice_of(header, PROXY_MAX), &p), PROXY_OK);
	assert_int_equal(p.used, PROXY_MAX);
	assert_true(p.stated);
}

static void
a_unix_socket_has_no_address(void **state)
{
	static char header[16 + 216] = SIGNATURE "\x21\x31\0\xd8/run/s";
	struct proxy p;

	(void)state;
	assert_int_equal(
	    parse(slice_of(header, sizeof(header) - 1), &p), PROXY_MORE);
	assert_int_equal(parse(slice_of(header, sizeof(header)), &p), PROXY_OK);
	assert_int_equal(p.used, sizeof(header));
	assert_false(p.stated);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_header_says_whose_the_connection_is),
		cmocka_unit_test(what_follows_is_the_stream),
		cmocka_unit_test(a_truncated_header_waits_and_decides_nothing),
		cmocka_unit_test(the_first_byte_that_cannot_be_decides),
		cmocka_unit_test(a_line_has_107_bytes_at_most),
		cmocka_unit_test(a_binary_header_has_4096_bytes_at_most),
		cmocka_unit_test(a_unix_socket_has_no_address),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
