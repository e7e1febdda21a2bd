/* SPDX-License-Identifier: BSD-2-Clause */
#include "engine.h"

#include <event2/event.h>
#include <inttypes.h>
#include <signal.h>
#include <stdlib.h>
#include <unistd.h>

#include "base/clock.h"
#include "base/log.h"
#include "base/mailbox.h"
#include "base/reserve.h"
#include "base/step.h"
#include "certs.h"
#include "descriptors.h"
#include "house.h"
#include "notify.h"
#include "output/keeper.h"
#include "output/output.h"
#include "privs.h"
#include "reload.h"
#include "teller.h"
#include "watchdog.h"

enum {
	GIVE_UP_US = 300000, /* what the writer has for its last words */
	TWICE_MS = 500, /* so soon after another, a signal may be no wish */
	LAST_S = 1,     /* what is left then for ending in order */
	SIGNALS = 4
};

static const int signals[SIGNALS] = { SIGTERM, SIGINT, SIGHUP, SIGUSR1 };

enum phase { RUNNING, WORKERS_STOP, WRITER_STOPS, TOO_LATE };

struct engine {
	struct house house;
	struct reload reload;
	struct teller teller;
	struct notify notify;
	struct watchdog watchdog;
	struct step clock;
	struct certs certs;
	struct event *on_signal[SIGNALS];
	struct event *on_ended, *on_late, *on_answer, *on_second;
	struct mailbox ended; /* woken by threads at their end */
	const char *stop_due; /* why, once the reload is over */
	int64_t stop_since;   /* clock_ms() */
	enum phase phase;
	bool reloading; /* and that was told */
	int status;
};

static void
stop_workers(struct engine *e, int64_t deadline)
{
	struct acceptor_tools *t = &e->house.tools;

	for (size_t i = 0; i < t->workers; i++)
		worker_stop(t->worker[i], deadline);
}

static void
begin_stop(struct engine *e, const char *why)
{
	struct house *h = &e->house;
	int64_t timeout = h->plan->conf->stop_timeout;
	int64_t late = timeout * 9 / 10; /* and then some last words */
	struct timeval tv = { late / 1000, late % 1000 * 1000 };

	if (!evtimer_pending(e->on_late, NULL))
		event_add(e->on_late, &tv);
	/* it takes some milliseconds, but for a writer that hangs */
	e->stop_due = why;
	if (reload_is_running(&e->reload)) {
		writer_hurry(h->writer);
		return;
	}
	log_line(LOG_INFO, "stopping: %s", why);
	notify_stopping(&e->notify);
	e->phase = WORKERS_STOP;
	keeper_hush(h->keeper);
	if (h->admin != NULL)
		admin_set_stopping(h->admin);
	listeners_stop(&h->listeners, NULL);
	stop_workers(e, clock_ms() + timeout * 8 / 10);
}

/* Well or not: what was there before goes on, and we are ready. */
static void
look_at_reload(struct engine *e)
{
	if (!e->reloading || reload_is_running(&e->reload))
		return;
	e->reloading = false;
	notify_ready(&e->notify);
}

static void
end_at_once(evutil_socket_t fd, short what, void *arg)
{
	(void)fd;
	(void)what;
	(void)arg;
	log_line(LOG_WARNING, "second signal: ending at once");
	_exit(1);
}

/* timeout(1) tells its child, and at once its group, the child again: whoever
 * has nothing left to write still ends in order. */
static void
hurry(const struct engine *e)
{
	static const struct timeval soon = { LAST_S, 0 };

	if (clock_ms() - e->stop_since >= TWICE_MS ||
	    event_base_once(
		e->house.base, -1, EV_TIMEOUT, end_at_once, NULL, &soon) == -1)
		end_at_once(-1, 0, NULL);
}

static void
on_signal(evutil_socket_t number, short what, void *arg)
{
	struct engine *e = arg;

	(void)what;
	switch (number) {
	case SIGHUP:
		if (e->stop_due != NULL)
			return;
		log_line(LOG_INFO,
		    "SIGHUP: reading the configuration again, reopening files");
		notify_reloading(&e->notify);
		e->reloading = true;
		writer_reopen(e->house.writer);
		reload_ask(&e->reload);
		look_at_reload(e);
		return;
	case SIGUSR1:
		log_line(LOG_INFO, "SIGUSR1: rotating files");
		writer_rotate(e->house.writer);
		return;
	}
	if (e->stop_due != NULL) {
		hurry(e);
		return;
	}
	e->stop_since = clock_ms();
	begin_stop(e, number == SIGINT ? "SIGINT" : "SIGTERM");
}

