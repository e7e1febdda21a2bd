/* SPDX-License-Identifier: BSD-2-Clause */
#include "wire/err.h"

#include <errno.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

int
err_set(struct err *err, const char *fmt, ...)
{
	int saved = errno;
	va_list ap;

	va_start(ap, fmt);
	if (vsnprintf(err->text, sizeof(err->text), fmt, ap) < 0)
		err->text[0] = '\0';
	va_end(ap);
	errno = saved;
	return -1;
}

int
err_sys(struct err *err, const char *fmt, ...)
{
	int saved = errno;
	size_t n;
	va_list ap;

	va_start(ap, fmt);
	if (vsnprintf(err->text, sizeof(err->text), fmt, ap) < 0)
		err->text[0] = '\0';
	va_end(ap);
	n = strlen(err->text);
	/* GNU strerror_r: thread-safe, returns the text wherever it is. */
	char reason[128];
	const char *text = strerror_r(saved, reason, sizeof(reason));

	(void)snprintf(err->text + n, sizeof(err->text) - n, ": %s", text);
	errno = saved;
	return -1;
}
