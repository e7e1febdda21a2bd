/* SPDX-License-Identifier: BSD-2-Clause */
/* keeper.c - the thread that deletes and compresses rotated files */
#include "output/keeper.h"

#include <sys/resource.h>

#include <errno.h>
#include <poll.h>
#include <sched.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/clock.h"
#include "base/log.h"
#include "output/keeper_parts.h"
#include "output/sweep.h"

enum {
	SECOND = 1000,
	LOOK_MS = 60 * SECOND, /* the longest sleep; the clock is looked at */
	TRY_MS = 3 * SECOND,   /* starts the thread again */
	NICE = 19
};

static int64_t
earlier(int64_t a, int64_t b)
{
	return a < b ? a : b;
}

/* The same output under another plan: what was seen to stays so. */
static void
carry_over(struct keep_output *o, const struct keep_plan *old)
{
	for (size_t i = 0; old != NULL && i < old->n; i++) {
		const struct keep_output *was = &old->output[i];

		if (o->path == NULL || was->path == NULL ||
		    strcmp(o->path, was->path) != 0)
			continue;
		o->met = was->met;
		o->stalled = was->stalled;
		o->list_fails = was->list_fails;
		o->pack_fails = was->pack_fails;
		o->delete_fails = was->delete_fails;
		o->lacks_room = was->lacks_room;
	}
}

static void
take_plan(struct keeper *k)
{
	struct keep_plan *next = atomic_exchange(&k->next, NULL);

	if (next == NULL)
		return;
	for (size_t i = 0; i < next->n; i++) {
		carry_over(&next->output[i], k->plan);
		next->output[i].due = next->output[i].woken = true;
	}
	keep_plan_free(k->plan);
	k->plan = next;
}

static bool
has_ages(const struct keep_plan *p)
{
	for (size_t i = 0; p != NULL && i < p->n; i++)
		if (p->output[i].limits.age > 0)
			return true;
	return false;
}

/* The time that ages are counted to. */
static int64_t
read_clock(struct keeper *k)
{
	struct timespec boot;
	int64_t now, step;

	clock_gettime(CLOCK_BOOTTIME, &boot);
	now = ageclock_now(
	    &k->clock, clock_wall(), (int64_t)boot.tv_sec, &step);
	if (step > 0 && has_ages(k->plan))
		log_line(LOG_WARNING,
		    "keep_age: since the clock was set forward by %lld s, "
		    "rotated files count for an hour as old as they were "
		    "without that, so that none is deleted by mistake",
		    (long long)step);
	return now;
}

/* Has something come up? */
static bool
is_due(struct keeper *k, struct keep_output *o, int64_t now)
{
	unsigned why = atomic_load_explicit(
	    &k->wanted[o->slot], memory_order_relaxed);

	if (!keep_wants(o) && (o->path == NULL || o->met))
		return false;
	if (o->free == 0)
		why &= ~(unsigned)KEEPER_STALLED; /* no help from here */
	if (o->free > 0 && now >= o->free_at) {
		o->free_at = now + SECOND;
		o->due |= !o->lacks_room && sweep_lacks_room(o);
	}
	o->due |= now >= o->sweep_at || why != 0;
	if (now >= o->failed_at) {
		marks_clear(&o->failed);
		o->failed_at = INT64_MAX;
		o->due = true;
	}
	if (!o->due || now < o->not_before)
		return false;
	why = atomic_exchange(&k->wanted[o->slot], 0);
	o->woken |= why != 0;
	o->stalled |= (why & KEEPER_STALLED) != 0;
	return true;
}

static int64_t
next_of(const struct keep_output *o)
{
	int64_t at = earlier(o->sweep_at, o->failed_at);

	if (!keep_wants(o) && (o->path == NULL || o->met))
		return INT64_MAX;
	if (o->due)
		return o->not_before;
	if (o->free > 0)
		at = earlier(at, o->free_at);
	if (o->jobs > o->done)
		at = earlier(at, o->retry_at);
	return at > o->not_before ? at : o->not_before;
}

