/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * test_load.c - the files of a configuration
 *
 * What is wrong in every possible way is in tests/system; here is what a
 * right one becomes, and how files go together.
 */
#include "config/load.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cmocka.h>

#include "config/nets.h"
#include "config/source.h"
#include "config/template.h"
#include "wire/err.h"

/* One load of the files of the test's folder, which is where we are. */
struct run {
	struct config *c;
	struct loader *loader;
	struct problems problems;
	char *said;
	size_t said_n;
};

static int
enter_folder(void **state)
{
	char name[] = "/tmp/test_load.XXXXXX";

	if (mkdtemp(name) == NULL || chdir(name) == -1)
		return -1;
	*state = strdup(name);
	return *state == NULL ? -1 : 0;
}

static int
leave_folder(void **state)
{
	char command[100];

	(void)snprintf(command, sizeof(command), "rm -r '%s'", (char *)*state);
	free(*state);
	return chdir("/") == -1 || system(command) != 0 ? -1 : 0;
}

static void
write_file(const char *name, const char *text)
{
	FILE *f = fopen(name, "w");

	assert_non_null(f);
	assert_true(fputs(text, f) >= 0);
	assert_int_equal(fclose(f), 0);
}

static void
load(struct run *r, const char *name)
{
	struct err err;

	*r = (struct run){ .problems.prefix = "" };
	r->c = config_new(&err);
	r->problems.to = open_memstream(&r->said, &r->said_n);
	assert_true(r->c != NULL && r->problems.to != NULL);
	r->loader = loader_new(r->c, &r->problems);
	assert_non_null(r->loader);
	loader_read(r->loader, name);
	assert_int_equal(fclose(r->problems.to), 0);
}

static void
load_good(struct run *r, const char *text)
{
	write_file("c.yaml", text);
	load(r, "c.yaml");
	if (r->problems.count > 0)
		fail_msg("%s", r->said);
}

static void
done(struct run *r)
{
	loader_free(r->loader);
	config_free(r->c);
	free(r->said);
}

/* All that is said of that file. */
static void
assert_says(const char *text, const char *said)
{
	struct run r;

	write_file("c.yaml", text);
	load(&r, "c.yaml");
	assert_string_equal(r.said, said);
	done(&r);
}

static void
every_key_of_the_collector_sets_its_member(void **state)
{
	struct run r;

	(void)state;
	load_good(&r,
	    "workers: 3\nmemory: 64M\nmax_message: 8K\nlatency: 0\n"
	    "hostname: me\nhttp: \"[::1]:9\"\nhttp_hosts: [ a, b ]\n"
	    "user: u\ngroup: g\nstate: /s\nstop_timeout: 7s\nverbose: yes\n"
	    "include: []\n");
	assert_int_equal(r.c->workers, 3);
	assert_int_equal(r.c->memory, 64 << 20);
	assert_int_equal(r.c->max_message, 8192);
	assert_int_equal(r.c->latency, 0);
	assert_string_equal(r.c->hostname, "me");
	assert_string_equal(r.c->http, "[::1]:9");
	assert_int_equal(r.c->http_hosts.n, 2);
	assert_string_equal(r.c->http_hosts.text[1], "b");
	assert_string_equal(r.c->user, "u");
	assert_string_equal(r.c->group, "g");
	assert_string_equal(r.c->state, "/s");
	assert_int_equal(r.c->stop_timeout, 7000);
	assert_true(r.c->verbose);
	assert_int_equal(r.c->include.n, 0);
	done(&r);
}

static bool
holds(const struct nets *n, uint32_t address)
{
	struct sockaddr_storage a = { 0 };
	uint8_t bytes[] = { (uint8_t)(address >> 24), (uint8_t)(address >> 16),
		(uint8_t)(address >> 8), (uint8_t)address };

	a.ss_family = AF_INET;
	(void)memcpy((char *)&a + 4, bytes, 4); /* sin_addr */
	return nets_hold(n, &a);
}

