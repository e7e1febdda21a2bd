/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * metrics.h - counters without locks
 *
 * Each set of counters has one thread that writes it; any thread may read.
 * What a person sees is the sum over the threads' sets. The two lists here
 * are the only ones: the enums, the names of /metrics and the help texts all
 * come from them.
 */
#ifndef BASE_METRICS_H
#define BASE_METRICS_H

#include <stdatomic.h>
#include <stddef.h>
#include <stdint.h>

/* X(ID, name, further labels, help); rows of one name stand together */
#define LISTENER_METRICS(X)                                                    \
	X(L_RECEIVED, "received_messages_total", "",                           \
	    "Messages accepted for processing")                                \
	X(L_BYTES, "received_bytes_total", "",                                 \
	    "Bytes of messages accepted, without their framing")               \
	X(L_EMPTY, "empty_total", "", "Empty messages and datagrams, ignored") \
	X(L_OPENED, "connections_total", "", "Connections accepted")           \
	X(L_REJECTED_MAX, "rejected_connections_total",                        \
	    "reason=\"max_connections\"",                                      \
	    "Connections closed instead of served")                            \
	X(L_REJECTED_ERROR, "rejected_connections_total", "reason=\"error\"",  \
	    "")                                                                \
	X(L_MALFORMED, "malformed_messages_total", "",                         \
	    "Messages stored though neither RFC 5424 nor RFC 3164, and "       \
	    "frames that could not be read")                                   \
	X(L_TRUNCATED, "truncated_messages_total", "",                         \
	    "Messages cut at max_message or by the end of their stream")       \
	X(L_DROPPED_KERNEL, "dropped_messages_total", "reason=\"kernel\"",     \
	    "Messages lost before they were stored")                           \
	X(L_DROPPED_MEMORY, "dropped_messages_total", "reason=\"memory\"", "")

#define OUTPUT_METRICS(X)                                                     \
	X(O_WRITTEN, "written_messages_total", "", "Messages written")        \
	X(O_BYTES, "written_bytes_total", "", "Bytes written")                \
	X(O_DROPPED_STOP, "dropped_output_messages_total", "reason=\"stop\"", \
	    "Messages this output did not write")                             \
	X(O_FAILED_ENOSPC, "failed_writes_total", "reason=\"ENOSPC\"",        \
	    "Failed calls that store data, each tried again")                 \
	X(O_FAILED_EDQUOT, "failed_writes_total", "reason=\"EDQUOT\"", "")    \
	X(O_FAILED_EFBIG, "failed_writes_total", "reason=\"EFBIG\"", "")      \
	X(O_FAILED_EROFS, "failed_writes_total", "reason=\"EROFS\"", "")      \
	X(O_FAILED_EIO, "failed_writes_total", "reason=\"EIO\"", "")          \
	X(O_FAILED_OTHER, "failed_writes_total", "reason=\"other\"", "")      \
	X(O_FAILED_ROTATE, "failed_writes_total", "reason=\"rotate\"", "")    \
	X(O_FAILED_SYNC, "failed_writes_total", "reason=\"sync\"", "")        \
	X(O_STALLED, "stalled", "",                                           \
	    "1 while the output cannot write and keeps what it has")          \
	X(O_ROTATIONS, "rotations_total", "", "Files rotated")                \
	X(O_OPEN_FILES, "open_files", "", "Files held open")                  \
	X(O_QUEUE_BYTES, "queue_bytes", "",                                   \
	    "Bytes handed over and not yet written")

#define METRIC_ID(id, name, labels, help) id,
enum listener_metric { LISTENER_METRICS(METRIC_ID) L_CLOSED, L_COUNT };
enum output_metric { OUTPUT_METRICS(METRIC_ID) O_COUNT };

enum { COUNTERS = 16, SYNC_BUCKETS = 8 };
_Static_assert((int)L_COUNT <= COUNTERS, "a set holds the listener metrics");
_Static_assert((int)O_COUNT <= COUNTERS, "a set holds the output metrics");

struct counters {
	_Alignas(64) _Atomic uint64_t v[COUNTERS];
};

/* Seconds that fdatasync(2) took; written by the syncer alone. */
struct sync_times {
	_Atomic uint64_t bucket[SYNC_BUCKETS + 1]; /* not cumulative */
	_Atomic uint64_t nanoseconds;
};

extern const double sync_bounds[SYNC_BUCKETS]; /* seconds, ascending */

/* Sets of counters by [thread][listener] and [thread][output]. */
struct metrics {
	size_t threads, listeners, outputs;
	struct counters *listener, *output;
	struct sync_times sync;
};

struct metrics *metrics_new(size_t threads, size_t listeners, size_t outputs);
void metrics_free(struct metrics *m);

struct counters *metrics_listener(
    struct metrics *m, size_t thread, size_t listener);
struct counters *metrics_output(
    struct metrics *m, size_t thread, size_t output);

/* Adds to a counter of the calling thread's own set: no locked operation. */
static inline void
counter_add(struct counters *c, unsigned id, uint64_t n)
{
	uint64_t v = atomic_load_explicit(&c->v[id], memory_order_relaxed);

	atomic_store_explicit(&c->v[id], v + n, memory_order_relaxed);
}

static inline void
counter_set(struct counters *c, unsigned id, uint64_t n)
{
	atomic_store_explicit(&c->v[id], n, memory_order_relaxed);
}

/* Sums over all threads; may be called from any thread. */
uint64_t metrics_listener_sum(
    const struct metrics *m, size_t listener, enum listener_metric id);
uint64_t metrics_output_sum(
    const struct metrics *m, size_t output, enum output_metric id);

/* One fdatasync(2) took that long. */
void metrics_sync_took(struct metrics *m, uint64_t nanoseconds);

#endif
