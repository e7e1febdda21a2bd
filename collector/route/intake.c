/* SPDX-License-Identifier: BSD-2-Clause */
#include "route/intake.h"

#include <poll.h>
#include <stdlib.h>
#include <string.h>

#include "base/clock.h"
#include "route/filter.h"
#include "route/pathname.h"

enum {
	BLOCK_MAX = 256 * 1024, /* below 64 KiB write(2) shows, above it not */
	BLOCK_MIN = 4 * 1024,   /* small, so that many outputs share 1 MiB */
	WAIT_MS = 20,
	/* Partial blocks follow one another at this pace, unless `latency` is
	 * 0: a writer that is woken for a few lines costs more than all
	 * the rest, and one that is woken 500 times a second costs nothing. */
	PACE_MS = 2,
	MS_NS = 1000000
};

/* Memory in use, in per cent, from which a severity is dropped (contract:
 * debug and info first, then notice and warning, the rest when full). */
enum { SHED_INFO = 70, SHED_WARNING = 85, SHED_ALL = 100 };

int
intake_init(struct intake *in, const struct plan *plan, struct metrics *m,
    size_t thread, struct mailbox *writer, struct err *err)
{
	const struct config *c = plan->conf;
	size_t share = (size_t)(c->memory / c->workers);
	size_t size = share / 64 / c->outputs;
	struct intake_parts parts = { NULL, NULL, NULL };

	*in = (struct intake){
		.metrics = m, .thread = thread, .writer = writer
	};
	in->pool.returns.fd = -1;
	size = size > BLOCK_MAX ? BLOCK_MAX : size;
	size = size < BLOCK_MIN ? BLOCK_MIN : size;
	if (pool_init(&in->pool, share, size, err) == -1)
		return -1;
	in->formatter = formatter_new((size_t)c->max_message);
	if (in->formatter == NULL)
		return err_sys(err, "worker");
	in->matcher = pattern_scratch_new(err);
	if (in->matcher == NULL)
		return -1;
	if (intake_prepare(&parts, plan, NULL, err) == -1) {
		intake_parts_free(&parts, plan);
		return -1;
	}
	intake_switch(in, plan, &parts, NULL);
	return 0;
}

/* Lanes of outputs that are gone, when their last block has come back. */
static void
free_leaving(struct intake *in)
{
	struct lane **at = &in->leaving;

	while (*at != NULL) {
		struct lane *l = *at;

		if (lane_in_flight(l)) {
			at = &l->next;
			continue;
		}
		pool_reclaim(&in->pool); /* its blocks count in it */
		*at = l->next;
		lane_free(l);
	}
}

void
intake_clear(struct intake *in)
{
	free_leaving(in);
	if (in->plan != NULL) {
		/* blocks that came back still count in their lanes */
		pool_reclaim(&in->pool);
		intake_parts_free(&in->parts, in->plan);
	}
	free(in->scratch);
	formatter_free(in->formatter);
	pattern_scratch_free(in->matcher);
	pool_clear(&in->pool);
}

struct limit *
intake_limit(struct intake *in, size_t listener)
{
	return in->parts.limit[listener];
}

void
intake_burst(struct intake *in)
{
	clock_gettime(CLOCK_REALTIME, &in->now);
}

/* The fast path: the message's own bytes are its line. */
static bool
put_bytes(struct lane *l, struct slice raw, const struct line *line)
{
	struct block *b = lane_room(l, raw.n + 1, line);

	if (b == NULL)
		return false;
	memcpy(b->data + b->n, raw.p, raw.n);
	b->data[b->n + raw.n] = '\n';
	lane_added(l, b, raw.n + 1, line);
	return true;
}

static bool
grow_scratch(struct intake *in, size_t need)
{
	char *p;

	if (in->scratch_n >= need)
		return true;
	p = realloc(in->scratch, need);
	if (p == NULL)
		return false;
	in->scratch = p;
	in->scratch_n = need;
	return true;
}

/* Renders into the block when the line surely fits there, else by way of
 * the scratch: the bound is several times what most lines need. */
