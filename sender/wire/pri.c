/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * pri.c - PRI: what it says and what facilities and severities are called
 */
#include "wire/pri.h"

#include "wire/msg.h"

enum { FACILITIES = 24, SEVERITIES = 8 };

bool
pri_take(struct slice *in, uint8_t *pri)
{
	unsigned val = 0;
	size_t i;

	if (in->n < 3 || in->p[0] != '<')
		return false;

	for (i = 1; i < in->n && i <= 3; i++) {
		if (in->p[i] < '0' || in->p[i] > '9')
			break;
		val = val * 10 + (unsigned)(in->p[i] - '0');
	}
	if (i == 1 || i == in->n || in->p[i] != '>')
		return false;
	if (val > MSG_PRI_MAX || (in->p[1] == '0' && i > 2))
		return false;

	*pri = (uint8_t)val;
	slice_skip(in, i + 1);
	return true;
}

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
