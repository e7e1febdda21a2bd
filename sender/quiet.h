/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * quiet.h - threads in somebody else's program
 *
 * They take no signal, which are the program's, and little memory.
 */
#ifndef QUIET_H
#define QUIET_H

#include <pthread.h>
#include <signal.h>

enum { QUIET_STACK = 512 * 1024 };

/* As pthread_create(3): 0 or an errno value. */
static inline int
quiet_thread(pthread_t *thread, void *(*on_start)(void *), void *arg)
{
	pthread_attr_t attr;
	sigset_t all, saved;
	int error;

	error = pthread_attr_init(&attr);
	if (error != 0)
		return error;
	(void)pthread_attr_setstacksize(&attr, QUIET_STACK);
	(void)sigfillset(&all);
	(void)pthread_sigmask(SIG_SETMASK, &all, &saved);
	error = pthread_create(thread, &attr, on_start, arg);
	(void)pthread_sigmask(SIG_SETMASK, &saved, NULL);
	(void)pthread_attr_destroy(&attr);
	return error;
}

#endif
