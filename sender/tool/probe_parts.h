/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * probe_parts.h - what the files of the probe share; nobody else needs it
 */
#ifndef TOOL_PROBE_PARTS_H
#define TOOL_PROBE_PARTS_H

#include "wire/err.h"

/* What an alert of that number (RFC 8446 6) means, and what to do. */
void probe_alert_words(int alert, struct err *why, struct err *cure);

#endif