static bool
put_line(struct intake *in, struct lane *l, const struct output_conf *o,
    const struct record *r, struct line *line)
{
	size_t n, bound = format_bound(o, r);
	struct block *b = l->block;

	if (lane_fits(l, bound, line)) {
		n = format_line(in->formatter, o, r, b->data + b->n);
		lane_added(l, b, n, line);
		return true;
	}
	if (!grow_scratch(in, bound))
		return false;
	n = format_line(in->formatter, o, r, in->scratch);
	line->text = slice_of(in->scratch, n);
	return lane_put(l, line);
}

/* Memory fills and the sender cannot wait: is this one let go? */
static bool
is_shed(struct intake *in, unsigned severity)
{
	size_t share = in->pool.share, percent = SHED_INFO;

	if (in->pool.used < share / 100 * SHED_INFO)
		return false;
	pool_reclaim(&in->pool);
	if (severity <= 5)
		percent = SHED_WARNING;
	if (severity <= 3)
		percent = SHED_ALL;
	return in->pool.used >= share / 100 * percent;
}

/* The output lags so far behind that when_full: drop lets this one go. What
 * is only being filled here, however little may wait, is not its fault. */
static bool
is_full(struct intake *in, struct lane *l)
{
	if (l->backlog.n < in->drop_high)
		return false;
	pool_reclaim(&in->pool);
	return l->backlog.n >= in->drop_high && lane_in_flight(l);
}

/* Stands for the sender: its address without the port, or the user. */
static uint64_t
peer_of(const struct origin *o)
{
	struct who w = o->local ? who_user(o->credentials, o->uid)
				: who_address(&o->addr);

	return (w.id[0] ^ w.kind) * UINT64_C(0x9e3779b97f4a7c15) + w.id[1];
}

/* False: no memory. */
static bool
put(struct intake *in, size_t output, const struct record *r)
{
	const struct output_conf *o = &in->conf->output[output];
	struct lane *l = in->parts.lane[output];
	struct line line = { .stream = r->stream, .own = r->own };

	if (o->when_full == FULL_DROP) {
		line.stream = false; /* bounded by itself: nobody waits */
		if (is_full(in, l)) {
			counter_add(l->count, O_DROPPED_FULL, !line.own);
			return true;
		}
	}
	if (l->runs) {
		line.name = slice_of(in->name,
		    pathname_write(in->formatter, o->file, r, in->name));
		line.peer = peer_of(r->origin);
	}
	if (format_is_raw(o, r))
		return put_bytes(l, r->msg->raw, &line);
	return put_line(in, l, o, r, &line);
}

static bool
is_matched(
    struct intake *in, const struct output_conf *o, const struct record *r)
{
	enum filter_result f = filter_match(&o->choice, r, in->matcher);

	if (f == FILTER_GAVE_UP)
		counter_add(
		    metrics_global(in->metrics, in->thread), G_MATCH_LIMITS, 1);
	return f == FILTER_YES;
}

/* To every output that wants it. False: one of them did not get it. */
static bool
route(struct intake *in, const struct record *r)
{
	const struct config *c = in->conf;
	const uint64_t *set = wants_ask(in->parts.wants, r);
	size_t i = wants_next(set, 0, c->outputs);
	bool taken = false, all = true;

	for (; i < c->outputs; i = wants_next(set, i + 1, c->outputs)) {
		const struct output_conf *o = &c->output[i];

		if (o->choice.match != NULL && !is_matched(in, o, r))
			continue;
		taken = true;
		all &= put(in, i, r);
		if (o->final)
			break;
	}
	if (!taken && !r->own)
		counter_add(
		    metrics_global(in->metrics, in->thread), G_FILTERED, 1);
	return all;
}

static struct record
make_record(struct intake *in, struct origin *o, struct msg *m)
{
	return (struct record){ .msg = m,
		.origin = o,
		.received = in->now,
		.self = in->self,
		.zone = in->conf->zone };
}

void
intake_say(struct intake *in, struct slice raw)
{
	struct origin o = { .listener = SLICE_LIT("internal"), .local = true };
	struct msg_hints hints = { .local = true, .self = in->self };
	struct msg m;
	struct record r = make_record(in, &o, &m);

	intake_burst(in);
	r.received = in->now;
	msg_parse(raw, &hints, &in->cache, &m);
	counter_add(metrics_global(in->metrics, in->thread), G_OWN, 1);
	r.own = true;
	(void)route(in, &r);
}

