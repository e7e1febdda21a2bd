/* SPDX-License-Identifier: BSD-2-Clause */
/* test_hash.c - SipHash-1-3, which others compute alike */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "output/hash.h"

/* The values are those of Python 3.11 with PYTHONHASHSEED=0: key zero. */
static void
texts_hash_as_elsewhere(void **state)
{
	static const struct {
		const char *text;
		uint64_t hash;
	} rows[] = {
		{ "a", UINT64_C(0x407448d2b89b1813) },
		{ "1234567", UINT64_C(0xa33d651594fdae81) },
		{ "12345678", UINT64_C(0x3489982430560a87) },
		{ "123456789", UINT64_C(0x0fbc0f0007965fcf) },
		{ "web1/nginx.log", UINT64_C(0xc93e9c7839a24e58) },
	};
	const struct hash_key zero = { { 0, 0 } };
	char x[100];

	(void)state;
	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++)
		assert_true(
		    hash_text(&zero, slice_str(rows[i].text)) == rows[i].hash);
	memset(x, 'x', sizeof(x));
	assert_true(hash_text(&zero, slice_of(x, sizeof(x))) ==
	    UINT64_C(0x12de6d6e12e5750c));
}

static void
every_key_is_another(void **state)
{
	struct hash_key a, b;

	(void)state;
	assert_int_equal(hash_key_make(&a), 0);
	assert_int_equal(hash_key_make(&b), 0);
	assert_memory_not_equal(&a, &b, sizeof(a));
	assert_true(hash_text(&a, slice_str("web1")) !=
	    hash_text(&b, slice_str("web1")));
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(texts_hash_as_elsewhere),
		cmocka_unit_test(every_key_is_another),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