static void
every_key_of_a_listener_sets_its_member(void **state)
{
	const struct listen_conf *l;
	struct run r;

	(void)state;
	load_good(&r,
	    "listen:\n"
	    "- url: udp://*:5\n  receive_buffer: 1M\n"
	    "  allow: [ 10.0.0.0/8, \"fd00::/8\" ]\n"
	    "  timezone: UTC-2\n  trust_hostname: false\n  rate: 100\n"
	    "- url: tcp://[::1]:6?framing=lf&allow=192.0.2.1&allow=192.0.2.2\n"
	    "  name: apps\n  max_connections: 5\n"
	    "  max_connections_per_peer: 6\n  idle_timeout: 7s\n"
	    "  proxy: 10.0.0.1\n"
	    "- mode: \"0600\"\n  url: unix:///s\n");
	assert_int_equal(r.c->listens, 3);
	l = &r.c->listen[0];
	assert_int_equal(l->receive_buffer, 1 << 20);
	assert_true(holds(l->allow, 0x0a010203));
	assert_false(holds(l->allow, 0x0b010203));
	assert_non_null(l->zone);
	assert_false(l->trust_hostname);
	assert_int_equal(l->rate, 100);
	assert_null(l->name);
	l = &r.c->listen[1];
	assert_string_equal(l->host, "::1");
	assert_string_equal(l->url, "tcp://[::1]:6");
	assert_int_equal(l->framing, 2);
	assert_true(holds(l->allow, 0xc0000201) && holds(l->allow, 0xc0000202));
	assert_string_equal(l->name, "apps");
	assert_int_equal(l->max_connections, 5);
	assert_int_equal(l->max_connections_per_peer, 6);
	assert_int_equal(l->idle_timeout, 7000);
	assert_true(holds(l->proxy, 0x0a000001));
	assert_int_equal(l->receive_buffer, 4 << 20);
	l = &r.c->listen[2];
	assert_string_equal(l->path, "/s");
	assert_int_equal(l->mode, 0600);
	assert_non_null(l->zone);
	assert_true(l->trust_hostname);
	done(&r);
}

/* It is no listener, and no error; what is wrong otherwise still is. */
static void
an_optional_one_without_a_certificate_is_left_out(void **state)
{
	struct run r;

	(void)state;
	load_good(&r,
	    "listen:\n"
	    "- url: tls://*:6514?optional=true\n"
	    "  certificate: nowhere/own.pem\n"
	    "- url: udp://*:5\n");
	assert_int_equal(r.c->listens, 1);
	assert_string_equal(r.c->listen[0].url, "udp://*:5");
	assert_int_equal(r.c->left_outs, 1);
	assert_true(r.c->left_out[0].absent);
	assert_string_equal(r.c->left_out[0].url, "tls://*:6514");
	assert_null(r.c->left_out[0].tls);
	done(&r);
}

static void
every_key_of_an_output_sets_its_member(void **state)
{
	const struct output_conf *o;
	struct run r;

	(void)state;
	load_good(&r,
	    "output:\n"
	    "- path: /v/%{hostname}/x.log\n  name: all\n"
	    "  format: \"%{msg}\"\n  facility: [ auth, 10, \"!auth\" ]\n"
	    "  severity: \"=info\"\n  app: [ \"a*\", \"!b\" ]\n  host: c\n"
	    "  match: 'd+'\n  final: true\n  when_full: drop\n"
	    "  rotate_size: 1M\n  sync: always\n  max_open_files: 7\n"
	    "  max_files: 8\n  max_new_files: 0\n  mode: \"0600\"\n"
	    "  dir_mode: \"0700\"\n  keep: 0\n  compress: none\n  owner: ''\n"
	    "- path: \"-\"\n  facility: [ \"!mail\", \"!news\" ]\n");
	assert_int_equal(r.c->outputs, 2);
	o = &r.c->output[0];
	assert_string_equal(o->name, "all");
	assert_non_null(o->file);
	assert_int_equal(template_base(o->file).n, 2);
	assert_int_equal(o->format, FORMAT_TEMPLATE);
	assert_int_equal(o->line->n, 1);
	assert_int_equal(o->choice.facilities, 1 << 10);
	assert_int_equal(o->choice.severities, 1 << 6);
	assert_int_equal(o->choice.app.n, 2);
	assert_string_equal(o->choice.app.text[1], "!b");
	assert_string_equal(o->choice.host.text[0], "c");
	assert_non_null(o->choice.match);
	assert_true(o->final);
	assert_int_equal(o->when_full, FULL_DROP);
	assert_int_equal(o->rotate_size, 1 << 20);
	assert_int_equal(o->sync, SYNC_ALWAYS);
	assert_int_equal(o->max_open_files, 7);
	assert_int_equal(o->max_files, 8);
	assert_int_equal(o->max_new_files, 0);
	assert_int_equal(o->mode, 0600);
	assert_int_equal(o->dir_mode, 0700);
	o = &r.c->output[1];
	assert_string_equal(o->name, "-");
	assert_null(o->file);
	assert_null(o->line);
	assert_int_equal(o->format, FORMAT_RFC5424);
	assert_int_equal(o->choice.facilities, 0xffffff & ~(1 << 2 | 1 << 7));
	assert_int_equal(o->choice.severities, 0);
	assert_null(o->choice.match);
	assert_false(o->final);
	done(&r);
}

