/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * test_target.c - URLs of the sender; and how long it waits between attempts
 */
#include "target.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "backoff.h"

#define COUNT(a) (sizeof(a) / sizeof((a)[0]))

static void
good_ones(void **state)
{
	static const struct {
		const char *url;
		enum target_kind kind;
		const char *host, *port, *path;
	} rows[] = {
		{ "tcp://h", TARGET_TCP, "h", "514", "" },
		{ "tcp://h/", TARGET_TCP, "h", "514", "" },
		{ "tcp://h:1", TARGET_TCP, "h", "1", "" },
		{ "udp://192.0.2.1:65535", TARGET_UDP, "192.0.2.1", "65535",
		    "" },
		{ "tcp://[::1]:6514", TARGET_TCP, "::1", "6514", "" },
		{ "udp://[fe80::1%eth0]", TARGET_UDP, "fe80::1%eth0", "514",
		    "" },
		{ "tls://h", TARGET_TLS, "h", "6514", "" },
		{ "tls://h:1/?name=x", TARGET_TLS, "h", "1", "" },
		{ "unix:///dev/log?x", TARGET_UNIX, "", "514", "/dev/log?x" },
		{ "unix:///dev/log", TARGET_UNIX, "", "514", "/dev/log" },
		{ "unix-stream:///run/x", TARGET_UNIX_STREAM, "", "514",
		    "/run/x" },
		{ "file:///var/spool/x", TARGET_FILE, "", "514",
		    "/var/spool/x" },
		{ "  tcp://h\n", TARGET_TCP, "h", "514", "" },
	};
	struct targets t;
	struct err err;

	(void)state;
	for (size_t i = 0; i < COUNT(rows); i++) {
		assert_int_equal(
		    targets_parse(&t, slice_str(rows[i].url), &err), 0);
		assert_int_equal(t.n, 1);
		assert_int_equal(t.at[0].kind, rows[i].kind);
		assert_string_equal(t.at[0].host, rows[i].host);
		assert_string_equal(t.at[0].port, rows[i].port);
		assert_string_equal(t.at[0].path, rows[i].path);
		targets_clear(&t);
	}
}

static void
what_stands_behind_a_question_mark(void **state)
{
	static const char url[] =
	    "tls://logs.example.net.:1?ca=/a%20b/ca.pem&certificate=c%26.pem&"
	    "key=k.pem&fingerprint=sha-256:AB,sha-1:CD&crl=l&match_cn=true&"
	    "fingerprint=sha-1:EF&legacy=false";
	struct targets t = { .n = 0 };
	const struct tls_wish *w = &t.at[0].wish;
	struct err err;

	(void)state;
	assert_int_equal(targets_parse(&t, slice_str(url), &err), 0);
	assert_string_equal(t.at[0].url, "tls://logs.example.net.:1");
	assert_string_equal(w->ca, "/a b/ca.pem");
	assert_string_equal(w->certificate, "c&.pem");
	assert_string_equal(w->key, "k.pem");
	assert_string_equal(w->crl, "l");
	assert_string_equal(w->name, "logs.example.net");
	assert_int_equal(w->n_prints, 3);
	assert_string_equal(w->prints[0], "sha-256:AB");
	assert_string_equal(w->prints[1], "sha-1:CD");
	assert_string_equal(w->prints[2], "sha-1:EF");
	assert_true(w->match_cn && !w->legacy);
	targets_clear(&t);
	assert_int_equal(
	    targets_parse(&t, SLICE_LIT("tls://[fe80::1%eth0]"), &err), 0);
	assert_string_equal(w->name, "fe80::1");
	targets_clear(&t);
	assert_int_equal(
	    targets_parse(&t, SLICE_LIT("tls://h?name=logs.net"), &err), 0);
	assert_string_equal(w->name, "logs.net");
	targets_clear(&t);
}

static void
several_in_order(void **state)
{
	struct targets t = { .n = 0 };
	struct err err;

	(void)state;
	assert_int_equal(
	    targets_parse(&t, SLICE_LIT("tcp://a\tudp://b:2  unix:///c"), &err),
	    0);
	assert_int_equal(t.n, 3);
	assert_string_equal(t.at[0].url, "tcp://a");
	assert_string_equal(t.at[1].url, "udp://b:2");
	assert_string_equal(t.at[2].url, "unix:///c");
}

