/* SPDX-License-Identifier: BSD-2-Clause */
#include "writer.h"

#include <errno.h>
#include <limits.h>
#include <poll.h>
#include <pthread.h>
#include <stdlib.h>

#include "base/clock.h"
#include "base/log.h"
#include "base/pool.h"
#include "output/output.h"
#include "output/settings.h"
#include "output/syncer.h"

enum {
	/* those of one configuration, and some that a reload took away and
	 * that are not written yet */
	OUTPUTS_MAX = 2 * CONFIG_SECTIONS_MAX,
	LEAVING_MS = 100,
	PATIENCE_MS = 1000 /* of a reload with a disk that does not write */
};

struct outputs {
	struct output *list[OUTPUTS_MAX]; /* owned */
	size_t n;
};

struct writer {
	pthread_t thread;
	bool started;
	size_t number;           /* of its set of counters */
	struct metrics *metrics; /* borrowed */
	struct keeper *keeper;   /* borrowed */
	struct mailbox *end;     /* borrowed; woken at the end */
	struct mailbox inbox;    /* blocks from the workers */
	struct outputs used, leaving;
	_Atomic size_t held; /* of both together, for the main thread */
	struct output_tools tools;
	_Atomic(struct writer_order *) order; /* borrowed; to be obeyed */
	struct writer_order *obeyed;          /* borrowed; to be answered */
	int64_t patience;                     /* clock_ms(); until then */
	atomic_bool rotate, reopen, hurry, finish, give_up, ended;
	atomic_uint asked, answered; /* for a sign of life */
};

static void
take_blocks(struct writer *w)
{
	struct letter *l = mailbox_take(&w->inbox);

	while (l != NULL) {
		struct block *b = (struct block *)(void *)l;

		l = l->next;
		output_take(b->output, b);
	}
}

static bool
are_empty(const struct outputs *o)
{
	for (size_t i = 0; i < o->n; i++)
		if (!output_is_empty(o->list[i]))
			return false;
	return true;
}

/* SIGUSR1 and SIGHUP */
static void
obey_signals(struct writer *w)
{
	bool rotate = atomic_exchange(&w->rotate, false);
	bool reopen = atomic_exchange(&w->reopen, false);

	for (size_t i = 0; i < w->used.n && (rotate || reopen); i++) {
		if (reopen)
			output_reopen(w->used.list[i]);
		if (rotate)
			output_rotate(w->used.list[i]);
	}
}

static void
move_to_leaving(struct writer *w, const struct output *o)
{
	for (size_t i = 0; i < w->used.n; i++) {
		if (w->used.list[i] != o)
			continue;
		w->leaving.list[w->leaving.n++] = w->used.list[i];
		for (w->used.n--; i < w->used.n; i++)
			w->used.list[i] = w->used.list[i + 1];
		return;
	}
}

/* Outputs that a reload took away go when all of them is written. True: one
 * did. */
static bool
free_leaving(struct writer *w)
{
	size_t n = 0, before = w->leaving.n;

	for (size_t i = 0; i < before; i++) {
		struct output *o = w->leaving.list[i];

		if (output_is_idle(o))
			output_free(o);
		else
			w->leaving.list[n++] = o;
	}
	w->leaving.n = n;
	atomic_store(&w->held, w->used.n + n);
	return n < before;
}

/* A reload brought it back before the one that an earlier reload took away is
 * written: that comes first, and has the files. NULL: there is none. */
static const struct output *
ahead_of(const struct writer *w, const struct output *o)
{
	for (size_t i = 0; i < w->leaving.n; i++) {
		if (w->leaving.list[i] == o)
			return NULL;
		if (output_is_at(w->leaving.list[i], o))
			return w->leaving.list[i];
	}
	return NULL;
}

/*
 * A reload is over when nobody has the files any more that it took away: the
 * next one may have them again. But it is not held up by a disk that stalls.
 */
static void
answer(struct writer *w)
{
	struct writer_order *o = w->obeyed;
	struct mailbox *asker;

	if (o == NULL)
		return;
	if (o->removes > 0 && w->leaving.n > 0 && clock_ms() < w->patience &&
	    !atomic_load(&w->hurry))
		return;
	w->obeyed = NULL;
	asker = o->answer;
	atomic_store(&o->done, true); /* from here on *o is not ours */
	if (asker != NULL)
		mailbox_wake(asker);
}

static void
obey(struct writer *w, struct writer_order *o)
{
	for (size_t i = 0; i < o->adds; i++)
		w->used.list[w->used.n++] = o->add[i];
	for (size_t i = 0; i < o->renews; i++)
		output_renew(o->renew[i].output, o->renew[i].settings);
	for (size_t i = 0; i < o->removes; i++)
		move_to_leaving(w, o->remove[i]);
	take_blocks(w);
	(void)free_leaving(w);
	w->obeyed = o;
	w->patience = clock_ms() + PATIENCE_MS;
	answer(w);
}

void
writer_obey(struct writer *w, struct writer_order *o)
{
	atomic_store(&o->done, false);
	if (!w->started) {
		obey(w, o);
		return;
	}
	atomic_store(&w->order, o);
	mailbox_wake(&w->inbox);
}

static void
write_all(const struct writer *w, struct outputs *o)
{
	for (size_t i = 0; i < o->n; i++)
		if (ahead_of(w, o->list[i]) == NULL)
			output_write(o->list[i]);
}

static int64_t
tick(const struct writer *w, struct outputs *o)
{
	int64_t next = INT64_MAX;

	for (size_t i = 0; i < o->n; i++) {
		const struct output *ahead = ahead_of(w, o->list[i]);
		int64_t t;

		if (ahead != NULL) {
			output_wait_behind(o->list[i], ahead);
			continue;
		}
		t = output_tick(o->list[i]);
		next = t < next ? t : next;
	}
	return next;
}

