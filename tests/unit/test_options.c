/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * test_options.c - command line and environment become a configuration
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

#include "config/keys.h"
#include "wire/err.h"

#define COUNT(a) (sizeof(a) / sizeof((a)[0]))
#define LOOPBACK "udp://127.0.0.1:5514"

enum { WORDS = 32, LINE = 2048 };

/* One run of options_load_to(). */
struct run {
	enum options_status status;
	struct config *c;
	char *help, *said; /* what it printed */
};

/* Breaks a command line at its spaces and loads it. */
static struct run
load(const char *line)
{
	char words[LINE], *argv[WORDS + 2], *rest = words;
	size_t help_n, said_n;
	FILE *help, *said;
	struct run r;
	int argc = 0;

	assert_true(strlen(line) < sizeof(words));
	(void)memcpy(words, line, strlen(line) + 1);
	argv[argc++] = (char[]){ "synclined" };
	while ((argv[argc] = strsep(&rest, " ")) != NULL) {
		if (argv[argc][0] != '\0')
			argc++;
		assert_true(argc <= WORDS);
	}
	help = open_memstream(&r.help, &help_n);
	said = open_memstream(&r.said, &said_n);
	assert_true(help != NULL && said != NULL);
	r.status = options_load_to(argc, argv, &r.c, help, said);
	assert_int_equal(fclose(help), 0);
	assert_int_equal(fclose(said), 0);
	assert_true((r.status == OPTIONS_RUN) == (r.c != NULL));
	assert_true((r.status == OPTIONS_BAD) == (r.said[0] != '\0'));
	assert_true((r.status == OPTIONS_DONE) == (r.help[0] != '\0'));
	return r;
}

static void
done(struct run *r)
{
	config_free(r->c);
	free(r->help);
	free(r->said);
}

static struct run
load_good(const char *line)
{
	struct run r = load(line);

	if (r.status != OPTIONS_RUN)
		fail_msg("%s: %s", line, r.said);
	return r;
}

static int
clear_environment(void **state)
{
	const struct key_section *s;
	const struct conf_key *k;
	char name[KEY_VARIABLE_TEXT];

	(void)state;
	for (s = key_sections; s->title != NULL; s++) {
		for (k = s->keys; k->name != NULL; k++) {
			if (k->option != NULL &&
			    unsetenv(key_write_variable(k, name)) == -1)
				return -1;
		}
	}
	return 0;
}

static void
the_defaults_are_those_of_the_manual(void **state)
{
	struct run r = load_good("-l " LOOPBACK);

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
	done(&r);
}

static void
a_listener_alone_writes_to_standard_output(void **state)
{
	struct run r = load_good("-f raw --sync never -l " LOOPBACK);

	(void)state;
	assert_int_equal(r.c->listens, 1);
	assert_int_equal(r.c->outputs, 1);
	assert_string_equal(r.c->output[0].path, "-");
	assert_int_equal(r.c->output[0].format, 1);
	assert_int_equal(r.c->output[0].sync, SYNC_NEVER);
	done(&r);
}

static void
an_output_alone_listens_on_port_514(void **state)
{
	struct run r = load_good("-o a.log");

	(void)state;
	assert_int_equal(r.c->outputs, 1);
	assert_int_equal(r.c->listens, 2);
	assert_string_equal(r.c->listen[0].url, "udp://*:514");
	assert_string_equal(r.c->listen[1].url, "tcp://*:514");
	done(&r);
}

