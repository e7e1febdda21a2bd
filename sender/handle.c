/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * handle.c - the thread of a handle, and its life in the child of a fork
 */
#include "handle.h"

#include <errno.h>
#include <poll.h>
#include <sched.h>
#include <stdio.h>
#include <string.h>
#include <sys/mman.h>

#include "quiet.h"

enum {
	SLICE = 50,         /* ms: orders are seen so late while we poll(2) */
	NAP = 1,            /* ms */
	NAPS_FOR = 50,      /* ms without messages, then we sleep */
	SPINS = 2000,       /* somebody else makes the handle ours */
	AHEAD = 4 << 20,    /* bytes of the ring: seconds of messages */
	POPULATE_WRITE = 23 /* MADV_POPULATE_WRITE, which older headers lack */
};

/*
 * Here the kernel does not zero our memory in a child, so the first one who
 * comes does it. Two who come at the same time are told apart by alive.
 */
__attribute__((noinline)) static void
wipe(struct syncline *s)
{
	struct shared *shared = s->shared;
	uint32_t yes = ALIVE_YES;

	if (!s->check_pid || getpid() == s->pid ||
	    !atomic_compare_exchange_strong(&shared->alive, &yes, ALIVE_BEGINS))
		return;
	(void)memset((char *)shared + sizeof(shared->alive), 0,
	    s->shared_size - sizeof(shared->alive));
	s->pid = getpid();
	atomic_store(&shared->alive, ALIVE_NO);
}

void
handle_lock(struct syncline *s)
{
	wipe(s);
	(void)pthread_mutex_lock(&s->shared->lock);
}

void
handle_event(struct syncline *s, enum syncline_event_kind kind, uint64_t n,
    const char *text)
{
	struct syncline_event event = { .kind = kind, .n = n, .text = text };
	void (*on_event)(const struct syncline_event *, void *);
	void *arg;

	handle_lock(s);
	on_event = s->on_event;
	arg = s->on_event_arg;
	if (text[0] != '\0' && kind != SYNCLINE_CONNECTED)
		(void)snprintf(
		    s->last_error, sizeof(s->last_error), "%s", text);
	(void)pthread_mutex_unlock(&s->shared->lock);
	if (on_event != NULL)
		on_event(&event, arg);
}

static bool
is_longer_than_a_nap(int64_t ms)
{
	return ms < 0 || ms > NAP;
}

/* There is a message, and a place where it can go. */
static bool
is_needed(struct syncline *s)
{
	uint64_t used = ring_used(&s->ring);

	return used > 0 && engine_takes(&s->engine, used);
}

/*
 * Sleeps until the bell, at most ms (-1: without limit). What came between
 * the last step and the moment from which the bell is heard is looked for
 * once more. Messages that can go nowhere (nobody is there, the spool is full)
 * neither wake it nor keep it awake.
 */
static void
wait_for_bell(struct syncline *s, int64_t ms, bool nap)
{
	struct shared *shared = s->shared;
	struct engine *e = &s->engine;
	uint32_t orders = e->orders;
	enum bell_state state = BELL_DEAF;

	if (engine_takes(e, ring_used(&s->ring))) {
		state = nap ? BELL_NAPS : BELL_SLEEPS;
		if (nap && is_longer_than_a_nap(ms))
			ms = NAP;
	} else if (engine_takes(e, s->ring.size / 2)) {
		state = BELL_NAPS; /* but looks when the ring is filling */
	}
	bell_prepare(&shared->bell, state);
	if (atomic_load(&shared->orders) != orders ||
	    (is_longer_than_a_nap(ms) && is_needed(s)))
		ms = 0;
	if (ms != 0)
		bell_sleep(&shared->bell, state, ms);
	else
		bell_stay_awake(&shared->bell);
}

static void
wait_for_work(struct syncline *s, int64_t *nap_until)
{
	struct pollfd p;
	int64_t ms = engine_wants(&s->engine, &p.fd, &p.events);

	if (s->engine.busy)
		*nap_until = s->engine.now + NAPS_FOR;
	if (ms == 0)
		return;
	if (p.fd == -1) {
		wait_for_bell(s, ms, s->engine.now < *nap_until);
		return;
	}
	p.revents = 0;
	(void)poll(&p, 1, (int)(ms < 0 || ms > SLICE ? SLICE : ms));
}

/* In the first lap a caller would have to wait for every page: they are there
 * before it comes. Kernels before 5.14 say no, and all works as well. */
static void
populate(struct syncline *s)
{
	uint64_t end;

	if (s->populated >= s->ring.size)
		return;
	end = atomic_load(&s->ring.ends->head) / AHEAD * AHEAD + AHEAD + AHEAD;
	end = end < s->ring.size ? end : s->ring.size;
	if (end <= s->populated)
		return;
	(void)madvise(
	    s->ring.data + s->populated, end - s->populated, POPULATE_WRITE);
	s->populated = end;
}

static void *
on_thread(void *arg)
{
	struct syncline *s = arg;
	int64_t nap_until = 0;

	(void)pthread_setname_np(pthread_self(), "syncline");
	for (;;) {
		populate(s);
		engine_step(&s->engine);
		if (engine_has_ended(&s->engine))
			return NULL;
		wait_for_work(s, &nap_until);
	}
}

int
handle_start(struct syncline *s)
{
	int error;

	if ((s->flags & SYNCLINE_NO_THREAD) != 0)
		return 0;
	error = quiet_thread(&s->thread, on_thread, s);
	s->thread_runs = error == 0;
	return -error;
}

/* PROCID says who we are; RFC 5424 section 6.2.6. */
void
handle_identify(struct syncline *s)
{
	s->pid = getpid();
	s->engine.quick.n = 0;
	if (s->own_procid)
		return;
	(void)snprintf(s->engine.compose.procid,
	    sizeof(s->engine.compose.procid), "%d", (int)s->pid);
}

int
handle_revive(struct syncline *s)
{
	struct shared *shared = s->shared;
	uint32_t no = ALIVE_NO;
	int status;

	wipe(s);
	if (!atomic_compare_exchange_strong(
		&shared->alive, &no, ALIVE_BEGINS)) {
		for (int i = 0; no == ALIVE_BEGINS && i < SPINS; i++) {
			(void)sched_yield();
			no = atomic_load(&shared->alive);
		}
		return no == ALIVE_YES ? 0 : -EAGAIN;
	}
	s->thread_runs = false;
	s->ring.read = s->ring.seen = s->populated = 0;
	engine_reset(&s->engine);
	handle_identify(s);
	status = handle_start(s);
	atomic_store(&shared->alive, status == 0 ? ALIVE_YES : ALIVE_NO);
	return status == 0 ? 0 : -EAGAIN;
}
