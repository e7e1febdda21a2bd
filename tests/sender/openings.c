/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * openings.c - who logs while another thread is in the first syslog(3), and
 * who tells what was missed meanwhile; see drive.h
 */
#include <pthread.h>
#include <sched.h>
#include <signal.h>
#include <stdatomic.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/auxv.h>
#include <sys/random.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#include "drive.h"
#include "syncline/syslog.h"

enum { FEW = 10 /* sleeps, of many that would be needed */ };

static char nonsense[] = "nonsense"; /* is no URL */

static atomic_int opening, other; /* threads, by their number */
static atomic_bool asked, returned, done;

/* RULE: variables of the whole file: the library's calls end up here. The
 * value of SYNCLINE_URL for the thread that asks; NULL: that of the program. */
static char *(*_Atomic while_opening)(void);
static atomic_bool interrupt; /* who asks for random bytes, once */

/* In place of the C library's: the library asks while it opens. */
char *
secure_getenv(const char *name)
{
	char *(*hook)(void) = atomic_load(&while_opening);
	char *url = NULL;

	if (hook != NULL && strcmp(name, "SYNCLINE_URL") == 0)
		url = hook();
	if (url != NULL)
		return url;
	return getauxval(AT_SECURE) == 0 ? getenv(name) : NULL;
}

/* The same: it asks while it makes a handle one of the child's. */
ssize_t
getrandom(void *bytes, size_t n, unsigned flags)
{
	if (atomic_exchange(&interrupt, false))
		(void)raise(SIGUSR1);
	return syscall(SYS_getrandom, bytes, n, flags);
}

static void
log_in_handler(int number)
{
	(void)number;
	syslog(LOG_INFO, "p=0 t=2 n=0");
}

/* What the kernel says of a thread, behind this in that file of it. */
static bool
look(int thread, const char *file, const char *before, char after[64])
{
	char path[64], text[4096];
	const char *at = NULL;
	FILE *f;
	size_t n;

	(void)snprintf(
	    path, sizeof(path), "/proc/self/task/%d/%s", thread, file);
	f = fopen(path, "r");
	if (f == NULL)
		return false;
	n = fread(text, 1, sizeof(text) - 1, f);
	text[n] = '\0';
	(void)fclose(f);
	at = strstr(text, before);
	if (at != NULL)
		(void)snprintf(after, 64, "%.60s", at + strlen(before));
	return at != NULL;
}

/* It waits in the kernel. */
static bool
sleeps(int thread)
{
	char after[64];

	return look(thread, "status", "\nState:\t", after) && after[0] == 'S';
}

/* How often it has. */
static long
count_sleeps(int thread)
{
	char after[64];

	if (!look(thread, "status", "\nvoluntary_ctxt_switches:\t", after))
		abort();
	return strtol(after, NULL, 10);
}

static void
await(atomic_bool *what)
{
	while (!atomic_load(what))
		(void)usleep(100);
}

static void *
log_first(void *arg)
{
	atomic_store(&opening, gettid());
	syslog(LOG_ERR, "p=0 t=0 n=0");
	return arg;
}

static void *
log_beside(void *arg)
{
	atomic_store(&other, gettid());
	syslog(LOG_ERR, "p=0 t=1 n=0");
	atomic_store(&returned, true);
	return arg;
}

/* One thread opens, as the hook has it; the other comes when that has begun.
 * -1: no threads. */
static int
run_both(char *(*hook)(void), void *(*first)(void *), void *(*second)(void *),
    void *arg)
{
	pthread_t one, two;

	atomic_store(&while_opening, hook);
	if (pthread_create(&one, NULL, first, NULL) != 0)
		return -1;
	await(&asked);
	if (pthread_create(&two, NULL, second, arg) != 0)
		return -1;
	(void)pthread_join(one, NULL);
	(void)pthread_join(two, NULL);
	return 0;
}

/* A handler interrupts it, and it does not go on before another thread waits
 * for it, or has given up. */
