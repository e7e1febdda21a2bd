/* SPDX-License-Identifier: BSD-2-Clause */
#include "base/metrics.h"

#include <stdlib.h>

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
metrics_new(size_t threads, size_t listeners, size_t outputs)
{
	struct metrics *m = calloc(1, sizeof(*m));

	if (m == NULL)
		return NULL;
	m->threads = threads;
	m->listeners = listeners;
	m->outputs = outputs;
	m->listener = new_sets(threads * listeners);
	m->output = new_sets(threads * outputs);
	if (m->listener == NULL || m->output == NULL) {
		metrics_free(m);
		return NULL;
	}
	return m;
}

void
metrics_free(struct metrics *m)
{
	if (m == NULL)
		return;
	free(m->listener);
	free(m->output);
	free(m);
}

struct counters *
metrics_listener(struct metrics *m, size_t thread, size_t listener)
{
	return &m->listener[thread * m->listeners + listener];
}

struct counters *
metrics_output(struct metrics *m, size_t thread, size_t output)
{
	return &m->output[thread * m->outputs + output];
}

uint64_t
metrics_listener_sum(
    const struct metrics *m, size_t listener, enum listener_metric id)
{
	uint64_t sum = 0;

	for (size_t t = 0; t < m->threads; t++)
		sum += atomic_load_explicit(
		    &m->listener[t * m->listeners + listener].v[id],
		    memory_order_relaxed);
	return sum;
}

uint64_t
metrics_output_sum(
    const struct metrics *m, size_t output, enum output_metric id)
{
	uint64_t sum = 0;

	for (size_t t = 0; t < m->threads; t++)
		sum += atomic_load_explicit(
		    &m->output[t * m->outputs + output].v[id],
		    memory_order_relaxed);
	return sum;
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
