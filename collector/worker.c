/* SPDX-License-Identifier: BSD-2-Clause */
#include "worker.h"

#include <errno.h>
#include <event2/event.h>
#include <event2/event_struct.h>
#include <pthread.h>
#include <stdlib.h>
#include <string.h>

#include "base/clock.h"
#include "base/log.h"
#include "nap.h"

struct worker {
	pthread_t thread;
	bool started;
	size_t number;
	struct metrics *metrics; /* borrowed */
	struct event_base *base;
	struct intake intake;
	struct nap nap;
	bool is_local; /* the last turn took messages of unix sockets */
	bool held;     /* lines wait here for the next intake_flush() */
	struct conns *conns;
	struct dgram_slots *slots;
	struct dgram **dgram; /* owned, and owned; WORKER_DGRAMS_MAX */
	size_t dgrams;
	struct event on_inbox, on_returns, on_second, on_flush;
	struct mailbox inbox; /* newcomers */
	struct mailbox *end;  /* borrowed; woken at the end */
	_Atomic size_t given; /* connections handed to it, ever */
	atomic_bool stop, ended;
	_Atomic int64_t deadline;
	uint64_t unread; /* bytes left behind at the stop */
};

enum { LAST_TURNS = 64 };

static void
init_dgram(struct worker *w, struct dgram *d, size_t listener, int fd)
{
	const struct intake *in = &w->intake;

	d->fd = fd;
	d->intake = &w->intake;
	d->slots = w->slots;
	d->max = (size_t)in->conf->max_message;
	d->source.count = metrics_listener(
	    w->metrics, w->number, in->listener_slot[listener]);
	d->source.origin.local = in->conf->listen[listener].kind == LISTEN_UNIX;
	dgram_switch(d, &in->conf->listen[listener], listener);
}

struct order *
order_new(enum order_kind kind)
{
	struct order *o = calloc(1, sizeof(*o));

	if (o != NULL) {
		o->head.fd = -1;
		o->kind = kind;
	}
	return o;
}

void
order_free(struct order *o)
{
	if (o == NULL)
		return;
	for (size_t i = 0; i < o->mores; i++)
		free(o->more[i].dgram);
	if (o->plan != NULL)
		intake_parts_free(&o->parts, o->plan);
	free(o->more);
	free(o->map);
	free(o->text);
	free(o);
}

/* Its descriptor is the main thread's to close. */
static void
drop_dgram(struct worker *w, size_t i)
{
	struct dgram *d = w->dgram[i];

	dgram_stop(d);
	/* what had arrived is taken, as far as that ever ends */
	for (int n = 0; n < LAST_TURNS && dgram_serve(d); n++)
		;
	dgram_count_drops(d);
	free(d);
	w->dgram[i] = w->dgram[--w->dgrams];
}

static void
serve_more(struct worker *w, struct order *o)
{
	struct err err;

	for (size_t i = 0; i < o->mores; i++) {
		struct worker_socket *s = &o->more[i];

		if (w->dgrams == WORKER_DGRAMS_MAX)
			continue; /* not so: reload.c counts */
		init_dgram(w, s->dgram, s->listener, s->fd);
		if (dgram_start(s->dgram, w->base, &err) == -1) {
			log_line(LOG_ERR, "%s", err.text);
			continue;
		}
		w->dgram[w->dgrams++] = s->dgram;
		s->dgram = NULL;
	}
}

/* Between two messages; cannot fail, because all it needs was made before. */
static void
switch_plan(struct worker *w, struct order *o)
{
	for (size_t i = w->dgrams; i-- > 0;)
		if (o->map[w->dgram[i]->listener] == SIZE_MAX)
			drop_dgram(w, i);
	intake_switch(&w->intake, o->plan, &o->parts, o->map);
	atomic_fetch_add(&w->given, conns_switch(w->conns, o->map));
	for (size_t i = 0; i < w->dgrams; i++) {
		size_t l = o->map[w->dgram[i]->listener];

		dgram_count_drops(w->dgram[i]);
		w->dgram[i]->source.count = metrics_listener(
		    w->metrics, w->number, o->plan->listener_slot[l]);
		dgram_switch(w->dgram[i], &o->plan->conf->listen[l], l);
	}
	serve_more(w, o);
	intake_parts_free(&o->parts, o->old);
	if (atomic_fetch_sub(o->left, 1) == 1)
		mailbox_wake(o->answer);
}

static void
obey(struct worker *w, struct order *o)
{
	switch (o->kind) {
	case ORDER_SWITCH:
		switch_plan(w, o);
		break;
	case ORDER_SAY:
		intake_say(&w->intake, slice_str(o->text));
		break;
	}
	o->plan = NULL; /* its parts are gone already */
	order_free(o);
}

static void
take_newcomers(struct worker *w)
{
	struct letter *l = mailbox_take(&w->inbox);

	while (l != NULL) {
		struct newcomer *n = (struct newcomer *)(void *)l;

		l = l->next;
		if (n->fd == -1)
			obey(w, (struct order *)(void *)n);
		else
			conns_adopt(w->conns, n);
	}
}

