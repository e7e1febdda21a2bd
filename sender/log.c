/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * log.c - queueing texts; see syncline.h
 */
#include <errno.h>

#include "queue.h"

enum { SIGSAFE_MAX = 1024 };

static const struct slice no_app = { NULL, 0 };

int
syncline_vlog(struct syncline *s, int pri, const char *fmt, va_list ap)
{
	int saved = errno, status = queue_begin(s, &pri);

	errno = saved; /* for %m */
	if (status == 0)
		status = queue_format(s, pri, no_app, fmt, ap);
	errno = saved;
	return status == QUEUE_MASKED ? 0 : status;
}

int
syncline_log(struct syncline *s, int pri, const char *fmt, ...)
{
	va_list ap;
	int status;

	va_start(ap, fmt);
	status = syncline_vlog(s, pri, fmt, ap);
	va_end(ap);
	return status;
}

int
syncline_send(struct syncline *s, int pri, const void *text, size_t len)
{
	int saved = errno, status = queue_begin(s, &pri);

	if (status == 0)
		status = text == NULL && len > 0
		    ? -EINVAL
		    : queue_text(s, pri, no_app, slice_of(text, len), true);
	errno = saved;
	return status == QUEUE_MASKED ? 0 : status;
}

int
syncline_sigsafe(struct syncline *s, int pri, const void *text, size_t len)
{
	size_t max = s->max_message < SIGSAFE_MAX ? s->max_message
						  : SIGSAFE_MAX;
	int saved = errno, status;

	/* What a child has to do first is not for a signal handler. */
	if (atomic_load(&s->shared->alive) != ALIVE_YES ||
	    (s->check_pid && getpid() != s->pid))
		return -ENOBUFS;
	status = queue_begin(s, &pri);
	if (status == 0)
		status = text == NULL && len > 0
		    ? -EINVAL
		    : queue_text(s, pri, no_app,
			  queue_cut(s, slice_of(text, len), max), false);
	errno = saved;
	return status == QUEUE_MASKED ? 0 : status;
}
