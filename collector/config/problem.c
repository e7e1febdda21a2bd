/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * problem.c - what is wrong with a configuration: all of it, a line each
 */
#include "config/problem.h"

#include <stdarg.h>
#include <string.h>

#include "wire/err.h"
#include "wire/escape.h"

enum { VALUE_SHOWN = 200 /* enough to recognize it by */, PIECE = 512 };

static void
print_escaped(FILE *to, const char *text, size_t n)
{
	char out[PIECE * ESCAPE_TEXT_GROWTH];
	size_t piece, length;

	for (; n > 0; text += piece, n -= piece) {
		piece = n;
		if (n > PIECE)
			piece = escape_whole(slice_of(text, PIECE));
		length = escape_text(slice_of(text, piece), out);
		(void)fwrite(out, 1, length, to);
	}
}

void
problem_add(struct problems *p, const char *where, const char *value,
    const char *fmt, ...)
{
	struct err reason;
	size_t n;
	va_list ap;

	va_start(ap, fmt);
	if (vsnprintf(reason.text, sizeof(reason.text), fmt, ap) < 0)
		reason.text[0] = '\0';
	va_end(ap);

	p->count++;
	(void)fputs(p->prefix, p->to);
	if (where != NULL) {
		print_escaped(p->to, where, strlen(where));
		(void)fputs(": ", p->to);
	}
	if (value != NULL) {
		n = strnlen(value, VALUE_SHOWN + 1);
		(void)fputc('"', p->to);
		print_escaped(p->to, value, n > VALUE_SHOWN ? VALUE_SHOWN : n);
		(void)fputs(n > VALUE_SHOWN ? "...\": " : "\": ", p->to);
	}
	print_escaped(p->to, reason.text, strlen(reason.text));
	(void)fputc('\n', p->to);
}
