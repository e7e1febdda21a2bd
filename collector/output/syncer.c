/* SPDX-License-Identifier: BSD-2-Clause */
#include "output/syncer.h"

#include <errno.h>
#include <poll.h>
#include <pthread.h>
#include <semaphore.h>
#include <stdlib.h>
#include <unistd.h>

#include "base/clock.h"
#include "base/log.h"
#include "base/mailbox.h"
#include "base/os.h"

/* Each may hold two descriptors. */
enum { JOBS_MAX = 8 };

struct syncer {
	pthread_t thread;
	struct metrics *metrics; /* borrowed */
	struct mailbox jobs;
	sem_t room; /* jobs that may still be asked for */
	atomic_bool stop;
};

struct asked {
	struct letter letter; /* first: a letter is its job */
	struct sync_job job;
};

int
sync_now(struct metrics *m, const char *path, int fd, struct counters *count)
{
	uint64_t start = clock_ns();
	int rc = os_fdatasync(fd);

	metrics_sync_took(m, clock_ns() - start);
	/* EINVAL, EROFS: a pipe or a device cannot be synced; nothing to say */
	if (rc == 0 || errno == EINVAL)
		return 0;
	counter_add(count, O_FAILED_SYNC, 1);
	log_sys(LOG_ERR,
	    "output %s: fdatasync: lines of the last moments may "
	    "be lost if this machine fails now",
	    path);
	return -1;
}

static void
do_job(struct syncer *s, const struct sync_job *job)
{
	if (job->sync)
		sync_now(s->metrics, job->path, job->fd, job->count);
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
	if (job->busy != NULL)
		atomic_store(job->busy, false);
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

void
syncer_ask(struct syncer *s, const struct sync_job *job)
{
	struct asked *a;

	while (sem_wait(&s->room) == -1 && errno == EINTR)
		;
	a = malloc(sizeof(*a));
	if (a == NULL) {
		/*
		 * No memory for the note: wait until all others are done,
		 * then do it here, so that the order still holds.
		 */
		for (int i = 1; i < JOBS_MAX; i++)
			while (sem_wait(&s->room) == -1 && errno == EINTR)
				;
		do_job(s, job);
		for (int i = 0; i < JOBS_MAX; i++)
			sem_post(&s->room);
		return;
	}
	a->job = *job;
	mailbox_send(&s->jobs, &a->letter);
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
