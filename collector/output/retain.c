/* SPDX-License-Identifier: BSD-2-Clause */
/* retain.c - which rotated files have to go: the pure part */
#include "output/retain.h"

#include <stdlib.h>

int64_t
retain_since(int64_t stamp, int64_t changed, int64_t now)
{
	if (stamp <= now)
		return stamp;
	return changed < now ? changed : now;
}

static int
compare(int64_t a, int64_t b)
{
	return a < b ? -1 : a > b;
}

static int
compare_numbers(uint64_t a, uint64_t b)
{
	return a < b ? -1 : a > b;
}

/* As written: the number decides, the stamp only between strangers. */
static int
by_name(const void *one, const void *other)
{
	const struct kept *a = one, *b = other;
	int c = compare_numbers(a->live, b->live);

	if (c == 0)
		c = compare_numbers(a->number, b->number);
	return c != 0 ? c : compare(a->stamp, b->stamp);
}

static int
by_age(const void *one, const void *other)
{
	const struct kept *a = one, *b = other;
	int c = compare(a->since, b->since);

	if (c == 0)
		c = compare_numbers(a->number, b->number);
	return c != 0 ? c : compare_numbers(a->live, b->live);
}

size_t
retain_join(struct kept *file, size_t n)
{
	size_t left = 0;

	if (n > 0)
		qsort(file, n, sizeof(*file), by_name);
	for (size_t i = 0; i < n; i++) {
		struct kept *last = left > 0 ? &file[left - 1] : NULL;

		if (last == NULL || by_name(last, &file[i]) != 0) {
			file[left++] = file[i];
			continue;
		}
		last->forms |= file[i].forms;
		last->size += file[i].size;
		if (last->since < file[i].since)
			last->since = file[i].since;
	}
	return left;
}

bool
retain_may_go(const struct kept *f, const struct retain_limits *l, int64_t now)
{
	/* whole seconds: a difference of one may be no time at all */
	return l->min == 0 || now - f->since > l->min;
}

/* All but the newest of each live name. */
static void
judge_keep(
    struct kept *file, size_t n, const struct retain_limits *l, int64_t now)
{
	uint64_t newer = 0;

	for (size_t i = n; l->keep > 0 && i-- > 0;) {
		if (i + 1 < n && file[i].live != file[i + 1].live)
			newer = 0;
		if (newer++ >= l->keep && retain_may_go(&file[i], l, now))
			file[i].why = RETAIN_KEEP;
	}
}

static void
judge_total(
    struct kept *file, size_t n, const struct retain_limits *l, int64_t now)
{
	uint64_t total = 0;

	for (size_t i = 0; i < n; i++)
		if (file[i].why == RETAIN_STAYS)
			total += file[i].size;
	for (size_t i = 0; i < n && l->total > 0 && total > l->total; i++) {
		if (file[i].why != RETAIN_STAYS ||
		    !retain_may_go(&file[i], l, now))
			continue;
		file[i].why = RETAIN_TOTAL;
		total -= file[i].size;
	}
}

void
retain_judge(
    struct kept *file, size_t n, const struct retain_limits *l, int64_t now)
{
	for (size_t i = 0; i < n; i++)
		file[i].why = RETAIN_STAYS;
	judge_keep(file, n, l, now);
	for (size_t i = 0; i < n; i++)
		if (file[i].why == RETAIN_STAYS && l->age > 0 &&
		    now - file[i].since >= l->age &&
		    retain_may_go(&file[i], l, now))
			file[i].why = RETAIN_AGE;
	if (n > 0)
		qsort(file, n, sizeof(*file), by_age);
	judge_total(file, n, l, now);
}

int64_t
retain_next(const struct kept *file, size_t n, const struct retain_limits *l,
    int64_t now)
{
	int64_t next = INT64_MAX;

	for (size_t i = 0; i < n; i++) {
		int64_t age = file[i].since + l->age;
		int64_t min = file[i].since + l->min + 1;

		if (file[i].why != RETAIN_STAYS)
			continue;
		if (l->age > 0 && age > now && age < next)
			next = age;
		if (l->min > 0 && min > now && min < next)
			next = min;
	}
	return next;
}
