/* SPDX-License-Identifier: BSD-2-Clause */
#include "base/peers.h"

#include <errno.h>
#include <pthread.h>
#include <stdatomic.h>
#include <stdlib.h>

enum { BUCKETS_MIN = 256 };

/*
 * RULE 5: threads meet here too, and there is a lock, once a connection: who
 * has it makes, finds, counts up and frees peers, so nobody else sees a count
 * rise from 0. Counting down, once for each connection that was counted,
 * needs no lock. A message through a mailbox would come later than the
 * connection's place is free, and an address that reconnects would be turned
 * away meanwhile.
 */
struct peer {
	struct peer *next; /* in the same bucket */
	struct who who;
	int slot;
	_Atomic uint64_t open;
};

struct peers {
	pthread_mutex_t lock;
	struct who_secret secret;
	struct peer **bucket; /* owned, with what hangs on it */
	size_t buckets;       /* a power of two */
	size_t n;
};

struct peers *
peers_new(struct err *err)
{
	struct peers *p = calloc(1, sizeof(*p));

	if (p != NULL) {
		/* of the default kind: it needs no memory and cannot fail */
		(void)pthread_mutex_init(&p->lock, NULL);
		p->buckets = BUCKETS_MIN;
		p->bucket = calloc(p->buckets, sizeof(struct peer *));
	}
	if (p == NULL || p->bucket == NULL ||
	    who_secret_make(&p->secret) == -1) {
		err_sys(err, "table of peers");
		peers_free(p);
		return NULL;
	}
	return p;
}

void
peers_free(struct peers *p)
{
	if (p == NULL)
		return;
	for (size_t i = 0; p->bucket != NULL && i < p->buckets; i++)
		for (struct peer *e = p->bucket[i], *next; e != NULL;
		     e = next) {
			next = e->next;
			free(e);
		}
	(void)pthread_mutex_destroy(&p->lock);
	free(p->bucket);
	free(p);
}

static struct peer **
bucket_of(struct peers *p, const struct who *w, int slot)
{
	uint64_t h = who_hash(w, &p->secret) + (uint64_t)slot;

	return &p->bucket[h & (p->buckets - 1)];
}

/* Acquire: whoever counted down has no business with it any more. */
static uint64_t
open_of(struct peer *e)
{
	return atomic_load_explicit(&e->open, memory_order_acquire);
}

static void
forget_unused(struct peers *p)
{
	for (size_t i = 0; i < p->buckets; i++)
		for (struct peer **at = &p->bucket[i], *e; (e = *at) != NULL;) {
			if (open_of(e) > 0) {
				at = &e->next;
				continue;
			}
			*at = e->next;
			free(e);
			p->n--;
		}
}

/* Without memory for more buckets these have to do: lists become longer, but
 * there are no more peers than connections. */
static void
grow(struct peers *p)
{
	struct peer **old = p->bucket;
	size_t olds = p->buckets;
	struct peer **new = calloc(olds * 2, sizeof(struct peer *));

	if (new == NULL)
		return;
	p->bucket = new;
	p->buckets = olds * 2;
	for (size_t i = 0; i < olds; i++)
		for (struct peer *e = old[i], *next; e != NULL; e = next) {
			struct peer **to = bucket_of(p, &e->who, e->slot);

			next = e->next;
			e->next = *to;
			*to = e;
		}
	free(old);
}

static struct peer *
find(struct peers *p, const struct who *w, int slot)
{
	struct peer *e = *bucket_of(p, w, slot);

	while (e != NULL && (e->slot != slot || !who_eq(&e->who, w)))
		e = e->next;
	return e;
}

static struct peer *
add(struct peers *p, const struct who *w, int slot)
{
	struct peer *e, **to;

	if (p->n >= p->buckets) {
		forget_unused(p);
		/* else the next few would have to look through all again */
		if (p->n > p->buckets / 2)
			grow(p);
	}
	e = calloc(1, sizeof(*e));
	if (e == NULL)
		return NULL;
	e->who = *w;
	e->slot = slot;
	atomic_init(&e->open, 0);
	to = bucket_of(p, w, slot);
	e->next = *to;
	*to = e;
	p->n++;
	return e;
}

/* The lock is ours. NULL sets errno. */
static struct peer *
enter(struct peers *p, int slot, const struct who *w, uint64_t max)
{
	struct peer *e = find(p, w, slot);

	if (e == NULL)
		e = add(p, w, slot);
	if (e == NULL) {
		errno = ENOMEM;
		return NULL;
	}
	if (open_of(e) >= max) {
		errno = EUSERS;
		return NULL;
	}
	atomic_fetch_add_explicit(&e->open, 1, memory_order_relaxed);
	return e;
}

struct peer *
peers_enter(struct peers *p, int slot, const struct who *w, uint64_t max)
{
	struct peer *e;
	int error;

	(void)pthread_mutex_lock(&p->lock);
	e = enter(p, slot, w, max);
	error = errno;
	(void)pthread_mutex_unlock(&p->lock);
	errno = error;
	return e;
}

void
peer_leave(struct peer *peer)
{
	if (peer != NULL)
		atomic_fetch_sub_explicit(&peer->open, 1, memory_order_release);
}

size_t
peers_count(const struct peers *p)
{
	return p->n;
}
