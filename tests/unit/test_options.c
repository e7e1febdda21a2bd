/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * test_options.c - command line, environment and file become a configuration
 */
#include "config/options.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <cmocka.h>

#include "commandline.h"
#include "config/keys.h"
#include "wire/err.h"

#define COUNT(a) (sizeof(a) / sizeof((a)[0]))

static void
the_defaults_are_those_of_the_manual(void **state)
{
	struct run r = commandline_load_good("-l " LOOPBACK);

	(void)state;
	assert_true(r.c->workers >= 1 && r.c->workers <= 64);
	assert_int_equal(r.c->memory, 256 << 20);
	assert_int_equal(r.c->max_message, 64 << 10);
	assert_int_equal(r.c->stop_timeout, 5000);
	assert_true(key_is_hostname(r.c->hostname));
	assert_string_equal(r.c->http, "127.0.0.1:8514");
	assert_string_equal(r.c->http_host, "127.0.0.1");
	assert_int_equal(r.c->http_port, 8514);
	assert_false(r.c->verbose);
	assert_int_equal(r.c->output[0].format, 0);
	assert_int_equal(r.c->output[0].rotate_size, 0);
	assert_int_equal(r.c->output[0].sync, 1000);
	assert_int_equal(r.c->output[0].mode, 0640);
	assert_int_equal(r.c->output[0].dir_mode, 0750);
	commandline_done(&r);
}

static void
a_listener_alone_writes_to_standard_output(void **state)
{
	struct run r = commandline_load_good(
	    "-f raw --sync never -l " LOOPBACK);

	(void)state;
	assert_int_equal(r.c->listens, 1);
	assert_int_equal(r.c->outputs, 1);
	assert_string_equal(r.c->output[0].path, "-");
	assert_int_equal(r.c->output[0].format, 1);
	assert_int_equal(r.c->output[0].sync, SYNC_NEVER);
	commandline_done(&r);
}

static void
an_output_alone_listens_on_port_514(void **state)
{
	struct run r = commandline_load_good("-o a.log");

	(void)state;
	assert_int_equal(r.c->outputs, 1);
	assert_int_equal(r.c->listens, 2);
	assert_string_equal(r.c->listen[0].url, "udp://*:514");
	assert_string_equal(r.c->listen[1].url, "tcp://*:514");
	commandline_done(&r);
}

static void
every_option_sets_its_member(void **state)
{
	struct run r = commandline_load_good(
	    "-l " LOOPBACK " --listen=tcp://[::1]:0 "
	    "-o a.log --output /b.log -f json "
	    "--rotate-size 64K --sync 250ms "
	    "--http [::1]:9 --workers 3 --memory 16M "
	    "--max-message 1M --hostname me -v");

	(void)state;
	assert_int_equal(r.c->listens, 2);
	assert_string_equal(r.c->listen[1].host, "::1");
	assert_int_equal(r.c->outputs, 2);
	for (size_t i = 0; i < 2; i++) {
		assert_int_equal(r.c->output[i].format, 2);
		assert_int_equal(r.c->output[i].rotate_size, 65536);
		assert_int_equal(r.c->output[i].sync, 250);
	}
	assert_string_equal(r.c->output[1].path, "/b.log");
	assert_string_equal(r.c->output[1].name, "/b.log");
	assert_string_equal(r.c->http, "[::1]:9");
	assert_string_equal(r.c->http_host, "::1");
	assert_int_equal(r.c->http_port, 9);
	assert_int_equal(r.c->workers, 3);
	assert_int_equal(r.c->memory, 16 << 20);
	assert_int_equal(r.c->max_message, 1 << 20);
	assert_string_equal(r.c->hostname, "me");
	assert_true(r.c->verbose);
	commandline_done(&r);
}

static void
http_can_be_switched_off(void **state)
{
	struct run r = commandline_load_good("-l " LOOPBACK " --http none");

	(void)state;
	assert_null(r.c->http);
	assert_null(r.c->http_host);
	commandline_done(&r);
}