static void
on_inbox(evutil_socket_t fd, short what, void *arg)
{
	struct worker *w = arg;

	(void)fd;
	(void)what;
	mailbox_quiet(&w->inbox);
	take_newcomers(w);
}

/* Blocks came back while connections were paused; after_turn() looks. */
static void
on_returns(evutil_socket_t fd, short what, void *arg)
{
	struct worker *w = arg;

	(void)fd;
	(void)what;
	mailbox_quiet(&w->intake.pool.returns);
}

static void
on_second(evutil_socket_t fd, short what, void *arg)
{
	struct worker *w = arg;

	(void)fd;
	(void)what;
	for (size_t i = 0; i < w->dgrams; i++)
		dgram_count_drops(w->dgram[i]);
	conns_sweep(w->conns);
	pool_reclaim(&w->intake.pool);
}

/* Only wakes the loop: after_turn() flushes. */
static void
on_flush(evutil_socket_t fd, short what, void *arg)
{
	(void)fd;
	(void)what;
	(void)arg;
}

/* After each turn of the loop: blocks on their way, readers on theirs. */
static void
after_turn(struct worker *w)
{
	static const struct timeval again = { 0, FLUSH_AGAIN_US };

	conns_shake(w->conns);
	w->held = intake_flush(&w->intake);
	if (w->held && !evtimer_pending(&w->on_flush, NULL))
		event_add(&w->on_flush, &again);
	if (!conns_are_paused(w->conns))
		return;
	/* first say that we want to know, then look: no wake-up is lost */
	mailbox_want(&w->intake.pool.returns);
	if (intake_ready(&w->intake))
		conns_resume(w->conns);
}

/* Round and round, so that no socket waits for another's flood. */
static void
drain_dgrams(struct worker *w, int64_t deadline)
{
	int64_t now = clock_ms();
	bool more = w->dgrams > 0;

	/* unix datagram senders may never stop; streams need time, too */
	deadline = now + (deadline - now) / 4;

	for (size_t i = 0; i < w->dgrams; i++)
		dgram_stop(w->dgram[i]);
	while (more && clock_ms() < deadline) {
		more = false;
		for (size_t i = 0; i < w->dgrams; i++)
			more |= dgram_serve(w->dgram[i]);
		intake_flush(&w->intake);
	}
}

static void
loop(struct worker *w, int how)
{
	if (event_base_loop(w->base, how) == -1)
		log_line(LOG_ERR, "worker %zu: event loop failed", w->number);
	after_turn(w);
}

/* What is there now; then what nap.h thinks best. */
static void
look(struct worker *w)
{
	uint64_t bytes = w->intake.taken_bytes;

	loop(w, EVLOOP_ONCE | EVLOOP_NONBLOCK);
	bytes = w->intake.taken_bytes - bytes;
	switch (nap_after(&w->nap, &w->intake, clock_ns(), bytes,
	    conns_are_shaking(w->conns))) {
	case NAP_LOOK:
		break;
	case NAP_SLEEP:
		nap_take(&w->nap, w->held);
		break;
	case NAP_WAIT:
		loop(w, EVLOOP_ONCE);
		break;
	}
}

/* Who sends on unix sockets waits for us: there no nap is due, and no look
 * ahead. */
static void
turn(struct worker *w)
{
	uint64_t local = w->intake.taken_local;

	if (w->intake.conf->latency == 0 || w->is_local)
		loop(w, EVLOOP_ONCE);
	else
		look(w);
	w->is_local = w->intake.taken_local != local;
}

static void *
run(void *arg)
{
	struct worker *w = arg;
	int64_t deadline;

	while (!atomic_load(&w->stop))
		turn(w);
	deadline = atomic_load(&w->deadline);
	take_newcomers(w);
	drain_dgrams(w, deadline);
	w->unread = conns_drain(w->conns, deadline);
	intake_finish(&w->intake);
	for (size_t i = 0; i < w->dgrams; i++)
		dgram_count_drops(w->dgram[i]);
	atomic_store(&w->ended, true);
	mailbox_wake(w->end);
	return NULL;
}

static int
add_events(struct worker *w)
{
	static const struct timeval second = { 1, 0 };

	if (event_assign(&w->on_inbox, w->base, w->inbox.fd,
		EV_READ | EV_PERSIST, on_inbox, w) == -1 ||
	    event_assign(&w->on_returns, w->base, w->intake.pool.returns.fd,
		EV_READ | EV_PERSIST, on_returns, w) == -1 ||
	    event_assign(
		&w->on_second, w->base, -1, EV_PERSIST, on_second, w) == -1 ||
	    event_assign(&w->on_flush, w->base, -1, 0, on_flush, w) == -1)
		return -1;
	if (event_add(&w->on_inbox, NULL) == -1 ||
	    event_add(&w->on_returns, NULL) == -1 ||
	    event_add(&w->on_second, &second) == -1)
		return -1;
	return 0;
}

