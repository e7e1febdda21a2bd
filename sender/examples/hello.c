/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * hello.c - a program that logs
 *
 *	cc hello.c $(pkg-config --cflags --libs syncline) -o hello
 *	SYNCLINE_URL=tcp://127.0.0.1:5514 ./hello
 */
#include <stdio.h>
#include <syslog.h>

#include <syncline.h>

int
main(void)
{
	struct syncline_opts opts = SYNCLINE_OPTS_INIT;
	struct syncline *log;
	char why[256];

	opts.ident = "hello";
	opts.why = why;
	opts.why_size = sizeof(why);
	if (syncline_open(&log, NULL, &opts) != 0) {
		fprintf(stderr, "hello: %s\n", why);
		return 1;
	}

	syncline_log(log, LOG_INFO, "hello, this is number %d", 1);
	syncline_kv(log, LOG_WARNING, "a login failed", "user", "root", "from",
	    "192.0.2.7", (char *)NULL);

	/* at most two seconds for what is still on its way */
	if (syncline_close(log, 2000) != 0)
		fprintf(stderr, "hello: not everything was delivered\n");
	return 0;
}
