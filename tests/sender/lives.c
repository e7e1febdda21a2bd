/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * lives.c - daemons, jails and all the ways to end (fault K6); see drive.h
 */
#include <errno.h>
#include <fcntl.h>
#include <pthread.h>
#include <sched.h>
#include <signal.h>
#include <stdatomic.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include "drive.h"
#include "syncline/syslog.h"

enum {
	FIRST_OURS = 3,
	NUMBERS = 256,
	OF_EACH = 32,
	LONG = 60000,
	MANY_CALLS = 2000
};

/* Files and sockets under the numbers that were the library's. */
struct traps {
	int files[OF_EACH], pairs[OF_EACH][2];
};

static void
close_all(int first)
{
	for (int fd = first; fd < NUMBERS; fd++)
		(void)close(fd);
}

static int
set_traps(struct traps *t)
{
	char name[sizeof("/tmp/syncline-drive-XXXXXX")];

	for (size_t i = 0; i < OF_EACH; i++) {
		(void)strcpy(name, "/tmp/syncline-drive-XXXXXX");
		t->files[i] = mkstemp(name);
		(void)unlink(name);
		if (t->files[i] == -1 ||
		    socketpair(AF_UNIX, SOCK_STREAM, 0, t->pairs[i]) == -1)
			return -1;
	}
	return 0;
}

/* 0: nothing was written to them, and none was closed. */
static int
look_at_traps(const struct traps *t)
{
	char byte;

	for (size_t i = 0; i < OF_EACH; i++) {
		if (fcntl(t->files[i], F_GETFD) == -1 ||
		    fcntl(t->pairs[i][0], F_GETFD) == -1 ||
		    fcntl(t->pairs[i][1], F_GETFD) == -1)
			return 5;
		if (lseek(t->files[i], 0, SEEK_END) != 0 ||
		    recv(t->pairs[i][0], &byte, 1, MSG_DONTWAIT) > 0 ||
		    recv(t->pairs[i][1], &byte, 1, MSG_DONTWAIT) > 0)
			return 4;
	}
	return 0;
}

/* What a daemon does: every descriptor closed, and then files of its own under
 * those numbers, into which nothing may be written. */
int
drive_descriptors(const struct job *job)
{
	struct syncline *s = drive_open(job);
	struct traps traps;
	int bad;

	(void)syncline_log(s, LOG_INFO, "before");
	(void)syncline_flush(s, job->timeout);
	close_all(FIRST_OURS);
	if (set_traps(&traps) == -1)
		return 3;
	for (int i = 0; i < job->count; i++)
		(void)syncline_log(s, LOG_INFO, "after n=%d", i);
	(void)syncline_flush(s, job->timeout);
	bad = look_at_traps(&traps);
	return bad != 0 ? bad : drive_end(s, job);
}

static void
log_numbers(struct syncline *s, const struct job *job, int thread)
{
	for (int i = 0; i < job->count; i++)
		(void)syncline_log(
		    s, LOG_ERR, "p=0 t=%d n=%d %0*d", thread, i, job->size, 0);
}

static void
say(const char *what)
{
	(void)puts(what);
	(void)fflush(stdout);
}

/* Until we get SIGUSR1, which was blocked before somebody could send it. */
static void
block_signal(void)
{
	sigset_t usr1;

	(void)sigemptyset(&usr1);
	(void)sigaddset(&usr1, SIGUSR1);
	(void)sigprocmask(SIG_BLOCK, &usr1, NULL);
}

static void
wait_for_signal(void)
{
	sigset_t usr1;
	int number;

	say("waiting");
	(void)sigemptyset(&usr1);
	(void)sigaddset(&usr1, SIGUSR1);
	(void)sigwait(&usr1, &number);
}

/* A spool whose descriptors are closed, its lock, too, or that somebody else
 * removes; nothing is done about it before we are told. */
int
drive_closed(const struct job *job)
{
	struct job mine = *job;
	struct syncline_stats st = { 0 };
	struct syncline *s;

	block_signal();
	mine.opts.flags |= SYNCLINE_NO_THREAD;
	s = drive_open(&mine);
	log_numbers(s, job, 0);
	while (st.spooled < (uint64_t)job->count) {
		(void)syncline_flush(s, 10);
		syncline_stats(s, &st, sizeof(st));
	}
	if (strcmp(job->name, "closed") == 0)
		close_all(FIRST_OURS);
	wait_for_signal();
	log_numbers(s, job, 1);
	return drive_end(s, job);
}