static void
the_environment_counts_like_the_options(void **state)
{
	struct run r;

	(void)state;
	(void)setenv("SYNCLINE_LISTEN",
	    "udp://*:1, unix:///a%2Cb,,\ttcp://*:2?name=x%2Cy ,", 1);
	(void)setenv("SYNCLINE_OUTPUT", "a,b.log", 1);
	(void)setenv("SYNCLINE_FORMAT", "raw", 1);
	(void)setenv("SYNCLINE_ROTATE_SIZE", "1M", 1);
	(void)setenv("SYNCLINE_SYNC", "always", 1);
	(void)setenv("SYNCLINE_HTTP", "none", 1);
	(void)setenv("SYNCLINE_WORKERS", "2", 1);
	(void)setenv("SYNCLINE_MEMORY", "32M", 1);
	(void)setenv("SYNCLINE_MAX_MESSAGE", "8K", 1);
	(void)setenv("SYNCLINE_HOSTNAME", "env", 1);
	(void)setenv("SYNCLINE_VERBOSE", "yes", 1);
	/* keys without an option; lists with commas */
	(void)setenv("SYNCLINE_STOP_TIMEOUT", "30s", 1);
	(void)setenv("SYNCLINE_HTTP_HOSTS", "logs.example.net, metrics", 1);
	(void)setenv("SYNCLINE_WHEN_FULL", "drop", 1);
	(void)setenv("SYNCLINE_APP", "nginx*,!nginx-test", 1);
	(void)setenv("SYNCLINE_MODE", "0644", 1);
	r = commandline_load_good("");
	assert_int_equal(r.c->listens, 3);
	assert_string_equal(r.c->listen[0].url, "udp://*:1");
	assert_string_equal(r.c->listen[1].path, "/a,b");
	assert_string_equal(r.c->listen[2].name, "x,y");
	assert_int_equal(r.c->outputs, 1);
	assert_string_equal(r.c->output[0].path, "a,b.log");
	assert_int_equal(r.c->output[0].format, 1);
	assert_int_equal(r.c->output[0].rotate_size, 1 << 20);
	assert_int_equal(r.c->output[0].sync, SYNC_ALWAYS);
	assert_null(r.c->http);
	assert_int_equal(r.c->workers, 2);
	assert_int_equal(r.c->memory, 32 << 20);
	assert_int_equal(r.c->max_message, 8192);
	assert_string_equal(r.c->hostname, "env");
	assert_true(r.c->verbose);
	assert_int_equal(r.c->stop_timeout, 30000);
	assert_int_equal(r.c->http_hosts.n, 2);
	assert_string_equal(r.c->http_hosts.text[0], "logs.example.net");
	assert_string_equal(r.c->http_hosts.text[1], "metrics");
	assert_int_equal(r.c->output[0].when_full, FULL_DROP);
	assert_int_equal(r.c->output[0].choice.app.n, 2);
	assert_int_equal(r.c->output[0].mode, 0644);
	commandline_done(&r);
}

/* What is wrong with keys of outputs is told as it is for a file. */
static void
the_environment_is_checked_as_a_whole(void **state)
{
	struct run r;

	(void)state;
	(void)setenv("SYNCLINE_FACILITY", "auth,!auth", 1);
	(void)setenv("SYNCLINE_KEEP_AGE", "1d", 1);
	(void)setenv("SYNCLINE_KEEP_MIN", "2d", 1);
	(void)setenv("SYNCLINE_LATENCY", "5 s", 1);
	r = commandline_load("-l udp://*:1 -o a --stop-timeout 1s");
	assert_int_equal(r.status, OPTIONS_BAD);
	assert_non_null(strstr(r.said, "unknown option --stop-timeout"));
	assert_non_null(strstr(r.said, "SYNCLINE_LATENCY: \"5 s\": "));
	assert_non_null(
	    strstr(r.said, "SYNCLINE_KEEP_MIN: \"2d\": longer than"));
	assert_non_null(
	    strstr(r.said, "SYNCLINE_FACILITY: no facility is left"));
	commandline_done(&r);
}

