/* SPDX-License-Identifier: BSD-2-Clause */
/* common.h - what the tools of the benchmark share: trouble, numbers, clocks */
#ifndef BENCH_COMMON_H
#define BENCH_COMMON_H

#include <stddef.h>
#include <stdint.h>
#include <time.h>

enum {
	/* Exit status of all tools. */
	STATUS_GOOD = 0,
	STATUS_BAD = 1,     /* measured, and not all is well */
	STATUS_TROUBLE = 2, /* not measured */
};

#define NS_PER_S  1000000000ll
#define NS_PER_US 1000ll

/* Says what the tool is called, what failed and, when errno_ is not 0, why;
 * ends it with STATUS_TROUBLE. */
__attribute__((noreturn, format(printf, 2, 3))) void die(
    int errno_, const char *format, ...);

/* The number in text, or the end of the program. option: its name. */
uint64_t number(
    const char *option, const char *text, uint64_t least, uint64_t most);
double decimal(const char *option, const char *text, double least, double most);

int64_t clock_ns(clockid_t clock);

/* Sleeps until CLOCK_MONOTONIC is at; returns at once when it is later. */
void sleep_until(int64_t at);

/* Memory that begins with a page, as the kernel copies fastest; or the end of
 * the tool. */
void *pages(size_t size);

void use_all_descriptors(void);

/* The default slack of timers, 50 us, would be most of a short sleep. */
void use_exact_timers(void);

#endif
