/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * test_url.c - URLs taken apart, and listeners made of them
 */
#include "config/url.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "config/listen.h"
#include "wire/frame.h"

#define COUNT(a) (sizeof(a) / sizeof((a)[0]))
#define TEN(s)   s s s s s s s s s s

enum { OTHER_PORT = 77 };

static void
hosts_are_names_addresses_or_a_star(void **state)
{
	static const struct {
		const char *text, *host;
		int64_t port;
		const char *why;
	} rows[] = {
		{ "*:514", "*", 514, "every address" },
		{ "*", "*", OTHER_PORT, "default port" },
		{ "127.0.0.1:0", "127.0.0.1", 0, "port 0" },
		{ "[::1]:65535", "::1", 65535, "IPv6, the last port" },
		{ "[::]", "::", OTHER_PORT, "IPv6, default port" },
		{ "[::ffff:10.0.0.1]:1", "::ffff:10.0.0.1", 1, "mapped" },
		{ "[fe80::1%eth0]:1", "fe80::1%eth0", 1, "scope" },
		{ "[fe80::1%25eth0]:1", "fe80::1%eth0", 1, "scope, RFC 6874" },
		{ "[fe80::1%25]:1", "fe80::1%25", 1, "scope 25" },
		{ "log-1.example.net:601", "log-1.example.net", 601, "name" },
		{ "my_host", "my_host", OTHER_PORT, "no DNS name, but used" },
		{ "10.example", "10.example", OTHER_PORT, "digits in front" },
	};
	struct err err;
	int64_t port;
	char *host;

	(void)state;
	for (size_t i = 0; i < COUNT(rows); i++) {
		port = OTHER_PORT;
		if (url_host_port(
			slice_str(rows[i].text), &host, &port, &err) == -1)
			fail_msg(
			    "%s (%s): %s", rows[i].text, rows[i].why, err.text);
		assert_string_equal(host, rows[i].host);
		assert_int_equal(port, rows[i].port);
		free(host);
	}
}

static void
what_is_no_host_and_port_is_refused(void **state)
{
	static const struct {
		const char *text, *says;
	} rows[] = {
		{ "", "the host is missing; give * for every address" },
		{ ":514", "the host is missing; give * for every address" },
		{ "514", "a port without a host; give *:514" },
		{ "514:514", "a port without a host" },
		{ "*:", "the port must be a number" },
		{ "*:65536", "the port must be a number from 0 to 65535" },
		{ "*:99999999999999999999999", "the port must be a number" },
		{ "*:-1", "the port must be a number" },
		{ "*:5x", "the port must be a number" },
		{ "*:syslog", "the port must be a number" },
		{ "::1", "must be in brackets" },
		{ "fe80::1:514", "must be in brackets" },
		{ "[::1", "an IPv6 address in brackets is wanted" },
		{ "[]:514", "an IPv6 address in brackets is wanted" },
		{ "[127.0.0.1]:514", "an IPv6 address in brackets" },
		{ "[::1%]:514", "an IPv6 address in brackets is wanted" },
		{ "[::1%a b]", "an IPv6 address in brackets is wanted" },
		{ "[::1%abcdefghijklmnop]", "an IPv6 address in brackets" },
		{ "[" TEN("0000:") "]", "an IPv6 address in brackets" },
		{ "[::1]514", "only :PORT may follow the host" },
		{ "1.2.3:514", "1.2.3 is not an IPv4 address" },
		{ "1.2.3.256", "not an IPv4 address" },
		{ "user@host", "the host is no name and no address" },
		{ "**", "the host is no name and no address" },
		{ "a b", "the host is no name and no address" },
		{ "b\xc3\xbc"
		  "ro",
		    "the host is no name and no address" },
		{ TEN(TEN("abc.")), "longer than 253 bytes" },
	};
	struct err err;

	(void)state;
	for (size_t i = 0; i < COUNT(rows); i++) {
		int64_t port = OTHER_PORT;
		char *host = NULL;

		if (url_host_port(
			slice_str(rows[i].text), &host, &port, &err) != -1)
			fail_msg("\"%s\" was taken", rows[i].text);
		assert_null(host);
		assert_int_equal(port, OTHER_PORT);
		if (strstr(err.text, rows[i].says) == NULL)
			fail_msg("\"%s\": %s", rows[i].text, err.text);
	}
}

