/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * engine_fill.c - from the ring to where it is sent from
 */
#include "engine_parts.h"

#include <errno.h>
#include <sys/timex.h>

#include "entry.h"
#include "tls_gate.h"

enum {
	QUARTER = 900,      /* seconds: no zone changes in between */
	BUDGET = 1024,      /* messages in one step */
	SPOOL_RETRY = 1000, /* ms */
	PREFIX_MAX = 8      /* bytes of an octet count */
};

/* localtime_r(3) takes a lock, so it is asked here, and only when the offset
 * may have changed. */
static void
ask_zone(struct engine *e, int64_t sec)
{
	time_t t = (time_t)sec;
	struct timex clock = { 0 };
	struct tm local;

	e->zone_until = (sec / QUARTER + 1) * QUARTER;
	/* nor may a child be born with the lock taken */
	tls_gate_enter();
	if (localtime_r(&t, &local) != NULL)
		e->offset = (int16_t)(local.tm_gmtoff / 60);
	tls_gate_leave();
	if (e->compose.synced >= 0)
		e->compose.synced = adjtimex(&clock) != TIME_ERROR ? 1 : 0;
}

/* RFC 5424 section 7.3.1. What was dropped has had its number, too, so that
 * the collector sees the gap. */
static uint32_t
next_sequence(struct engine *e)
{
	uint64_t next;

	next = e->sequence + (e->dropped - e->dropped_in_sequence) + 1;
	e->dropped_in_sequence = e->dropped;
	e->sequence = (uint32_t)((next - 1) % COMPOSE_SEQUENCE_MAX + 1);
	return (e->s->flags & SYNCLINE_NO_SEQUENCE) != 0 ? 0 : e->sequence;
}

/* Composes it to where scratch_size bytes are free. */
static struct slice
compose_to(struct engine *e, struct compose_msg *m, char *to)
{
	if (m->sec >= e->zone_until || m->sec < e->zone_until - QUARTER)
		ask_zone(e, m->sec);
	m->offset = e->offset;
	m->sequence = next_sequence(e);
	assert(m->sd.n + m->text.n + QUICK_HEAD <= e->scratch_size);
	return slice_of(to, compose_quick(&e->quick, &e->compose, m, to));
}

static bool
spool_works(struct engine *e)
{
	return e->spool != NULL && e->now >= e->spool_retry;
}

static void
spool_fails(struct engine *e, const struct err *err)
{
	e->spool_retry = e->now + SPOOL_RETRY;
	if (!e->spool_failed)
		handle_event(e->s, SYNCLINE_SPOOL_FAILED, 0, err->text);
	e->spool_failed = true;
}

static bool
to_spool(struct engine *e, struct slice message)
{
	struct err err;

	if (spool_append(e->spool, message, &err) == -1) {
		spool_fails(e, &err);
		return false;
	}
	if (!e->spooling && !e->spool_only)
		handle_event(e->s, SYNCLINE_SPOOLING, 0, "");
	e->spooling = true;
	e->buffered++;
	return true;
}

/* An LF would end the message. */
static void
blank_lines(char *text, size_t n)
{
	char *at;

	while (n > 0 && (at = memchr(text, '\n', n)) != NULL) {
		*at++ = ' ';
		n -= (size_t)(at - text);
		text = at;
	}
}

/* Makes a frame of message, which may stand in that room already: where the
 * prefix is as long as that of the last one, nothing is moved. */
static void
add_frame(struct engine *e, char *to, struct slice message, uint64_t mark)
{
	bool lf = (e->s->flags & SYNCLINE_LF) != 0;
	struct flight_frame frame = { .mark = mark, .suffix = lf ? 1 : 0 };
	char count[24];

	if (!lf) {
		frame.prefix = (uint16_t)compose_number(message.n, count);
		count[frame.prefix++] = ' ';
	}
	frame.n = (uint32_t)(frame.prefix + message.n + frame.suffix);
	if (message.p != to + frame.prefix)
		(void)memmove(to + frame.prefix, message.p, message.n);
	for (unsigned i = 0; i < frame.prefix; i++)
		to[i] = count[i];
	if (lf) {
		blank_lines(to, message.n);
		to[message.n] = '\n';
	}
	e->prefix = frame.prefix;
	flight_add(&e->flight, frame);
}

/* Where messages go now. */
enum way { NOWHERE, TO_FLIGHT, TO_SPOOL };

static enum way
way_at(struct engine *e, uint64_t used)
{
	const struct ring *ring = &e->s->ring;
	bool up = e->link.state == LINK_UP;

	/* a short while without connection is the ring's business */
	if (e->spool != NULL &&
	    (e->spool_only || !spool_is_empty(e->spool) ||
		(!up && (e->unreachable || ring_is_filling(ring, used))) ||
		(up && used > ring->size / 2 && !flight_is_sent(&e->flight))))
		return spool_works(e) ? TO_SPOOL : NOWHERE;
	return up && !e->flight_is_spooled && !e->reopening ? TO_FLIGHT
							    : NOWHERE;
}

static enum way
way(struct engine *e)
{
	return way_at(e, e->spool != NULL ? ring_used(&e->s->ring) : 0);
}

bool
engine_takes(struct engine *e, uint64_t used)
{
	switch (way_at(e, used)) {
	case TO_FLIGHT:
		return flight_room(&e->flight, e->scratch_size + PREFIX_MAX) !=
		    NULL;
	case TO_SPOOL:
		return true;
	case NOWHERE:
		break;
	}
	return false;
}

