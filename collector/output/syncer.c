/* SPDX-License-Identifier: BSD-2-Clause */
#include "output/syncer.h"

#include <errno.h>
#include <poll.h>
#include <pthread.h>
#include <semaphore.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include "base/clock.h"
#include "base/log.h"
#include "base/mailbox.h"
#include "base/os.h"

/* Each may hold two descriptors. */
enum { JOBS_MAX = 8 };
/* How long somebody waits who has other things to do. */
enum { ROOM_TRIES = 10, ROOM_NS = 500 * 1000 };

struct syncer {
	pthread_t thread;
	struct metrics *metrics; /* borrowed */
	struct mailbox jobs;
	sem_t room;     /* jobs that may still be asked for */
	uint64_t asked; /* jobs ever; the asking thread's */
	_Atomic uint64_t done;
	atomic_bool stop;
};

struct asked {
	struct letter letter; /* first: a letter is its job */
	struct sync_job job;
	char path[];
};

static int
judge(int rc, const char *path, const char *call, struct counters *count)
{
	/* EINVAL: a pipe or a device cannot be synced; nothing to say */
	if (rc == 0 || errno == EINVAL)
		return 0;
	counter_add(count, O_FAILED_SYNC, 1);
	if (path != NULL)
		log_sys(LOG_ERR,
		    "output %s: %s: what was written to it last may not be on "
		    "the disk",
		    path, call);
	return -1;
}

int
sync_now(struct metrics *m, const char *path, int fd, struct counters *count)
{
	uint64_t start = clock_ns();
	int rc = os_fdatasync(fd);

	metrics_sync_took(m, clock_ns() - start);
	return judge(rc, path, "fdatasync", count);
}

int
sync_whole_now(
    struct metrics *m, const char *path, int fd, struct counters *count)
{
	uint64_t start = clock_ns();
	int rc = os_syncfs(fd);

	metrics_sync_took(m, clock_ns() - start);
	return judge(rc, path, "syncfs", count);
}

static void
do_job(struct syncer *s, const struct sync_job *job)
{
	int rc = 0;

	if (job->whole)
		rc = sync_whole_now(s->metrics, job->path, job->fd, job->count);
	else if (job->sync)
		rc = sync_now(s->metrics, job->path, job->fd, job->count);
	if (rc == -1 && job->verdict != NULL)
		atomic_store(&job->verdict->failed, job->number);
	if (job->close)
		free(job->verdict);
	if (job->close && close(job->fd) == -1)
		log_sys(LOG_ERR, "output %s: close", job->path);
	if (job->dirfd != -1) {
		if (os_fsync(job->dirfd) == -1 && errno != EINVAL) {
			counter_add(job->count, O_FAILED_SYNC, 1);
			log_sys(LOG_ERR, "output %s: fsync of its folder",
			    job->path);
		}
		close(job->dirfd);
	}
	atomic_fetch_add(&s->done, 1);
}

static void *
run(void *arg)
{
	struct syncer *s = arg;
	struct pollfd p = { .fd = s->jobs.fd, .events = POLLIN };

	for (;;) {
		bool last = atomic_load(&s->stop);
		struct letter *l = mailbox_take(&s->jobs);

		if (l == NULL && last)
			return NULL;
		if (l == NULL) {
			(void)poll(&p, 1, -1);
			mailbox_quiet(&s->jobs);
		}
		while (l != NULL) {
			struct asked *a = (struct asked *)(void *)l;

			l = l->next;
			do_job(s, &a->job);
			free(a);
			sem_post(&s->room);
		}
	}
}

struct syncer *
syncer_start(struct metrics *m, struct err *err)
{
	struct syncer *s = calloc(1, sizeof(*s));

	if (s == NULL) {
		err_sys(err, "syncer");
		return NULL;
	}
	s->metrics = m;
	sem_init(&s->room, 0, JOBS_MAX);
	if (mailbox_init(&s->jobs, err) == -1) {
		free(s);
		return NULL;
	}
	errno = pthread_create(&s->thread, NULL, run, s);
	if (errno != 0) {
		err_sys(err, "syncer: thread");
		mailbox_clear(&s->jobs);
		free(s);
		return NULL;
	}
	return s;
}

/* There is room for it. NULL: no memory. */
static struct asked *
note(const struct sync_job *job)
{
	size_t n = strlen(job->path) + 1;
	struct asked *a = malloc(sizeof(*a) + n);

	if (a == NULL)
		return NULL;
	a->job = *job;
	a->job.path = memcpy(a->path, job->path, n);
	return a;
}

static void
wait_for_room(struct syncer *s, int jobs)
{
	for (int i = 0; i < jobs; i++)
		while (sem_wait(&s->room) == -1 && errno == EINTR)
			;
}

uint64_t
syncer_ask(struct syncer *s, const struct sync_job *job)
{
	struct asked *a;

	struct sync_job here = *job;

	wait_for_room(s, 1);
	a = note(job);
	here.number = ++s->asked;
	if (a != NULL) {
		a->job.number = here.number;
		mailbox_send(&s->jobs, &a->letter);
		return s->asked;
	}
	/*
	 * No memory for the note: wait until all others are done, then do it
	 * here, so that the order still holds.
	 */
	wait_for_room(s, JOBS_MAX - 1);
	do_job(s, &here);
	for (int i = 0; i < JOBS_MAX; i++)
		sem_post(&s->room);
	return s->asked;
}

uint64_t
syncer_try(struct syncer *s, const struct sync_job *job)
{
	struct asked *a;

	if (sem_trywait(&s->room) == -1)
		return 0;
	a = note(job);
	if (a == NULL) {
		sem_post(&s->room);
		return 0;
	}
	a->job.number = ++s->asked;
	mailbox_send(&s->jobs, &a->letter);
	return s->asked;
}

bool
syncer_has_room(struct syncer *s)
{
	int room = 0;

	return sem_getvalue(&s->room, &room) == 0 && room > 0;
}

bool
syncer_waits_for_room(struct syncer *s)
{
	const struct timespec pause = { 0, ROOM_NS };

	for (int i = 0; i < ROOM_TRIES; i++) {
		if (syncer_has_room(s))
			return true;
		(void)nanosleep(&pause, NULL);
	}
	return syncer_has_room(s);
}

uint64_t
syncer_next(const struct syncer *s)
{
	return s->asked + 1;
}

bool
syncer_has_done(const struct syncer *s, uint64_t number)
{
	return atomic_load(&s->done) >= number;
}

void
syncer_wait(const struct syncer *s, uint64_t number)
{
	const struct timespec pause = { 0, ROOM_NS };

	while (s != NULL && !syncer_has_done(s, number))
		(void)nanosleep(&pause, NULL);
}

void
syncer_stop(struct syncer *s)
{
	if (s == NULL)
		return;
	atomic_store(&s->stop, true);
	mailbox_wake(&s->jobs);
	pthread_join(s->thread, NULL);
	mailbox_clear(&s->jobs);
	sem_destroy(&s->room);
	free(s);
}
