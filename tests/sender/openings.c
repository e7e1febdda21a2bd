/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * openings.c - who logs while another thread is in the first syslog(3); see
 * drive.h
 */
#include <pthread.h>
#include <signal.h>
#include <stdatomic.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/auxv.h>
#include <unistd.h>

#include "drive.h"
#include "syncline/syslog.h"

static atomic_int opening, other; /* threads, by their number */
static atomic_bool asked, returned;

static void *
log_beside(void *arg)
{
	atomic_store(&other, gettid());
	syslog(LOG_ERR, "p=0 t=1 n=0");
	atomic_store(&returned, true);
	return arg;
}

static void
log_in_handler(int number)
{
	(void)number;
	syslog(LOG_INFO, "p=0 t=2 n=0");
}

/* It waits in the kernel. */
static bool
sleeps(int thread)
{
	char path[64], text[256] = "";
	const char *end;
	FILE *f;

	(void)snprintf(path, sizeof(path), "/proc/self/task/%d/stat", thread);
	f = fopen(path, "r");
	if (f == NULL)
		return false;
	end = fgets(text, sizeof(text), f) != NULL ? strrchr(text, ')') : NULL;
	(void)fclose(f);
	return end != NULL && strncmp(end, ") S", 3) == 0;
}

/* In place of the C library's. The library asks while it opens: a handler
 * interrupts it there, and it does not go on before another thread waits for
 * it, or has given up. */
char *
secure_getenv(const char *name)
{
	if (strcmp(name, "SYNCLINE_URL") == 0 &&
	    atomic_load(&opening) == gettid() &&
	    !atomic_exchange(&asked, true)) {
		(void)raise(SIGUSR1);
		while (!atomic_load(&returned) && !sleeps(atomic_load(&other)))
			(void)usleep(100);
	}
	return getauxval(AT_SECURE) == 0 ? getenv(name) : NULL;
}

static void *
log_first(void *arg)
{
	atomic_store(&opening, gettid());
	syslog(LOG_ERR, "p=0 t=0 n=0");
	return arg;
}

int
drive_awaited(const struct job *job)
{
	pthread_t first, beside;

	(void)job;
	if (signal(SIGUSR1, log_in_handler) == SIG_ERR ||
	    pthread_create(&first, NULL, log_first, NULL) != 0)
		return 1;
	while (!atomic_load(&asked))
		(void)usleep(100);
	if (pthread_create(&beside, NULL, log_beside, NULL) != 0)
		return 1;
	(void)pthread_join(first, NULL);
	(void)pthread_join(beside, NULL);
	return 0;
}
