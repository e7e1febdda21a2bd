/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * syncline/syslog.h - instead of <syslog.h>: the same calls, by libsyncline
 *
 * Constants are the system's. ident is copied, so it may change or go away
 * after openlog(); LOG_CONS, LOG_ODELAY and LOG_NOWAIT have no meaning here.
 * What syslog() promises stands in syncline.h, at syncline_log().
 */
#ifndef SYNCLINE_SYSLOG_H
#define SYNCLINE_SYSLOG_H

#include <syslog.h>

#include <syncline.h>

/* the system's may be macros (_FORTIFY_SOURCE) */
#undef openlog
#undef syslog
#undef vsyslog
#undef closelog
#undef setlogmask
#define openlog    syncline_openlog
#define syslog     syncline_syslog
#define vsyslog    syncline_vsyslog
#define closelog   syncline_closelog
#define setlogmask syncline_setlogmask

#endif
