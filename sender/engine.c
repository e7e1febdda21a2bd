/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * engine.c - see engine.h
 */
#include "engine_parts.h"

#include <errno.h>
#include <poll.h>
#include <sys/random.h>

enum {
	ACK_SOON = 1,   /* ms between two looks, when somebody waits */
	ACK_HANGS = 20, /* and nothing has come for */
	HANGS = 200,
	ACK_LATER = 100,
	SYNC_EVERY = 1000,
	LOOK_EVERY = 10000 /* for messages that others left in the spool */
};

int64_t
engine_clock(void)
{
	struct timespec t;

	(void)clock_gettime(CLOCK_MONOTONIC, &t);
	return (int64_t)t.tv_sec * 1000 + t.tv_nsec / 1000000;
}

static void
connect_on(struct engine *e)
{
	enum link_news news = link_step(&e->link, e->now);

	if (e->link.stale.text[0] != '\0') {
		handle_event(e->s, SYNCLINE_TLS_STALE, 0, e->link.stale.text);
		e->link.stale.text[0] = '\0';
	}
	switch (news) {
	case LINK_NO_NEWS:
		break;
	case LINK_CONNECTED:
		e->was_up = false;
		e->datagram = SIZE_MAX;
		e->unacknowledged = 0;
		handle_count(e->s, COUNT_CONNECTS, 1);
		if (!e->link.io.stream)
			break; /* who knows: see deliver() */
		e->unreachable = false;
		handle_set(e->s, COUNT_CONNECTED, 1);
		handle_event(
		    e->s, SYNCLINE_CONNECTED, 0, link_target(&e->link)->url);
		break;
	case LINK_UNREACHABLE:
		handle_count(e->s, COUNT_FAILURES, 1);
		if (!e->unreachable)
			handle_event(
			    e->s, SYNCLINE_UNREACHABLE, 0, e->link.why.text);
		e->unreachable = true;
		break;
	}
}

/* In the child of a fork: a part of our own. Until there is one, there is the
 * ring. Not by the caller that finds itself there: disks are slow. */
static void
open_spool(struct engine *e)
{
	struct err ignored;

	if (e->now < e->spool_retry)
		return;
	e->spool_retry = e->now + SYNC_EVERY;
	if (spool_open(&e->spool, e->spool_folder, e->spool_limit, false,
		&ignored) == -1)
		return;
	e->spool_retry = 0;
	e->more = true;
}

static bool
sync_spool(struct engine *e)
{
	struct err err;
	bool failed = spool_sync(e->spool, &err) == -1;

	if (failed && !e->sync_failed && !e->spool_failed)
		handle_event(e->s, SYNCLINE_SPOOL_FAILED, 0, err.text);
	e->sync_failed = failed;
	return !failed;
}

/* Of a folder alone: now, for whoever waits for that; but what has failed is
 * tried again when it is due. */
static bool
is_on_disk(struct engine *e, bool now)
{
	if (e->spool == NULL)
		return false;
	return now && !e->sync_failed ? sync_spool(e)
				      : spool_is_synced(e->spool);
}

static void
see_to_spool(struct engine *e)
{
	struct spool *other = NULL;
	struct err ignored;

	if (e->spool_folder[0] == '\0')
		return;
	if (e->spool == NULL) {
		open_spool(e);
		return;
	}
	if (e->now >= e->spool_sync) {
		e->spool_sync = e->now + SYNC_EVERY;
		(void)sync_spool(e);
	}
	if (e->spool_only || e->now < e->spool_look ||
	    e->link.state != LINK_UP || !spool_is_empty(e->spool) ||
	    !flight_is_empty(&e->flight))
		return;
	e->spool_look = e->now + LOOK_EVERY;
	(void)spool_open(
	    &other, e->spool_folder, e->spool_limit, true, &ignored);
	if (other == NULL)
		return;
	e->damaged += spool_damaged(e->spool);
	spool_close(e->spool);
	e->spool = other;
}

static void
show_spool(struct engine *e)
{
	uint64_t buffered;

	if (e->spool == NULL)
		return;
	buffered = spool_buffered(e->spool);
	if (buffered < e->buffered)
		handle_count(e->s, COUNT_SPOOLED, e->buffered - buffered);
	e->buffered = buffered;
	handle_set(e->s, COUNT_DAMAGED, e->damaged + spool_damaged(e->spool));
	handle_set(e->s, COUNT_SPOOL_BYTES,
	    spool_is_empty(e->spool) ? 0 : spool_bytes(e->spool));
}

/* Whoever flushes waits for this. */
static void
tell_delivered(struct engine *e)
{
	struct shared *shared = e->s->shared;
	uint64_t tail = atomic_load(&e->s->ring.ends->tail);
	bool all = flight_is_empty(&e->flight);

	if (e->spool_only)
		all = is_on_disk(e, atomic_load(&shared->flushers) > 0);
	else if (e->spool != NULL)
		all = all && spool_is_empty(e->spool);
	if (flight_is_empty(&e->flight))
		e->telling = false;
	if (all && !e->dropping)
		atomic_store(&shared->delivered, tail);
	tail = atomic_load(&shared->delivered);
	if (atomic_load(&shared->flushers) > 0 && tail != e->told_delivered) {
		e->told_delivered = tail;
		(void)atomic_fetch_add(&shared->turn, 1);
		bell_futex_wake(&shared->turn, INT32_MAX);
	}
}

static bool
may_reopen(const struct engine *e)
{
	return e->link.state != LINK_UP || flight_is_empty(&e->flight);
}