static void
wait_until(struct writer *w, int64_t when)
{
	struct pollfd p = { .fd = w->inbox.fd, .events = POLLIN };
	int64_t ms = when - clock_ms();

	if (ms < 0)
		ms = 0;
	(void)poll(&p, 1, ms > 60000 ? 60000 : (int)ms);
	mailbox_quiet(&w->inbox);
}

/* One round: everything that can be done now. The clock_ms() of the next. */
static int64_t
work(struct writer *w)
{
	struct writer_order *order = atomic_exchange(&w->order, NULL);
	int64_t next, later;

	if (order != NULL)
		obey(w, order);
	take_blocks(w);
	write_all(w, &w->used);
	write_all(w, &w->leaving);
	obey_signals(w);
	next = tick(w, &w->used);
	if (w->leaving.n > 0) {
		later = tick(w, &w->leaving);
		next = later < next ? later : next;
		later = clock_ms() + LEAVING_MS;
		if (free_leaving(w))
			later = 0; /* those behind it have their turn */
		next = later < next ? later : next;
		answer(w);
	}
	return next;
}

static void
put_back(struct outputs *o)
{
	for (size_t i = 0; i < o->n; i++)
		output_put_back(o->list[i]);
}

static void
free_outputs(struct outputs *o)
{
	for (size_t i = 0; i < o->n; i++)
		output_free(o->list[i]);
	o->n = 0;
}

static void *
run(void *arg)
{
	struct writer *w = arg;

	for (;;) {
		bool last = atomic_load(&w->finish);
		int64_t next;

		atomic_store(&w->answered, atomic_load(&w->asked));
		next = work(w);
		if (last &&
		    ((are_empty(&w->used) && are_empty(&w->leaving)) ||
			atomic_load(&w->give_up)))
			break;
		if (atomic_load(&w->inbox.newest) == NULL)
			wait_until(w, next);
	}
	put_back(&w->used);
	put_back(&w->leaving);
	syncer_stop(w->tools.syncer);
	w->tools.syncer = NULL;
	free_outputs(&w->used);
	free_outputs(&w->leaving);
	atomic_store(&w->ended, true);
	mailbox_wake(w->end);
	return NULL;
}

struct writer *
writer_new(
    struct metrics *m, struct keeper *keeper, size_t thread, struct err *err)
{
	struct writer *w = calloc(1, sizeof(*w));

	if (w == NULL) {
		err_sys(err, "writer");
		return NULL;
	}
	w->number = w->tools.thread = thread;
	w->keeper = keeper;
	w->metrics = w->tools.metrics = m;
	atomic_store(&w->ended, true);
	if (mailbox_init(&w->inbox, err) == -1) {
		free(w);
		return NULL;
	}
	return w;
}

struct output *
writer_open(
    struct writer *w, const struct output_conf *conf, int slot, struct err *err)
{
	struct output *o = output_new(conf,
	    metrics_output(w->metrics, w->number, slot),
	    metrics_output(w->metrics, w->number + 1, slot), &w->tools, err);

	if (o != NULL)
		output_keep(o, w->keeper, slot);
	return o;
}

struct output_settings *
writer_settings(
    struct writer *w, const struct output_conf *conf, int slot, struct err *err)
{
	struct output_settings *s = output_settings(conf,
	    metrics_output(w->metrics, w->number, slot),
	    metrics_output(w->metrics, w->number + 1, slot), err);

	if (s != NULL) {
		s->keeper = w->keeper;
		s->slot = slot;
	}
	return s;
}

bool
writer_has_room(const struct writer *w, size_t adds)
{
	return atomic_load(&w->held) + adds <= OUTPUTS_MAX;
}

bool
writer_has_leaving(const struct writer *w, size_t used)
{
	return atomic_load(&w->held) > used;
}

int
writer_start(struct writer *w, struct mailbox *ended, struct err *err)
{
	w->end = ended;
	w->tools.syncer = syncer_start(w->metrics, err);
	if (w->tools.syncer == NULL)
		return -1;
	atomic_store(&w->ended, false);
	w->started = true;
	errno = pthread_create(&w->thread, NULL, run, w);
	if (errno != 0) {
		err_sys(err, "writer: thread");
		w->started = false;
		atomic_store(&w->ended, true);
		syncer_stop(w->tools.syncer);
		return -1;
	}
	return 0;
}

void
writer_ask(struct writer *w)
{
	atomic_fetch_add(&w->asked, 1);
	mailbox_wake(&w->inbox);
}

bool
writer_has_answered(const struct writer *w)
{
	return atomic_load(&w->answered) == atomic_load(&w->asked) ||
	    atomic_load(&w->ended);
}

struct mailbox *
writer_inbox(struct writer *w)
{
	return &w->inbox;
}

static void
order(struct writer *w, atomic_bool *what)
{
	atomic_store(what, true);
	mailbox_wake(&w->inbox);
}

void
writer_rotate(struct writer *w)
{
	order(w, &w->rotate);
}

void
writer_reopen(struct writer *w)
{
	order(w, &w->reopen);
}

void
writer_hurry(struct writer *w)
{
	order(w, &w->hurry);
}

void
writer_finish(struct writer *w)
{
	order(w, &w->finish);
}

void
writer_give_up(struct writer *w)
{
	atomic_store(&w->give_up, true);
	writer_finish(w);
}

bool
writer_has_ended(const struct writer *w)
{
	return atomic_load(&w->ended);
}

void
writer_free(struct writer *w)
{
	if (w == NULL)
		return;
	if (w->started)
		pthread_join(w->thread, NULL);
	free_outputs(&w->used);
	free_outputs(&w->leaving);
	mailbox_clear(&w->inbox);
	free(w);
}
