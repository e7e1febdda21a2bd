/* SPDX-License-Identifier: BSD-2-Clause */
#include "engine.h"

#include <sys/resource.h>

#include <dirent.h>
#include <event2/event.h>
#include <inttypes.h>
#include <limits.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "acceptor.h"
#include "admin.h"
#include "base/clock.h"
#include "base/log.h"
#include "base/mailbox.h"
#include "base/metrics.h"
#include "input/socket.h"
#include "worker.h"
#include "writer.h"

enum {
	FDS_SPARE = 16,      /* for files and status requests */
	GIVE_UP_US = 300000, /* what the writer has for its last words */
	SIGNALS = 4
};

static const int signals[SIGNALS] = { SIGTERM, SIGINT, SIGHUP, SIGUSR1 };

enum phase { RUNNING, WORKERS_STOP, WRITER_STOPS, TOO_LATE };

struct engine {
	const struct config *conf; /* borrowed */
	struct event_base *base;
	struct event *on_signal[SIGNALS];
	struct event *on_ended, *on_late;
	struct metrics *metrics;
	struct socket_set *sockets; /* owned; one per listener */
	struct acceptor *acceptor;  /* owned */
	size_t acceptors;
	struct acceptor_tools tools;
	struct worker **worker;
	size_t workers;
	struct writer *writer;
	struct admin *admin;
	struct mailbox ended; /* woken by threads at their end */
	enum phase phase;
	int status;
};

static bool
is_stream(const struct listen_conf *l)
{
	return l->kind == LISTEN_TCP || l->kind == LISTEN_UNIX_STREAM;
}

/* The soft limit of descriptors becomes the hard one. */
static size_t
raise_descriptors(void)
{
	struct rlimit rl;

	if (getrlimit(RLIMIT_NOFILE, &rl) == -1)
		return 1024;
	if (rl.rlim_cur < rl.rlim_max) {
		rl.rlim_cur = rl.rlim_max;
		(void)setrlimit(RLIMIT_NOFILE, &rl);
		(void)getrlimit(RLIMIT_NOFILE, &rl);
	}
	return rl.rlim_cur > INT_MAX ? INT_MAX : (size_t)rl.rlim_cur;
}

static size_t
count_open_descriptors(void)
{
	DIR *d = opendir("/proc/self/fd");
	size_t n = 0;

	if (d == NULL)
		return 32;
	/* a stream of our own, no other thread has it */
	/* cppcheck-suppress readdirCalled */
	while (readdir(d) != NULL)
		n++;
	closedir(d);
	return n;
}

/* What is left for connections once everything else is open. */
static void
reserve_descriptors(struct engine *e, size_t limit)
{
	size_t need = count_open_descriptors() + FDS_SPARE;
	int64_t wanted = 0;

	e->tools.fds_max = limit > need ? limit - need : 1;
	for (size_t i = 0; i < e->conf->listens; i++)
		if (is_stream(&e->conf->listen[i]))
			wanted += e->conf->listen[i].max_connections;
	if (wanted > (int64_t)e->tools.fds_max)
		log_line(LOG_NOTICE,
		    "at most %zu connections at once: the "
		    "limit of descriptors is %zu (ulimit -n, LimitNOFILE=), "
		    "max_connections would allow %" PRId64,
		    e->tools.fds_max, limit, wanted);
}

static int
open_sockets(struct engine *e)
{
	struct err err;
	int rc = 0;

	e->sockets = calloc(e->conf->listens, sizeof(*e->sockets));
	e->acceptor = calloc(
	    e->conf->listens * SOCKETS_MAX, sizeof(*e->acceptor));
	if (e->sockets == NULL || e->acceptor == NULL)
		return -1;
	/* all that is wrong is said, not only the first */
	for (size_t i = 0; i < e->conf->listens; i++)
		if (socket_set_open(
			&e->sockets[i], &e->conf->listen[i], &err) == -1) {
			log_line(LOG_ERR, "%s", err.text);
			rc = -1;
		}
	return rc;
}

static int
add_acceptor(struct engine *e, size_t listener, int fd, struct err *err)
{
	struct acceptor *a = &e->acceptor[e->acceptors];

	a->fd = fd;
	a->listener = listener;
	a->tools = &e->tools;
	if (acceptor_start(a, e->base, err) == -1)
		return -1;
	e->acceptors++;
	return 0;
}

/* Streams are accepted here; datagram sockets go round the workers. */
static int
share_sockets(struct engine *e, struct err *err)
{
	size_t next = 0;

	for (size_t i = 0; i < e->conf->listens; i++) {
		struct socket_set *s = &e->sockets[i];

		for (size_t k = 0; k < s->n; k++) {
			int rc;

			if (is_stream(&e->conf->listen[i]))
				rc = add_acceptor(e, i, s->fd[k], err);
			else
				rc = worker_add_dgram(
				    e->worker[next++ % e->workers], i, s->fd[k],
				    err);
			if (rc == -1)
				return -1;
		}
	}
	return 0;
}

