/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * dropin.c - a program for syslog(3), with one line changed
 */
#include <syncline/syslog.h> /* was: #include <syslog.h> */

int
main(void)
{
	openlog("dropin", LOG_PID, LOG_USER);
	syslog(LOG_WARNING, "it works, and never blocks");
	closelog();
	return 0;
}
