/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * bell.h - how callers wake the sender's thread, without a descriptor
 *
 * A descriptor could be closed by the program and come back as a file of its
 * own; a futex(2) is only memory. Ringing costs a system call only when the
 * thread sleeps: while messages keep coming, it naps for a millisecond, and
 * finds them by itself.
 */
#ifndef BELL_H
#define BELL_H

#include <errno.h>
#include <linux/futex.h>
#include <stdatomic.h>
#include <stdbool.h>
#include <stdint.h>
#include <sys/syscall.h>
#include <time.h>
#include <unistd.h>

/* What the thread does, and whom it can be woken by. */
enum bell_state {
	BELL_AWAKE, /* nobody needs to */
	BELL_DEAF,  /* it can do nothing with messages: BELL_ORDER */
	BELL_NAPS,  /* it looks by itself soon, or can do something with many
		       only: also BELL_FILLING */
	BELL_SLEEPS /* also BELL_MESSAGE */
};

enum bell_reason { BELL_MESSAGE, BELL_FILLING, BELL_ORDER };

struct bell {
	_Atomic uint32_t state;
};

/* Waits while *word is value; at most ms, -1: without limit. */
static inline void
bell_futex_wait(_Atomic uint32_t *word, uint32_t value, int64_t ms)
{
	struct timespec t = { .tv_sec = ms / 1000,
		.tv_nsec = ms % 1000 * 1000000 };

	(void)syscall(SYS_futex, word, FUTEX_WAIT_PRIVATE, value,
	    ms >= 0 ? &t : NULL, NULL, 0);
}

static inline void
bell_futex_wake(_Atomic uint32_t *word, int waiters)
{
	(void)syscall(
	    SYS_futex, word, FUTEX_WAKE_PRIVATE, waiters, NULL, NULL, 0);
}

/*
 * Wakes the thread when it sleeps so deep that it needs to be. Async-signal-
 * safe; may change errno.
 *
 * What it shall find must be stored before, sequentially consistent, as is what
 * happens to state: then either we see here that it sleeps, or it sees there,
 * behind bell_prepare(), what was stored. A fence for each message would cost
 * as much as the copy of it.
 */
static inline void
bell_ring(struct bell *b, enum bell_reason reason)
{
	uint32_t state = atomic_load(&b->state);

	if (state == BELL_AWAKE || state + reason < BELL_SLEEPS)
		return;
	if (atomic_exchange(&b->state, BELL_AWAKE) != BELL_AWAKE)
		bell_futex_wake(&b->state, 1);
}

/* The thread says that it is about to sleep; then it looks once more, by
 * sequentially consistent loads. */
static inline void
bell_prepare(struct bell *b, enum bell_state state)
{
	atomic_store(&b->state, state);
}

static inline void
bell_sleep(struct bell *b, enum bell_state state, int64_t ms)
{
	bell_futex_wait(&b->state, state, ms);
	atomic_store_explicit(&b->state, BELL_AWAKE, memory_order_relaxed);
}

static inline void
bell_stay_awake(struct bell *b)
{
	atomic_store_explicit(&b->state, BELL_AWAKE, memory_order_relaxed);
}

#endif