static int
make_threads(struct engine *e, struct err *err)
{
	size_t n = (size_t)e->conf->workers;

	e->worker = calloc(n, sizeof(struct worker *));
	if (e->worker == NULL)
		return err_sys(err, "start");
	e->writer = writer_new(e->conf, e->metrics, n + 1, err);
	if (e->writer == NULL)
		return -1;
	for (; e->workers < n; e->workers++) {
		e->worker[e->workers] = worker_new(e->conf, e->metrics,
		    e->workers, writer_inbox(e->writer), err);
		if (e->worker[e->workers] == NULL)
			return -1;
	}
	e->tools = (struct acceptor_tools){ .conf = e->conf,
		.metrics = e->metrics,
		.thread = n,
		.worker = e->worker,
		.workers = n };
	return 0;
}

static int
start_threads(struct engine *e, struct err *err)
{
	if (writer_start(e->writer, &e->ended, err) == -1)
		return -1;
	for (size_t i = 0; i < e->workers; i++)
		if (worker_start(e->worker[i], &e->ended, err) == -1)
			return -1;
	return 0;
}

static void
announce(const struct engine *e)
{
	char url[512];

	for (size_t i = 0; i < e->conf->listens; i++) {
		socket_set_url(
		    &e->sockets[i], &e->conf->listen[i], url, sizeof(url));
		log_line(LOG_INFO, "listening on %s", url);
	}
	if (e->admin != NULL)
		log_line(LOG_INFO, "listening on %s", admin_url(e->admin));
	log_line(LOG_INFO, "ready");
}

static void
begin_stop(struct engine *e, const char *why)
{
	int64_t timeout = e->conf->stop_timeout;
	int64_t late = timeout * 9 / 10; /* and then some last words */
	struct timeval tv = { late / 1000, late % 1000 * 1000 };

	log_line(LOG_INFO, "stopping: %s", why);
	e->phase = WORKERS_STOP;
	if (e->admin != NULL)
		admin_set_stopping(e->admin);
	event_add(e->on_late, &tv);
	for (size_t i = 0; i < e->acceptors; i++)
		acceptor_stop(&e->acceptor[i]);
	for (size_t i = 0; i < e->conf->listens; i++)
		if (is_stream(&e->conf->listen[i]))
			socket_set_close(&e->sockets[i]);
	for (size_t i = 0; i < e->workers; i++)
		worker_stop(e->worker[i], clock_ms() + timeout * 8 / 10);
}

static void
on_signal(evutil_socket_t number, short what, void *arg)
{
	struct engine *e = arg;

	(void)what;
	switch (number) {
	case SIGHUP:
		log_line(LOG_INFO, "SIGHUP: reopening files");
		writer_reopen(e->writer);
		return;
	case SIGUSR1:
		log_line(LOG_INFO, "SIGUSR1: rotating files");
		writer_rotate(e->writer);
		return;
	}
	if (e->phase != RUNNING) {
		log_line(LOG_WARNING, "second signal: ending at once");
		_exit(1);
	}
	begin_stop(e, number == SIGINT ? "SIGINT" : "SIGTERM");
}

static bool
have_workers_ended(const struct engine *e)
{
	for (size_t i = 0; i < e->workers; i++)
		if (!worker_has_ended(e->worker[i]))
			return false;
	return true;
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
		writer_finish(e->writer);
	}
	if (have_workers_ended(e) && writer_has_ended(e->writer))
		event_base_loopbreak(e->base);
}

static uint64_t
sum_over_listeners(const struct engine *e, enum listener_metric id)
{
	uint64_t n = 0;

	for (size_t i = 0; i < e->conf->listens; i++)
		n += metrics_listener_sum(e->metrics, i, id);
	return n;
}

/* The last word: what came, what was written, what was lost. Returns how
 * many messages some output did not get. */
static uint64_t
say_counts(const struct engine *e)
{
	uint64_t received = sum_over_listeners(e, L_RECEIVED);
	uint64_t memory = sum_over_listeners(e, L_DROPPED_MEMORY);
	uint64_t kernel = sum_over_listeners(e, L_DROPPED_KERNEL);
	uint64_t lost = 0;

	for (size_t i = 0; i < e->conf->outputs; i++) {
		uint64_t n = metrics_output_sum(e->metrics, i, O_WRITTEN);
		uint64_t left = received > memory + n ? received - memory - n
						      : 0;

		log_line(left > 0 ? LOG_ERR : LOG_INFO,
		    "output %s: %" PRIu64 " written, %" PRIu64 " lost",
		    e->conf->output[i].path, n, left);
		lost += left;
	}
	log_line(LOG_INFO,
	    "stopped: %" PRIu64 " received, %" PRIu64
	    " dropped (memory), %" PRIu64 " dropped (kernel)",
	    received, memory, kernel);
	return lost;
}

