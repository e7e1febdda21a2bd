/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * guard.c - LD_PRELOAD: ends the process with status 99 when a signal handler
 * allocates, frees or takes a mutex (fault K4)
 */
#include <dlfcn.h>
#include <pthread.h>
#include <signal.h>
#include <stdlib.h>
#include <unistd.h>

void *__libc_malloc(size_t n);
void *__libc_calloc(size_t n, size_t each);
void *__libc_realloc(void *p, size_t n);
void __libc_free(void *p);

enum { SIGNALS = 65, CAUGHT = 99 };

static __thread volatile int handlers;
static void (*real_handler[SIGNALS])(int);
static int (*real_sigaction)(int, const struct sigaction *, struct sigaction *);
static int (*real_lock)(pthread_mutex_t *);

__attribute__((constructor)) static void
find(void)
{
	*(void **)&real_sigaction = dlsym(RTLD_NEXT, "sigaction");
	*(void **)&real_lock = dlsym(RTLD_NEXT, "pthread_mutex_lock");
}

static void
look(const char *what, size_t n)
{
	if (handlers == 0)
		return;
	if (write(STDERR_FILENO, what, n) != -1)
		_exit(CAUGHT);
	_exit(CAUGHT);
}

#define LOOK(what)                             \
	look("guard: " what " in a handler\n", \
	    sizeof("guard: " what " in a handler\n") - 1)

static void
on_signal(int number)
{
	handlers++;
	real_handler[number](number);
	handlers--;
}

int
sigaction(int number, const struct sigaction *given, struct sigaction *old)
{
	struct sigaction mine;

	if (given == NULL || number >= SIGNALS ||
	    (given->sa_flags & SA_SIGINFO) != 0 ||
	    given->sa_handler == SIG_DFL || given->sa_handler == SIG_IGN)
		return real_sigaction(number, given, old);
	mine = *given;
	real_handler[number] = given->sa_handler;
	mine.sa_handler = on_signal;
	return real_sigaction(number, &mine, old);
}

void *
malloc(size_t n)
{
	LOOK("malloc");
	return __libc_malloc(n);
}

void *
calloc(size_t n, size_t each)
{
	LOOK("calloc");
	return __libc_calloc(n, each);
}

void *
realloc(void *p, size_t n)
{
	LOOK("realloc");
	return __libc_realloc(p, n);
}

void
free(void *p)
{
	LOOK("free");
	__libc_free(p);
}

int
pthread_mutex_lock(pthread_mutex_t *mutex)
{
	LOOK("a mutex");
	return real_lock(mutex);
}
