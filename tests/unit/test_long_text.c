/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * test_long_text.c - a text for which there is no memory is dropped and counted
 */
#include "syncline.h"

#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <syslog.h>

#include <cmocka.h>

/* RULE: a variable of the whole file: the library's calls end up here. Of each
 * thread: that of the library goes on. */
static _Thread_local bool is_out;

void *__real_malloc(size_t n);
void *__wrap_malloc(size_t n);

void *
__wrap_malloc(size_t n)
{
	return is_out ? NULL : __real_malloc(n);
}

static uint64_t
dropped(struct syncline *s)
{
	struct syncline_stats stats;

	syncline_stats(s, &stats, sizeof(stats));
	return stats.dropped;
}

static void
it_is_counted(void **state)
{
	struct syncline *s;

	(void)state;
	assert_int_equal(syncline_open(&s, "udp://127.0.0.1:9", NULL), 0);
	is_out = true;
	assert_int_equal(syncline_log(s, LOG_ERR, "%*d", 1000, 0), 0);
	assert_int_equal(dropped(s), 0);
	assert_int_equal(syncline_log(s, LOG_ERR, "%*d", 2000, 0), -ENOMEM);
	is_out = false;
	assert_int_equal(dropped(s), 1);
	(void)syncline_close(s, 0);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(it_is_counted),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
