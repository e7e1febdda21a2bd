/* SPDX-License-Identifier: BSD-2-Clause */
#include "route/intake.h"

#include <poll.h>
#include <stdlib.h>
#include <string.h>

#include "base/clock.h"

enum {
	BLOCK_MAX = 256 * 1024, /* below 64 KiB write(2) shows, above it not */
	BLOCK_MIN = 16 * 1024,
	STREAM_HIGH = 8 * 1024 * 1024,
	WAIT_MS = 20
};

/* Memory in use, in per cent, from which a severity is dropped (contract:
 * debug and info first, then notice and warning, the rest when full). */
enum { SHED_INFO = 70, SHED_WARNING = 85, SHED_ALL = 100 };

int
intake_init(struct intake *in, const struct config *conf,
    struct mailbox *writer, struct err *err)
{
	size_t share = (size_t)(conf->memory / conf->workers);
	size_t size = share / 64 / conf->outputs;

	*in = (struct intake){ .conf = conf, .writer = writer };
	in->pool.returns.fd = -1;
	size = size > BLOCK_MAX ? BLOCK_MAX : size;
	size = size < BLOCK_MIN ? BLOCK_MIN : size;
	in->stream_high = share / 2 < STREAM_HIGH ? share / 2 : STREAM_HIGH;
	in->self = slice_str(conf->hostname);
	in->lane = aligned_alloc(
	    _Alignof(struct lane), conf->outputs * sizeof(struct lane));
	if (in->lane == NULL)
		return err_sys(err, "worker");
	memset(in->lane, 0, conf->outputs * sizeof(struct lane));
	in->lanes = conf->outputs;
	in->formatter = formatter_new((size_t)conf->max_message);
	if (in->formatter == NULL)
		return err_sys(err, "worker");
	return pool_init(&in->pool, share, size, err);
}

void
intake_clear(struct intake *in)
{
	for (size_t i = 0; in->lane != NULL && i < in->lanes; i++)
		free(in->lane[i].block);
	free(in->lane);
	free(in->scratch);
	formatter_free(in->formatter);
	pool_clear(&in->pool);
}

void
intake_burst(struct intake *in)
{
	clock_gettime(CLOCK_REALTIME, &in->now);
}

static void
hand_over(struct intake *in, struct lane *l)
{
	struct block *b = l->block;

	l->block = NULL;
	l->posted++;
	mailbox_send(in->writer, &b->letter);
}

/* Room for need bytes in the lane's block; NULL: no memory. */
static struct block *
make_room(struct intake *in, struct lane *l, size_t need)
{
	if (l->block != NULL) {
		if (l->block->cap - l->block->n >= need)
			return l->block;
		hand_over(in, l);
	}
	/* a block that is warm in the cache beats a new one */
	if (in->pool.spare == NULL || in->pool.used + need > in->pool.share)
		pool_reclaim(&in->pool);
	l->block = pool_take(&in->pool, need);
	if (l->block != NULL) {
		l->block->output = (uint32_t)(l - in->lane);
		l->block->written = &l->written;
	}
	return l->block;
}

/* A line of n bytes stands behind the others now. */
static void
add_line(struct intake *in, struct block *b, size_t n)
{
	b->n += n;
	b->messages++;
	if (in->from_stream) {
		b->stream_n += n;
		in->pool.stream_used += n;
	}
}

/* The fast path: the message's own bytes are its line. */
static bool
put_bytes(struct intake *in, struct lane *l, struct slice raw)
{
	struct block *b = make_room(in, l, raw.n + 1);

	if (b == NULL)
		return false;
	memcpy(b->data + b->n, raw.p, raw.n);
	b->data[b->n + raw.n] = '\n';
	add_line(in, b, raw.n + 1);
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
    const struct record *r)
{
	size_t n, bound = format_bound(o, r);
	struct block *b = l->block;

	if (b != NULL && b->cap - b->n >= bound) {
		n = format_line(in->formatter, o, r, b->data + b->n);
		add_line(in, b, n);
		return true;
	}
	if (!grow_scratch(in, bound))
		return false;
	n = format_line(in->formatter, o, r, in->scratch);
	b = make_room(in, l, n);
	if (b == NULL)
		return false;
	memcpy(b->data + b->n, in->scratch, n);
	add_line(in, b, n);
	return true;
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

/* True when every output has the message. */
static bool
put_all(struct intake *in, const struct record *r)
{
	bool all = true;

	for (size_t i = 0; i < in->lanes; i++) {
		const struct output_conf *o = &in->conf->output[i];
		struct lane *l = &in->lane[i];

		if (format_is_raw(o, r))
			all &= put_bytes(in, l, r->msg->raw);
		else
			all &= put_line(in, l, o, r);
	}
	return all;
}

void
intake_take(
    struct intake *in, struct source *src, struct slice raw, bool truncated)
{
	struct msg_hints hints = { .local = src->origin.local,
		.self = in->self };
	struct msg m;
	struct record r = { .msg = &m,
		.origin = &src->origin,
		.received = in->now,
		.self = in->self,
		.truncated = truncated };

	if (raw.n == 0) {
		counter_add(src->count, L_EMPTY, 1);
		return;
	}
	counter_add(src->count, L_RECEIVED, 1);
	counter_add(src->count, L_BYTES, raw.n);
	if (truncated)
		counter_add(src->count, L_TRUNCATED, 1);
	msg_parse(raw, &hints, &in->cache, &m);
	if (m.form == MSG_RAW || (m.form == MSG_RFC5424 && !m.valid))
		counter_add(src->count, L_MALFORMED, 1);
	if (!src->waits && is_shed(in, msg_severity(&m))) {
		counter_add(src->count, L_DROPPED_MEMORY, 1);
		return;
	}
	in->from_stream = src->waits;
	if (!put_all(in, &r))
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

bool
intake_ready(struct intake *in)
{
	if (!is_stream_room(in))
		pool_reclaim(&in->pool);
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

static bool
is_in_flight(struct lane *l)
{
	return l->posted !=
	    atomic_load_explicit(&l->written, memory_order_acquire);
}

bool
intake_flush(struct intake *in)
{
	bool left = false;

	for (size_t i = 0; i < in->lanes; i++) {
		struct lane *l = &in->lane[i];

		if (l->block == NULL)
			continue;
		if (is_in_flight(l))
			left = true;
		else
			hand_over(in, l);
	}
	return left;
}

void
intake_finish(struct intake *in)
{
	for (size_t i = 0; i < in->lanes; i++)
		if (in->lane[i].block != NULL)
			hand_over(in, &in->lane[i]);
}

bool
intake_is_idle(struct intake *in)
{
	for (size_t i = 0; i < in->lanes; i++)
		if (is_in_flight(&in->lane[i]))
			return false;
	return true;
}