static void
an_option_goes_before_the_environment(void **state)
{
	struct run r;

	(void)state;
	(void)setenv("SYNCLINE_LISTEN", "nonsense", 1);
	(void)setenv("SYNCLINE_OUTPUT", "env.log", 1);
	(void)setenv("SYNCLINE_MEMORY", "nonsense", 1);
	(void)setenv("SYNCLINE_FORMAT", "", 1); /* as if not set */
	r = commandline_load_good("-l " LOOPBACK " --memory 2M --memory 3M");
	assert_int_equal(r.c->listens, 1);
	assert_string_equal(r.c->output[0].path, "env.log");
	assert_int_equal(r.c->memory, 3 << 20); /* the last one counts */
	assert_int_equal(r.c->output[0].format, 0);
	commandline_done(&r);
}

static void
a_file_name_leaves_room_for_rotation(void **state)
{
	char line[8 + 201 + 1] = "-o /tmp/";
	struct run r;

	(void)state;
	(void)memset(line + 8, 'x', 200);
	r = commandline_load_good(line);
	commandline_done(&r);
	line[8 + 200] = 'x';
	r = commandline_load(line);
	assert_non_null(strstr(r.said, "longer than 200 bytes"));
	commandline_done(&r);
}

static void
there_are_bounds_on_listeners_and_outputs(void **state)
{
	struct config c = { .listens = CONFIG_SECTIONS_MAX,
		.outputs = CONFIG_SECTIONS_MAX };
	struct listen_conf l = { 0 };
	struct output_conf o = { 0 };
	struct err err;

	(void)state;
	assert_int_equal(config_add_listen(&c, &l, &err), -1);
	assert_string_equal(err.text, "more than 1000 listeners");
	assert_int_equal(config_add_output(&c, &o, &err), -1);
	assert_string_equal(err.text, "more than 1000 outputs");
}

static void
workers_are_chosen_by_processors_and_memory(void **state)
{
	static const struct {
		int64_t processors, memory, workers;
	} rows[] = {
		{ 1, 256 << 20, 1 },
		{ 2, 256 << 20, 1 },
		{ 3, 256 << 20, 1 },
		{ 4, 256 << 20, 2 },
		{ 16, 3 << 20, 3 }, /* 1M each */
		{ 1000, 256 << 20, 64 },
	};
	struct run r = commandline_load_good("-o a --memory 1M --workers 0");

	(void)state;
	assert_int_equal(r.c->workers, 1);
	commandline_done(&r);
	for (size_t i = 0; i < COUNT(rows); i++)
		assert_int_equal(
		    config_choose_workers(rows[i].processors, rows[i].memory),
		    rows[i].workers);
}

static void
without_a_name_of_our_own_it_is_the_systems(void **state)
{
	struct run r = commandline_load_good("-o a --hostname=");
	char name[CONFIG_HOSTNAME_MAX + 2] = "";

	(void)state;
	assert_int_equal(gethostname(name, sizeof(name) - 1), 0);
	assert_string_equal(
	    r.c->hostname, key_is_hostname(name) ? name : "localhost");
	commandline_done(&r);
}

static void
write_file(const char *name, const char *text)
{
	FILE *f = fopen(name, "w");

	assert_non_null(f);
	assert_true(fputs(text, f) >= 0);
	assert_int_equal(fclose(f), 0);
}

#define FILE_NAME "test_options.yaml"

static int
remove_file(void **state)
{
	(void)unlink(FILE_NAME);
	return commandline_clear_environment(state);
}

static void
a_file_is_the_base_of_everything_else(void **state)
{
	struct run r;

	(void)state;
	write_file(FILE_NAME,
	    "listen: { url: udp://*:1 }\n"
	    "output: { path: one, format: raw }\n");
	r = commandline_load_good("-c " FILE_NAME " -l tcp://*:2 -o two -o 3 "
				  "-f json --rotate-size 1M");
	assert_int_equal(r.c->listens, 2);
	assert_string_equal(r.c->listen[0].url, "udp://*:1");
	assert_string_equal(r.c->listen[1].url, "tcp://*:2");
	assert_int_equal(r.c->outputs, 3);
	assert_int_equal(r.c->output[0].format, FORMAT_RAW);
	assert_int_equal(r.c->output[0].rotate_size, 0);
	assert_int_equal(r.c->output[1].format, FORMAT_JSON);
	assert_int_equal(r.c->output[2].rotate_size, 1 << 20);
	commandline_done(&r);

	/* and neither does more than the file says */
	r = commandline_load_good("-c " FILE_NAME);
	assert_int_equal(r.c->listens, 1);
	assert_int_equal(r.c->outputs, 1);
	commandline_done(&r);
	(void)setenv("SYNCLINE_CONFIG", FILE_NAME, 1);
	r = commandline_load_good("-o two");
	assert_int_equal(r.c->listens, 1);
	assert_int_equal(r.c->outputs, 2);
	commandline_done(&r);
}