static void
bad_ones_say_what_would_be_right(void **state)
{
	static const struct {
		const char *url, *says;
	} rows[] = {
		{ "", "no URL" },
		{ "   ", "no URL" },
		{ "tls://h?ka=x", "tls://h: there is no parameter \"ka\"; " },
		{ "tls://h?ca", "tls://h: ca=VALUE is wanted" },
		{ "tls://h?ca=", "tls://h: ca=VALUE is wanted" },
		{ "tls://h?ca=%2", "ca=VALUE is wanted, where %25 is" },
		{ "tls://h?ca=%00", "ca=VALUE is wanted" },
		{ "tls://h?ca=a&ca=b", "tls://h: ca is there twice" },
		{ "tls://h?legacy=2", "legacy must be true or false, not 2" },
		{ "tls://h?fingerprint=1,2,3,4,5,6,7,8,9", "more than 8" },
		{ "tcp://h?ca=x", "is no host" },
		{ "http://h", "must begin with unix://" },
		{ "tcp:/h", "must begin with" },
		{ "tcp://", "a host is wanted" },
		{ "tcp://:514", "a host is wanted" },
		{ "tcp://h:0", "a number from 1 to 65535" },
		{ "tcp://h:65536", "a number from 1 to 65535" },
		{ "tcp://h:", "a number from 1 to 65535" },
		{ "tcp://h:1x", "a number from 1 to 65535" },
		{ "tcp://h:99999999999999999999", "a number from 1" },
		{ "tcp://::1", "" },
		{ "tcp://[::1", "a host is wanted" },
		{ "tcp://[1.2.3.4]", "is no host" },
		{ "tcp://[::1]x", "only :PORT may follow" },
		{ "tcp://[::1%]", "is no host" },
		{ "tcp://a b", "must begin with" },
		{ "tcp://a$b", "is no host" },
		{ "unix://dev/log", "the path must begin with /" },
		{ "file://", "the path must begin with /" },
		{ "tcp://h file:///x", "cannot stand beside other URLs" },
		{ "udp://a udp://a udp://a udp://a udp://a udp://a udp://a "
		  "udp://a udp://a",
		    "more than 8 URLs" },
	};
	char path[300] = "unix:///";
	struct targets t;
	struct err err;

	(void)state;
	for (size_t i = 0; i < COUNT(rows); i++) {
		assert_int_equal(
		    targets_parse(&t, slice_str(rows[i].url), &err), -1);
		assert_non_null(strstr(err.text, rows[i].says));
		targets_clear(&t);
	}
	(void)memset(path + 8, 'x', 107);
	assert_int_equal(targets_parse(&t, slice_str(path), &err), -1);
	assert_non_null(strstr(err.text, "longer than 107 bytes"));
	path[8 + 106] = '\0';
	assert_int_equal(targets_parse(&t, slice_str(path), &err), 0);
}

static void
the_wait_doubles_up_to_a_limit_and_varies(void **state)
{
	static const int64_t full[] = { 50, 100, 200, 400, 800, 1000, 1000 };
	struct backoff b;

	(void)state;
	backoff_init(&b, 50, 1000);
	for (size_t i = 0; i < COUNT(full); i++)
		assert_int_equal(backoff_take(&b, 0), full[i]);
	backoff_reset(&b);
	assert_int_equal(backoff_take(&b, 25), 25);
	for (uint32_t random = 1; random < 5000; random += 7)
		assert_in_range(backoff_take(&b, random), 50, 1000);
	backoff_init(&b, 50, 10); /* a limit below is none */
	assert_int_equal(backoff_take(&b, 0), 50);
	assert_int_equal(backoff_take(&b, 0), 50);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(good_ones),
		cmocka_unit_test(several_in_order),
		cmocka_unit_test(what_stands_behind_a_question_mark),
		cmocka_unit_test(bad_ones_say_what_would_be_right),
		cmocka_unit_test(the_wait_doubles_up_to_a_limit_and_varies),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
