/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * jobs.c - forks, signals and other hard lives; see drive.h
 */
#include <errno.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/time.h>
#include <sys/wait.h>
#include <unistd.h>

#include "drive.h"
#include "syncline/syslog.h"

/* RULE: a switch for the compiler: %m is GNU's, and syslog(3)'s. */
#pragma GCC diagnostic ignored "-Wformat"

/* With a pace: nothing is in the ring any more, it is on its way. */
static void
wait_until_taken(struct syncline *s, const struct job *job)
{
	struct syncline_stats st = { .queued_bytes = 1 };

	while (job->pace > 0 && st.queued_bytes > 0) {
		(void)usleep((useconds_t)job->pace);
		syncline_stats(s, &st, sizeof(st));
	}
}

/* Children, also while the parent's ring is full of messages; each logs as
 * many as the parent, and closes. */
int
drive_fork(const struct job *job)
{
	struct syncline *s = drive_open(job);
	int status, failed = 0;

	for (int i = 0; i < job->count; i++) {
		(void)syncline_log(
		    s, LOG_INFO, "p=%d t=0 n=%d", (int)getpid(), i);
		if (i % (job->count / job->threads) != 0)
			continue;
		wait_until_taken(s, job);
		if (fork() != 0)
			continue;
		for (int j = 0; j < job->count; j++)
			(void)syncline_log(
			    s, LOG_INFO, "p=%d t=1 n=%d", (int)getpid(), j);
		status = syncline_flush(s, job->timeout);
		_exit(status == 0 && syncline_close(s, 0) == 0 ? 0 : 1);
	}
	/* while the parent is connected: one that logs, one that never does,
	 * and one that only ends; the parent goes on after them */
	(void)syncline_flush(s, job->timeout);
	if (fork() == 0) {
		(void)syncline_log(s, LOG_INFO, "p=%d t=1 n=0", (int)getpid());
		status = syncline_flush(s, job->timeout);
		_exit(status == 0 && syncline_close(s, 0) == 0 ? 0 : 1);
	}
	if (fork() == 0)
		_exit(syncline_close(s, 0) == 0 ? 0 : 1);
	if (fork() == 0)
		_exit(0);
	while (wait(&status) > 0)
		failed |= status;
	(void)syncline_log(
	    s, LOG_INFO, "p=%d t=0 n=%d", (int)getpid(), job->count);
	return drive_end(s, job) != 0 || failed != 0;
}

static struct syncline *handle;
static volatile sig_atomic_t sent, refused, errnos;

static void
on_signal(int number)
{
	static const char text[] = "from a handler";
	int saved = errno;

	(void)number;
	errno = 1234;
	if (syncline_sigsafe(handle, LOG_ERR, text, sizeof(text) - 1) == 0)
		sent++;
	else
		refused++;
	if (errno != 1234)
		errnos++;
	errno = saved;
}

/* A storm of signals into calls of every kind. */
int
drive_signals(const struct job *job)
{
	struct itimerval storm = { { 0, job->pace }, { 0, job->pace } };
	struct itimerval calm = { 0 };
	struct sigaction action = { .sa_handler = on_signal };
	struct sigaction none = { .sa_handler = SIG_IGN };

	handle = drive_open(job);
	(void)sigaction(SIGALRM, &action, NULL);
	(void)setitimer(ITIMER_REAL, &storm, NULL);
	for (int i = 0; i < job->count || (sent == 0 && i < 1 << 20); i++) {
		(void)syncline_log(handle, LOG_ERR, "n=%d", i);
		(void)syncline_kv(
		    handle, LOG_ERR, "kv", "n", "1", (char *)NULL);
		if (i % 1000 == 0)
			(void)syncline_flush(handle, 10);
	}
	(void)setitimer(ITIMER_REAL, &calm, NULL);
	(void)sigaction(SIGALRM, &none, NULL); /* one may still be pending */
	(void)fprintf(stderr, "handlers: %d sent, %d refused, %d errno\n",
	    (int)sent, (int)refused, (int)errnos);
	return drive_end(handle, job) != 0 || errnos != 0;
}

