/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * spool.c - messages that survive: a spool, two collectors, and a word when
 * something happens
 *
 *	spool FOLDER URL...
 */
#include <stdio.h>
#include <string.h>
#include <syslog.h>

#include <syncline.h>

static void
on_event(const struct syncline_event *event, void *arg)
{
	(void)arg;
	if (event->kind == SYNCLINE_UNREACHABLE)
		fprintf(stderr, "spool: %s\n", event->text);
	if (event->kind == SYNCLINE_SPOOLING)
		fprintf(stderr, "spool: messages wait on the disk\n");
	if (event->kind == SYNCLINE_CONNECTED)
		fprintf(stderr, "spool: connected to %s\n", event->text);
}

int
main(int argc, char **argv)
{
	struct syncline_opts opts = SYNCLINE_OPTS_INIT;
	struct syncline *log;
	char why[256], urls[1024] = "";
	int status;

	for (int i = 2; i < argc; i++) {
		size_t n = strlen(urls);

		(void)snprintf(urls + n, sizeof(urls) - n, "%s ", argv[i]);
	}
	opts.spool = argc > 1 ? argv[1] : NULL;
	opts.spool_size = 16 << 20;
	opts.on_event = on_event;
	opts.why = why;
	opts.why_size = sizeof(why);
	if (argc < 3 || syncline_open(&log, urls, &opts) != 0) {
		fprintf(stderr, "spool: %s\n",
		    argc < 3 ? "usage: spool FOLDER URL..." : why);
		return 2;
	}
	for (int i = 0; i < 10; i++)
		syncline_log(log, LOG_NOTICE, "important message %d", i);
	status = syncline_close(log, 1000);
	if (status != 0)
		fprintf(stderr, "spool: %s\n", syncline_strerror(status));
	return status == 0 ? 0 : 1;
}