/* A step of a reload is done. */
static void
on_answer(evutil_socket_t fd, short what, void *arg)
{
	struct engine *e = arg;

	(void)fd;
	(void)what;
	if (e->stop_due != NULL)
		e->reload.again = false;
	reload_go_on(&e->reload);
	if (e->stop_due != NULL && e->phase == RUNNING)
		begin_stop(e, e->stop_due);
	else
		look_at_reload(e);
}

static bool
have_workers_ended(const struct engine *e)
{
	const struct acceptor_tools *t = &e->house.tools;

	for (size_t i = 0; i < t->workers; i++)
		if (!worker_has_ended(t->worker[i]))
			return false;
	return true;
}

static bool
is_all_written(const struct engine *e)
{
	return have_workers_ended(e) && writer_has_ended(e->house.writer);
}

/* A thread has ended; when all of one kind have, the next kind stops. */
static void
on_ended(evutil_socket_t fd, short what, void *arg)
{
	struct engine *e = arg;

	(void)fd;
	(void)what;
	mailbox_quiet(&e->ended);
	if (e->phase == WORKERS_STOP && have_workers_ended(e)) {
		e->phase = WRITER_STOPS;
		teller_look(&e->teller, &e->house, true);
		writer_finish(e->house.writer);
	}
	if (!is_all_written(e))
		return;
	keeper_stop(e->house.keeper);
	if (keeper_has_ended(e->house.keeper))
		event_base_loopbreak(e->house.base);
}

/* Names of files and ages come from the clock on the wall. */
static void
look_at_clock(struct engine *e)
{
	int64_t by = step_look(&e->clock, step_read());

	if (by != 0)
		log_line(LOG_WARNING,
		    "the clock of this machine was set %s by %lld ms (or the "
		    "machine slept); nothing that waits here runs on it",
		    by > 0 ? "forward" : "back",
		    (long long)(by > 0 ? by : -by));
}

static void
look_at_certs(struct engine *e)
{
	/* a reload that runs gives others */
	if (e->stop_due != NULL || reload_is_running(&e->reload) ||
	    !certs_look(&e->certs, e->house.plan))
		return;
	log_line(LOG_INFO,
	    "a file of TLS has changed: reading the configuration again");
	reload_ask(&e->reload);
}

static void
on_second(evutil_socket_t fd, short what, void *arg)
{
	struct engine *e = arg;

	(void)fd;
	(void)what;
	look_at_clock(e);
	if (e->phase == RUNNING) {
		teller_look(&e->teller, &e->house, false);
		keeper_look(e->house.keeper, &e->ended);
		look_at_certs(e);
	}
}

static void
on_late(evutil_socket_t fd, short what, void *arg)
{
	static const struct timeval more = { 0, GIVE_UP_US };
	struct engine *e = arg;

	(void)fd;
	(void)what;
	/* what the keeper waits for is no loss: the next start goes on */
	if (is_all_written(e))
		_exit(
		    teller_last_words(&e->house) > 0 || e->status != 0 ? 1 : 0);
	e->status = 1;
	if (e->phase != TOO_LATE) {
		log_line(LOG_ERR,
		    "an output cannot be written in time "
		    "(stop_timeout): giving up");
		/* a reload waits for a writer that hangs: what the workers
		 * hold is counted as lost, too */
		if (e->phase == RUNNING)
			stop_workers(e, clock_ms());
		e->phase = TOO_LATE;
		writer_give_up(e->house.writer);
		event_add(e->on_late, &more);
		return;
	}
	/* a thread hangs in the kernel: leave it there */
	teller_last_words(&e->house);
	_exit(1);
}

