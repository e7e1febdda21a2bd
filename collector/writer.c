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
#include "output/file.h"
#include "output/syncer.h"

struct writer {
	pthread_t thread;
	bool started;
	const struct config *conf; /* borrowed */
	struct metrics *metrics;   /* borrowed */
	struct mailbox *end;       /* borrowed; woken at the end */
	struct mailbox inbox;      /* blocks from the workers */
	struct output *output;     /* owned */
	size_t outputs;            /* of them open */
	struct output_tools tools;
	atomic_bool rotate, reopen, finish, give_up, ended;
};

static void
take_blocks(struct writer *w)
{
	struct letter *l = mailbox_take(&w->inbox);

	while (l != NULL) {
		struct block *b = (struct block *)(void *)l;

		l = l->next;
		output_take(&w->output[b->output], b);
	}
}

static bool
is_empty(const struct writer *w)
{
	for (size_t i = 0; i < w->outputs; i++)
		if (w->output[i].first != NULL)
			return false;
	return true;
}

static void
obey(struct writer *w)
{
	bool rotate = atomic_exchange(&w->rotate, false);
	bool reopen = atomic_exchange(&w->reopen, false);

	for (size_t i = 0; i < w->outputs && (rotate || reopen); i++) {
		if (reopen)
			output_reopen(&w->output[i]);
		if (rotate)
			output_rotate(&w->output[i]);
	}
}

static int64_t
tick(struct writer *w)
{
	int64_t next = INT64_MAX;

	for (size_t i = 0; i < w->outputs; i++) {
		int64_t t = output_tick(&w->output[i]);

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

static void *
run(void *arg)
{
	struct writer *w = arg;

	for (;;) {
		bool last = atomic_load(&w->finish);
		int64_t next;

		take_blocks(w);
		for (size_t i = 0; i < w->outputs; i++)
			output_write(&w->output[i]);
		obey(w);
		next = tick(w);
		if (last && (is_empty(w) || atomic_load(&w->give_up)))
			break;
		if (atomic_load(&w->inbox.newest) == NULL)
			wait_until(w, next);
	}
	syncer_stop(w->tools.syncer);
	w->tools.syncer = NULL;
	for (size_t i = 0; i < w->outputs; i++)
		output_close(&w->output[i]);
	w->outputs = 0;
	atomic_store(&w->ended, true);
	mailbox_wake(w->end);
	return NULL;
}

struct writer *
writer_new(const struct config *conf, struct metrics *m, size_t thread,
    struct err *err)
{
	struct writer *w = calloc(1, sizeof(*w));

	if (w == NULL) {
		err_sys(err, "writer");
		return NULL;
	}
	w->conf = conf;
	w->metrics = w->tools.metrics = m;
	atomic_store(&w->ended, true);
	if (mailbox_init(&w->inbox, err) == -1)
		goto fail;
	w->output = calloc(conf->outputs, sizeof(*w->output));
	if (w->output == NULL) {
		err_sys(err, "writer");
		goto fail;
	}
	for (size_t i = 0; i < conf->outputs; i++, w->outputs++)
		if (output_open(&w->output[i], &conf->output[i],
			metrics_output(m, thread, i),
			metrics_output(m, thread + 1, i), &w->tools, err) == -1)
			goto fail;
	return w;

fail:
	writer_free(w);
	return NULL;
}

int
writer_start(struct writer *w, struct mailbox *ended, struct err *err)
{
	w->end = ended;
	w->tools.syncer = syncer_start(w->metrics, err);
	if (w->tools.syncer == NULL)
		return -1;
	atomic_store(&w->ended, false);
	errno = pthread_create(&w->thread, NULL, run, w);
	if (errno != 0) {
		err_sys(err, "writer: thread");
		atomic_store(&w->ended, true);
		syncer_stop(w->tools.syncer);
		return -1;
	}
	w->started = true;
	return 0;
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
	for (size_t i = 0; i < w->outputs; i++)
		output_close(&w->output[i]);
	free(w->output);
	mailbox_clear(&w->inbox);
	free(w);
}
