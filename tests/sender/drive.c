/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * drive.c - options, and what most jobs share; see drive.h
 */
#include "drive.h"

#include <getopt.h>
#include <inttypes.h>
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <syslog.h>
#include <time.h>
#include <unistd.h>

static void
on_event(const struct syncline_event *event, void *arg)
{
	static const char *const names[] = { "connected", "disconnected",
		"unreachable", "dropping", "dropped", "spooling",
		"spool failed", "tls stale" };

	(void)arg;
	(void)fprintf(stderr, "event: %s %" PRIu64 " %s\n", names[event->kind],
	    event->n, event->text);
}

struct syncline *
drive_open(const struct job *job)
{
	struct syncline_opts o = job->opts;
	struct syncline *s = NULL;
	char why[512] = "";

	o.on_event = on_event;
	o.why = why;
	o.why_size = sizeof(why);
	if (syncline_open(&s, job->url, &o) != 0) {
		(void)fprintf(stderr, "drive: %s\n", why);
		exit(1);
	}
	return s;
}

static int64_t
cpu_ms(void)
{
	struct timespec t;

	(void)clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &t);
	return (int64_t)t.tv_sec * 1000 + t.tv_nsec / 1000000;
}

int
drive_end(struct syncline *s, const struct job *job)
{
	struct syncline_stats st;
	int64_t cpu = cpu_ms();
	int flushed = syncline_flush(s, job->timeout), closed;

	cpu = cpu_ms() - cpu;
	syncline_stats(s, &st, sizeof(st));
	closed = syncline_close(s, 0);
	(void)printf("{\"flush\": %d, \"close\": %d, \"accepted\": %" PRIu64
		     ", \"sent\": %" PRIu64 ", \"dropped\": %" PRIu64
		     ", \"cut\": %" PRIu64 ", \"resent\": %" PRIu64
		     ", \"uncertain\": %" PRIu64 ", \"connects\": %" PRIu64
		     ", \"failures\": %" PRIu64 ", \"spooled\": %" PRIu64
		     ", \"replayed\": %" PRIu64 ", \"damaged\": %" PRIu64
		     ", \"spool_bytes\": %" PRIu64 ", \"connected\": %d",
	    flushed, closed, st.accepted, st.sent, st.dropped, st.cut,
	    st.resent, st.uncertain, st.connects, st.failures, st.spooled,
	    st.replayed, st.spool_damaged, st.spool_bytes, st.connected);
	(void)printf(", \"flush_cpu\": %" PRId64, cpu);
	(void)printf(", \"severities\": [");
	for (int i = 0; i < 8; i++)
		(void)printf(
		    "%s%" PRIu64, i > 0 ? ", " : "", st.dropped_severity[i]);
	(void)printf("]}\n");
	return flushed == 0 && closed == 0 ? 0 : 1;
}

struct worker {
	const struct job *job;
	struct syncline *s;
	int number;
	int64_t slowest; /* ns of one call */
};

static int64_t
clock_ns(void)
{
	struct timespec t;

	(void)clock_gettime(CLOCK_MONOTONIC, &t);
	return (int64_t)t.tv_sec * 1000000000 + t.tv_nsec;
}

static void *
flood(void *arg)
{
	struct worker *w = arg;
	const struct job *job = w->job;
	int64_t begin, took;

	for (int i = 0; i < job->count; i++) {
		begin = clock_ns();
		(void)syncline_log(w->s,
		    job->severity >= 0 ? job->severity : i % 8,
		    "p=%d t=%d n=%d %0*d", (int)getpid(), w->number, i,
		    job->size, 0);
		took = clock_ns() - begin;
		w->slowest = took > w->slowest ? took : w->slowest;
		if (job->pace > 0)
			(void)usleep((useconds_t)job->pace);
	}
	return NULL;
}

int
drive_flood(const struct job *job)
{
	struct worker workers[64];
	pthread_t threads[64];
	struct syncline *s = drive_open(job);
	int64_t slowest = 0;

	for (int i = 0; i < job->threads; i++) {
		workers[i] = (struct worker){ job, s, i, 0 };
		if (pthread_create(&threads[i], NULL, flood, &workers[i]) != 0)
			abort();
	}
	for (int i = 0; i < job->threads; i++) {
		(void)pthread_join(threads[i], NULL);
		if (workers[i].slowest > slowest)
			slowest = workers[i].slowest;
	}
	(void)fprintf(stderr, "slowest: %" PRId64 " us\n", slowest / 1000);
	return drive_end(s, job);
}