int
drive_record(const struct job *job)
{
	struct syncline *s = drive_open(job);
	const struct syncline_param params[] = { { "a b", "x\"]\\\n", 5 },
		{ "n", "\xff", 1 } };
	struct syncline_element elements[] = { { "one@32473", params, 2 },
		{ "meta", params + 1, 1 } };
	struct syncline_record r = SYNCLINE_RECORD_INIT;
	int bad;

	r.pri = LOG_MAIL | LOG_CRIT;
	r.time = (struct timespec){ .tv_sec = 1065910455, .tv_nsec = 3999 };
	r.ident = "other app";
	r.msgid = "ID 47";
	r.elements = elements;
	r.n_elements = 2;
	r.text = "text%n%s";
	r.text_len = 8;
	bad = syncline_record(s, &r) != 0;
	elements[1].id = "one@32473";
	bad |= syncline_record(s, &r) != -EINVAL;
	bad |= syncline_log(s, 192, "x") != -EINVAL;
	bad |= syncline_log(s, -1, "x") != -EINVAL;
	bad |= syncline_send(s, LOG_ERR, "a\0b", 3) != 0;
	bad |= syncline_kv(s, LOG_ERR, "%s%n", "k", "v%s", "l", NULL,
		   (char *)NULL) != 0;
	errno = ENOENT;
	bad |= syncline_log(s, LOG_ERR, "why: %m") != 0 || errno != ENOENT;
	return bad | drive_end(s, job);
}

/* A program with its own loop, and no thread. */
int
drive_loop(const struct job *job)
{
	struct job mine = *job;
	struct pollfd p;
	struct syncline *s;

	mine.opts.flags |= SYNCLINE_NO_THREAD;
	s = drive_open(&mine);
	for (int i = 0; i < job->count; i++) {
		(void)syncline_log(
		    s, LOG_INFO, "p=%d t=0 n=%d", (int)getpid(), i);
		p = (struct pollfd){ .fd = syncline_fd(s),
			.events = (short)syncline_events(s) };
		if (i % 100 == 0) {
			int timeout = syncline_timeout(s);

			(void)poll(
			    &p, 1, timeout < 0 || timeout > 20 ? 20 : timeout);
			if (syncline_step(s) != 0)
				return 3;
		}
	}
	return drive_end(s, job);
}

/* syslog(3) by the header alone; SYNCLINE_URL names the collector. */
int
drive_dropin(const struct job *job)
{
	char ident[] = "first";

	(void)job;
	syslog(LOG_INFO, "before openlog");
	openlog(ident, LOG_PID, LOG_LOCAL3);
	(void)strcpy(ident, "XXXXX");
	errno = ENOENT;
	syslog(LOG_WARNING, "one %s %d: %m", "text", 2);
	if (errno != ENOENT)
		return 3;
	openlog("second", LOG_PID | LOG_NDELAY, 0);
	syslog(LOG_MAIL | LOG_ERR, "two");
	if (setlogmask(LOG_UPTO(LOG_ERR)) != 0xff)
		return 4;
	syslog(LOG_WARNING, "masked");
	closelog();
	openlog("second", LOG_PID | LOG_PERROR, LOG_LOCAL3);
	syslog(LOG_ERR, "three");
	return 0; /* exit(3) sends what waits */
}

/* Dies in the middle of it. */
int
drive_crash(const struct job *job)
{
	struct syncline *s = drive_open(job);

	for (int i = 0; i < job->count; i++)
		(void)syncline_log(s, LOG_INFO, "p=0 t=0 n=%d", i);
	/* until all of it is on the disk: what is in the ring is lost */
	for (int i = 0; i < 2000; i++) {
		struct syncline_stats st;

		syncline_stats(s, &st, sizeof(st));
		if (st.spooled >= (uint64_t)job->count)
			break;
		(void)usleep(5000);
	}
	(void)raise(SIGKILL);
	return 1;
}

/* A spool that the disk refuses for a while: nobody who waits for us is told
 * to step at once, again and again, when that is over. */