/* There must be room for whatever comes, so that a number is never taken in
 * vain. */
static bool
put_to_flight(struct engine *e, struct compose_msg *m, uint64_t mark)
{
	char *to = flight_room(&e->flight, e->scratch_size + PREFIX_MAX);

	if (to == NULL)
		return false;
	add_frame(e, to, compose_to(e, m, to + e->prefix), mark);
	return true;
}

static bool
put_to_spool(struct engine *e, struct compose_msg *m)
{
	uint32_t sequence = e->sequence;
	uint64_t dropped = e->dropped_in_sequence;

	if (to_spool(e, compose_to(e, m, e->scratch)))
		return true;
	e->sequence = sequence; /* it comes again */
	e->dropped_in_sequence = dropped;
	return false;
}

static bool
put(struct engine *e, enum way to, struct compose_msg *m, uint64_t mark)
{
	switch (to) {
	case TO_FLIGHT:
		return put_to_flight(e, m, mark);
	case TO_SPOOL:
		return put_to_spool(e, m);
	case NOWHERE:
		break;
	}
	return false;
}

/* Who waits for room is woken when half of it is free: each time would be a
 * switch of threads for a few messages. */
static void
wake_waiters(struct engine *e)
{
	struct shared *shared = e->s->shared;

	if (atomic_load(&shared->waiters) == 0 ||
	    ring_used(&e->s->ring) > e->s->ring.size / 2)
		return;
	(void)atomic_fetch_add(&shared->turn, 1);
	bell_futex_wake(&shared->turn, INT32_MAX);
}

static void
take_from_ring(struct engine *e)
{
	struct ring *ring = &e->s->ring;
	struct compose_msg m;
	struct slice record;
	int n = 0;

	while (n < BUDGET && ring_peek(ring, &record)) {
		entry_read(record, &m);
		if (!put(e, way(e), &m, ring_behind(ring)))
			break;
		ring_pop(ring);
		n++;
	}
	ring_publish(ring);
	e->busy = n > 0;
	e->more = n == BUDGET;
	if (n > 0)
		wake_waiters(e);
}

static void
take_from_spool(struct engine *e)
{
	struct slice message;
	uint64_t number;
	char *to;

	if (e->spool == NULL || e->spool_only || e->link.state != LINK_UP ||
	    e->reopening || spool_is_empty(e->spool))
		return;
	if (!e->flight_is_spooled && !flight_is_empty(&e->flight))
		return; /* these are older */
	for (int n = 0; n < BUDGET; n++) {
		to = flight_room(&e->flight, SPOOL_RECORD_MAX + PREFIX_MAX);
		if (to == NULL || !spool_read(e->spool, &message, &number))
			break;
		e->flight_is_spooled = true;
		add_frame(e, to, message, number);
		handle_count(e->s, COUNT_REPLAYED, 1);
		e->more = n + 1 == BUDGET;
	}
}

/* The drop-in's openlog() may have changed it. */
static void
look_at_flags(struct engine *e)
{
	bool pid = (e->s->flags & SYNCLINE_PID) != 0;

	if (pid == e->compose.pid)
		return;
	e->compose.pid = pid;
	e->quick.n = 0;
}

static void
begin_another_part(struct engine *e)
{
	struct spool *other = NULL;
	struct err err;

	if (spool_open(&other, e->spool_folder, e->spool_limit, false, &err) ==
	    -1) {
		spool_fails(e, &err);
		return;
	}
	if (spool_leave(e->spool, other, &err) == -1) {
		spool_close(other);
		spool_fails(e, &err);
		return;
	}
	e->spool = other;
	handle_event(e->s, SYNCLINE_SPOOL_FAILED, 0, err.text);
}

void
engine_hold_spool(struct engine *e)
{
	if (e->spool == NULL || spool_hold(e->spool) == 0 || errno != ESTALE)
		return;
	if (e->flight_is_spooled) { /* it is not ours to send any more */
		errno = EBADF;      /* as was the spool's descriptor */
		engine_break(e);
	}
	if (e->now >= e->spool_retry)
		begin_another_part(e);
}

void
engine_fill(struct engine *e)
{
	struct err err;

	engine_hold_spool(e);
	look_at_flags(e);
	e->dropped = handle_dropped(e->s);
	take_from_ring(e);
	if (e->spool != NULL && spool_write(e->spool, &err) == -1)
		spool_fails(e, &err);
	else if (e->spool_failed && spool_works(e) &&
	    (e->busy || ring_used(&e->s->ring) == 0))
		e->spool_failed = false;
	take_from_spool(e);
	if (e->spool == NULL)
		return;
	if (e->spooling && spool_is_empty(e->spool))
		e->spooling = false;
}

bool
engine_say(struct engine *e, uint8_t pri, struct slice text)
{
	struct compose_msg m = { .pri = pri, .text = text };
	struct timespec t;

	(void)clock_gettime(CLOCK_REALTIME, &t);
	m.sec = t.tv_sec;
	m.usec = (uint32_t)(t.tv_nsec / 1000);
	e->dropped = handle_dropped(e->s);
	return put(e, way(e), &m, 0);
}

void
engine_save(struct engine *e)
{
	struct slice message;

	if (e->flight_is_spooled)
		return;
	while (flight_message(&e->flight, 0, &message) && to_spool(e, message))
		(void)flight_take(&e->flight, &message);
}
