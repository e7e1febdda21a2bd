/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * engine_send.c - from the flight into a socket, and what became of it
 */
#include "engine_parts.h"

#include <errno.h>

#include "wire/escape.h"

enum {
	BATCH = 32,              /* datagrams in one step of the loop */
	TURNS = 16,              /* calls of send in one step */
	CHUNK = 512 * 1024,      /* bytes in one of them */
	UDP_LARGEST = 65507,     /* RFC 768 in an IPv4 packet */
	DATAGRAM_SMALLEST = 480, /* RFC 5426 section 3.2 */
	DEAD = 30000             /* ms without an answer */
};

/* What the peer's kernel has taken. */
static void
forget_recent(struct engine *e)
{
	(void)memset(e->recent, 0, sizeof(e->recent));
}

static void
remember(struct engine *e, uint64_t n)
{
	int64_t slot = e->flow / ENGINE_SLOT_MS;

	if (slot - e->recent_slot >= ENGINE_SLOTS)
		forget_recent(e);
	while (e->recent_slot < slot && slot - e->recent_slot <= ENGINE_SLOTS)
		e->recent[++e->recent_slot % ENGINE_SLOTS] = 0;
	e->recent_slot = slot;
	e->recent[slot % ENGINE_SLOTS] += n;
}

static uint64_t
recently(struct engine *e)
{
	uint64_t sum = 0;

	remember(e, 0);
	for (int i = 0; i < ENGINE_SLOTS; i++)
		sum += e->recent[i];
	return sum;
}

static void
deliver(struct engine *e, size_t n, uint64_t mark)
{
	if (n == 0)
		return;
	if (!e->was_up && !e->link.io.stream) {
		handle_set(e->s, COUNT_CONNECTED, 1);
		handle_event(
		    e->s, SYNCLINE_CONNECTED, 0, link_target(&e->link)->url);
		e->unreachable = false;
	}
	e->was_up = true;
	e->progress_at = e->now;
	handle_count(e->s, COUNT_SENT, n);
	remember(e, n);
	if (e->flight_is_spooled)
		spool_acknowledge(e->spool, mark);
	else if (mark > 0 && !e->dropping && !e->telling)
		atomic_store(&e->s->shared->delivered, mark);
	if (flight_is_empty(&e->flight))
		e->flight_is_spooled = false;
}

static void
acknowledge(struct engine *e)
{
	uint64_t mark = 0;
	size_t n, left;

	if (flight_is_empty(&e->flight))
		return;
	left = io_unacknowledged(&e->link.io);
	if (left < e->unacknowledged)
		e->moved_at = e->now;
	e->unacknowledged = left;
	n = flight_acknowledge(&e->flight, left, &mark);
	deliver(e, n, mark);
}

/* Where there is another URL. Alone, a peer that does not read is waited for:
 * that is how TCP tells a sender to wait. */
static bool
is_stalled(const struct engine *e)
{
	return e->unacknowledged > 0 && e->s->targets.n > 1 &&
	    e->now - e->moved_at >= e->s->stall_ms;
}

/* The connection ends: for the reason in errno, or because it is stalled. */
static void
end_connection(struct engine *e, bool stalled)
{
	int reason = errno;
	bool stream = e->link.io.stream, told = e->was_up || stream;

	if (stream)
		acknowledge(e);
	handle_count(e->s, COUNT_RESENT, flight_rewind(&e->flight));
	/* A peer that was killed may close like one that stored it all. */
	if (stream)
		handle_count(e->s, COUNT_UNCERTAIN, recently(e));
	forget_recent(e);
	errno = reason;
	if (stalled)
		link_leave(&e->link, e->now, e->was_up, e->s->stall_ms);
	else
		link_break(&e->link, e->now, e->was_up);
	e->unacknowledged = 0;
	e->was_up = false;
	handle_count(e->s, COUNT_FAILURES, 1);
	handle_set(e->s, COUNT_CONNECTED, 0);
	if (told || !e->unreachable)
		handle_event(e->s,
		    told ? SYNCLINE_DISCONNECTED : SYNCLINE_UNREACHABLE, 0,
		    e->link.why.text);
	if (!told)
		e->unreachable = true;
	if (e->spool == NULL)
		return;
	if (e->flight_is_spooled) {
		flight_reset(&e->flight);
		e->flight_is_spooled = false;
		spool_rewind(e->spool);
	} else if (spool_is_empty(e->spool)) {
		engine_save(e);
	}
}