static int
add_events(struct engine *e)
{
	static const struct timeval second = { 1, 0 };
	struct event_base *base = e->house.base;

	e->on_ended = event_new(
	    base, e->ended.fd, EV_READ | EV_PERSIST, on_ended, e);
	e->on_answer = event_new(
	    base, e->reload.answer.fd, EV_READ | EV_PERSIST, on_answer, e);
	e->on_late = evtimer_new(base, on_late, e);
	e->on_second = event_new(base, -1, EV_PERSIST, on_second, e);
	if (e->on_ended == NULL || e->on_answer == NULL || e->on_late == NULL ||
	    e->on_second == NULL || event_add(e->on_ended, NULL) == -1 ||
	    event_add(e->on_answer, NULL) == -1 ||
	    event_add(e->on_second, &second) == -1)
		return -1;
	return 0;
}

/* Last of all: until here main() answers those that end us. */
static int
add_signals(struct engine *e, struct err *err)
{
	for (size_t i = 0; i < SIGNALS; i++) {
		e->on_signal[i] = evsignal_new(
		    e->house.base, signals[i], on_signal, e);
		if (e->on_signal[i] == NULL ||
		    event_add(e->on_signal[i], NULL) == -1)
			return err_set(err, "start: no memory for signals");
	}
	return 0;
}

/* how: SIG_BLOCK or SIG_UNBLOCK */
static void
mask_signals(int how)
{
	sigset_t set;

	sigemptyset(&set);
	for (size_t i = 0; i < SIGNALS; i++)
		sigaddset(&set, signals[i]);
	pthread_sigmask(how, &set, NULL);
}

/* Everything but the threads: what fails here leaves nothing behind. */
static int
prepare(struct engine *e, struct config *conf, struct err *err)
{
	struct house *h = &e->house;

	if (house_init(h, conf, err) == -1)
		return -1;
	if (mailbox_init(&e->ended, err) == -1 || add_events(e) == -1)
		return err_set(err, "start: no memory or no descriptors");
	/* From the first socket on the kernel takes messages for us: no early
	 * end any more, unless a name server may keep us waiting. */
	if (!house_asks_for_names(h))
		mask_signals(SIG_BLOCK);
	if (house_listen(h, err) == -1)
		return -1;
	/* Threads inherit the mask and leave signals to this one. */
	mask_signals(SIG_BLOCK);
	if (privs_drop(h->plan->conf->user, h->plan->conf->group, err) == -1)
		return -1;
	return house_furnish(h, err);
}

static void
clear(struct engine *e)
{
	for (size_t i = 0; i < SIGNALS; i++)
		if (e->on_signal[i] != NULL)
			event_free(e->on_signal[i]);
	if (e->on_ended != NULL)
		event_free(e->on_ended);
	if (e->on_answer != NULL)
		event_free(e->on_answer);
	if (e->on_late != NULL)
		event_free(e->on_late);
	if (e->on_second != NULL)
		event_free(e->on_second);
	watchdog_clear(&e->watchdog);
	notify_clear(&e->notify);
	reload_clear(&e->reload);
	teller_clear(&e->teller);
	certs_clear(&e->certs);
	house_clear(&e->house);
	mailbox_clear(&e->ended);
}

int
engine_run(struct config *conf, int argc, char **argv)
{
	struct engine e = { .ended = { .fd = -1 } };
	struct house *h = &e.house;
	struct err err;

	if (notify_init(&e.notify, &err) == -1)
		log_line(LOG_WARNING, "%s; nobody is told", err.text);
	reserve_use();
	h->descriptors = descriptors_raise();
	if (reload_init(&e.reload, h, argc, argv, &err) == -1) {
		config_free(conf);
		log_line(LOG_ERR, "%s", err.text);
		return 1;
	}
	if (prepare(&e, conf, &err) == -1) {
		log_line(LOG_ERR, "%s", err.text);
		clear(&e);
		return 1;
	}
	h->tools.fds_max = descriptors_for_connections(
	    h->plan->conf, h->descriptors, 0);
	if (add_signals(&e, &err) == -1 ||
	    house_start(h, &e.ended, &err) == -1 ||
	    watchdog_start(&e.watchdog, h->base, &e.notify, h->writer, &err) ==
		-1) {
		log_line(LOG_ERR, "%s", err.text);
		_exit(1); /* some threads run: nothing was received yet */
	}
	look_at_clock(&e);
	house_announce(h);
	notify_ready(&e.notify);
	mask_signals(SIG_UNBLOCK);
	event_base_dispatch(h->base);
	if (teller_last_words(h) > 0)
		e.status = 1;
	clear(&e);
	return e.status;
}
