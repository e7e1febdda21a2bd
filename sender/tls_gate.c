/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * tls_gate.c - see tls_gate.h
 */
#include "tls_gate.h"

#include <pthread.h>

/* RULE: variables of the whole file: there is one fork(2) for all handles. */
static pthread_rwlock_t gate =
    PTHREAD_RWLOCK_WRITER_NONRECURSIVE_INITIALIZER_NP;
static pthread_once_t once = PTHREAD_ONCE_INIT;

static void
on_prepare(void)
{
	(void)pthread_rwlock_wrlock(&gate);
}

static void
on_parent(void)
{
	(void)pthread_rwlock_unlock(&gate);
}

/* Whoever waited for it in the parent is not here. */
static void
on_child(void)
{
	static const pthread_rwlock_t fresh =
	    PTHREAD_RWLOCK_WRITER_NONRECURSIVE_INITIALIZER_NP;

	gate = fresh;
}

static void
watch_forks(void)
{
	(void)pthread_atfork(on_prepare, on_parent, on_child);
}

void
tls_gate_enter(void)
{
	(void)pthread_once(&once, watch_forks);
	(void)pthread_rwlock_rdlock(&gate);
}

void
tls_gate_leave(void)
{
	(void)pthread_rwlock_unlock(&gate);
}
