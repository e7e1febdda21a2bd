/* SPDX-License-Identifier: BSD-2-Clause */
#include "tool/steps.h"

#include <stdarg.h>
#include <stdio.h>

static void __attribute__((format(printf, 3, 0)))
print(const char *how, const char *step, const char *fmt, va_list ap)
{
	(void)printf("%-7s %-12s ", how, step);
	(void)vprintf(fmt, ap);
	(void)putchar('\n');
	/* who waits wants to see how far it has come */
	(void)fflush(stdout);
}

void
steps_good(const char *step, const char *fmt, ...)
{
	va_list ap;

	va_start(ap, fmt);
	print("ok", step, fmt, ap);
	va_end(ap);
}

void
steps_note(const char *step, const char *fmt, ...)
{
	va_list ap;

	va_start(ap, fmt);
	print("note", step, fmt, ap);
	va_end(ap);
}

void
steps_bad(
    struct steps *s, const char *cure, const char *step, const char *fmt, ...)
{
	va_list ap;

	va_start(ap, fmt);
	print("FAILED", step, fmt, ap);
	va_end(ap);
	(void)printf("%-20s cure: %s\n", "", cure);
	(void)fflush(stdout);
	s->failed++;
}