static void
one_of_a_list_needs_no_list(void **state)
{
	struct run r;

	(void)state;
	load_good(&r,
	    "listen:\n  url: udp://*:1\n  allow: 10.0.0.1\n"
	    "output: { path: a, app: b, facility: mail }\nhttp_hosts: h\n");
	assert_int_equal(r.c->listens, 1);
	assert_true(holds(r.c->listen[0].allow, 0x0a000001));
	assert_int_equal(r.c->outputs, 1);
	assert_string_equal(r.c->output[0].choice.app.text[0], "b");
	assert_int_equal(r.c->http_hosts.n, 1);
	done(&r);
}

static void
included_files_are_appended_in_order(void **state)
{
	struct run r;

	(void)state;
	assert_int_equal(mkdir("d", 0700), 0);
	assert_int_equal(mkdir("d/e*", 0700), 0);
	write_file("d/2.yaml", "output:\n- path: three\n");
	write_file("d/1.yaml", "include: [ \"e*/*\" ]\noutput:\n- path: two\n");
	write_file("d/.0.yaml", "nonsense");
	write_file("d/e*/x", "output:\n- path: deep\nworkers: 5\n");
	write_file("last", "output:\n- path: four\n");
	load_good(&r,
	    "include: [ d/*.yaml, last, nothing/*.yaml ]\n"
	    "output:\n- path: one\n");
	assert_int_equal(r.c->workers, 5);
	assert_int_equal(r.c->outputs, 5);
	assert_string_equal(r.c->output[0].path, "one");
	assert_string_equal(r.c->output[1].path, "two");
	assert_string_equal(r.c->output[2].path, "deep");
	assert_string_equal(r.c->output[3].path, "three");
	assert_string_equal(r.c->output[4].path, "four");
	done(&r);
}

static void
files_may_not_contradict_each_other(void **state)
{
	(void)state;
	write_file("a",
	    "memory: 1M\nworkers: 2\nlisten: { url: udp://*:1 }\n"
	    "output:\n- path: x\n- path: b\n  name: x\n");
	assert_says("workers: 1\ninclude: a\nlisten:\n- url: UDP://*:1\n"
		    "output:\n- path: x\n",
	    "a:2: workers: is given twice; the first time is in c.yaml:1\n"
	    "a:3: listen[0]: there already is a listener on UDP://*:1, in "
	    "c.yaml:4\n"
	    "a:5: output[0]: there already is an output to x, in c.yaml:6\n"
	    "a:6: output[1]: there already is an output called \"x\", in "
	    "c.yaml:6\n");
}

static void
the_place_of_a_key_is_told(void **state)
{
	char place[LOAD_PLACE_TEXT];
	struct run r;

	(void)state;
	write_file("a", "\n\nmemory: 1M\n");
	load_good(&r, "\ninclude: a\n");
	assert_string_equal(
	    loader_place(r.loader, "memory", place), "a:3: memory");
	assert_string_equal(
	    loader_place(r.loader, "workers", place), "c.yaml:1: workers");
	assert_string_equal(
	    loader_place(r.loader, "listen", place), "c.yaml:1: listen");
	done(&r);
}

static void
what_is_wrong_with_tls_stands_at_its_key(void **state)
{
	(void)state;
	assert_says("listen:\n- url: tls://*:1\n  certificate: none.pem\n"
		    "  peers: [ a.example, 'f*.b' ]\n"
		    "- url: tcp://*:2\n  watch: yes\n",
	    "c.yaml:3: listen[0].certificate: \"none.pem\": cannot be read: "
	    "No such file or directory\n"
	    "c.yaml:2: listen[0].key: is missing; give the file with the "
	    "private key of `certificate`\n"
	    "c.yaml:4: listen[0].peers: \"a.example\": a name counts in a "
	    "certificate that an authority of `ca` signed; give `ca`, or a "
	    "fingerprint\n"
	    "c.yaml:4: listen[0].peers: \"f*.b\": * stands for exactly one "
	    "whole label, the first, as in *.example.net\n"
	    "c.yaml:6: listen[1].watch: is no key of this kind of listener; "
	    "leave it out\n");
}