void
intake_take(
    struct intake *in, struct source *src, struct slice raw, bool truncated)
{
	struct msg_hints hints = { .local = src->origin.local,
		.self = in->self };
	/* not even zeroed: msg_parse() fills what msg_stamp() says is there */
	__attribute__((uninitialized)) struct msg m;
	struct record r = make_record(in, &src->origin, &m);

	if (raw.n == 0) {
		counter_add(src->count, L_EMPTY, 1);
		return;
	}
	r.truncated = truncated;
	r.stream = src->waits;
	in->taken++;
	in->taken_bytes += raw.n;
	in->taken_local += src->origin.local;
	counter_add(src->count, L_RECEIVED, 1);
	counter_add(src->count, L_BYTES, raw.n);
	if (truncated)
		counter_add(src->count, L_TRUNCATED, 1);
	msg_parse(raw, &hints, &in->cache, &m);
	if (m.form == MSG_RAW || (m.form == MSG_RFC5424 && !m.valid))
		counter_add(src->count, L_MALFORMED, 1);
	if ((!src->waits && is_shed(in, msg_severity(&m))) || !route(in, &r))
		counter_add(src->count, L_DROPPED_MEMORY, 1);
}

/*
 * Streams have a share of their own, so that a flood of datagrams, which may
 * fill memory up to its thresholds, does not keep them from being read.
 */
static bool
is_stream_room(const struct intake *in)
{
	size_t limit = in->paused ? in->stream_high / 2 : in->stream_high;

	return in->pool.stream_used < limit && in->pool.used < in->pool.share;
}

/* Each output has files of its own, and all of them share what may wait. What
 * one at rest said last is over. */
static void
learn_files(struct intake *in)
{
	size_t files = 0;

	for (size_t i = 0; i < in->conf->outputs; i++)
		if (in->parts.lane[i]->backlog.n > 0)
			files += in->parts.lane[i]->backlog.files;
	if (files == in->files)
		return;
	in->files = files;
	in->stream_high = plan_stream_high(in->plan, in->pool.share, files);
}

bool
intake_ready(struct intake *in)
{
	if (!is_stream_room(in)) {
		pool_reclaim(&in->pool);
		learn_files(in);
	}
	/* what is only being filled here does not wait for the writer */
	in->paused = !is_stream_room(in) && !intake_is_idle(in);
	return !in->paused;
}

bool
intake_wait(struct intake *in, int64_t deadline)
{
	struct pollfd p = { .fd = in->pool.returns.fd, .events = POLLIN };

	while (!intake_ready(in)) {
		if (clock_ms() >= deadline)
			return false;
		intake_flush(in);
		mailbox_want(&in->pool.returns);
		if (intake_ready(in))
			return true;
		(void)poll(&p, 1, WAIT_MS);
		mailbox_quiet(&in->pool.returns);
	}
	return true;
}

/* Blocks of many outputs may be a good part of little memory: then none is
 * kept longer than it must be, or datagrams are dropped for it. */
static uint64_t
pace_of(const struct intake *in)
{
	if (in->conf->latency == 0 || in->pool.used > in->pool.share / 4)
		return 0;
	return (uint64_t)PACE_MS * MS_NS;
}

bool
intake_flush(struct intake *in)
{
	uint64_t now = clock_ns(), pace = pace_of(in);
	bool left = false;

	for (size_t i = 0; i < in->conf->outputs; i++)
		left |= lane_flush(in->parts.lane[i], now, pace);
	if (in->leaving != NULL) {
		free_leaving(in);
		left |= in->leaving != NULL;
	}
	return left;
}

void
intake_finish(struct intake *in)
{
	for (size_t i = 0; i < in->conf->outputs; i++)
		lane_finish(in->parts.lane[i]);
}

bool
intake_is_idle(struct intake *in)
{
	for (size_t i = 0; i < in->conf->outputs; i++)
		if (lane_in_flight(in->parts.lane[i]))
			return false;
	return true;
}
