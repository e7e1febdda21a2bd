/* SPDX-License-Identifier: BSD-2-Clause */
#include "output/names.h"

#include <stdlib.h>
#include <string.h>

#include "base/civil.h"
#include "base/zone.h"
#include "output/hash.h"
#include "output/period.h"

/* A sender is found or placed among those of one set only. */
enum { WAYS = 8, SETS = 512 };
enum { MINUTE = 60 * 1000, HOUR = 60 * 60, FIRST = 1024 };

struct sender {
	uint64_t peer;
	int64_t since; /* clock_ms() when its minute began */
	int64_t made;  /* new names in it; 0: nobody is here */
};

struct names {
	struct hash_key key;
	struct zone *zone; /* owned; of this machine */
	uint64_t *hash;    /* owned; open addressing; 0: free */
	size_t slots;      /* a power of two, at least twice as many as known */
	size_t known;
	time_t day, next_day; /* when it began, when the next one begins */
	struct sender set[SETS][WAYS];
};

struct names *
names_new(struct err *err)
{
	struct names *n = calloc(1, sizeof(*n));

	if (n == NULL || hash_key_make(&n->key) == -1) {
		(void)err_sys(err, "table of names");
		free(n);
		return NULL;
	}
	n->zone = zone_of_machine(err);
	if (n->zone == NULL) {
		free(n);
		return NULL;
	}
	return n;
}

void
names_free(struct names *n)
{
	if (n == NULL)
		return;
	zone_free(n->zone);
	free(n->hash);
	free(n);
}

/* The clock may step, and days have 23 to 25 hours: ask the calendar. Not
 * that of the C library: its zone is shared by all threads. */
static void
begin_day(struct names *n, time_t wall)
{
	struct period day = period_around(CIVIL_DAY, n->zone, wall);

	n->known = 0;
	if (n->slots > 0)
		memset(n->hash, 0, n->slots * sizeof(*n->hash));
	n->day = day.from < wall ? day.from : wall;
	n->next_day = day.to > wall ? day.to : wall + HOUR;
}

/* Where the hash is, or where it would go. */
static uint64_t *
find(const struct names *n, uint64_t hash)
{
	size_t mask = n->slots - 1, i = hash & mask;

	while (n->hash[i] != 0 && n->hash[i] != hash)
		i = (i + 1) & mask;
	return &n->hash[i];
}

/* 0 marks a free slot. */
static uint64_t
storable(uint64_t hash)
{
	return hash == 0 ? 1 : hash;
}

bool
names_know(struct names *n, uint64_t hash, time_t wall)
{
	if (wall < n->day || wall >= n->next_day)
		begin_day(n, wall);
	return n->known > 0 && *find(n, storable(hash)) != 0;
}

/* Room for one more. */
static bool
grow(struct names *n)
{
	struct names more = { .slots = n->slots > 0 ? 2 * n->slots : FIRST };

	if (n->slots / 2 > n->known)
		return true;
	more.hash = calloc(more.slots, sizeof(*more.hash));
	if (more.hash == NULL)
		return false;
	for (size_t i = 0; i < n->slots; i++)
		if (n->hash[i] != 0)
			*find(&more, n->hash[i]) = n->hash[i];
	free(n->hash);
	n->hash = more.hash;
	n->slots = more.slots;
	return true;
}

/* The sender's entry; a new one takes the place of the oldest. */
static struct sender *
find_sender(struct names *n, uint64_t peer, int64_t ms)
{
	uint64_t hash = hash_text(&n->key, slice_of(&peer, sizeof(peer)));
	struct sender *set = n->set[hash % SETS], *oldest = &set[0];

	for (size_t i = 0; i < WAYS && set[i].made > 0; i++)
		if (set[i].peer == peer) {
			if (ms - set[i].since >= MINUTE)
				set[i] = (struct sender){ .peer = peer,
					.since = ms };
			return &set[i];
		}
	for (size_t i = 0; i < WAYS; i++) {
		if (set[i].made == 0) {
			oldest = &set[i];
			break;
		}
		if (set[i].since < oldest->since)
			oldest = &set[i];
	}
	*oldest = (struct sender){ .peer = peer, .since = ms };
	return oldest;
}

bool
names_are_full(const struct names *n, const struct names_limits *limits)
{
	return n->known >= (uint64_t)limits->files;
}

enum names_verdict
names_admit(struct names *n, uint64_t hash, uint64_t peer, bool exists,
    const struct names_limits *limits, int64_t ms)
{
	struct sender *s = NULL;

	if (names_are_full(n, limits) || !grow(n))
		return NAMES_TOO_MANY;
	if (!exists && limits->new_files > 0) {
		s = find_sender(n, peer, ms);
		if (s->made >= limits->new_files)
			return NAMES_TOO_FAST;
	}
	if (s != NULL)
		s->made++;
	*find(n, storable(hash)) = storable(hash);
	n->known++;
	return NAMES_OK;
}
