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

#include "wire/slice.h"

/*
 * Takes "<PRIVAL>" from the front of *in (one to three digits, 0..191, no
 * leading zero, RFC-11 to RFC-13). Returns false, and touches neither
 * argument, when the message does not start with a valid one.
 */
bool pri_take(struct slice *in, uint8_t *pri);

/* The label of facility 0..23 ("kern" … "local7"), severity 0..7 ("emerg" …).
 */
const char *pri_facility_name(unsigned facility);
const char *pri_severity_name(unsigned severity);

#endif
