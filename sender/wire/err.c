/* SPDX-License-Identifier: BSD-2-Clause */
#include "wire/err.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>

void
err_print(struct err *err, const char *reason, const char *fmt, va_list ap)
{
	size_t n;

	if (vsnprintf(err->text, sizeof(err->text), fmt, ap) < 0)
		err->text[0] = '\0';
	if (reason == NULL)
		return;
	n = strlen(err->text);
	(void)snprintf(err->text + n, sizeof(err->text) - n, ": %s", reason);
}

int
err_set(struct err *err, const char *fmt, ...)
{
	int saved = errno;
	va_list ap;

	va_start(ap, fmt);
	err_print(err, NULL, fmt, ap);
	va_end(ap);
	errno = saved;
	return -1;
}

int
err_sys(struct err *err, const char *fmt, ...)
{
	int saved = errno;
	char reason[128];
	va_list ap;

	va_start(ap, fmt);
	/* GNU strerror_r: thread-safe, returns the text wherever it is. */
	err_print(err, strerror_r(saved, reason, sizeof(reason)), fmt, ap);
	va_end(ap);
	errno = saved;
	return -1;
}