static char *
be_interrupted(void)
{
	if (atomic_load(&opening) != gettid() || atomic_exchange(&asked, true))
		return NULL;
	(void)raise(SIGUSR1);
	while (!atomic_load(&returned) && !sleeps(atomic_load(&other)))
		(void)usleep(100);
	return NULL;
}

int
drive_awaited(const struct job *job)
{
	(void)job;
	if (signal(SIGUSR1, log_in_handler) == SIG_ERR)
		return 1;
	return run_both(be_interrupted, log_first, log_beside, NULL) != 0;
}

/* It does not go on before the other has given up. */
static char *
be_given_up(void)
{
	atomic_store(&asked, true);
	await(&returned);
	return NULL;
}

static void *
log_twice(void *arg)
{
	int *failed = arg;
	long before = count_sleeps(gettid()), between;

	syslog(LOG_ERR, "p=0 t=1 n=0");
	between = count_sleeps(gettid());
	syslog(LOG_ERR, "p=0 t=1 n=1");
	*failed = between - before < FEW ||
	    count_sleeps(gettid()) - between >= FEW;
	atomic_store(&returned, true);
	return NULL;
}

/* Who was waited for in vain is not waited for again. */
int
drive_givenup(const struct job *job)
{
	int failed = 1;

	(void)job;
	return run_both(be_given_up, log_first, log_twice, &failed) | failed;
}

static atomic_long slept; /* by the other, when the second opening begins */

/* It fails when the other waits; the next one begins at once, and does not go
 * on before the other has returned and has come again. */
static char *
fail_once(void)
{
	if (atomic_load(&opening) != gettid())
		return nonsense; /* the other came in between */
	if (!atomic_exchange(&asked, true)) {
		while (!sleeps(atomic_load(&other)))
			(void)usleep(100);
		return nonsense;
	}
	atomic_store(&slept, count_sleeps(atomic_load(&other)));
	await(&returned);
	while (!atomic_load(&done) && !sleeps(atomic_load(&other)))
		(void)usleep(100);
	return NULL;
}

static void *
log_first_twice(void *arg)
{
	(void)log_first(arg);
	syslog(LOG_ERR, "p=0 t=0 n=1");
	return arg;
}

/* It does not sleep between its two calls. */
static void *
log_and_count(void *arg)
{
	int *failed = arg;

	(void)log_beside(NULL);
	while (atomic_load(&slept) == 0)
		(void)sched_yield();
	*failed = count_sleeps(gettid()) - atomic_load(&slept) >= FEW;
	syslog(LOG_ERR, "p=0 t=1 n=1");
	atomic_store(&done, true);
	return NULL;
}

/* Who has waited for an opening that failed does not wait for the next, which
 * is not given up for that. */
int
drive_failing(const struct job *job)
{
	int failed = 1;

	(void)job;
	return run_both(fail_once, log_first_twice, log_and_count, &failed) |
	    failed;
}

/* In a child, a handler interrupts the call that makes the handle its own:
 * what it logs is missed, when the handle is open already. */
int
drive_later(const struct job *job)
{
	int status = 0;

	(void)job;
	if (signal(SIGUSR1, log_in_handler) == SIG_ERR)
		return 1;
	syslog(LOG_ERR, "p=0 t=0 n=0");
	if (fork() == 0) {
		atomic_store(&interrupt, true);
		syslog(LOG_ERR, "p=1 t=0 n=0");
		exit(0);
	}
	(void)wait(&status);
	return status != 0;
}

static char *
fail(void)
{
	return nonsense;
}

/* Parent and child miss something before they have a handle. */
int
drive_missed(const struct job *job)
{
	int status = 0;

	(void)job;
	atomic_store(&while_opening, fail);
	syslog(LOG_ERR, "p=0 t=1 n=0");
	syslog(LOG_ERR, "p=0 t=1 n=1");
	if (fork() == 0) {
		syslog(LOG_INFO, "p=1 t=1 n=0");
		atomic_store(&while_opening, NULL);
		syslog(LOG_ERR, "p=1 t=0 n=0");
		exit(0);
	}
	(void)wait(&status);
	atomic_store(&while_opening, NULL);
	syslog(LOG_ERR, "p=0 t=0 n=0");
	return status != 0;
}