static void
every_option_sets_its_member(void **state)
{
	struct run r = load_good("-l " LOOPBACK " --listen=tcp://[::1]:0 "
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
	done(&r);
}

static void
http_can_be_switched_off(void **state)
{
	struct run r = load_good("-l " LOOPBACK " --http none");

	(void)state;
	assert_null(r.c->http);
	assert_null(r.c->http_host);
	done(&r);
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
	r = load_good("");
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
	done(&r);
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
	r = load_good("-l " LOOPBACK " --memory 2M --memory 3M");
	assert_int_equal(r.c->listens, 1);
	assert_string_equal(r.c->output[0].path, "env.log");
	assert_int_equal(r.c->memory, 3 << 20); /* the last one counts */
	assert_int_equal(r.c->output[0].format, 0);
	done(&r);
}

static void
a_variable_is_named_by_its_problem(void **state)
{
	struct run r;

	(void)state;
	(void)setenv("SYNCLINE_MEMORY", "2X", 1);
	(void)setenv("SYNCLINE_LISTEN", LOOPBACK ",tls://*", 1);
	r = load("");
	assert_string_equal(r.said,
	    "synclined: SYNCLINE_MEMORY: \"2X\": unknown unit \"X\"; sizes are "
	    "bytes, or like 64K, 100M, 10G (or 64KiB, 100MiB, 10GiB)\n"
	    "synclined: SYNCLINE_LISTEN: \"tls://*\": TLS is not supported "
	    "yet; use tcp:// behind something that does TLS\n");
	done(&r);
}

static const struct {
	const char *line, *says;
} wrong[] = {
	{ "",
	    "synclined: nothing to do: there is no " SYNCLINE_CONFIG_FILE
	    "; give another file with -c, or a "
	    "listener, an output or both, like synclined -l udp://" },
	{ "-v", "nothing to do" },
	{ "-o a --memory 2X",
	    "synclined: --memory: \"2X\": unknown unit \"X\"; sizes are "
	    "bytes, or like 64K, 100M, 10G (or 64KiB, 100MiB, 10GiB)\n" },
	{ "-o a -f x",
	    "--format: \"x\": must be one of rfc5424, json, iso, bsd, raw" },
	{ "-o a --sync 0", "--sync: \"0\": out of range" },
	{ "-o a --http 127.0.0.1:x", "--http: \"127.0.0.1:x\": the port" },
	{ "-o a --http :8514", "--http: \":8514\": the host is missing" },
	{ "-o a --http 8514", "a port without a host; give *:8514" },
	{ "-o a --http=", "--http: \"\": is empty" },
	{ "-o a --hostname b\xffx", "printable ASCII" },
	{ "-o a --workers 65", "must be 0 to 64" },
	{ "-o a --memory 4M --workers 5",
	    "--memory: \"4M\": too little: 5 workers need 1M each, 5M" },
	{ "-o a --memory 1M --max-message 64K --workers 2",
	    "too little: 2 workers" },
	{ "-o a --memory 15M --max-message 1M",
	    "--memory: \"15M\": too little: messages of up to 1M need "
	    "16 times that, 16M" },
	{ "-o a -o b -o a", "--output: \"a\": there already is" },
	{ "-o - -o -", "--output: \"-\": there already is" },
	{ "-l udp://*:5 -l UDP://*:5?name=x",
	    "there already is a listener on udp://*:5" },
	{ "-l udp://A:5 -l udp://a:5", "there already is" },
	{ "-l tcp://*:0 -l tcp://*:0", "there already is" },
	{ "-l unix:///a -l unix-stream:///%61", "there already is" },
	{ "-l udp://*:1?name=a -l udp://*:2?name=a",
	    "there already is a listener called \"a\"" },
	{ "-o /x/%{host}.log",
	    "--output: \"/x/%{host}.log\": there is no field %{host}; did "
	    "you mean %{hostname}?" },
	{ "-o /tmp/", "names a folder; give a file, like /tmp/all.log" },
	{ "-o ..", "names a folder; give a file, like ../all.log" },
	{ "--output=", "--output: \"\": is empty" },
	{ "-l " LOOPBACK " --rotate-size 1M",
	    "--rotate-size: \"1M\": standard output cannot be rotated" },
	{ "-o a -o - --rotate-size 1M", "cannot be rotated" },
	{ "-o a -C x", "unknown option -C; see synclined --help" },
	{ "-o a -c /nonexistent/x",
	    "/nonexistent/x: cannot be read: No such file or directory\n"
	    "/nonexistent/x: 1 error\n" },
	{ "-c", "--config: FILE is missing" },
	{ "-o a --keep 3",
	    "--keep: \"3\": is not supported by this version yet" },
	{ "--help-config=x",
	    "--help-config: \"x\": must be one of text, sample, schema" },
	{ "-o a -vq", "unknown option -q; see synclined --help" },
	{ "-o a --memroy 1M",
	    "unknown option --memroy; did you mean --memory? "
	    "See synclined --help" },
	{ "-o a --memroy=1M", "option --memroy; did you mean --memory" },
	{ "-o a --zzzzzzzz", "unknown option --zzzzzzzz; see synclined" },
	{ "-o a --m 1M", "unknown option --m" }, /* which? */
	{ "-o a --verbose=3", "--verbose=3: the option takes no value" },
	{ "-o a --help=3", "--help=3: the option takes no value" },
	{ "-o a --memory", "--memory: SIZE is missing" },
	{ "-o", "--output: PATH is missing" },
	{ "-o a b", "\"b\": unexpected argument; a file needs -c, a listener" },
	{ "-o a -- -l", "\"-l\": unexpected argument" },
	{ "-o a \x1b[2J", "\"#033[2J\": unexpected argument" },
	{ "--zzz --help", "unknown option --zzz" },
};

static void
wrong_usage_is_refused_with_the_cure(void **state)
{
	(void)state;
	for (size_t i = 0; i < COUNT(wrong); i++) {
		struct run r = load(wrong[i].line);

		if (r.status != OPTIONS_BAD)
			fail_msg("\"%s\" was taken", wrong[i].line);
		if (strstr(r.said, wrong[i].says) == NULL)
			fail_msg("\"%s\": %s", wrong[i].line, r.said);
		done(&r);
	}
}

static void
every_problem_is_told_on_a_line_of_its_own(void **state)
{
	struct run r = load(
	    "-l udp://:1 -l tcp://*:2?framing=x&who=1 -o a -o a "
	    "-f x --sync x --memory x --workers x --http x:y "
	    "--zzz");
	const char *line = r.said;
	int lines = 0;

	(void)state;
	for (; *line != '\0'; line = strchr(line, '\n') + 1) {
		assert_memory_equal(line, "synclined: ", 11);
		lines++;
	}
	assert_int_equal(lines, 10);
	done(&r);
}

static void
a_file_name_leaves_room_for_rotation(void **state)
{
	char line[8 + 201 + 1] = "-o /tmp/";
	struct run r;

	(void)state;
	(void)memset(line + 8, 'x', 200);
	r = load_good(line);
	done(&r);
	line[8 + 200] = 'x';
	r = load(line);
	assert_non_null(strstr(r.said, "longer than 200 bytes"));
	done(&r);
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
	struct run r = load_good("-o a --memory 1M --workers 0");

	(void)state;
	assert_int_equal(r.c->workers, 1);
	done(&r);
	for (size_t i = 0; i < COUNT(rows); i++)
		assert_int_equal(
		    config_choose_workers(rows[i].processors, rows[i].memory),
		    rows[i].workers);
}

static void
without_a_name_of_our_own_it_is_the_systems(void **state)
{
	struct run r = load_good("-o a --hostname=");
	char name[CONFIG_HOSTNAME_MAX + 2] = "";

	(void)state;
	assert_int_equal(gethostname(name, sizeof(name) - 1), 0);
	assert_string_equal(
	    r.c->hostname, key_is_hostname(name) ? name : "localhost");
	done(&r);
}

static void
the_version_is_told(void **state)
{
	struct run r = load("--version");

	(void)state;
	assert_int_equal(r.status, OPTIONS_DONE);
	assert_string_equal(r.help, "synclined " PACKAGE_VERSION "\n");
	done(&r);
}

static void
help_is_complete_and_fits_80_columns(void **state)
{
	struct run r = load("-o a --help --zzz");
	char text[KEY_VARIABLE_TEXT + 2];
	const struct key_section *s;
	const struct conf_key *k;
	size_t n;

	(void)state;
	assert_int_equal(r.status, OPTIONS_DONE);
	for (const char *line = r.help; *line != '\0'; line += n + 1) {
		n = strcspn(line, "\n");
		assert_int_equal(line[n], '\n');
		assert_true(n <= 80);
		assert_true(n == 0 || line[n - 1] != ' ');
		assert_null(memchr(line, '\t', n));
	}
	for (s = key_sections; s->title != NULL; s++) {
		assert_non_null(strstr(r.help, s->title));
		for (k = s->keys; k->name != NULL; k++) {
			if (k->option == NULL || k->later)
				continue;
			(void)snprintf(text, sizeof(text), "--%s", k->option);
			assert_non_null(strstr(r.help, text));
			assert_non_null(
			    strstr(r.help, key_write_variable(k, text)));
		}
	}
	for (k = listen_keys; k->name != NULL; k++) {
		(void)snprintf(text, sizeof(text), "    %s", k->name);
		assert_true(k->option != NULL || k->later ||
		    strstr(r.help, text) != NULL);
	}
	done(&r);
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
		    the_environment_counts_like_the_options, clear_environment),
		cmocka_unit_test_teardown(
		    an_option_goes_before_the_environment, clear_environment),
		cmocka_unit_test_teardown(
		    a_variable_is_named_by_its_problem, clear_environment),
		cmocka_unit_test(wrong_usage_is_refused_with_the_cure),
		cmocka_unit_test(every_problem_is_told_on_a_line_of_its_own),
		cmocka_unit_test(a_file_name_leaves_room_for_rotation),
		cmocka_unit_test(there_are_bounds_on_listeners_and_outputs),
		cmocka_unit_test(workers_are_chosen_by_processors_and_memory),
		cmocka_unit_test(without_a_name_of_our_own_it_is_the_systems),
		cmocka_unit_test(the_version_is_told),
		cmocka_unit_test(help_is_complete_and_fits_80_columns),
	};

	return cmocka_run_group_tests(tests, clear_environment, NULL);
}