static const struct {
	const char *name;
	int (*run)(const struct job *job);
} jobs[] = {
	{ "flood", drive_flood },
	{ "fork", drive_fork },
	{ "signals", drive_signals },
	{ "descriptors", drive_descriptors },
	{ "daemon", drive_daemon },
	{ "chroot", drive_chroot },
	{ "exit", drive_exit },
	{ "openlog", drive_openlog },
	{ "opening", drive_opening },
	{ "awaited", drive_awaited },
	{ "givenup", drive_givenup },
	{ "failing", drive_failing },
	{ "later", drive_later },
	{ "missed", drive_missed },
	{ "closed", drive_closed },
	{ "removed", drive_closed },
	{ "paused", drive_paused },
	{ "left", drive_left },
	{ "atexit", drive_atexit },
	{ "busy", drive_busy },
	{ "_exit", drive_leave },
	{ "unclosed", drive_leave },
	{ "abort", drive_leave },
	{ "exec", drive_leave },
	{ "record", drive_record },
	{ "loop", drive_loop },
	{ "dropin", drive_dropin },
	{ "crash", drive_crash },
	{ "long", drive_long },
	{ "refused", drive_refused },
	{ "mask", drive_mask },
	{ "reopen", drive_reopen },
	{ "close", drive_close },
	{ "storm", drive_storm },
	{ "asked", drive_asked },
	{ "pelt", drive_pelt },
	{ "sigsafe", drive_sigsafe },
};

static void
read_options(struct job *job, int argc, char **argv)
{
	static const struct option options[] = {
		{ "threads", required_argument, NULL, 't' },
		{ "count", required_argument, NULL, 'n' },
		{ "timeout", required_argument, NULL, 'T' },
		{ "pace", required_argument, NULL, 'p' },
		{ "severity", required_argument, NULL, 's' },
		{ "size", required_argument, NULL, 'z' },
		{ "memory", required_argument, NULL, 'm' },
		{ "max-message", required_argument, NULL, 'M' },
		{ "overflow", required_argument, NULL, 'o' },
		{ "block", required_argument, NULL, 'b' },
		{ "flags", required_argument, NULL, 'f' },
		{ "spool", required_argument, NULL, 'S' },
		{ "spool-size", required_argument, NULL, 'Z' },
		{ "connect", required_argument, NULL, 'c' },
		{ "retry", required_argument, NULL, 'r' },
		{ "retry-min", required_argument, NULL, 'R' },
		{ "stall", required_argument, NULL, 'l' },
		{ NULL, 0, NULL, 0 },
	};
	int c;

	while ((c = getopt_long(argc, argv, "", options, NULL)) != -1) {
		int number = optarg != NULL ? (int)strtol(optarg, NULL, 0) : 0;

		switch (c) {
		case 't':
			job->threads = number;
			break;
		case 'n':
			job->count = number;
			break;
		case 'T':
			job->timeout = number;
			break;
		case 'p':
			job->pace = number;
			break;
		case 's':
			job->severity = number;
			break;
		case 'z':
			job->size = number;
			break;
		case 'm':
			job->opts.memory = (size_t)number;
			break;
		case 'M':
			job->opts.max_message = (size_t)number;
			break;
		case 'o':
			job->opts.overflow = (enum syncline_overflow)number;
			break;
		case 'b':
			job->opts.block_ms = number;
			break;
		case 'f':
			job->opts.flags = number;
			break;
		case 'S':
			job->opts.spool = optarg;
			break;
		case 'Z':
			job->opts.spool_size = (uint64_t)number;
			break;
		case 'c':
			job->opts.connect_ms = number;
			break;
		case 'r':
			job->opts.retry_max_ms = number;
			break;
		case 'R':
			job->opts.retry_min_ms = number;
			break;
		case 'l':
			job->opts.stall_ms = number;
			break;
		default:
			exit(2);
		}
	}
}

int
main(int argc, char **argv)
{
	struct job job = { .opts = SYNCLINE_OPTS_INIT,
		.threads = 1,
		.count = 1,
		.timeout = 20000,
		.severity = LOG_INFO,
		.size = 1 };

	job.opts.ident = "drive";
	if (argc < 3)
		return 2;
	job.name = argv[1];
	job.url = argv[2];
	read_options(&job, argc - 2, argv + 2);
	for (size_t i = 0; i < sizeof(jobs) / sizeof(jobs[0]); i++)
		if (strcmp(argv[1], jobs[i].name) == 0)
			return jobs[i].run(&job);
	return 2;
}
