/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * handle.h - what a struct syncline is
 *
 * Three parts, by who may touch them: struct shared, by everybody, with
 * atomics; struct engine, by the sender (the thread, or syncline_step());
 * the rest is written at open and in the child of a fork only.
 */
#ifndef HANDLE_H
#define HANDLE_H

#include <pthread.h>
#include <sys/types.h>

#include "bell.h"
#include "engine.h"
#include "ring.h"
#include "syncline.h"
#include "target.h"

enum alive {
	ALIVE_NO,     /* the child of a fork finds it like this */
	ALIVE_BEGINS, /* somebody just makes it so */
	ALIVE_YES
};

enum counter {
	COUNT_SENT,
	COUNT_RESENT,
	COUNT_UNCERTAIN,
	COUNT_CONNECTS,
	COUNT_FAILURES,
	COUNT_SPOOLED,
	COUNT_REPLAYED,
	COUNT_SHORTENED, /* datagrams */
	COUNT_DAMAGED,   /* gauges from here on */
	COUNT_SPOOL_BYTES,
	COUNT_CONNECTED,
	COUNTERS
};

/*
 * In memory that is zeroed in the child of a fork; all zeroes is a good
 * beginning. The ring's bytes follow on the next page. What callers write and
 * what the sender writes stands in different lines of the cache, hence the
 * padding.
 */
/* NOLINTNEXTLINE(clang-analyzer-optin.performance.Padding): see above */
struct shared {
	_Atomic uint32_t alive;
	struct bell bell;
	_Atomic uint32_t orders; /* counts flushes, stops, reopens */
	_Atomic uint32_t stop;   /* close: come to an end */
	_Atomic uint32_t reopen;
	_Atomic uint32_t flushers; /* who wait for delivered */
	_Atomic uint32_t waiters;  /* who wait for room */
	_Atomic int64_t stop_at;   /* at the latest; INT64_MAX: when done */
	_Atomic int64_t stop_absent_at; /* when nobody is there */
	struct ring_ends ends;
	_Alignas(64) _Atomic uint64_t accepted;
	/* read for each message, and seldom written */
	_Alignas(64) _Atomic uint64_t dropped[RING_SEVERITIES];
	_Atomic uint64_t cut;
	/* what was queued before this position of the ring is delivered */
	_Alignas(64) _Atomic uint64_t delivered;
	_Atomic uint32_t turn; /* changes when delivered or room does */
	_Atomic uint64_t counters[COUNTERS];
	/* Zeroed it is free: who had it when we were forked off is not here. */
	pthread_mutex_t lock;
};

struct syncline {
	struct ring ring;
	struct shared *shared;
	size_t shared_size; /* with the ring */
	uint64_t populated; /* bytes of the ring that have pages */
	bool check_pid;     /* the kernel does not tell us of a fork */
	bool thread_runs;
	bool own_procid; /* PROCID is the program's choice */
	pid_t pid;
	pthread_t thread;
	/* options */
	int facility;
	_Atomic int flags;     /* PERROR and PID may change: see dropin.c */
	_Atomic uint32_t mask; /* 0xff ^ syncline_setmask(); of a child, too */
	enum syncline_overflow overflow;
	int64_t block_ms, stall_ms;
	size_t max_message;
	char sd_id[COMPOSE_NAME + 1];
	struct targets targets;
	struct engine engine;
	/* under the lock of shared: */
	void (*on_event)(const struct syncline_event *event, void *arg);
	void *on_event_arg;
	char last_error[320];
};

/* Starts the thread, where there is to be one: 0 or a negative errno value. */
int handle_start(struct syncline *s);

/* What syncline_close() does, with another limit for when nobody can be
 * reached, without freeing anything that other threads may need who still log:
 * what they log is not sent any more. */
int handle_end(struct syncline *s, int timeout, int absent);

/* poll(2) for what the engine wants, at most limit ms. */
void handle_wait(struct syncline *s, int limit);

/* Makes PROCID this process. */
void handle_identify(struct syncline *s);

/* Sees to it that this process may use the handle; 0, -EAGAIN: not now. */
int handle_revive(struct syncline *s);

/* Takes the lock of shared, which nobody of a parent has. */
void handle_lock(struct syncline *s);

static inline int
handle_enter(struct syncline *s)
{
	if (atomic_load_explicit(&s->shared->alive, memory_order_acquire) ==
		ALIVE_YES &&
	    (!s->check_pid || getpid() == s->pid))
		return 0;
	return handle_revive(s);
}

static inline void
handle_count(struct syncline *s, enum counter counter, uint64_t n)
{
	(void)atomic_fetch_add_explicit(
	    &s->shared->counters[counter], n, memory_order_relaxed);
}

static inline void
handle_set(struct syncline *s, enum counter counter, uint64_t n)
{
	atomic_store_explicit(
	    &s->shared->counters[counter], n, memory_order_relaxed);
}

static inline uint64_t
handle_dropped(struct syncline *s)
{
	uint64_t sum = 0;

	for (unsigned i = 0; i < RING_SEVERITIES; i++)
		sum += atomic_load_explicit(
		    &s->shared->dropped[i], memory_order_relaxed);
	return sum;
}

/* Remembers the failure, and tells the program. */
void handle_event(struct syncline *s, enum syncline_event_kind kind, uint64_t n,
    const char *text);

#endif