static void
escapes_become_their_bytes(void **state)
{
	static const struct {
		const char *text, *out; /* NULL: refused */
	} rows[] = {
		{ "", "" },
		{ "plain+text", "plain+text" },
		{ "a%2Cb%2c", "a,b," },
		{ "%25%41", "%A" },
		{ "%ff", "\xff" },
		{ "%", NULL },
		{ "a%2", NULL },
		{ "%zz", NULL },
		{ "%2 ", NULL },
		{ "a%00b", NULL },
	};
	struct err err;
	char *out;

	(void)state;
	for (size_t i = 0; i < COUNT(rows); i++) {
		out = url_decode(slice_str(rows[i].text), &err);
		if (rows[i].out == NULL)
			assert_null(out);
		else
			assert_string_equal(out, rows[i].out);
		free(out);
	}
}

/* Reads a listener; what was said of it is in *said, to be freed. */
static int
parse(const char *url, struct listen_conf *l, char **said)
{
	struct problems p = { .prefix = "" };
	size_t size;
	int rc;

	p.to = open_memstream(said, &size);
	assert_non_null(p.to);
	rc = listen_parse(url, l, &p, "-l");
	assert_int_equal(fclose(p.to), 0);
	assert_int_equal(rc, p.count > 0 ? -1 : 0);
	return rc;
}

static void
a_listener_is_what_its_url_says(void **state)
{
	static const struct {
		const char *text, *url, *host, *path, *name;
		enum listen_kind kind;
		int64_t port;
	} rows[] = {
		{ "udp://*", "udp://*", "*", NULL, NULL, LISTEN_UDP, 514 },
		{ "TCP://h:0?", "TCP://h:0", "h", NULL, NULL, LISTEN_TCP, 0 },
		{ "tcp://[::1]:5?name=a%26b%2C", "tcp://[::1]:5", "::1", NULL,
		    "a&b,", LISTEN_TCP, 5 },
		{ "udp://*?&name=x&", "udp://*", "*", NULL, "x", LISTEN_UDP,
		    514 },
		{ "unix:///dev/log", "unix:///dev/log", NULL, "/dev/log", NULL,
		    LISTEN_UNIX, 0 },
		{ "unix-stream:///a%3Fb%2C#c", "unix-stream:///a%3Fb%2C#c",
		    NULL, "/a?b,#c", NULL, LISTEN_UNIX_STREAM, 0 },
	};
	struct listen_conf l;
	char *said;

	(void)state;
	for (size_t i = 0; i < COUNT(rows); i++) {
		if (parse(rows[i].text, &l, &said) == -1)
			fail_msg("%s", said);
		assert_string_equal(l.url, rows[i].url);
		assert_int_equal(l.kind, rows[i].kind);
		assert_int_equal(l.port, rows[i].port);
		assert_string_equal(l.host != NULL ? l.host : l.path,
		    rows[i].host != NULL ? rows[i].host : rows[i].path);
		assert_true((l.host == NULL) == (rows[i].host == NULL));
		assert_string_equal(listen_label(&l),
		    rows[i].name != NULL ? rows[i].name : rows[i].url);
		listen_conf_clear(&l);
		free(said);
	}
}

static void
the_query_sets_the_keys_of_a_listener(void **state)
{
	struct listen_conf l;
	char *said;

	(void)state;
	assert_int_equal(parse("tcp://*", &l, &said), 0);
	assert_int_equal(l.framing, FRAME_AUTO);
	assert_int_equal(l.max_connections, 10000);
	assert_int_equal(l.idle_timeout, 0);
	listen_conf_clear(&l);
	free(said);

	assert_int_equal(parse("tcp://*?framing=oc%74et&max_connections=3&"
			       "idle_timeout=5m",
			     &l, &said),
	    0);
	assert_int_equal(l.framing, FRAME_OCTET);
	assert_int_equal(l.max_connections, 3);
	assert_int_equal(l.idle_timeout, 300000);
	listen_conf_clear(&l);
	free(said);

	assert_int_equal(
	    parse("unix:///a?mode=0600&receive_buffer=1M", &l, &said), 0);
	assert_int_equal(l.mode, 0600);
	assert_int_equal(l.receive_buffer, 1 << 20);
	listen_conf_clear(&l);
	free(said);

	assert_int_equal(parse("unix:///a", &l, &said), 0);
	assert_int_equal(l.mode, 0666);
	assert_int_equal(l.receive_buffer, 4 << 20);
	listen_conf_clear(&l);
	free(said);
}

