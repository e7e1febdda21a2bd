/* SPDX-License-Identifier: BSD-2-Clause */
#include "cert/reason.h"

#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include <openssl/err.h>

int
reason_set(struct err *err, const char *fmt, ...)
{
	unsigned long code = ERR_peek_last_error();
	const char *text = code != 0 ? ERR_reason_error_string(code) : NULL;
	size_t n;
	va_list ap;

	va_start(ap, fmt);
	if (vsnprintf(err->text, sizeof(err->text), fmt, ap) < 0)
		err->text[0] = '\0';
	va_end(ap);
	n = strlen(err->text);
	if (text != NULL)
		(void)snprintf(
		    err->text + n, sizeof(err->text) - n, ": %s", text);
	ERR_clear_error();
	return -1;
}
