/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * loop.c - a program with an event loop of its own, and no thread
 */
#include <poll.h>
#include <stdio.h>
#include <syslog.h>

#include <syncline.h>

int
main(void)
{
	struct syncline_opts opts = SYNCLINE_OPTS_INIT;
	struct syncline *log;

	opts.ident = "loop";
	opts.flags = SYNCLINE_NO_THREAD;
	if (syncline_open(&log, NULL, &opts) != 0)
		return 1;
	for (int turn = 0; turn < 20; turn++) {
		struct pollfd p = { .fd = syncline_fd(log),
			.events = (short)syncline_events(log) };
		int timeout = syncline_timeout(log);

		/* the program's own descriptors would be polled here, too */
		if (timeout < 0 || timeout > 10)
			timeout = 10;
		(void)poll(&p, 1, timeout);
		syncline_log(log, LOG_DEBUG, "turn %d", turn);
		syncline_step(log);
	}
	return syncline_close(log, 2000) == 0 ? 0 : 1;
}
