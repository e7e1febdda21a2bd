/* SPDX-License-Identifier: BSD-2-Clause */
/* test_log.c - the daemon's voice: one line, escaped, and never a stop */
#include "base/log.h"

#include <sys/socket.h>

#include <errno.h>
#include <fcntl.h>
#include <pthread.h>
#include <setjmp.h>
#include <signal.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include <cmocka.h>

#define ROWS(a) (sizeof(a) / sizeof((a)[0]))

/* Standard error is one end of a pipe for as long as a test runs. */
struct voice {
	int kept; /* the real one */
	int from;
};

static void
voice_take(struct voice *v, bool stream)
{
	int fd[2];

	if (stream)
		assert_int_equal(socketpair(AF_UNIX, SOCK_STREAM, 0, fd), 0);
	else
		assert_int_equal(pipe(fd), 0);
	v->kept = dup(STDERR_FILENO);
	assert_int_not_equal(v->kept, -1);
	assert_int_equal(dup2(fd[1], STDERR_FILENO), STDERR_FILENO);
	close(fd[1]);
	v->from = fd[0];
	assert_int_equal(fcntl(v->from, F_SETFL, O_NONBLOCK), 0);
}

static void
voice_give(struct voice *v)
{
	dup2(v->kept, STDERR_FILENO);
	close(v->kept);
	if (v->from != -1)
		close(v->from);
}

/* What has been said, as one text; "" for nothing. */
static void
hear(const struct voice *v, char *to, size_t size)
{
	ssize_t n = read(v->from, to, size - 1);

	to[n > 0 ? n : 0] = '\0';
}

static int64_t
now_ms(void)
{
	struct timespec ts;

	clock_gettime(CLOCK_MONOTONIC, &ts);
	return (int64_t)ts.tv_sec * 1000 + ts.tv_nsec / 1000000;
}

static void
a_line_is_one_line_whatever_it_says(void **state)
{
	static const struct {
		const char *text, *line, *why;
	} rows[] = {
		{ "ready", "syncline: ready\n", "plain" },
		{ "", "syncline: \n", "nothing" },
		{ "a\nsyncline: b", "syncline: a#012syncline: b\n",
		    "a newline could forge a line" },
		{ "\x1b[2J\x7f", "syncline: #033[2J#177\n", "the terminal" },
		{ "\xff\xc3\xa4", "syncline: #377\xc3\xa4\n", "UTF-8 stays" },
		/* NOLINTNEXTLINE(misc-misleading-bidirectional) */
		{ "\xe2\x80\xae", "syncline: #342#200#256\n", "U+202E" },
		{ "a\xc3", "syncline: a#303\n", "a character cut off" },
		{ "#012", "syncline: #043012\n", "what looks like an escape" },
		{ "\t%s %n", "syncline: \t%s %n\n", "no format" },
	};
	struct voice v;
	char out[256];

	(void)state;
	voice_take(&v, false);
	for (size_t i = 0; i < ROWS(rows); i++) {
		log_line(LOG_INFO, "%s", rows[i].text);
		hear(&v, out, sizeof(out));
		assert_string_equal(out, rows[i].line);
	}
	voice_give(&v);
}

static void
the_reason_follows_and_errno_survives(void **state)
{
	char out[4096], name[4096];
	struct voice v;

	(void)state;
	memset(name, 'x', sizeof(name) - 1);
	name[sizeof(name) - 1] = '\0';
	voice_take(&v, false);

	errno = ENOSPC;
	log_sys(LOG_ERR, "file %s", "a");
	assert_int_equal(errno, ENOSPC);
	hear(&v, out, sizeof(out));
	assert_string_equal(out, "syncline: file a: No space left on device\n");

	log_sys(LOG_ERR, "file %s", name);
	hear(&v, out, sizeof(out));
	assert_in_range(strlen(out), 1800, 2048);
	assert_non_null(strstr(out, "xxx: No space left on device\n"));

	close(v.from); /* gone: EPIPE inside */
	v.from = -1;
	errno = EAGAIN;
	log_line(LOG_ERR, "nobody hears this");
	assert_int_equal(errno, EAGAIN);
	voice_give(&v);
}

static void
debug_speaks_only_when_asked_to(void **state)
{
	struct voice v;
	char out[256];

	(void)state;
	voice_take(&v, false);
	log_line(LOG_DEBUG, "one");
	log_verbose(true);
	log_line(LOG_DEBUG, "two");
	log_verbose(false);
	log_sys(LOG_DEBUG, "three");
	log_line(LOG_INFO, "four");
	hear(&v, out, sizeof(out));
	assert_string_equal(out, "syncline: two\nsyncline: four\n");
	voice_give(&v);
}