/* When what is on its way has arrived; until then nothing follows. */
static void
reopen(struct engine *e)
{
	struct shared *shared = e->s->shared;

	e->reopening = atomic_load(&shared->reopen) != 0 && !e->spool_only;
	if (!e->reopening || !may_reopen(e))
		return;
	atomic_store(&shared->reopen, 0);
	e->reopening = false;
	handle_set(e->s, COUNT_CONNECTED, 0);
	link_restart(&e->link);
}

void
engine_step(struct engine *e)
{
	struct shared *shared = e->s->shared;

	e->now = engine_clock();
	e->more = false;
	e->orders = atomic_load(&shared->orders);
	reopen(e);
	if (!e->spool_only)
		connect_on(e);
	engine_fill(e);
	engine_tell_losses(e);
	engine_send(e);
	/* there may be room now for what waits in the ring */
	if (e->link.state == LINK_UP && flight_is_sent(&e->flight) &&
	    ring_used(&e->s->ring) > 0 && e->busy)
		e->more = true;
	if (e->reopening && may_reopen(e))
		e->more = true;
	see_to_spool(e);
	show_spool(e);
	tell_delivered(e);
}

static bool
somebody_waits(const struct engine *e)
{
	const struct shared *shared = e->s->shared;

	return atomic_load(&shared->flushers) > 0 ||
	    atomic_load(&shared->stop) != 0 || ring_used(&e->s->ring) > 0;
}

/* ms until it is looked again what the peer has acknowledged. */
static int64_t
look_again(const struct engine *e)
{
	if (!somebody_waits(e))
		return ACK_LATER;
	return e->now - e->progress_at < HANGS ? ACK_SOON : ACK_HANGS;
}

/* When it stops, at the latest. */
static int64_t
end_of_time(const struct engine *e)
{
	const struct shared *shared = e->s->shared;
	int64_t at, absent;

	if (atomic_load(&shared->stop) == 0)
		return INT64_MAX;
	at = atomic_load(&shared->stop_at);
	absent = atomic_load(&shared->stop_absent_at);
	return e->unreachable && absent < at ? absent : at;
}

int64_t
engine_wants(struct engine *e, int *fd, short *events)
{
	int64_t at, soon;

	*fd = -1;
	*events = 0;
	if (e->more)
		return 0;
	at = e->spool_only ? INT64_MAX
			   : link_wants(&e->link, e->now, fd, events);
	if (e->link.state == LINK_UP) {
		if (e->crowded) { /* the kernel: poll(2) would not wait */
			at = e->now + ACK_SOON;
		} else if (!flight_is_sent(&e->flight) ||
		    !io_is_flushed(&e->link.io)) {
			*fd = e->link.io.own.fd;
			*events = POLLOUT;
		}
		if (!flight_is_empty(&e->flight)) {
			soon = e->now + look_again(e);
			at = soon < at ? soon : at;
		}
	}
	soon = engine_losses_due(e);
	at = soon < at ? soon : at;
	soon = end_of_time(e);
	at = soon < at ? soon : at;
	if (e->spool_folder[0] != '\0' &&
	    (e->spool_failed || e->spool == NULL) && e->spool_retry < at)
		at = e->spool_retry;
	if (e->spool != NULL && !spool_is_empty(e->spool) && e->spool_sync < at)
		at = e->spool_sync;
	if (at == INT64_MAX)
		return -1;
	soon = at - engine_clock();
	return soon > 0 ? soon : 0;
}

bool
engine_is_done(struct engine *e)
{
	bool told = !e->dropping;

	if (ring_used(&e->s->ring) > 0 || !told)
		return false;
	if (e->spool_only)
		return e->spool != NULL && spool_is_written(e->spool);
	return flight_is_empty(&e->flight) &&
	    (e->spool == NULL || spool_is_empty(e->spool));
}

bool
engine_has_ended(struct engine *e)
{
	if (atomic_load(&e->s->shared->stop) == 0)
		return false;
	return engine_is_done(e) || e->now >= end_of_time(e);
}

uint64_t
engine_leave(struct engine *e)
{
	struct slice record;
	uint64_t lost = 0;

	if (e->link.state == LINK_UP)
		engine_send(e);
	if (e->flight_is_spooled)
		flight_reset(&e->flight); /* it is read again from there */
	e->flight_is_spooled = false;
	if (e->spool != NULL) {
		io_close(&e->link.io);
		e->link.state = LINK_DOWN;
		e->unreachable = true;
		e->spool_retry = 0; /* no later try will be due */
		engine_hold_spool(e);
		/* behind younger ones, in the rare case that there are */
		engine_save(e);
		do
			engine_fill(e);
		while (e->more);
		lost += spool_is_written(e->spool) && sync_spool(e) ? 0 : 1;
	}
	lost += e->flight.count;
	while (ring_peek(&e->s->ring, &record)) {
		ring_pop(&e->s->ring);
		lost++;
	}
	ring_publish(&e->s->ring);
	return lost;
}

void
engine_reset(struct engine *e)
{
	uint32_t random = 0;

	if (getrandom(&random, sizeof(random), GRND_NONBLOCK) == -1)
		random = (uint32_t)engine_clock();
	link_reset(&e->link, random ^ (uint32_t)getpid());
	flight_reset(&e->flight);
	e->flight_is_spooled = e->was_up = e->more = e->busy = false;
	e->telling = e->crowded = e->reopening = false;
	e->unacknowledged = 0;
	e->spooling = e->spool_failed = e->sync_failed = false;
	e->dropping = e->unreachable = false;
	e->sequence = 0;
	e->dropped = e->dropped_in_sequence = e->dropped_before = 0;
	e->buffered = e->damaged = 0;
	(void)memset(e->told, 0, sizeof(e->told));
	(void)memset(e->recent, 0, sizeof(e->recent));
	e->spool_retry = e->spool_sync = e->spool_look = 0;
	spool_abandon(e->spool);
	e->spool = NULL;
}