void
engine_break(struct engine *e)
{
	end_connection(e, false);
}

static void
send_stream(struct engine *e)
{
	enum io_status status = io_flush(&e->link.io);
	struct slice s;
	size_t n;

	for (int i = 0; status == IO_OK; i++) {
		s = flight_unsent(&e->flight);
		if (s.n == 0)
			break;
		if (i == TURNS) {
			e->more = true;
			break;
		}
		if (s.n > CHUNK)
			s.n = CHUNK;
		status = io_send(&e->link.io, s, &n);
		flight_send(&e->flight, n);
		if (e->unacknowledged == 0)
			e->moved_at = e->now;
		e->unacknowledged += n;
	}
	e->crowded = status == IO_LATER && errno == ENOBUFS;
	if (status == IO_FAILED)
		engine_break(e);
	else
		acknowledge(e);
	if (is_stalled(e))
		end_connection(e, true);
	if (e->unacknowledged > 0 && e->now - e->moved_at >= DEAD &&
	    !io_answers(&e->link.io)) {
		errno = ETIMEDOUT;
		engine_break(e);
	}
}

/* The unsent messages, cut to what a datagram takes. */
static unsigned
gather(struct engine *e, struct slice *each, unsigned *cut)
{
	unsigned n = 0;

	*cut = 0;
	while (n < BATCH && flight_message(&e->flight, n, &each[n])) {
		if (each[n].n > e->datagram) {
			each[n].n = e->datagram;
			each[n].n = escape_whole(each[n]);
			(*cut)++;
		}
		n++;
	}
	return n;
}

/* A datagram was too long: false when it is short already. */
static bool
shorten(struct engine *e, size_t n)
{
	if (n <= DATAGRAM_SMALLEST)
		return false;
	e->datagram = n > UDP_LARGEST ? UDP_LARGEST : n / 4 * 3;
	if (e->datagram < DATAGRAM_SMALLEST)
		e->datagram = DATAGRAM_SMALLEST;
	return true;
}

static void
send_datagrams(struct engine *e)
{
	struct slice each[BATCH];
	enum io_status status;
	unsigned count, sent, cut;
	uint64_t mark = 0;
	size_t n;
	int error;

	for (int i = 0; i < TURNS; i++) {
		count = gather(e, each, &cut);
		if (count == 0)
			return;
		status = io_send_each(&e->link.io, each, count, &sent);
		error = errno;
		for (unsigned j = 0; j < sent && cut > 0; j++)
			if (each[j].n >= e->datagram - 3)
				handle_count(e->s, COUNT_SHORTENED, 1);
		flight_send_frames(&e->flight, sent);
		n = flight_acknowledge(&e->flight, 0, &mark);
		deliver(e, n, mark);
		e->crowded = status == IO_LATER && error == ENOBUFS;
		if (status == IO_LATER)
			return;
		if (status == IO_FAILED &&
		    (error != EMSGSIZE || !shorten(e, each[sent].n))) {
			errno = error;
			engine_break(e);
			return;
		}
	}
	e->more = true;
}

/*
 * The second that counts is one in which the peer took what there was: while
 * it hangs, what it has not read does not grow older.
 */
static void
keep_flow(struct engine *e, size_t before)
{
	if ((e->flight.count < before || before == 0) && e->flow_at > 0)
		e->flow += e->now - e->flow_at;
	e->flow_at = e->now;
}

void
engine_send(struct engine *e)
{
	size_t before = e->flight.count;

	if (e->link.state != LINK_UP) {
		e->flow_at = e->now;
		return;
	}
	if (!io_is_alive(&e->link.io))
		engine_break(e);
	else if (e->link.io.stream)
		send_stream(e);
	else
		send_datagrams(e);
	keep_flow(e, before);
}
