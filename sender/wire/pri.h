/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * pri.h - PRI: what it says and what facilities and severities are called
 *
 * RFC 5424 section 6.2.1; the names are those of RFC 5427 section 3.
 */
#ifndef WIRE_PRI_H
#define WIRE_PRI_H

#include <stdbool.h>
#include <stdint.h>

#include "wire/msg.h"

/*
 * Takes "<PRIVAL>" from the front of *in (one to three digits, 0..191, no
 * leading zero, RFC-11 to RFC-13). Returns false, and touches neither
 * argument, when the message does not start with a valid one. Inline, because
 * every message has one.
 */
static inline bool
pri_take(struct slice *in, uint8_t *pri)
{
	const char *p = in->p;
	unsigned value, digit;
	size_t i = 2;

	if (in->n < 3 || p[0] != '<')
		return false;
	value = (unsigned)p[1] - '0';
	if (value > 9)
		return false;
	for (; p[i] != '>'; i++) {
		digit = (unsigned)p[i] - '0';
		if (i == 4 || value == 0 || digit > 9 || i + 1 == in->n)
			return false;
		value = value * 10 + digit;
	}
	if (value > MSG_PRI_MAX)
		return false;
	*pri = (uint8_t)value;
	in->p += i + 1;
	in->n -= i + 1;
	return true;
}

/* The label of facility 0..23 ("kern" … "local7"), severity 0..7 ("emerg" …).
 */
const char *pri_facility_name(unsigned facility);
const char *pri_severity_name(unsigned severity);

#endif