int
drive_refused(const struct job *job)
{
	struct rlimit before, none;
	struct job mine = *job;
	struct syncline_stats st = { 0 };
	struct syncline *s;
	int at_once = 0;

	(void)signal(SIGXFSZ, SIG_IGN);
	mine.opts.flags |= SYNCLINE_NO_THREAD;
	s = drive_open(&mine);
	if (getrlimit(RLIMIT_FSIZE, &before) == -1)
		return 3;
	none = before;
	none.rlim_cur = 0;
	(void)setrlimit(RLIMIT_FSIZE, &none);
	for (int i = 0; i < job->count; i++)
		(void)syncline_log(s, LOG_INFO, "p=0 t=0 n=%d", i);
	while (st.queued_bytes > 0 || st.spool_bytes == 0) {
		(void)syncline_flush(s, 10);
		syncline_stats(s, &st, sizeof(st));
	}
	if (st.spooled > 0) /* all is in a buffer */
		return 4;
	(void)setrlimit(RLIMIT_FSIZE, &before);
	(void)syncline_flush(s, 1500); /* it tries again after a second */
	for (int i = 0; i < 100; i++) {
		(void)syncline_step(s);
		at_once += syncline_timeout(s) == 0;
	}
	(void)fprintf(stderr, "at once: %d\n", at_once);
	return drive_end(s, job);
}

/* Idents, texts and formats as long as they come (K1). */
int
drive_long(const struct job *job)
{
	struct job mine = *job;
	char *big = malloc((1 << 20) + 1);
	struct syncline *s;

	if (big == NULL)
		return 3;
	(void)memset(big, 'x', 1 << 20);
	big[1 << 20] = '\0';
	mine.opts.ident = big;
	s = drive_open(&mine);
	(void)syncline_log(s, LOG_INFO, "%s", big);
	(void)syncline_send(s, LOG_INFO, big, 1 << 20);
	(void)memset(big, '\xa4', 1 << 20);
	for (int i = 0; i < 1 << 20; i += 2)
		big[i] = '\xc3'; /* two bytes each: cut between two */
	(void)syncline_log(s, LOG_INFO, "x%s", big);
	(void)syncline_send(s, LOG_INFO, "", 0);
	free(big);
	return drive_end(s, job);
}

int
drive_mask(const struct job *job)
{
	struct syncline *s = drive_open(job);
	int bad = syncline_setmask(s, LOG_MASK(LOG_ERR)) != 0xff, status = 0;

	(void)syncline_log(s, LOG_INFO, "no");
	(void)syncline_log(s, LOG_ERR, "yes");
	bad |= syncline_setmask(s, 0) != LOG_MASK(LOG_ERR);
	if (fork() == 0)
		_exit(syncline_setmask(s, 0) != LOG_MASK(LOG_ERR));
	bad |= wait(&status) == -1 || status != 0;
	return bad | drive_end(s, job);
}

/* Close when nobody was there, and it is long until it is tried again. */
int
drive_close(const struct job *job)
{
	struct syncline *s = drive_open(job);
	struct syncline_stats st = { 0 };
	struct timespec begin, end;
	int closed;

	for (int i = 0; i < job->count; i++)
		(void)syncline_log(s, LOG_INFO, "%0*d", job->size, i);
	while (st.failures == 0 ||
	    (job->opts.spool != NULL && st.spool_bytes == 0)) {
		(void)usleep(1000);
		syncline_stats(s, &st, sizeof(st));
	}
	(void)clock_gettime(CLOCK_MONOTONIC, &begin);
	closed = syncline_close(s, job->timeout);
	(void)clock_gettime(CLOCK_MONOTONIC, &end);
	(void)printf("{\"close\": %d, \"took\": %.3f}\n", closed,
	    (double)(end.tv_sec - begin.tv_sec) +
		(double)(end.tv_nsec - begin.tv_nsec) / 1e9);
	return 0;
}

/* Another connection, in the middle of it, without another call. */
int
drive_reopen(const struct job *job)
{
	struct syncline *s = drive_open(job);
	struct syncline_stats st = { 0 };

	for (int i = 0; i < job->count; i++) {
		(void)syncline_log(s, LOG_INFO, "p=1 t=1 n=%d", i);
		if (i == 0)
			(void)syncline_flush(s, job->timeout);
		if (i == job->count / 2)
			syncline_reopen(s);
		if (job->pace > 0)
			(void)usleep((useconds_t)job->pace);
	}
	(void)fprintf(stderr, "queued\n");
	for (int i = 0; st.connects < 2 && i < job->timeout / 5; i++) {
		(void)usleep(5000);
		syncline_stats(s, &st, sizeof(st));
	}
	if (st.connects != 2)
		return 4;
	return drive_end(s, job);
}