int64_t
keeper_attend(struct keeper *k)
{
	struct sweep_tools t = { .stop = &k->stop, .working = k->working };
	int64_t next = INT64_MAX;

	take_plan(k);
	t.now = read_clock(k);
	t.plan = k->plan;
	for (size_t i = 0; k->plan != NULL && i < k->plan->n; i++) {
		struct keep_output *o = &k->plan->output[i];

		if (atomic_load(&k->stop))
			break;
		if (is_due(k, o, clock_ms()))
			sweep_output(o, &t);
		next = earlier(next, next_of(o));
	}
	k->let_go |= t.let_go;
	return next;
}

static void
be_nice(void)
{
	static const struct sched_param none;

	/* of this thread alone; if it may not, it is no worse */
	(void)setpriority(PRIO_PROCESS, (id_t)gettid(), NICE);
	(void)sched_setscheduler(0, SCHED_BATCH, &none);
}

static void
wait_until(struct keeper *k, int64_t when)
{
	struct pollfd p = { .fd = k->wake.fd, .events = POLLIN };
	int64_t ms = when - clock_ms();

	(void)poll(&p, 1, ms < 0 ? 0 : (int)earlier(ms, LOOK_MS));
	mailbox_quiet(&k->wake);
}

static void *
run(void *arg)
{
	struct keeper *k = arg;

	be_nice();
	while (!atomic_load(&k->stop)) {
		int64_t next = keeper_attend(k);

		if (!keeper_work(k))
			wait_until(k, next);
	}
	atomic_store(&k->ended, true);
	mailbox_wake(k->end);
	return NULL;
}

struct keeper *
keeper_new(struct err *err)
{
	struct keeper *k = calloc(1, sizeof(*k));

	if (k == NULL) {
		(void)err_sys(err, "keeper");
		return NULL;
	}
	atomic_store(&k->ended, true);
	if (mailbox_init(&k->wake, err) == 0)
		return k;
	free(k);
	return NULL;
}

void
keeper_give(struct keeper *k, struct keep_plan *p)
{
	k->needed = false;
	for (size_t i = 0; i < p->n; i++)
		k->needed |= keep_wants(&p->output[i]);
	keep_plan_free(atomic_exchange(&k->next, p));
	mailbox_wake(&k->wake);
}

/* Signals are the main thread's. */
static int
start(struct keeper *k)
{
	sigset_t all, before;
	int error;

	sigfillset(&all);
	pthread_sigmask(SIG_SETMASK, &all, &before);
	atomic_store(&k->ended, false);
	error = pthread_create(&k->thread, NULL, run, k);
	if (error != 0)
		atomic_store(&k->ended, true);
	pthread_sigmask(SIG_SETMASK, &before, NULL);
	return error;
}

void
keeper_look(struct keeper *k, struct mailbox *ended)
{
	int64_t now = clock_ms();
	int error;

	if (k->started || now < k->try_at || atomic_load(&k->stop))
		return;
	k->end = ended;
	k->try_at = now + TRY_MS;
	error = start(k);
	k->started = error == 0;
	if (error != 0 && k->needed && !k->fails) {
		log_line(LOG_ERR,
		    "the thread that deletes and compresses rotated files "
		    "cannot be started: %s; files are rotated without it, and "
		    "it is tried again",
		    strerror(error));
		k->fails = true;
	}
	if (k->started && k->fails)
		log_line(LOG_NOTICE,
		    "the thread that deletes and compresses rotated files is "
		    "started");
}

void
keeper_wake(struct keeper *k, int slot, unsigned why)
{
	if (k != NULL &&
	    (~atomic_fetch_or(&k->wanted[slot], (unsigned char)why) & why) != 0)
		mailbox_wake(&k->wake);
}

void
keeper_hush(struct keeper *k)
{
	atomic_store(&k->hush, true);
	mailbox_wake(&k->wake);
}

void
keeper_stop(struct keeper *k)
{
	atomic_store(&k->stop, true);
	mailbox_wake(&k->wake);
}

bool
keeper_has_ended(const struct keeper *k)
{
	return atomic_load(&k->ended);
}

void
keeper_free(struct keeper *k)
{
	if (k == NULL)
		return;
	keeper_stop(k);
	if (k->started)
		pthread_join(k->thread, NULL);
	keep_plan_free(atomic_load(&k->next));
	keep_plan_free(k->plan);
	mailbox_clear(&k->wake);
	free(k);
}