/* Any mix of bytes of every length around the limit. */
static void
a_long_line_is_cut_between_characters(void **state)
{
	static const char *const parts[] = { "x", "\xff", "\xc3\xa4",
		"\xe2\x82\xac", "\xf0\x9f\x98\x80", "\n", "#012", "a\xe2" };
	struct voice v;
	char out[4096], text[9000];

	(void)state;
	voice_take(&v, false);
	for (size_t i = 0; i < ROWS(parts); i++) {
		const size_t len = strlen(parts[i]);

		for (size_t n = 400; n < 2100; n += n < 1990 ? 97 : 1) {
			size_t at = 0, got, tail;

			for (size_t k = 0; k < n; k++, at += len)
				memcpy(text + at, parts[i], len);
			text[at] = '\0';
			log_line(LOG_INFO, "%s", text);
			hear(&v, out, sizeof(out));
			got = strlen(out);
			assert_in_range(got, 400, 2048);
			assert_int_equal(out[got - 1], '\n');
			assert_ptr_equal(strchr(out, '\n'), out + got - 1);
			if (at < 500)
				continue;
			/* cut: as full as it can be, at a whole character */
			tail = strcmp(out + got - 4, "...\n") == 0 ? 4 : 1;
			if (tail == 4)
				assert_in_range(got, 2048 - 16, 2048);
			if (i == 2)
				assert_int_equal((got - 10 - tail) % 2, 0);
			if (i == 1)
				assert_int_equal((got - 10 - tail) % 4, 0);
		}
	}
	voice_give(&v);
}

static void
a_full_standard_error_stops_nobody(void **state)
{
	(void)state;
	for (int stream = 0; stream < 2; stream++) {
		char out[4096];
		int64_t start;
		struct voice v;

		voice_take(&v, stream == 1);
		start = now_ms();
		for (int i = 0; i < 20000; i++)
			log_line(LOG_INFO, "line %100d of many", i);
		/* one wait of 100 ms for all of them, not one for each */
		assert_in_range(now_ms() - start, 90, 3000);
		/* and it speaks again as soon as somebody listens */
		do
			hear(&v, out, sizeof(out));
		while (out[0] != '\0');
		log_line(LOG_INFO, "again");
		hear(&v, out, sizeof(out));
		assert_string_equal(out, "syncline: again\n");
		voice_give(&v);
	}
}

static void *
shout(void *arg)
{
	for (int i = 0; i < 3000; i++)
		log_line(LOG_INFO, "%s %0200d", (const char *)arg, i);
	return NULL;
}

/* Nobody reads: threads that fill the pipe together must all come back. */
static void
threads_neither_mix_lines_nor_hang(void **state)
{
	static char names[4][2] = { "a", "b", "c", "d" };
	pthread_t t[4];
	struct voice v;
	char out[1 << 17], *lf, *p = out;
	size_t lines = 0;

	(void)state;
	voice_take(&v, false);
	for (size_t i = 0; i < 4; i++)
		assert_int_equal(
		    pthread_create(&t[i], NULL, shout, names[i]), 0);
	for (size_t i = 0; i < 4; i++)
		pthread_join(t[i], NULL);
	hear(&v, out, sizeof(out));
	for (; (lf = strchr(p, '\n')) != NULL; p = lf + 1, lines++)
		assert_int_equal(lf - p, 10 + 2 + 200);
	assert_int_equal(*p, '\0');
	assert_in_range(lines, 100, 12000);
	voice_give(&v);
}

static void
a_closed_standard_error_is_no_trouble(void **state)
{
	int kept = dup(STDERR_FILENO);

	(void)state;
	assert_int_not_equal(kept, -1);
	close(STDERR_FILENO);
	log_line(LOG_ERR, "nobody");
	assert_int_equal(fcntl(STDERR_FILENO, F_GETFD), -1);
	dup2(kept, STDERR_FILENO);
	close(kept);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_line_is_one_line_whatever_it_says),
		cmocka_unit_test(the_reason_follows_and_errno_survives),
		cmocka_unit_test(debug_speaks_only_when_asked_to),
		cmocka_unit_test(a_long_line_is_cut_between_characters),
		cmocka_unit_test(a_full_standard_error_stops_nobody),
		cmocka_unit_test(threads_neither_mix_lines_nor_hang),
		cmocka_unit_test(a_closed_standard_error_is_no_trouble),
	};

	(void)signal(SIGPIPE, SIG_IGN);
	return cmocka_run_group_tests(tests, NULL, NULL);
}