struct worker *
worker_new(const struct plan *plan, struct metrics *m, size_t thread,
    struct mailbox *writer, struct err *err)
{
	struct worker *w = calloc(1, sizeof(*w));
	struct event_config *ec = event_config_new();

	if (w != NULL)
		w->inbox.fd = w->intake.pool.returns.fd = -1; /* none */
	if (w == NULL || ec == NULL)
		goto fail;
	w->metrics = m;
	w->number = thread;
	/* nobody else touches the base */
	event_config_set_flag(ec, EVENT_BASE_FLAG_NOLOCK);
	w->base = event_base_new_with_config(ec);
	w->slots = dgram_slots_new();
	w->dgram = calloc(WORKER_DGRAMS_MAX, sizeof(struct dgram *));
	if (w->base == NULL || w->slots == NULL || w->dgram == NULL ||
	    mailbox_init(&w->inbox, err) == -1 ||
	    intake_init(&w->intake, plan, m, thread, writer, err) == -1)
		goto fail;
	w->conns = conns_new(w->base, &w->intake, m, thread, err);
	if (w->conns == NULL || add_events(w) == -1)
		goto fail;
	conns_mind(w->conns, w->dgram, &w->dgrams);
	event_config_free(ec);
	return w;

fail:
	err_set(err, "worker %zu: no memory or no descriptors", thread);
	if (ec != NULL)
		event_config_free(ec);
	worker_free(w);
	return NULL;
}

int
worker_add_dgram(struct worker *w, size_t listener, int fd, struct err *err)
{
	struct dgram *d;

	if (w->dgrams == WORKER_DGRAMS_MAX)
		return err_set(err,
		    "listener %s: more than %d datagram "
		    "sockets in one worker",
		    w->intake.conf->listen[listener].url, WORKER_DGRAMS_MAX);
	d = calloc(1, sizeof(*d));
	if (d == NULL)
		return err_sys(err, "worker");
	init_dgram(w, d, listener, fd);
	if (dgram_start(d, w->base, err) == -1) {
		free(d);
		return -1;
	}
	w->dgram[w->dgrams++] = d;
	return 0;
}

int
worker_start(struct worker *w, struct mailbox *ended, struct err *err)
{
	w->end = ended;
	errno = pthread_create(&w->thread, NULL, run, w);
	if (errno != 0)
		return err_sys(err, "worker %zu: thread", w->number);
	w->started = true;
	return 0;
}

void
worker_give(struct worker *w, struct newcomer *n)
{
	atomic_fetch_add(&w->given, 1);
	mailbox_send(&w->inbox, &n->letter);
}

void
worker_order(struct worker *w, struct order *o)
{
	mailbox_send(&w->inbox, &o->head.letter);
}

size_t
worker_load(const struct worker *w)
{
	uint64_t closed = 0;

	for (size_t i = 0; i < w->metrics->listeners.n; i++)
		closed += atomic_load_explicit(
		    &metrics_listener(w->metrics, w->number, (int)i)
			 ->v[L_CLOSED],
		    memory_order_relaxed);
	return atomic_load(&w->given) - (size_t)closed;
}

void
worker_stop(struct worker *w, int64_t deadline)
{
	atomic_store(&w->deadline, deadline);
	atomic_store(&w->stop, true);
	mailbox_wake(&w->inbox);
}

bool
worker_has_ended(const struct worker *w)
{
	return !w->started || atomic_load(&w->ended);
}

uint64_t
worker_unread(const struct worker *w)
{
	return w->unread;
}

void
worker_say_last(struct worker *w, const char *text)
{
	worker_join(w);
	intake_say(&w->intake, slice_str(text));
	intake_finish(&w->intake);
}

void
worker_join(struct worker *w)
{
	if (w->started)
		pthread_join(w->thread, NULL);
	w->started = false;
}

void
worker_free(struct worker *w)
{
	struct letter *l;

	if (w == NULL)
		return;
	worker_join(w);
	while (w->conns != NULL && (l = mailbox_take(&w->inbox)) != NULL)
		for (struct letter *next; l != NULL; l = next) {
			struct newcomer *n = (struct newcomer *)(void *)l;

			next = l->next;
			if (n->fd == -1)
				order_free((struct order *)(void *)n);
			else
				conns_adopt(w->conns, n);
		}
	conns_free(w->conns);
	/* the base is freed last and must not meet a freed event */
	for (size_t i = 0; i < w->dgrams; i++) {
		event_del(&w->dgram[i]->readable);
		free(w->dgram[i]);
	}
	intake_clear(&w->intake);
	mailbox_clear(&w->inbox);
	dgram_slots_free(w->slots);
	free(w->dgram);
	if (w->base != NULL)
		event_base_free(w->base);
	free(w);
}