static void
options_go_before_the_environment_and_that_before_the_file(void **state)
{
	struct run r;

	(void)state;
	write_file(FILE_NAME,
	    "listen: { url: udp://*:1 }\noutput: { path: one }\n"
	    "memory: 17M\nmax_message: 2K\nhostname: file\nworkers: 2\n"
	    "http: \"127.0.0.1:1\"\n");
	(void)setenv("SYNCLINE_MAX_MESSAGE", "3K", 1);
	(void)setenv("SYNCLINE_HOSTNAME", "env", 1);
	(void)setenv("SYNCLINE_HTTP", "none", 1);
	r = commandline_load_good("-c " FILE_NAME " --hostname option");
	assert_int_equal(r.c->memory, 17 << 20);
	assert_int_equal(r.c->max_message, 3 << 10);
	assert_string_equal(r.c->hostname, "option");
	assert_int_equal(r.c->workers, 2);
	assert_null(r.c->http);
	assert_int_equal(r.c->stop_timeout, 5000);
	commandline_done(&r);
}

static void
a_check_says_that_the_file_is_right(void **state)
{
	struct run r;

	(void)state;
	write_file(
	    FILE_NAME, "listen: { url: udp://*:1 }\noutput: { path: one }\n");
	r = commandline_load("-t -c " FILE_NAME);
	assert_int_equal(r.status, OPTIONS_DONE);
	assert_string_equal(r.help, FILE_NAME ": ok\n");
	commandline_done(&r);
	r = commandline_load("--check -o a");
	assert_int_equal(r.status, OPTIONS_DONE);
	assert_string_equal(r.help, "command line: ok\n");
	commandline_done(&r);
	write_file(FILE_NAME, "output: { path: one }\n");
	r = commandline_load("-t -c " FILE_NAME);
	assert_int_equal(r.status, OPTIONS_BAD);
	assert_string_equal(r.said,
	    FILE_NAME ":1: listen: there is no listener; add one like - url: "
		      "udp://*:514, or give -l URL\n" FILE_NAME ": 1 error\n");
	commandline_done(&r);
}

static void
a_reload_says_that_nothing_changed(void **state)
{
	static char program[] = "synclined", option[] = "-c",
		    file[] = FILE_NAME;
	char *argv[] = { program, option, file, NULL };
	struct config *c;
	char *said;
	size_t n;
	FILE *to;

	(void)state;
	write_file(FILE_NAME, "output: { path: one }\nx: 1\n");
	to = open_memstream(&said, &n);
	assert_non_null(to);
	assert_int_equal(options_reload(3, argv, &c, to), -1);
	assert_null(c);
	assert_int_equal(fclose(to), 0);
	assert_string_equal(said,
	    FILE_NAME
	    ":2: x: unknown key; see synclined --help-config\n" FILE_NAME
	    ": 1 error; the running configuration is unchanged\n");
	free(said);
	write_file(
	    FILE_NAME, "listen: { url: udp://*:1 }\noutput: { path: one }\n");
	assert_int_equal(options_reload(3, argv, &c, stderr), 0);
	assert_int_equal(c->listens, 1);
	config_free(c);
}

