/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * heartbeat.c - a service that says each so many seconds that it is there
 *
 *	cc heartbeat.c $(pkg-config --cflags --libs syncline) -o heartbeat
 *	SYNCLINE_URL=tcp://127.0.0.1:5514 ./heartbeat 5
 *
 * SIGTERM and SIGINT end it, as `docker stop` does.
 */
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <syslog.h>
#include <time.h>

#include <syncline.h>

/* Until one of them comes. */
static void
beat(struct syncline *log, const sigset_t *ends, long seconds)
{
	struct timespec pause = { .tv_sec = seconds };
	unsigned long n = 0;

	do
		syncline_log(log, LOG_INFO, "heartbeat %lu", ++n);
	while (sigtimedwait(ends, NULL, &pause) == -1);
	syncline_log(log, LOG_NOTICE, "stopped after %lu", n);
}

int
main(int argc, char **argv)
{
	struct syncline_opts opts = SYNCLINE_OPTS_INIT;
	long seconds = argc > 1 ? strtol(argv[1], NULL, 10) : 5;
	struct syncline *log;
	sigset_t ends;
	char why[256];

	if (seconds < 1 || seconds > 86400) {
		fprintf(stderr, "heartbeat: how many seconds, 1 to 86400?\n");
		return 2;
	}
	/* blocked, so that they wait for sigtimedwait(2) */
	sigemptyset(&ends);
	sigaddset(&ends, SIGTERM);
	sigaddset(&ends, SIGINT);
	sigprocmask(SIG_BLOCK, &ends, NULL);

	opts.ident = "heartbeat";
	opts.why = why;
	opts.why_size = sizeof(why);
	if (syncline_open(&log, NULL, &opts) != 0) {
		fprintf(stderr, "heartbeat: %s\n", why);
		return 1;
	}
	beat(log, &ends, seconds);
	if (syncline_close(log, 2000) != 0) {
		fprintf(stderr, "heartbeat: not everything was delivered\n");
		return 1;
	}
	return 0;
}
