/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * storms.c - threads that log and fork, and signals without a pause; see
 * drive.h
 */
#include <errno.h>
#include <pthread.h>
#include <sched.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <syslog.h>
#include <unistd.h>

#include "drive.h"

enum { EVERY = 100, OF_A_CHILD = 10, THREADS_MOST = 64, WAITING = 32 };

struct storm {
	const struct job *job;
	struct syncline *s;
	int number;
	int failed; /* children */
};

/* In the child: a few messages of its own, all of which arrive. It is number,
 * as process ids come again. */
static _Noreturn void
be_a_child(const struct storm *w, int number)
{
	int status;

	for (int i = 0; i < OF_A_CHILD; i++)
		(void)syncline_log(
		    w->s, LOG_INFO, "p=%d t=%d n=%d", number, w->number, i);
	status = syncline_flush(w->s, w->job->timeout);
	_exit(status == 0 && syncline_close(w->s, 0) == 0 ? 0 : 1);
}

static void
wait_for(struct storm *w, pid_t child)
{
	int status = 0;

	if (child <= 0)
		return;
	while (waitpid(child, &status, 0) == -1 && errno == EINTR)
		continue;
	w->failed += status != 0;
}

static void *
storm(void *arg)
{
	struct storm *w = arg;
	pid_t child = 0;

	for (int i = 0; i < w->job->count; i++) {
		(void)syncline_log(
		    w->s, LOG_INFO, "p=0 t=%d n=%d", w->number, i);
		if (i % EVERY != EVERY - 1)
			continue;
		wait_for(w, child);
		child = fork();
		if (child == 0)
			be_a_child(w, w->number * w->job->count + i);
		w->failed += child == -1;
	}
	wait_for(w, child);
	return NULL;
}

int
drive_storm(const struct job *job)
{
	struct storm workers[THREADS_MOST];
	pthread_t threads[THREADS_MOST];
	struct syncline *s = drive_open(job);
	int failed = 0;

	/* thousands of children would fill the pipe that nobody reads yet */
	syncline_on_event(s, NULL, NULL);
	for (int i = 0; i < job->threads; i++) {
		workers[i] = (struct storm){ job, s, i, 0 };
		if (pthread_create(&threads[i], NULL, storm, &workers[i]) != 0)
			abort();
	}
	for (int i = 0; i < job->threads; i++) {
		(void)pthread_join(threads[i], NULL);
		failed += workers[i].failed;
	}
	(void)fprintf(stderr, "children: %d failed\n", failed);
	return drive_end(s, job) != 0 || failed != 0;
}

static struct syncline *handle;
static volatile sig_atomic_t taken, refused, errnos, unsafe;
static pthread_t target;

static void
on_signal(int number)
{
	static const char text[] = "from a handler";
	int saved = errno;
	void *volatile memory; /* or the compiler leaves it out */

	(void)number;
	errno = 1234;
	if (syncline_sigsafe(handle, LOG_ERR, text, sizeof(text) - 1) == 0)
		taken++;
	else
		refused++;
	if (errno != 1234)
		errnos++;
	if (unsafe) {
		memory = malloc(1);
		free(memory);
	}
	errno = saved;
}

/* Signals that queue, so that none is lost on the way; not too many at once,
 * or they would all meet the same instruction. */
static void *
pelt(void *arg)
{
	const struct job *job = arg;

	for (int i = 0; i < job->count;) {
		if (i - taken - refused < WAITING &&
		    pthread_kill(target, SIGRTMIN) == 0)
			i++;
		else
			(void)sched_yield();
	}
	return NULL;
}

/* count signals, one after the other, into a thread that logs. */
int
drive_pelt(const struct job *job)
{
	struct sigaction action = { .sa_handler = on_signal };
	struct job mine = *job;
	pthread_t thread;

	handle = drive_open(job);
	target = pthread_self();
	unsafe = job->size == 0;
	(void)sigaction(SIGRTMIN, &action, NULL);
	if (pthread_create(&thread, NULL, pelt, &mine) != 0)
		abort();
	for (int i = 0; taken + refused < job->count;) {
		if (i > taken + refused + WAITING) { /* enough of them */
			(void)syncline_flush(handle, 0);
			continue;
		}
		i++;
		(void)syncline_log(handle, LOG_ERR, "%s", "in between");
		(void)syncline_kv(
		    handle, LOG_ERR, "kv", "n", "1", (char *)NULL);
	}
	(void)pthread_join(thread, NULL);
	(void)fprintf(stderr, "handlers: %d sent, %d refused, %d errno\n",
	    (int)taken, (int)refused, (int)errnos);
	return drive_end(handle, job) != 0 || errnos != 0;
}

/* What syncline_sigsafe() takes and refuses; see syncline.h. */
int
drive_sigsafe(const struct job *job)
{
	struct syncline *s = drive_open(job);
	char text[2001] = "x";
	int bad, status = 0;
	pid_t child;

	for (size_t i = 1; i + 1 < sizeof(text); i += 2)
		(void)memcpy(text + i, "\xc3\xa4", 2);
	bad = syncline_sigsafe(s, LOG_ERR, text, sizeof(text)) != 0;
	bad |= syncline_sigsafe(s, LOG_ERR, NULL, 0) != 0;
	bad |= syncline_sigsafe(s, LOG_ERR, NULL, 1) != -EINVAL;
	bad |= syncline_sigsafe(s, 192, text, 1) != -EINVAL;
	(void)syncline_setmask(s, LOG_MASK(LOG_ERR));
	bad |= syncline_sigsafe(s, LOG_INFO, "masked", 6) != 0;
	child = fork();
	if (child == 0) {
		bad |= syncline_sigsafe(s, LOG_ERR, "no", 2) != -ENOBUFS;
		bad |= syncline_log(s, LOG_ERR, "child") != 0;
		bad |= syncline_sigsafe(s, LOG_ERR, "yes", 3) != 0;
		_exit(syncline_flush(s, job->timeout) != 0 || bad);
	}
	bad |= waitpid(child, &status, 0) == -1 || status != 0;
	return drive_end(s, job) != 0 || bad;
}

static void *
ask_for_ever(void *arg)
{
	struct syncline_stats st;

	for (;;)
		syncline_stats(arg, &st, sizeof(st));
	return NULL;
}

/* Children that ask first of all, while a thread of the parent asks, too. One
 * that waits for that thread would do so for ever. */
int
drive_asked(const struct job *job)
{
	struct syncline *s = drive_open(job);
	struct storm w = { .job = job, .s = s };
	struct syncline_stats st;
	pthread_t thread;
	pid_t child;

	if (pthread_create(&thread, NULL, ask_for_ever, s) != 0)
		return 1;
	for (int i = 0; i < job->count && w.failed == 0; i++) {
		child = fork();
		if (child == 0) {
			(void)alarm(20);
			syncline_stats(s, &st, sizeof(st));
			_exit(st.accepted != 0);
		}
		wait_for(&w, child);
	}
	_exit(w.failed != 0);
}
