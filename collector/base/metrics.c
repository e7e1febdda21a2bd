/* SPDX-License-Identifier: BSD-2-Clause */
#include "base/metrics.h"

#include <stdlib.h>
#include <string.h>

#include "base/clock.h"

enum { HANGS_MS = 2000 };

const double sync_bounds[SYNC_BUCKETS] = { 0.0001, 0.001, 0.005, 0.01, 0.05,
	0.1, 1, 10 };

static struct counters *
new_sets(size_t n)
{
	struct counters *c = aligned_alloc(
	    _Alignof(struct counters), n * sizeof(*c));

	for (size_t i = 0; c != NULL && i < n; i++)
		for (size_t k = 0; k < COUNTERS; k++)
			atomic_init(&c[i].v[k], 0);
	return c;
}

struct metrics *
metrics_new(size_t threads)
{
	struct metrics *m = calloc(1, sizeof(*m));

	if (m == NULL)
		return NULL;
	m->threads = threads;
	m->writer.slot = -1;
	m->listeners.slot = calloc(SLOTS_MAX, sizeof(struct slot));
	m->outputs.slot = calloc(SLOTS_MAX, sizeof(struct slot));
	m->global = new_sets(threads);
	if (m->listeners.slot == NULL || m->outputs.slot == NULL ||
	    m->global == NULL) {
		metrics_free(m);
		return NULL;
	}
	return m;
}

static void
free_slots(struct slots *s)
{
	for (size_t i = 0; s->slot != NULL && i < s->n; i++) {
		free(s->slot[i].label);
		free(s->slot[i].set);
	}
	free(s->slot);
}

void
metrics_free(struct metrics *m)
{
	if (m == NULL)
		return;
	free_slots(&m->listeners);
	free_slots(&m->outputs);
	free(m->global);
	free(m);
}

static int
find_slot(struct slots *s, size_t threads, const char *label)
{
	struct slot new = { NULL, NULL };

	for (size_t i = 0; i < s->n; i++)
		if (strcmp(s->slot[i].label, label) == 0)
			return (int)i;
	if (s->n == SLOTS_MAX)
		return -1;
	new.label = strdup(label);
	new.set = new_sets(threads);
	if (new.label == NULL || new.set == NULL) {
		free(new.label);
		free(new.set);
		return -1;
	}
	s->slot[s->n] = new;
	return (int)s->n++;
}

int
metrics_listener_slot(struct metrics *m, const char *label)
{
	return find_slot(&m->listeners, m->threads, label);
}

int
metrics_output_slot(struct metrics *m, const char *label)
{
	return find_slot(&m->outputs, m->threads, label);
}

static void
forget(struct slots *s, size_t n)
{
	while (s->n > n) {
		s->n--;
		free(s->slot[s->n].label);
		free(s->slot[s->n].set);
	}
}

void
metrics_forget(struct metrics *m, size_t listeners, size_t outputs)
{
	forget(&m->listeners, listeners);
	forget(&m->outputs, outputs);
}

struct counters *
metrics_listener(struct metrics *m, size_t thread, int slot)
{
	return &m->listeners.slot[slot].set[thread];
}

struct counters *
metrics_output(struct metrics *m, size_t thread, int slot)
{
	return &m->outputs.slot[slot].set[thread];
}

struct counters *
metrics_global(struct metrics *m, size_t thread)
{
	return &m->global[thread];
}

static uint64_t
sum(const struct metrics *m, const struct counters *set, unsigned id)
{
	uint64_t n = 0;

	for (size_t t = 0; t < m->threads; t++)
		n += atomic_load_explicit(&set[t].v[id], memory_order_relaxed);
	return n;
}

uint64_t
metrics_listener_sum(const struct metrics *m, int slot, enum listener_metric id)
{
	return sum(m, m->listeners.slot[slot].set, id);
}

uint64_t
metrics_output_sum(const struct metrics *m, int slot, enum output_metric id)
{
	uint64_t n = sum(m, m->outputs.slot[slot].set, id);
	int64_t ms;

	/* the writer would say so itself, if it could */
	if (id == O_STALLED && n == 0)
		n = metrics_writer_hangs(m, &ms) == slot;
	/* nor does it say more when several with one label stall; gauges.h */
	return id == O_STALLED && n > 1 ? 1 : n;
}

void
metrics_writer_at(struct metrics *m, int slot)
{
	if (slot != -1)
		atomic_store_explicit(
		    &m->writer.since, clock_ms(), memory_order_relaxed);
	atomic_store_explicit(&m->writer.slot, slot, memory_order_release);
}

int
metrics_writer_hangs(const struct metrics *m, int64_t *ms)
{
	int slot = atomic_load_explicit(&m->writer.slot, memory_order_acquire);

	*ms = clock_ms() -
	    atomic_load_explicit(&m->writer.since, memory_order_relaxed);
	return *ms >= HANGS_MS ? slot : -1;
}

uint64_t
metrics_global_sum(const struct metrics *m, enum global_metric id)
{
	return sum(m, m->global, id);
}

void
metrics_sync_took(struct metrics *m, uint64_t nanoseconds)
{
	size_t i = 0;

	while (i < SYNC_BUCKETS && (double)nanoseconds / 1e9 > sync_bounds[i])
		i++;
	atomic_fetch_add(&m->sync.bucket[i], 1);
	atomic_fetch_add(&m->sync.nanoseconds, nanoseconds);
}
