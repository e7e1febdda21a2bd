/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * fuzz_filter.c - any condition and any text: an answer, and the right one
 *
 * A pattern of stars says what a slow table says. A regular expression is
 * refused with a reason or compiled, and its search ends.
 */
#include <stdint.h>
#include <stdlib.h>

#include "config/pattern.h"
#include "config/select.h"
#include "route/filter.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

enum { PATTERN_LONGEST = 64, TEXT_LONGEST = 256 };

static void
expect(bool holds)
{
	if (!holds)
		abort();
}

static char
lower(char c)
{
	return c >= 'A' && c <= 'Z' ? (char)(c + 32) : c;
}

/* can[i][k]: the first i bytes of the pattern stand for the first k of s */
static bool
slow_glob(const char *pattern, struct slice s, bool fold)
{
	static bool can[PATTERN_LONGEST + 1][TEXT_LONGEST + 1];
	size_t n = strlen(pattern);

	for (size_t i = 0; i <= n; i++) {
		for (size_t k = 0; k <= s.n; k++) {
			char p = i > 0 ? pattern[i - 1] : '\0';
			char c = k > 0 ? s.p[k - 1] : '\0';
			bool fits = p == '?' || p == c ||
			    (fold && lower(p) == lower(c));

			can[i][k] = i == 0 && k == 0;
			if (p == '*' && i > 0)
				can[i][k] = can[i - 1][k] ||
				    (k > 0 && can[i][k - 1]);
			else if (i > 0 && k > 0)
				can[i][k] = fits && can[i - 1][k - 1];
		}
	}
	return can[n][s.n];
}

static void
check_glob(const char *pattern, struct slice s)
{
	if (strlen(pattern) > PATTERN_LONGEST || s.n > TEXT_LONGEST)
		return;
	expect(filter_glob(pattern, s, false) == slow_glob(pattern, s, false));
	expect(filter_glob(pattern, s, true) == slow_glob(pattern, s, true));
}

static void
check_list(char *pattern, struct slice s)
{
	struct msg m = { .form = MSG_RFC3164, .app = s, .text = s };
	struct origin o = { .local = true };
	struct record r = { .msg = &m, .origin = &o };
	struct choice c = { .app = { .text = &pattern, .n = 1 } };
	bool taken = filter_ask(&c, &r, NULL) == FILTER_YES;
	struct slice name = s.n > 0 ? s : SLICE_LIT("-");

	if (pattern[0] == '!')
		expect(taken != filter_glob(pattern + 1, name, false));
	else
		expect(taken == filter_glob(pattern, name, false));
}

static void
check_words(const char *word)
{
	uint32_t with = 0, without = 0;
	uint8_t mask = 0;
	struct err err;

	if (select_facility(word, &with, &without, &err) == 0)
		expect((with != 0) != (without != 0));
	else
		expect(with == 0 && without == 0);
	expect((select_severity(word, &mask, &err) == 0) == (mask != 0));
}

static void
check_pattern(const char *text, struct slice s)
{
	struct err err = { .text = "" };
	struct pattern *p = pattern_new(text, &err);
	struct pattern_scratch *scratch = pattern_scratch_new(&err);
	enum pattern_result first;

	expect(p != NULL || err.text[0] != '\0');
	if (p != NULL && scratch != NULL) {
		first = pattern_match(p, scratch, s);
		expect(pattern_match(p, scratch, s) == first);
	}
	pattern_scratch_free(scratch);
	pattern_free(p);
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	const uint8_t *end = size > 0 ? memchr(data, 0, size) : NULL;
	char *pattern, *copy;
	size_t n;

	/* a pattern, NUL, a text */
	if (end == NULL)
		return 0;
	n = size - (size_t)(end + 1 - data);
	pattern = strdup((const char *)data);
	copy = malloc(n); /* no byte more: reading on is an error */
	if (pattern != NULL && (copy != NULL || n == 0)) {
		if (n > 0)
			memcpy(copy, end + 1, n);
		check_glob(pattern, slice_of(copy, n));
		check_list(pattern, slice_of(copy, n));
		check_words(pattern);
		check_pattern(pattern, slice_of(copy, n));
	}
	free(copy);
	free(pattern);
	return 0;
}
