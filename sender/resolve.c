/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * resolve.c - see resolve.h
 */
#include "resolve.h"

#include <errno.h>
#include <pthread.h>
#include <stdatomic.h>
#include <stdlib.h>

#include "quiet.h"

struct resolve {
	_Atomic int holders; /* who asked, and the thread */
	_Atomic bool done;
	bool stream;
	int error; /* of getaddrinfo() */
	struct addrinfo *found;
	char host[TARGET_HOST + 1], port[6];
};

static void
look_up(struct resolve *r, int flags)
{
	struct addrinfo hints = {
		.ai_flags = AI_NUMERICSERV | flags,
		.ai_family = AF_UNSPEC,
		.ai_socktype = r->stream ? SOCK_STREAM : SOCK_DGRAM,
	};

	r->error = getaddrinfo(r->host, r->port, &hints, &r->found);
	if (r->error != 0)
		r->found = NULL;
}

static void *
on_thread(void *arg)
{
	struct resolve *r = arg;

	look_up(r, 0);
	atomic_store(&r->done, true);
	resolve_drop(r);
	return NULL;
}

struct resolve *
resolve_start(const struct target *t, bool only_address)
{
	struct resolve *r = calloc(1, sizeof(*r));
	pthread_t thread;
	int error;

	if (r == NULL)
		return NULL;
	r->stream = target_is_stream(t);
	(void)memcpy(r->host, t->host, sizeof(r->host));
	(void)memcpy(r->port, t->port, sizeof(r->port));
	atomic_init(&r->holders, 1);
	look_up(r, AI_NUMERICHOST);
	if (r->error == 0) {
		atomic_init(&r->done, true);
		return r;
	}
	atomic_store(&r->holders, 2);
	error = only_address ? EBUSY : quiet_thread(&thread, on_thread, r);
	if (error != 0) {
		free(r);
		errno = error;
		return NULL;
	}
	(void)pthread_detach(thread);
	return r;
}

bool
resolve_done(struct resolve *r, const struct addrinfo **found, struct err *err)
{
	if (!atomic_load(&r->done))
		return false;
	*found = r->found;
	if (r->found == NULL)
		(void)err_set(err, "cannot look up %s: %s", r->host,
		    gai_strerror(r->error));
	return true;
}

void
resolve_drop(struct resolve *r)
{
	if (r == NULL || atomic_fetch_sub(&r->holders, 1) > 1)
		return;
	if (r->found != NULL)
		freeaddrinfo(r->found);
	free(r);
}
