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
	X(L_REJECTED_ALLOW, "rejected_connections_total", "reason=\"allow\"",  \
	    "")                                                                \
	X(L_REJECTED_PEER, "rejected_connections_total",                       \
	    "reason=\"max_connections_per_peer\"", "")                         \
	X(L_REJECTED_PROXY, "rejected_connections_total", "reason=\"proxy\"",  \
	    "")                                                                \
	X(L_REJECTED_TLS, "rejected_connections_total",                        \
	    "reason=\"tls_handshake\"", "")                                    \
	X(L_REJECTED_TLS_PEER, "rejected_connections_total",                   \
	    "reason=\"tls_peer\"", "")                                         \
	X(L_MALFORMED, "malformed_messages_total", "",                         \
	    "Messages stored though neither RFC 5424 nor RFC 3164, and "       \
	    "frames that could not be read")                                   \
	X(L_TRUNCATED, "truncated_messages_total", "",                         \
	    "Messages cut at max_message or by the end of their stream")       \
	X(L_DROPPED_KERNEL, "dropped_messages_total", "reason=\"kernel\"",     \
	    "Messages lost before they were stored")                           \
	X(L_DROPPED_ALLOW, "dropped_messages_total", "reason=\"allow\"", "")   \
	X(L_DROPPED_MEMORY, "dropped_messages_total", "reason=\"memory\"", "") \
	X(L_DROPPED_RATE, "dropped_messages_total", "reason=\"rate\"", "")

#define OUTPUT_METRICS(X)                                                      \
	X(O_WRITTEN, "written_messages_total", "", "Messages written")         \
	X(O_BYTES, "written_bytes_total", "", "Bytes written")                 \
	X(O_DROPPED_STOP, "dropped_output_messages_total", "reason=\"stop\"",  \
	    "Messages this output did not write")                              \
	X(O_DROPPED_FULL, "dropped_output_messages_total", "reason=\"full\"",  \
	    "")                                                                \
	X(O_OTHER, "other_file_messages_total", "",                            \
	    "Messages written to _other: their file would be one too many")    \
	X(O_FAILED_ENOSPC, "failed_writes_total", "reason=\"ENOSPC\"",         \
	    "Failed calls that store data, each tried again")                  \
	X(O_FAILED_EDQUOT, "failed_writes_total", "reason=\"EDQUOT\"", "")     \
	X(O_FAILED_EFBIG, "failed_writes_total", "reason=\"EFBIG\"", "")       \
	X(O_FAILED_EROFS, "failed_writes_total", "reason=\"EROFS\"", "")       \
	X(O_FAILED_EIO, "failed_writes_total", "reason=\"EIO\"", "")           \
	X(O_FAILED_OTHER, "failed_writes_total", "reason=\"other\"", "")       \
	X(O_FAILED_ROTATE, "failed_writes_total", "reason=\"rotate\"", "")     \
	X(O_FAILED_SYNC, "failed_writes_total", "reason=\"sync\"", "")         \
	X(O_FAILED_COMPRESS, "failed_writes_total", "reason=\"compress\"", "") \
	X(O_STALLED, "stalled", "",                                            \
	    "1 while the output cannot write and keeps what it has")           \
	X(O_ROTATIONS, "rotations_total", "", "Files rotated")                 \
	X(O_DELETED_KEEP, "deleted_files_total", "reason=\"keep\"",            \
	    "Rotated files deleted, by the limit that asked for it")           \
	X(O_DELETED_AGE, "deleted_files_total", "reason=\"keep_age\"", "")     \
	X(O_DELETED_TOTAL, "deleted_files_total", "reason=\"keep_total\"", "") \
	X(O_DELETED_FREE, "deleted_files_total", "reason=\"keep_free\"", "")   \
	X(O_OPEN_FILES, "open_files", "", "Files held open")                   \
	X(O_QUEUE_BYTES, "queue_bytes", "",                                    \
	    "Bytes handed over and not yet written")