static void
what_needs_a_restart_is_named(void **state)
{
	struct run a = commandline_load_good(
	    "-o a --workers 2 --memory 64M --http none --user x -v");
	struct run b = commandline_load_good(
	    "-o b --workers 3 --memory 1G --http 127.0.0.1:1 --user y");
	char *said;
	size_t n;
	FILE *to = open_memstream(&said, &n);

	(void)state;
	assert_non_null(to);
	assert_int_equal(options_refuse_restart(a.c, a.c, to), 0);
	assert_int_equal(options_refuse_restart(a.c, b.c, to), 4);
	assert_int_equal(fclose(to), 0);
	assert_string_equal(said,
	    "synclined: workers: 2 -> 3 needs a restart\n"
	    "synclined: memory: 64M -> 1G needs a restart\n"
	    "synclined: http: none -> 127.0.0.1:1 needs a restart\n"
	    "synclined: user: x -> y needs a restart\n");
	free(said);
	commandline_done(&a);
	commandline_done(&b);
}

static void
an_output_is_copied_without_what_is_compiled(void **state)
{
	struct run r;
	struct output_conf copy;
	struct err err;

	(void)state;
	write_file(FILE_NAME,
	    "listen: { url: udp://*:1 }\n"
	    "output: { path: '/%{hostname}/x', format: '%{msg}', app: a, "
	    "match: b, mode: 600, final: yes }\n");
	r = commandline_load_good("-c " FILE_NAME);
	assert_int_equal(output_conf_copy(&copy, &r.c->output[0], &err), 0);
	assert_string_equal(copy.path, "/%{hostname}/x");
	assert_string_equal(copy.name, "/%{hostname}/x");
	assert_ptr_not_equal(copy.path, r.c->output[0].path);
	assert_int_equal(copy.mode, 0600);
	assert_true(copy.final);
	assert_null(copy.line);
	assert_null(copy.file);
	assert_null(copy.choice.match);
	assert_int_equal(copy.choice.app.n, 0);
	output_conf_clear(&copy);
	assert_null(copy.path);
	commandline_done(&r);
}

static void
each_output_has_a_template_of_its_own(void **state)
{
	struct run r = commandline_load_good("-o a -o %{hostname}/b -f %{msg}");

	(void)state;
	assert_non_null(r.c->output[0].line);
	assert_non_null(r.c->output[1].line);
	assert_ptr_not_equal(r.c->output[0].line, r.c->output[1].line);
	assert_null(r.c->output[0].file);
	assert_non_null(r.c->output[1].file);
	commandline_done(&r);
}

int
main(void)
{
	static const struct CMUnitTest tests[] = {
		cmocka_unit_test(the_defaults_are_those_of_the_manual),
		cmocka_unit_test(a_listener_alone_writes_to_standard_output),
		cmocka_unit_test(an_output_alone_listens_on_port_514),
		cmocka_unit_test(every_option_sets_its_member),
		cmocka_unit_test(http_can_be_switched_off),
		cmocka_unit_test_teardown(
		    the_environment_counts_like_the_options,
		    commandline_clear_environment),
		cmocka_unit_test_teardown(the_environment_is_checked_as_a_whole,
		    commandline_clear_environment),
		cmocka_unit_test_teardown(an_option_goes_before_the_environment,
		    commandline_clear_environment),
		cmocka_unit_test(a_file_name_leaves_room_for_rotation),
		cmocka_unit_test(there_are_bounds_on_listeners_and_outputs),
		cmocka_unit_test(workers_are_chosen_by_processors_and_memory),
		cmocka_unit_test(without_a_name_of_our_own_it_is_the_systems),
		cmocka_unit_test_teardown(
		    a_file_is_the_base_of_everything_else, remove_file),
		cmocka_unit_test_teardown(
		    options_go_before_the_environment_and_that_before_the_file,
		    remove_file),
		cmocka_unit_test_teardown(
		    a_check_says_that_the_file_is_right, remove_file),
		cmocka_unit_test_teardown(
		    a_reload_says_that_nothing_changed, remove_file),
		cmocka_unit_test_teardown(
		    what_needs_a_restart_is_named, remove_file),
		cmocka_unit_test_teardown(
		    an_output_is_copied_without_what_is_compiled, remove_file),
		cmocka_unit_test_teardown(
		    each_output_has_a_template_of_its_own, remove_file),
	};

	return cmocka_run_group_tests(
	    tests, commandline_clear_environment, NULL);
}
