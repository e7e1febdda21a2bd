/* SPDX-License-Identifier: BSD-2-Clause */
#include "tool/tool.h"

#include <stdarg.h>
#include <stdio.h>

int
tool_usage(const char *command, const char *fmt, ...)
{
	va_list ap;

	(void)fprintf(stderr, "%s: ", command);
	va_start(ap, fmt);
	(void)vfprintf(stderr, fmt, ap);
	va_end(ap);
	(void)fprintf(stderr, " (%s --help)\n", command);
	return TOOL_USAGE;
}

int
tool_bad_option(const char *command, int letter, const char *option)
{
	return tool_usage(command,
	    letter == ':' ? "%s: a value is missing" : "%s: no such option",
	    option);
}

int
tool_failed(const char *command, const struct err *err)
{
	(void)fflush(stdout);
	(void)fprintf(stderr, "%s: %s\n", command, err->text);
	return TOOL_FAILED;
}

int
tool_help(const char *text)
{
	(void)fputs(text, stdout);
	return TOOL_OK;
}