/* The last of the three processes, which has no descriptor at all at first. */
static _Noreturn void
be_a_daemon(struct syncline *s, const struct job *job)
{
	struct traps traps;
	int bad;

	close_all(0);
	if (chdir("/") == -1)
		_exit(3);
	(void)umask(0);
	for (int fd = 0; fd < FIRST_OURS; fd++)
		if (open("/dev/null", O_RDWR) != fd)
			_exit(3);
	if (set_traps(&traps) == -1)
		_exit(3);
	log_numbers(s, job, 1);
	(void)syncline_flush(s, job->timeout);
	bad = look_at_traps(&traps);
	_exit(bad != 0 ? bad : drive_end(s, job));
}

/* The way to a daemon of the books. We stay to see how that ends, and so say
 * all of it: its end is our status. */
int
drive_daemon(const struct job *job)
{
	struct syncline *s = drive_open(job);
	int status = 0, ended = 0;

	(void)prctl(PR_SET_CHILD_SUBREAPER, 1);
	(void)syncline_log(s, LOG_ERR, "p=0 t=0 n=0");
	(void)syncline_flush(s, job->timeout);
	if (fork() == 0) {
		if (setsid() == -1)
			_exit(3);
		if (fork() == 0)
			be_a_daemon(s, job);
		_exit(0); /* and no syncline_close() */
	}
	while (wait(&status) > 0)
		ended |= WIFEXITED(status) ? WEXITSTATUS(status) : 6;
	return drive_end(s, job) | ended;
}

/* Into an empty folder: what is connected goes on; what needs a path or a name
 * is not there any more. */
int
drive_chroot(const struct job *job)
{
	struct syncline *s = drive_open(job);
	char folder[] = "/tmp/syncline-drive-XXXXXX";

	(void)syncline_log(s, LOG_ERR, "p=0 t=0 n=0");
	if (syncline_flush(s, LONG) != 0 || mkdtemp(folder) == NULL)
		return 3;
	/* the folder is removed while we are in it: as empty as can be */
	if (chdir(folder) == -1 || rmdir(folder) == -1 || chroot(".") == -1)
		return 3;
	log_numbers(s, job, 1);
	if (syncline_flush(s, LONG) != 0)
		return 4;
	syncline_reopen(s);
	log_numbers(s, job, 2);
	return drive_end(s, job);
}

/* syslog(3) by the header, and exit(3) while something waits; a child ends in
 * the same way, with nothing of its own. */
int
drive_exit(const struct job *job)
{
	int status = 0;

	block_signal();
	syslog(LOG_ERR, "p=0 t=0 n=0");
	wait_for_signal();
	for (int i = 0; i < job->count; i++)
		syslog(LOG_ERR, "p=0 t=1 n=%d %0*d", i, job->size, 0);
	say("exiting");
	if (fork() == 0)
		exit(0);
	(void)wait(&status);
	return status != 0;
}

/* Something that arrives, and more when we are told. */
int
drive_paused(const struct job *job)
{
	struct syncline *s;

	block_signal();
	s = drive_open(job);
	(void)syncline_log(s, LOG_ERR, "p=0 t=0 n=0");
	if (syncline_flush(s, job->timeout) != 0)
		return 3;
	wait_for_signal();
	log_numbers(s, job, 1);
	return drive_end(s, job);
}

/* More than is taken, until we are told to leave it. */
int
drive_left(const struct job *job)
{
	struct syncline *s;

	block_signal();
	s = drive_open(job);
	log_numbers(s, job, 1);
	wait_for_signal();
	return drive_end(s, job);
}

/* RULE: variables of the whole file: atexit(3) hands nothing over. */
static struct syncline *handle;
static int close_timeout;

static void
close_at_exit(void)
{
	int status = syncline_close(handle, close_timeout);

	(void)fprintf(stderr, "closed: %d\n", status);
}

