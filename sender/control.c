/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * control.c - asking a handle, and giving it orders; see syncline.h
 */
#include <errno.h>
#include <poll.h>
#include <stdio.h>
#include <string.h>

#include "handle.h"
#include "syncline.h"

enum { AN_HOUR = 3600 * 1000 }; /* ms: the longest timeout */

static void
order(struct syncline *s)
{
	(void)atomic_fetch_add(&s->shared->orders, 1);
	bell_ring(&s->shared->bell, BELL_ORDER);
}

void
handle_wait(struct syncline *s, int limit)
{
	struct pollfd p = { .fd = -1 };
	int64_t ms = engine_wants(&s->engine, &p.fd, &p.events);

	if (ms < 0 || ms > limit)
		ms = limit;
	(void)poll(&p, 1, (int)ms);
}

/* Waits a little for what is before mark. */
static void
wait_a_turn(struct syncline *s, uint64_t mark, int64_t ms)
{
	uint32_t turn = atomic_load(&s->shared->turn);

	if (!s->thread_runs) {
		engine_step(&s->engine);
		handle_wait(s, (int)(ms < 10 ? ms : 10));
		return;
	}
	if (atomic_load(&s->shared->delivered) < mark)
		bell_futex_wait(&s->shared->turn, turn, ms < 10 ? ms : 10);
}

int
syncline_flush(struct syncline *s, int timeout)
{
	int saved = errno, status = 0;
	int64_t end, left = 0;
	uint64_t mark;

	if (handle_enter(s) != 0) {
		errno = saved;
		return -EAGAIN;
	}
	end = timeout < 0 ? INT64_MAX : engine_clock() + timeout;
	(void)atomic_fetch_add(&s->shared->flushers, 1);
	mark = atomic_load(&s->ring.ends->head);
	order(s);
	while (atomic_load(&s->shared->delivered) < mark) {
		left = end == INT64_MAX ? INT64_MAX : end - engine_clock();
		if (left <= 0) {
			status = -ETIMEDOUT;
			break;
		}
		wait_a_turn(s, mark, left);
	}
	(void)atomic_fetch_sub(&s->shared->flushers, 1);
	errno = saved;
	return status;
}

static uint64_t
counter(const struct syncline *s, enum counter c)
{
	return atomic_load_explicit(
	    &s->shared->counters[c], memory_order_relaxed);
}

void
syncline_stats(struct syncline *s, struct syncline_stats *stats, size_t size)
{
	struct syncline_stats now = { 0 };

	handle_lock(s);
	(void)memcpy(now.last_error, s->last_error, sizeof(now.last_error));
	(void)pthread_mutex_unlock(&s->shared->lock);
	now.accepted = atomic_load(&s->shared->accepted);
	now.sent = counter(s, COUNT_SENT);
	for (unsigned i = 0; i < RING_SEVERITIES; i++) {
		now.dropped_severity[i] = atomic_load(&s->shared->dropped[i]);
		now.dropped += now.dropped_severity[i];
	}
	now.cut = atomic_load(&s->shared->cut) + counter(s, COUNT_SHORTENED);
	now.resent = counter(s, COUNT_RESENT);
	now.uncertain = counter(s, COUNT_UNCERTAIN);
	now.connects = counter(s, COUNT_CONNECTS);
	now.failures = counter(s, COUNT_FAILURES);
	now.spooled = counter(s, COUNT_SPOOLED);
	now.replayed = counter(s, COUNT_REPLAYED);
	now.spool_damaged = counter(s, COUNT_DAMAGED);
	now.spool_bytes = counter(s, COUNT_SPOOL_BYTES);
	now.queued_bytes = ring_used(&s->ring);
	now.connected = (int)counter(s, COUNT_CONNECTED);
	(void)memcpy(stats, &now, size < sizeof(now) ? size : sizeof(now));
}

void
syncline_on_event(struct syncline *s,
    void (*on_event)(const struct syncline_event *event, void *arg), void *arg)
{
	handle_lock(s);
	s->on_event = on_event;
	s->on_event_arg = arg;
	(void)pthread_mutex_unlock(&s->shared->lock);
}

void
syncline_reopen(struct syncline *s)
{
	int saved = errno;

	atomic_store(&s->shared->reopen, 1);
	order(s);
	errno = saved;
}

int
syncline_setmask(struct syncline *s, int mask)
{
	uint32_t before;

	if (mask == 0)
		before = atomic_load(&s->mask);
	else
		before = atomic_exchange(&s->mask, ~(uint32_t)mask & 0xff);
	return (int)(before ^ 0xff);
}

int
syncline_fd(struct syncline *s)
{
	int fd;
	short events;

	(void)engine_wants(&s->engine, &fd, &events);
	return fd;
}

int
syncline_events(struct syncline *s)
{
	int fd;
	short events;

	(void)engine_wants(&s->engine, &fd, &events);
	return events;
}

int
syncline_timeout(struct syncline *s)
{
	int fd;
	short events;
	int64_t ms = engine_wants(&s->engine, &fd, &events);

	/* what was logged since the last step can go now */
	if (s->engine.link.state == LINK_UP && fd == -1 &&
	    ring_used(&s->ring) > 0 &&
	    engine_takes(&s->engine, ring_used(&s->ring)))
		return 0;
	return ms > AN_HOUR ? AN_HOUR : (int)ms;
}

int
syncline_step(struct syncline *s)
{
	int saved = errno, status = 0;

	if ((s->flags & SYNCLINE_NO_THREAD) == 0)
		return -EINVAL;
	status = handle_enter(s);
	if (status == 0)
		engine_step(&s->engine);
	errno = saved;
	return status;
}

const char *
syncline_strerror(int error)
{
	switch (error < 0 ? -error : error) {
	case 0:
		return "accepted";
	case EINVAL:
		return "an argument is wrong";
	case ENOBUFS:
		return "dropped: there is no room for messages of this "
		       "severity";
	case EMSGSIZE:
		return "the structured data is too long";
	case E2BIG:
		return "too many pairs";
	case ETIMEDOUT:
		return "not everything could be sent in time; what a spool "
		       "has is kept";
	case ECANCELED:
		return "not everything could be sent in time: messages are "
		       "lost";
	case EAGAIN:
		return "not now: no thread could be started";
	default:
		return strerrordesc_np(error < 0 ? -error : error);
	}
}

const char *
syncline_version(void)
{
	return PACKAGE_VERSION;
}
