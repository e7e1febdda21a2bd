/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * test_flight.c - what is not acknowledged is sent again, from its beginning
 */
#include "flight.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>

#include <cmocka.h>

static void
put(struct flight *f, const char *text, uint64_t mark)
{
	struct flight_frame frame = {
		.n = (uint32_t)strlen(text), .prefix = 2, .mark = mark
	};
	char *to = flight_room(f, frame.n);

	assert_non_null(to);
	(void)memcpy(to, text, frame.n);
	flight_add(f, frame);
}

static void
assert_unsent(const struct flight *f, const char *want)
{
	assert_true(slice_eq(flight_unsent(f), slice_str(want)));
}

static void
frames_go_when_they_are_acknowledged_as_a_whole(void **state)
{
	struct flight f;
	uint64_t mark = 0;

	(void)state;
	assert_int_equal(flight_init(&f, 256), 0);
	put(&f, "2 ab", 1);
	put(&f, "3 cde", 2);
	put(&f, "1 f", 3);
	flight_send(&f, 10); /* all but two bytes */
	assert_unsent(&f, " f");
	assert_int_equal(flight_acknowledge(&f, 7, &mark), 0);
	assert_int_equal(flight_acknowledge(&f, 6, &mark), 1);
	assert_int_equal(mark, 1);
	assert_int_equal(flight_acknowledge(&f, 1, &mark), 1);
	assert_int_equal(mark, 2);
	assert_int_equal(flight_acknowledge(&f, 0, &mark), 0);
	flight_send(&f, 2);
	assert_true(flight_is_sent(&f));
	assert_int_equal(flight_acknowledge(&f, 0, &mark), 1);
	assert_true(flight_is_empty(&f));
	flight_clear(&f);
}

static void
a_broken_connection_sends_the_rest_again(void **state)
{
	struct flight f;
	uint64_t mark = 0;
	struct slice message;

	(void)state;
	assert_int_equal(flight_init(&f, 256), 0);
	put(&f, "2 ab", 1);
	put(&f, "3 cde", 2);
	put(&f, "1 f", 3);
	flight_send(&f, 10);
	assert_int_equal(flight_acknowledge(&f, 6, &mark), 1);
	assert_int_equal(flight_rewind(&f), 2); /* one whole, one in part */
	assert_unsent(&f, "3 cde1 f");
	flight_send(&f, 5);
	assert_int_equal(flight_acknowledge(&f, 3, &mark), 0);
	assert_int_equal(flight_rewind(&f), 1);
	assert_true(flight_message(&f, 1, &message));
	assert_true(slice_eq(message, SLICE_LIT("f")));
	assert_true(flight_take(&f, &message));
	assert_true(slice_eq(message, SLICE_LIT("cde")));
	assert_true(flight_take(&f, &message));
	assert_false(flight_take(&f, &message));
	flight_clear(&f);
}

static void
it_goes_round_and_round(void **state)
{
	struct flight f;
	uint64_t mark = 0;
	struct slice message;
	char text[16];

	(void)state;
	assert_int_equal(flight_init(&f, 1024), 0);
	for (uint64_t i = 0; i < 2000; i++) {
		while (flight_room(&f, 12) == NULL) {
			assert_true(flight_message(&f, 0, &message));
			flight_send_frames(&f, 1);
			assert_int_equal(flight_acknowledge(&f, 0, &mark), 1);
		}
		(void)snprintf(text, sizeof(text), "9 %09d", (int)i);
		put(&f, text, i);
	}
	for (uint64_t i = mark + 1; i < 2000; i++) {
		(void)snprintf(text, sizeof(text), "%09d", (int)i);
		assert_true(flight_take(&f, &message));
		assert_true(slice_eq(message, slice_str(text)));
	}
	assert_true(flight_is_empty(&f));
	assert_null(flight_room(&f, 1025));
	flight_clear(&f);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(
		    frames_go_when_they_are_acknowledged_as_a_whole),
		cmocka_unit_test(a_broken_connection_sends_the_rest_again),
		cmocka_unit_test(it_goes_round_and_round),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