/* What peers had sent and no time was left to read. */
static uint64_t
say_unread(const struct engine *e)
{
	uint64_t n = 0;

	for (size_t i = 0; i < e->workers; i++)
		n += worker_unread(e->worker[i]);
	if (n > 0)
		log_line(LOG_ERR,
		    "%" PRIu64 " bytes that had arrived on "
		    "streams were not read in time (stop_timeout)",
		    n);
	return n;
}

static void
on_late(evutil_socket_t fd, short what, void *arg)
{
	static const struct timeval more = { 0, GIVE_UP_US };
	struct engine *e = arg;

	(void)fd;
	(void)what;
	e->status = 1;
	if (e->phase != TOO_LATE) {
		log_line(LOG_ERR,
		    "an output cannot be written in time "
		    "(stop_timeout): giving up");
		e->phase = TOO_LATE;
		writer_give_up(e->writer);
		event_add(e->on_late, &more);
		return;
	}
	/* a thread hangs in the kernel: leave it there */
	say_counts(e);
	_exit(1);
}

static int
add_events(struct engine *e)
{
	e->on_ended = event_new(
	    e->base, e->ended.fd, EV_READ | EV_PERSIST, on_ended, e);
	e->on_late = evtimer_new(e->base, on_late, e);
	if (e->on_ended == NULL || e->on_late == NULL ||
	    event_add(e->on_ended, NULL) == -1)
		return -1;
	return 0;
}

/* Last of all: until here main() answers those that end us. */
static int
add_signals(struct engine *e, struct err *err)
{
	for (size_t i = 0; i < SIGNALS; i++) {
		e->on_signal[i] = evsignal_new(
		    e->base, signals[i], on_signal, e);
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
prepare(struct engine *e, struct err *err)
{
	struct event_config *ec = event_config_new();

	err_set(err, "start: no memory or no descriptors");
	if (ec == NULL)
		return -1;
	event_config_set_flag(ec, EVENT_BASE_FLAG_NOLOCK);
	e->base = event_base_new_with_config(ec);
	event_config_free(ec);
	if (e->base == NULL || mailbox_init(&e->ended, err) == -1 ||
	    add_events(e) == -1)
		return -1;
	/* the main thread counts behind the workers, then writer, syncer */
	e->metrics = metrics_new(
	    (size_t)e->conf->workers + 3, e->conf->listens, e->conf->outputs);
	if (e->metrics == NULL)
		return -1;
	if (e->conf->http != NULL) {
		e->admin = admin_new(e->base, e->conf, e->metrics, err);
		if (e->admin == NULL)
			return -1;
	}
	if (open_sockets(e) == -1)
		return err_set(err, "not started: no listener may be missing");
	/* From here on the kernel takes messages for us: no early end any
	 * more. Threads inherit the mask and leave signals to this one. */
	mask_signals(SIG_BLOCK);
	if (make_threads(e, err) == -1)
		return -1;
	return share_sockets(e, err);
}

static void
clear(struct engine *e)
{
	admin_free(e->admin);
	/* blocks go to the writer until all workers have ended, and come back
	 * until the writer has */
	for (size_t i = 0; i < e->workers; i++)
		worker_join(e->worker[i]);
	writer_free(e->writer);
	for (size_t i = 0; i < e->workers; i++)
		worker_free(e->worker[i]);
	free(e->worker);
	for (size_t i = 0; e->sockets != NULL && i < e->conf->listens; i++)
		socket_set_close(&e->sockets[i]);
	free(e->sockets);
	for (size_t i = 0; i < e->acceptors; i++)
		acceptor_forget(&e->acceptor[i]);
	free(e->acceptor);
	for (size_t i = 0; i < SIGNALS; i++)
		if (e->on_signal[i] != NULL)
			event_free(e->on_signal[i]);
	if (e->on_ended != NULL)
		event_free(e->on_ended);
	if (e->on_late != NULL)
		event_free(e->on_late);
	if (e->base != NULL)
		event_base_free(e->base);
	mailbox_clear(&e->ended);
	metrics_free(e->metrics);
}

int
engine_run(const struct config *conf)
{
	struct engine e = { .conf = conf, .ended = { .fd = -1 } };
	size_t limit = raise_descriptors();
	struct err err;

	if (prepare(&e, &err) == -1) {
		log_line(LOG_ERR, "%s", err.text);
		clear(&e);
		return 1;
	}
	reserve_descriptors(&e, limit);
	if (add_signals(&e, &err) == -1 || start_threads(&e, &err) == -1) {
		log_line(LOG_ERR, "%s", err.text);
		_exit(1); /* some threads run: nothing was received yet */
	}
	announce(&e);
	mask_signals(SIG_UNBLOCK);
	event_base_dispatch(e.base);
	if (say_counts(&e) > 0 || say_unread(&e) > 0)
		e.status = 1;
	clear(&e);
	return e.status;
}
