/* SPDX-License-Identifier: BSD-2-Clause */
#include "base/run.h"

#include <assert.h>
#include <string.h>

size_t
run_add(
    struct block *b, struct slice name, size_t n, bool counts, uint64_t peer)
{
	struct run_head h = { .bytes = (uint32_t)n,
		.messages = counts,
		.name_n = (uint32_t)name.n,
		.peer = peer };
	size_t place = b->cap - b->heads - sizeof(h);

	memcpy(b->data + place, &h, sizeof(h));
	memcpy(b->data + place - name.n, name.p, name.n);
	b->heads += run_head_size(name);
	return place;
}

void
run_grow(struct block *b, size_t place, size_t n, bool counts)
{
	struct run_head h;

	memcpy(&h, b->data + place, sizeof(h));
	h.bytes += (uint32_t)n;
	h.messages += counts;
	memcpy(b->data + place, &h, sizeof(h));
}

struct slice
run_name(const struct block *b, size_t place)
{
	struct run_head h;

	memcpy(&h, b->data + place, sizeof(h));
	return slice_of(b->data + place - h.name_n, h.name_n);
}

bool
run_next(struct run_walk *w, struct run *r)
{
	const struct block *b = w->block;
	const char *head;
	struct run_head h;

	if (w->heads == b->heads)
		return false;
	assert(b->heads - w->heads >= sizeof(h));
	head = b->data + b->cap - w->heads - sizeof(h);
	memcpy(&h, head, sizeof(h));
	w->heads += sizeof(h);
	assert(h.name_n <= b->heads - w->heads);
	assert(h.bytes <= b->n - w->lines);
	*r = (struct run){ .name = slice_of(head - h.name_n, h.name_n),
		.lines = slice_of(b->data + w->lines, h.bytes),
		.messages = h.messages,
		.peer = h.peer };
	w->heads += h.name_n;
	w->lines += h.bytes;
	return true;
}
