/* SPDX-License-Identifier: BSD-2-Clause */
#include "tool/tool.h"

#include <ctype.h>
#include <getopt.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

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
tool_bad_option(const char *command, int letter, char **argv)
{
	const char *last = argv[optind - 1];

	if (letter == ':')
		return tool_usage(command, "%s: a value is missing", last);
	if (optopt != 0 && strncmp(last, "--", 2) == 0 &&
	    strchr(last, '=') != NULL)
		return tool_usage(command, "%s: it takes no value", last);
	/* one of several letters, of which getopt(3) is in the middle */
	if (optopt != 0 && isgraph(optopt))
		return tool_usage(command, "-%c: no such option", optopt);
	return tool_usage(command, "%s: no such option", last);
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

int
tool_version(void)
{
	return tool_help("syncline " PACKAGE_VERSION "\n");
}
