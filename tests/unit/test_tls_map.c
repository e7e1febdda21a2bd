/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * test_tls_map.c - what of the clear text has arrived, by acknowledged bytes
 */
#include "tls_map.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

static struct tls_map map;

static int
begin(void **state)
{
	(void)state;
	(void)memset(&map, 0, sizeof(map));
	return 0;
}

static void
a_record_arrives_as_a_whole(void **state)
{
	(void)state;
	/* behind a handshake of 1000 bytes: 100 in 129, 50 in 79 */
	assert_int_equal(tls_map_unacknowledged(&map, 1000), 0);
	tls_map_add(&map, 1129, 100);
	tls_map_add(&map, 1208, 50);
	assert_int_equal(tls_map_unacknowledged(&map, 1000), 150);
	assert_int_equal(tls_map_unacknowledged(&map, 1128), 150);
	assert_int_equal(tls_map_unacknowledged(&map, 1129), 50);
	assert_int_equal(tls_map_unacknowledged(&map, 1207), 50);
	/* what was once acknowledged stays so */
	assert_int_equal(tls_map_unacknowledged(&map, 0), 50);
	assert_int_equal(tls_map_unacknowledged(&map, 1208), 0);
	tls_map_add(&map, 1300, 7);
	assert_int_equal(tls_map_unacknowledged(&map, 1299), 7);
	assert_int_equal(tls_map_unacknowledged(&map, 5000), 0);
}

static void
more_records_than_are_kept_are_never_acknowledged_too_early(void **state)
{
	uint64_t n = 0, left;

	(void)state;
	for (; n < 3 * TLS_MAP_ENDS; n++)
		tls_map_add(&map, (n + 1) * 30, 10);
	for (uint64_t cipher = 0; cipher <= n * 30; cipher += 13) {
		left = tls_map_unacknowledged(&map, cipher);
		assert_true(left >= (n - cipher / 30) * 10);
	}
	assert_int_equal(tls_map_unacknowledged(&map, n * 30), 0);
	/* and the ring goes on */
	for (uint64_t i = 0; i < 2 * TLS_MAP_ENDS; i++, n++) {
		tls_map_add(&map, (n + 1) * 30, 10);
		assert_int_equal(
		    tls_map_unacknowledged(&map, (n + 1) * 30 - 1), 10);
		assert_int_equal(tls_map_unacknowledged(&map, (n + 1) * 30), 0);
	}
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup(a_record_arrives_as_a_whole, begin),
		cmocka_unit_test_setup(
		    more_records_than_are_kept_are_never_acknowledged_too_early,
		    begin),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
