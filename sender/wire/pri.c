/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * pri.c - PRI: what it says and what facilities and severities are called
 */
#include "wire/pri.h"

enum { FACILITIES = 24, SEVERITIES = 8 };

const char *
pri_facility_name(unsigned facility)
{
	static const char *const names[FACILITIES] = { "kern", "user", "mail",
		"daemon", "auth", "syslog", "lpr", "news", "uucp", "cron",
		"authpriv", "ftp", "ntp", "audit", "console", "cron2", "local0",
		"local1", "local2", "local3", "local4", "local5", "local6",
		"local7" };

	assert(facility < FACILITIES);
	return names[facility];
}

const char *
pri_severity_name(unsigned severity)
{
	static const char *const names[SEVERITIES] = { "emerg", "alert", "crit",
		"err", "warning", "notice", "info", "debug" };

	assert(severity < SEVERITIES);
	return names[severity];
}