static void
what_is_no_listener_is_refused_with_the_cure(void **state)
{
	static const struct {
		const char *text, *says;
	} rows[] = {
		{ "", "not a URL; give udp://HOST:PORT" },
		{ "127.0.0.1:514", "not a URL" },
		{ "udp:*:514", "not a URL" },
		{ "://x", "not a URL" },
		{ "u p://x", "not a URL" },
		{ "http://*:514", "unknown kind of listener; give udp://" },
		{ "tls://*?client=nobody", "client: must be one of" },
		{ "udp://", "the host is missing" },
		{ "udp://*:514/", "nothing may follow the port" },
		{ "udp://*:514?framing=lf",
		    "framing is no key of this kind of listener" },
		{ "tcp://*?receive_buffer=1M", "is no key of this kind" },
		{ "tcp://*?mode=0600", "is no key of this kind" },
		{ "tcp://*?framin=lf",
		    "unknown key \"framin\"; did you mean \"framing\"?" },
		{ "tcp://*?max-connections=1",
		    "did you mean \"max_connections\"?" },
		{ "tcp://*?zzzz=1", "unknown key \"zzzz\"; see" },
		{ "tcp://*?url=x", "unknown key \"url\"" },
		{ "tcp://*?=x", "unknown key \"\"" },
		{ "tcp://*?framing=x",
		    "framing: must be one of auto, octet, lf, nul" },
		{ "tcp://*?framing", "framing has no value" },
		{ "tcp://*?framing=lf&framing=nul", "framing is given twice" },
		{ "tcp://*?framing=%", "framing: a % that two hexadecimal" },
		{ "tcp://*?%00=1", "%00 cannot be part" },
		{ "tcp://*?max_connections=0", "must be 1 to 1000000" },
		{ "tcp://*?idle_timeout=5", "the unit is missing" },
		{ "tcp://*?name=", "name: is empty" },
		{ "tcp://*?name=a%0ab", "without control characters" },
		{ "unix:///a?mode=0888", "not an octal number" },
		{ "unix:///a?mode=01777", "must be 0000 to 0777" },
		{ "udp://*?receive_buffer=1", "must be 4K to 1G" },
		{ "unix://dev/log", "must be absolute, with three slashes" },
		{ "unix://", "the path of the socket is missing" },
		{ "unix:///", "the path of the socket is missing" },
		{ "unix:///tmp/", "the path of the socket is missing" },
		{ "unix:///a%00b", "%00 cannot be part" },
		{ "unix:///a\nb", "-l: \"unix:///a#012b\": must be UTF-8" },
		{ "unix:///a%0ab", "the path must be UTF-8" },
	};
	static const struct listen_conf none;
	struct listen_conf l;
	char *said;

	(void)state;
	for (size_t i = 0; i < COUNT(rows); i++) {
		if (parse(rows[i].text, &l, &said) == 0)
			fail_msg("\"%s\" was taken", rows[i].text);
		if (strstr(said, rows[i].says) == NULL)
			fail_msg("\"%s\": %s", rows[i].text, said);
		/* one line: hostile bytes cannot begin another */
		assert_ptr_equal(strchr(said, '\n') + 1, strchr(said, '\0'));
		assert_memory_equal(&l, &none, sizeof(l));
		free(said);
	}
}

static void
a_unix_path_may_have_107_bytes(void **state)
{
	char url[7 + 110] = "unix://";
	struct listen_conf l;
	char *said;

	(void)state;
	(void)memset(url + 7, 'x', 108);
	url[7] = '/';
	url[7 + 107] = '\0';
	assert_int_equal(parse(url, &l, &said), 0);
	listen_conf_clear(&l);
	free(said);

	url[7 + 107] = 'x';
	assert_int_equal(parse(url, &l, &said), -1);
	assert_non_null(strstr(said, "longer than the 107 bytes"));
	free(said);
}

static void
every_problem_of_a_url_is_told(void **state)
{
	struct listen_conf l;
	char *said, *line;
	int lines = 0;

	(void)state;
	assert_int_equal(
	    parse("tcp://:5?framing=x&mode=0600&who=1", &l, &said), -1);
	for (line = said; (line = strchr(line, '\n')) != NULL; line++)
		lines++;
	assert_int_equal(lines, 4);
	free(said);
}

int
main(void)
{
	static const struct CMUnitTest tests[] = {
		cmocka_unit_test(hosts_are_names_addresses_or_a_star),
		cmocka_unit_test(what_is_no_host_and_port_is_refused),
		cmocka_unit_test(escapes_become_their_bytes),
		cmocka_unit_test(a_listener_is_what_its_url_says),
		cmocka_unit_test(the_query_sets_the_keys_of_a_listener),
		cmocka_unit_test(what_is_no_listener_is_refused_with_the_cure),
		cmocka_unit_test(a_unix_path_may_have_107_bytes),
		cmocka_unit_test(every_problem_of_a_url_is_told),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