static void
a_broken_section_does_not_hide_the_next(void **state)
{
	(void)state;
	assert_says("listen:\n"
		    "- url: nonsense\n  rate: x\n  framing: y\n"
		    "- url: udp://*:1\n  framing: lf\n  who: me\n"
		    "workers: x\n",
	    "c.yaml:2: listen[0].url: \"nonsense\": not a URL; give "
	    "udp://HOST:PORT, tcp://HOST:PORT, tls://HOST:PORT, unix:///PATH or "
	    "unix-stream:///PATH\n"
	    "c.yaml:3: listen[0].rate: \"x\": must begin with a digit; a "
	    "whole number is wanted\n"
	    "c.yaml:4: listen[0].framing: \"y\": must be one of auto, octet, "
	    "lf, nul\n"
	    "c.yaml:6: listen[1].framing: is no key of this kind of "
	    "listener; leave it out\n"
	    "c.yaml:7: listen[1].who: unknown key; see synclined "
	    "--help-config\n"
	    "c.yaml:8: workers: \"x\": must begin with a digit; a whole "
	    "number is wanted\n");
}

static void
a_file_that_everybody_may_write_to_is_refused(void **state)
{
	struct run r;

	(void)state;
	write_file("c.yaml", "workers: 1\n");
	assert_int_equal(chmod("c.yaml", 0646), 0);
	load(&r, "c.yaml");
	assert_string_equal(r.said,
	    "c.yaml: everybody may write to it; forbid that with chmod o-w "
	    "c.yaml\n");
	done(&r);
	assert_int_equal(chmod("c.yaml", 0664), 0);
	load(&r, "c.yaml");
	assert_int_equal(r.problems.count, 0);
	done(&r);
}

static void
there_are_bounds_on_files(void **state)
{
	char *large = malloc(SOURCE_BYTES_MAX + 2);
	char name[32], next[32];
	struct run r;

	(void)state;
	assert_non_null(large);
	(void)memset(large, '#', SOURCE_BYTES_MAX + 1);
	large[SOURCE_BYTES_MAX + 1] = '\0';
	assert_says(large, "c.yaml: is larger than 1M\n");
	large[SOURCE_BYTES_MAX] = '\0';
	load_good(&r, large);
	done(&r);
	free(large);

	for (int i = 0; i <= LOAD_DEPTH_MAX + 1; i++) {
		(void)snprintf(name, sizeof(name), "%d", i);
		(void)snprintf(next, sizeof(next), "include: %d\n", i + 1);
		write_file(name, i <= LOAD_DEPTH_MAX ? next : "");
	}
	load(&r, "1");
	assert_int_equal(r.problems.count, 0);
	done(&r);
	load(&r, "0");
	assert_string_equal(r.said,
	    "8:1: include: \"9\": more than 8 files that include each "
	    "other\n");
	done(&r);

	assert_int_equal(mkdir("many", 0700), 0);
	for (int i = 0; i < LOAD_FILES_MAX; i++) {
		(void)snprintf(name, sizeof(name), "many/%d", i);
		write_file(name, "");
	}
	assert_says("include: many/*\n",
	    "c.yaml:1: include: \"many/999\": there are more than 1,000 "
	    "files\n");
}

#define IN_FOLDER(test) \
	cmocka_unit_test_setup_teardown(test, enter_folder, leave_folder)

int
main(void)
{
	static const struct CMUnitTest tests[] = {
		IN_FOLDER(every_key_of_the_collector_sets_its_member),
		IN_FOLDER(every_key_of_a_listener_sets_its_member),
		IN_FOLDER(an_optional_one_without_a_certificate_is_left_out),
		IN_FOLDER(every_key_of_an_output_sets_its_member),
		IN_FOLDER(one_of_a_list_needs_no_list),
		IN_FOLDER(included_files_are_appended_in_order),
		IN_FOLDER(files_may_not_contradict_each_other),
		IN_FOLDER(the_place_of_a_key_is_told),
		IN_FOLDER(what_is_wrong_with_tls_stands_at_its_key),
		IN_FOLDER(a_broken_section_does_not_hide_the_next),
		IN_FOLDER(a_file_that_everybody_may_write_to_is_refused),
		IN_FOLDER(there_are_bounds_on_files),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
