/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * fuzz_zone.c - any bytes are a zone file or a rule, or neither
 *
 * What is taken has offsets that a clock can have, the same for the same
 * instant, and a wall that shows an instant leads back to it.
 */
#include <stdint.h>
#include <stdlib.h>

#include "base/zone.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void
expect(bool holds)
{
	if (!holds)
		abort();
}

static void
ask(const struct zone *z, int64_t utc)
{
	int32_t offset = zone_offset(z, utc), back;

	expect(offset > -90000 && offset < 93600);
	expect(zone_offset(z, utc) == offset);
	back = zone_offset_of_wall(z, utc + offset, utc);
	expect(back > -90000 && back < 93600);
}

static void
check(struct zone *z)
{
	const int64_t year = 31556952;

	if (z == NULL)
		return;
	for (int64_t y = -2000; y < 8000; y += 97)
		ask(z, y * year + y);
	for (int64_t t = 1792800000; t < 1792900000; t += 1800)
		ask(z, t);
	zone_free(z);
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	char *copy = malloc(size + 1);
	struct err err;

	if (copy == NULL)
		return 0;
	if (size > 0)
		memcpy(copy, data, size);
	check(zone_of_file(slice_of(copy, size), &err));
	copy[size] = '\0';
	check(zone_of_rule(copy, &err));
	free(copy);
	return 0;
}
