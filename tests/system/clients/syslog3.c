/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * syslog3.c - what any C program does: openlog(3) and syslog(3)
 *
 * usage: syslog3 IDENT COUNT TEXT; sends COUNT messages "TEXT 0", "TEXT 1" …
 * and one with a newline inside.
 */
#include <stdlib.h>
#include <syslog.h>

int
main(int argc, char **argv)
{
	int i, count;

	if (argc != 4)
		return 2;
	count = atoi(argv[2]);
	openlog(argv[1], LOG_PID | LOG_NDELAY, LOG_MAIL);
	for (i = 0; i < count; i++)
		syslog(LOG_WARNING, "%s %d", argv[3], i);
	syslog(LOG_LOCAL3 | LOG_DEBUG, "two\nlines");
	closelog();
	return 0;
}