#define GLOBAL_METRICS(X)                                                      \
	X(G_FILTERED, "filtered_messages_total", "",                           \
	    "Messages that no output's conditions took")                       \
	X(G_OWN, "own_messages_total", "",                                     \
	    "Messages of our own about losses, which no other counter counts") \
	X(G_MATCH_LIMITS, "match_limits_total", "",                            \
	    "Times that a match met its limit and counted as none")

#define METRIC_ID(id, name, labels, help) id,
enum listener_metric { LISTENER_METRICS(METRIC_ID) L_CLOSED, L_COUNT };
/* O_TAKEN: messages that workers handed over */
enum output_metric { OUTPUT_METRICS(METRIC_ID) O_TAKEN, O_COUNT };
enum global_metric { GLOBAL_METRICS(METRIC_ID) G_COUNT };

/* SLOTS_MAX: labels of listeners, and as many of outputs, in one life */
enum { COUNTERS = 32, SYNC_BUCKETS = 8, SLOTS_MAX = 4096 };
_Static_assert((int)L_COUNT <= COUNTERS, "a set holds the listener metrics");
_Static_assert((int)O_COUNT <= COUNTERS, "a set holds the output metrics");
_Static_assert((int)G_COUNT <= COUNTERS, "a set holds the global metrics");

struct counters {
	_Alignas(64) _Atomic uint64_t v[COUNTERS];
};

/* Seconds that fdatasync(2) took; written by the syncer alone. */
struct sync_times {
	_Atomic uint64_t bucket[SYNC_BUCKETS + 1]; /* not cumulative */
	_Atomic uint64_t nanoseconds;
};

extern const double sync_bounds[SYNC_BUCKETS]; /* seconds, ascending */

/* What has counters of its own: a listener or an output, by its label. It
 * stays when a reload takes it away: sums must still be true. */
struct slot {
	char *label;          /* owned */
	struct counters *set; /* owned; one per thread */
};

struct slots {
	struct slot *slot; /* owned; SLOTS_MAX */
	size_t n;
};

/* What the writer is at: it may hang in the kernel, and then says nothing. */
struct at_work {
	_Atomic int slot;      /* of an output; -1: it waits for work */
	_Atomic int64_t since; /* clock_ms() */
};

/* Slots are added by the main thread alone, which alone reads the sums. */
struct metrics {
	size_t threads;
	struct slots listeners, outputs;
	struct counters *global; /* owned; one set per thread */
	struct sync_times sync;
	struct at_work writer;
};

struct metrics *metrics_new(size_t threads);
void metrics_free(struct metrics *m);

/* The number of the slot with that label, which is made when there is none;
 * -1: no memory, or SLOTS_MAX of them. */
int metrics_listener_slot(struct metrics *m, const char *label);
int metrics_output_slot(struct metrics *m, const char *label);

/* Takes back the newest slots, which nobody uses, down to that many. */
void metrics_forget(struct metrics *m, size_t listeners, size_t outputs);

/* The calling thread's own set; its pointer stays good. */
struct counters *metrics_listener(struct metrics *m, size_t thread, int slot);
struct counters *metrics_output(struct metrics *m, size_t thread, int slot);
struct counters *metrics_global(struct metrics *m, size_t thread);

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

/* Sums over all threads. */
uint64_t metrics_listener_sum(
    const struct metrics *m, int slot, enum listener_metric id);
uint64_t metrics_output_sum(
    const struct metrics *m, int slot, enum output_metric id);
uint64_t metrics_global_sum(const struct metrics *m, enum global_metric id);

/* The writer begins with the work of an output; slot -1: it is done. */
void metrics_writer_at(struct metrics *m, int slot);

/* The slot of the output in whose work the writer hangs, for two seconds or
 * longer, and for how many milliseconds; -1: it does not. Such an output
 * counts as stalled. */
int metrics_writer_hangs(const struct metrics *m, int64_t *ms);

/* One fdatasync(2) took that long. */
void metrics_sync_took(struct metrics *m, uint64_t nanoseconds);

#endif
