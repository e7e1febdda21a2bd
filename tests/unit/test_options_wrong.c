/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * test_options_wrong.c - wrong usage is refused, all of it, with the cure
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
a_variable_is_named_by_its_problem(void **state)
{
	struct run r;

	(void)state;
	(void)setenv("SYNCLINE_MEMORY", "2X", 1);
	(void)setenv("SYNCLINE_LISTEN", LOOPBACK ",tls:*", 1);
	r = commandline_load("");
	assert_string_equal(r.said,
	    "synclined: SYNCLINE_MEMORY: \"2X\": unknown unit \"X\"; sizes are "
	    "bytes, or like 64K, 100M, 10G (or 64KiB, 100MiB, 10GiB)\n"
	    "synclined: SYNCLINE_LISTEN: \"tls:*\": not a URL; give "
	    "udp://HOST:PORT, tcp://HOST:PORT, tls://HOST:PORT, unix:///PATH "
	    "or unix-stream:///PATH\n");
	commandline_done(&r);
}

static const struct {
	const char *line, *says;
} wrong[] = {
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
	{ "-o a --keep x", "--keep: \"x\": " },
	{ "-o a --compress xz", "--compress: \"xz\": " },
	{ "-o - --keep 3",
	    "--keep: \"3\": standard output has no rotated files" },
	{ "-o a --rotate-size 1M --keep-total 64K",
	    "--keep-total: \"64K\": less than rotate_size, 1M: each file" },
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

/* There is none but on a machine where it is installed. */
static void
nothing_to_do_without_the_usual_file(void **state)
{
	static const char *const lines[] = { "", "-v", "-t" };

	(void)state;
	for (size_t i = 0; i < COUNT(lines); i++) {
		struct run r = commandline_load(lines[i]);
		bool installed = strstr(r.said, "nothing to do") == NULL;

		if (!installed) {
			assert_int_equal(r.status, OPTIONS_BAD);
			assert_non_null(strstr(r.said,
			    "synclined.yaml; give another file with -c, or a "
			    "listener, an output or both, like synclined -l"));
		}
		commandline_done(&r);
		if (installed)
			skip();
	}
}

static void
wrong_usage_is_refused_with_the_cure(void **state)
{
	(void)state;
	for (size_t i = 0; i < COUNT(wrong); i++) {
		struct run r = commandline_load(wrong[i].line);

		if (r.status != OPTIONS_BAD)
			fail_msg("\"%s\" was taken", wrong[i].line);
		if (strstr(r.said, wrong[i].says) == NULL)
			fail_msg("\"%s\": %s", wrong[i].line, r.said);
		commandline_done(&r);
	}
}

static void
every_problem_is_told_on_a_line_of_its_own(void **state)
{
	struct run r = commandline_load(
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
	commandline_done(&r);
}

int
main(void)
{
	static const struct CMUnitTest tests[] = {
		cmocka_unit_test_teardown(a_variable_is_named_by_its_problem,
		    commandline_clear_environment),
		cmocka_unit_test(nothing_to_do_without_the_usual_file),
		cmocka_unit_test(wrong_usage_is_refused_with_the_cure),
		cmocka_unit_test(every_problem_is_told_on_a_line_of_its_own),
	};

	return cmocka_run_group_tests(
	    tests, commandline_clear_environment, NULL);
}
