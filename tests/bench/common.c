/* SPDX-License-Identifier: BSD-2-Clause */
/* common.c - see common.h */
#include "common.h"

#include <errno.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/resource.h>

enum {
	PAGE = 4096,
};

void
die(int errno_, const char *format, ...)
{
	va_list args;

	fprintf(stderr, "%s: ", program_invocation_short_name);
	va_start(args, format);
	vfprintf(stderr, format, args);
	va_end(args);
	if (errno_)
		fprintf(stderr, ": %s", strerror(errno_));
	fputc('\n', stderr);
	exit(STATUS_TROUBLE);
}

uint64_t
number(const char *option, const char *text, uint64_t least, uint64_t most)
{
	char *end;
	unsigned long long value;

	errno = 0;
	value = strtoull(text, &end, 10);
	if (*text < '0' || *text > '9' || *end || errno || value < least ||
	    value > most)
		die(0, "%s %s: not a number from %llu to %llu", option, text,
		    (unsigned long long)least, (unsigned long long)most);
	return value;
}

double
decimal(const char *option, const char *text, double least, double most)
{
	char *end;
	double value = strtod(text, &end);

	if (end == text || *end || !(value >= least && value <= most))
		die(0, "%s %s: not a number from %g to %g", option, text, least,
		    most);
	return value;
}

int64_t
clock_ns(clockid_t clock)
{
	struct timespec t;

	if (clock_gettime(clock, &t))
		die(errno, "clock_gettime");
	return (int64_t)t.tv_sec * NS_PER_S + t.tv_nsec;
}

void
sleep_until(int64_t at)
{
	struct timespec t = { at / NS_PER_S, at % NS_PER_S };

	while (
	    clock_nanosleep(CLOCK_MONOTONIC, TIMER_ABSTIME, &t, NULL) == EINTR)
		continue;
}

void *
pages(size_t size)
{
	void *p = aligned_alloc(PAGE, (size + PAGE - 1) / PAGE * PAGE);

	if (!p)
		die(ENOMEM, "%zu bytes", size);
	return p;
}

void
use_all_descriptors(void)
{
	struct rlimit limit;

	if (getrlimit(RLIMIT_NOFILE, &limit) == 0) {
		limit.rlim_cur = limit.rlim_max;
		if (setrlimit(RLIMIT_NOFILE, &limit))
			perror("setrlimit");
	}
}

void
use_exact_timers(void)
{
	if (prctl(PR_SET_TIMERSLACK, 1000ul))
		perror("PR_SET_TIMERSLACK");
}
