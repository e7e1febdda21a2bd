/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * test_hostname.c - names and addresses for certificates, HOST:PORT, and
 * fingerprints, as people write them
 */
#include "cert/hostname.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "cert/view.h"
#include "tool/dial.h"

#define COUNT(a)  (sizeof(a) / sizeof((a)[0]))
#define SHA1_TAIL "00:11:22:33:44:55:66:77:88:99:aa:bb:cc:dd:ee:ff:00:11:22"
#define LABEL_63 \
	"abcdefghijklmnopqrstuvwxyz0123456789-abcdefghijklmnopqrstuvwxyz"

static const struct {
	const char *text;
	const char *read; /* NULL: refused */
	size_t octets;
} names[] = {
	{ "web1.example.net", "web1.example.net", 0 },
	{ "WEB1.Example.NET", "web1.example.net", 0 },
	{ "a", "a", 0 },
	{ "_dmarc.a-b", "_dmarc.a-b", 0 },
	{ "1a.2", NULL, 0 }, /* ends like an address */
	{ "3com.example", "3com.example", 0 },
	{ "xn--bcher-kva.example", "xn--bcher-kva.example", 0 },
	{ LABEL_63 ".x", LABEL_63 ".x", 0 },
	{ LABEL_63 "a.x", NULL, 0 },
	{ LABEL_63 "." LABEL_63 "." LABEL_63 "." LABEL_63, NULL, 0 },
	{ "", NULL, 0 },
	{ ".", NULL, 0 },
	{ "a.", NULL, 0 },
	{ ".a", NULL, 0 },
	{ "a..b", NULL, 0 },
	{ "-a", NULL, 0 },
	{ "a-", NULL, 0 },
	{ "*.example.net", NULL, 0 },
	{ "a b", NULL, 0 },
	{ "a/b", NULL, 0 },
	{ "..", NULL, 0 },
	{ "b\xc3\xbc"
	  "cher.example",
	    NULL, 0 },
	{ "192.0.2.1", "192.0.2.1", 4 },
	{ "192.0.2", NULL, 0 },
	{ "192.0.2.256", NULL, 0 },
	{ "[192.0.2.1]", NULL, 0 },
	{ "::1", "::1", 16 },
	{ "[::1]", "::1", 16 },
	{ "2001:DB8:0:0:0:0:0:1", "2001:db8::1", 16 },
	{ "[::1", NULL, 0 },
	{ "::1]", NULL, 0 },
	{ "::g", NULL, 0 },
	{ "fe80::1%lo", NULL, 0 },
	{ "[]", NULL, 0 },
};

static void
test_names(void **state)
{
	(void)state;
	for (size_t i = 0; i < COUNT(names); i++) {
		struct hostname h = { .text = "before" };
		struct err err = { .text = "" };
		int status = hostname_read(&h, names[i].text, &err);

		if ((status == 0) != (names[i].read != NULL))
			fail_msg("\"%s\": %s", names[i].text, err.text);
		if (status == 0) {
			assert_string_equal(h.text, names[i].read);
			assert_int_equal(h.octets, names[i].octets);
		} else {
			assert_string_equal(h.text, "before");
			assert_string_not_equal(err.text, "");
		}
	}
}

static const struct {
	const char *text;
	const char *host; /* NULL: refused */
	const char *port;
} targets[] = {
	{ "logs.example.net", "logs.example.net", "6514" },
	{ "logs.example.net:1", "logs.example.net", "1" },
	{ "tls://logs.example.net:65535", "logs.example.net", "65535" },
	{ "tls://logs.example.net", "logs.example.net", "6514" },
	{ "192.0.2.1:06514", "192.0.2.1", "6514" },
	{ "::1", "::1", "6514" },
	{ "[::1]", "::1", "6514" },
	{ "[::1]:7", "::1", "7" },
	{ "[::1]7", NULL, NULL },
	{ "2001:db8::1:7", "2001:db8::1:7", "6514" },
	{ "a:", NULL, NULL },
	{ "a:0", NULL, NULL },
	{ "a:65536", NULL, NULL },
	{ "a:99999999999999999999", NULL, NULL },
	{ "a:-1", NULL, NULL },
	{ "a: 1", NULL, NULL },
	{ "a:1x", NULL, NULL },
	{ ":1", NULL, NULL },
	{ "", NULL, NULL },
	{ "tcp://a:1", NULL, NULL },
};

static void
test_targets(void **state)
{
	(void)state;
	for (size_t i = 0; i < COUNT(targets); i++) {
		struct target t;
		struct err err = { .text = "" };
		int status = dial_read(&t, targets[i].text, &err);

		if ((status == 0) != (targets[i].host != NULL))
			fail_msg("\"%s\": %s", targets[i].text, err.text);
		if (status == 0) {
			assert_string_equal(t.host.text, targets[i].host);
			assert_string_equal(t.port, targets[i].port);
		}
	}
}

static const struct {
	const char *text;
	int status;
} prints[] = {
	{ "sha-1:ff:" SHA1_TAIL, 0 },
	{ "SHA-1:FF:" SHA1_TAIL, 0 },
	{ "sha-1:f:" SHA1_TAIL, -1 },
	{ "sha-1:ffff:" SHA1_TAIL, -1 },
	{ "sha-1:fg:" SHA1_TAIL, -1 },
	{ "sha-1:ff:" SHA1_TAIL ":", -1 },
	{ "sha-1:ff:" SHA1_TAIL ":00", -1 },
	{ "sha-1:" SHA1_TAIL, -1 },
	{ "sha-1:", -1 },
	{ "sha-256:ff:" SHA1_TAIL, -1 },
	{ "md5:" SHA1_TAIL, -1 },
	{ "ff:" SHA1_TAIL, -1 },
	{ "", -1 },
};

static void
test_fingerprints(void **state)
{
	(void)state;
	for (size_t i = 0; i < COUNT(prints); i++) {
		struct err err = { .text = "" };
		int status = view_check_fingerprint(prints[i].text, &err);

		if (status != prints[i].status)
			fail_msg("\"%s\": %s", prints[i].text, err.text);
	}
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_names),
		cmocka_unit_test(test_targets),
		cmocka_unit_test(test_fingerprints),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