int
drive_atexit(const struct job *job)
{
	handle = drive_open(job);
	close_timeout = job->timeout;
	(void)atexit(close_at_exit);
	block_signal();
	(void)syncline_log(handle, LOG_ERR, "p=0 t=0 n=0");
	wait_for_signal();
	log_numbers(handle, job, 1);
	say("exiting");
	return 0;
}

/* RULE: variables of the whole file: a destructor is given nothing. */
static atomic_uint calls; /* that threads have made for ever */
static bool end_slowly;

static void *
log_for_ever(void *arg)
{
	const struct job *job = arg;

	for (int i = 0;; i++) {
		syslog(LOG_ERR, "p=0 t=1 n=%d %0*d", i, job->size, 0);
		atomic_fetch_add(&calls, 1);
	}
	return NULL;
}

static void
await_calls(unsigned more)
{
	unsigned before = atomic_load(&calls);

	while (atomic_load(&calls) - before < more)
		(void)sched_yield();
}

/* After that of the library (a lower priority is later), as those of other
 * libraries can be: what threads do meanwhile must go well. */
__attribute__((destructor(101))) static void
end_while_they_log(void)
{
	if (end_slowly)
		await_calls(MANY_CALLS);
}

/* exit(3) while threads log: they go on until the very end. */
int
drive_busy(const struct job *job)
{
	struct job mine = *job; /* of this function: main() returns later */
	pthread_t thread;

	syslog(LOG_ERR, "p=0 t=0 n=0");
	for (int i = 0; i < job->threads; i++)
		if (pthread_create(&thread, NULL, log_for_ever, &mine) != 0)
			abort();
	await_calls(MANY_CALLS);
	end_slowly = true;
	exit(0);
}

struct logger {
	const struct job *job;
	int number;
};

static void *
log_by_syslog(void *arg)
{
	const struct logger *l = arg;

	for (int i = 0; i < l->job->count; i++)
		syslog(LOG_ERR, "p=0 t=%d n=%d", l->number, i);
	return NULL;
}

/* openlog(3) with other options again and again while threads log. */
int
drive_openlog(const struct job *job)
{
	struct logger loggers[64];
	pthread_t threads[64];

	for (int i = 0; i < job->threads; i++) {
		loggers[i] = (struct logger){ job, i };
		if (pthread_create(
			&threads[i], NULL, log_by_syslog, &loggers[i]) != 0)
			abort();
	}
	for (int i = 0; i < job->count; i++)
		openlog("opened", i % 2 == 0 ? LOG_PID | LOG_NDELAY : 0,
		    LOG_DAEMON);
	for (int i = 0; i < job->threads; i++)
		(void)pthread_join(threads[i], NULL);
	return 0;
}

static void *
log_once(void *arg)
{
	(void)arg;
	syslog(LOG_ERR, "p=0 t=0 n=0");
	return NULL;
}

/* The child's message is its own, whatever a thread of the parent was at. */
static _Noreturn void
open_and_fork(int number)
{
	pthread_t thread;
	int status = 0;

	if (pthread_create(&thread, NULL, log_once, NULL) != 0)
		abort();
	(void)usleep((useconds_t)number * 10);
	if (fork() == 0) {
		syslog(LOG_ERR, "p=1 t=0 n=%d", number);
		exit(0);
	}
	(void)wait(&status);
	(void)pthread_join(thread, NULL);
	exit(status != 0);
}

/* fork(2) while another thread is in the first syslog(3). */
int
drive_opening(const struct job *job)
{
	int status = 0, failed = 0;

	for (int i = 0; i < job->count; i++) {
		if (fork() == 0)
			open_and_fork(i);
		(void)wait(&status);
		failed += status != 0;
	}
	return failed;
}

/* Ends that tell the library nothing: what was flushed before has arrived. */
int
drive_leave(const struct job *job)
{
	struct rlimit none = { 0, 0 };

	handle = drive_open(job);
	log_numbers(handle, job, 1);
	if (syncline_flush(handle, LONG) != 0)
		return 3;
	log_numbers(handle, job, 2);
	if (strcmp(job->name, "exec") == 0)
		(void)execlp("sleep", "sleep", "1000", (char *)NULL);
	else if (strcmp(job->name, "_exit") == 0)
		_exit(7);
	else if (strcmp(job->name, "unclosed") == 0)
		exit(7);
	(void)setrlimit(RLIMIT_CORE, &none);
	abort();
}
