/* SPDX-License-Identifier: BSD-2-Clause */
#include "cert/reason.h"

#include <stdarg.h>

#include <openssl/err.h>

int
reason_set(struct err *err, const char *fmt, ...)
{
	unsigned long code = ERR_peek_last_error();
	const char *text = code != 0 ? ERR_reason_error_string(code) : NULL;
	va_list ap;

	va_start(ap, fmt);
	err_print(err, text, fmt, ap);
	va_end(ap);
	ERR_clear_error();
	return -1;
}
