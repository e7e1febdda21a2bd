/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * caller.c - what one log call costs the program that makes it
 *
 * glibc's syslog(3) and syncline_log(), the same text, in the same run: back
 * to back ("burst") and 5,000 a second ("paced"). Who receives is a process
 * that reads and forgets. Prints JSON: nanoseconds by percentile, the reading
 * of the clock (some 25) included. Needs root, for a /dev/log of its own in a
 * private mount namespace.
 */
#include <arpa/inet.h>
#include <errno.h>
#include <poll.h>
#include <sched.h>
#include <signal.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mount.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <sys/wait.h>
#include <syslog.h>
#include <time.h>
#include <unistd.h>

#include "syncline.h"

enum { BURST = 200000, PACED = 15000, GAP_NS = 200000, LIMIT_S = 100 };

#define TEXT "user %d has logged in from 192.0.2.17 port 51234, session %d"

static _Noreturn void
die(const char *what)
{
	fprintf(stderr, "caller: %s: %s\n", what, strerror(errno));
	exit(1);
}

static uint64_t
now(void)
{
	struct timespec t;

	clock_gettime(CLOCK_MONOTONIC, &t);
	return (uint64_t)t.tv_sec * 1000000000 + (uint64_t)t.tv_nsec;
}

/* Reads whatever comes, until it is killed. */
static pid_t
start_sink(int dgram, int listener)
{
	struct pollfd p[16] = { { .fd = dgram, .events = POLLIN },
		{ .fd = listener, .events = POLLIN } };
	static char buf[1 << 18];
	nfds_t n = 2;
	pid_t pid = fork();

	if (pid != 0)
		return pid;
	prctl(PR_SET_PDEATHSIG, SIGKILL);
	alarm(2 * LIMIT_S);
	for (;;) {
		poll(p, n, -1);
		while (recv(dgram, buf, sizeof(buf), MSG_DONTWAIT) > 0)
			;
		if ((p[1].revents & POLLIN) != 0 && n < 16)
			p[n++] = (struct pollfd){ .fd = accept(
						      listener, NULL, NULL),
				.events = POLLIN };
		for (nfds_t i = 2; i < n; i++)
			if (p[i].revents != 0 &&
			    recv(p[i].fd, buf, sizeof(buf), MSG_DONTWAIT) == 0)
				p[i].fd = -1;
	}
}

static int
compare(const void *a, const void *b)
{
	const uint32_t *x = a, *y = b;

	return (*x > *y) - (*x < *y);
}

struct run {
	const char *name;
	struct syncline *s; /* NULL: glibc */
};

static void
call(const struct run *r, int i)
{
	if (r->s != NULL)
		syncline_log(r->s, LOG_INFO, TEXT, i, i * 7);
	else
		syslog(LOG_INFO, TEXT, i, i * 7);
}

static void
measure(const struct run *r, const char *load, int n, uint64_t gap)
{
	static uint32_t cost[BURST];
	struct syncline_stats before = { 0 }, after = { 0 };
	uint64_t begin, next = now(), sum = 0;
	uint32_t median;

	if (r->s != NULL)
		syncline_stats(r->s, &before, sizeof(before));
	for (int i = 0; i < n; i++) {
		if (gap > 0) {
			next += gap;
			while (now() < next)
				(void)usleep((useconds_t)(gap / 4000));
		}
		begin = now();
		call(r, i);
		cost[i] = (uint32_t)(now() - begin);
		sum += cost[i];
	}
	if (r->s != NULL)
		syncline_stats(r->s, &after, sizeof(after));
	qsort(cost, (size_t)n, sizeof(cost[0]), compare);
	median = cost[n / 2];
	printf("  {\"call\": \"%s\", \"load\": \"%s\", \"calls\": %d, "
	       "\"mean\": %.0f, \"p50\": %u, \"p99\": %u, \"p999\": %u, "
	       "\"max\": %u, \"dropped\": %llu}",
	    r->name, load, n, (double)sum / (double)n, median,
	    cost[n / 100 * 99], cost[n / 1000 * 999], cost[n - 1],
	    (unsigned long long)(after.dropped - before.dropped));
}

static struct syncline *
open_url(const char *url)
{
	struct syncline_opts o = SYNCLINE_OPTS_INIT;
	struct syncline *s = NULL;
	char why[256] = "";

	o.ident = "caller";
	o.memory = 64 << 20;
	o.why = why;
	o.why_size = sizeof(why);
	if (syncline_open(&s, url, &o) != 0) {
		fprintf(stderr, "caller: %s\n", why);
		exit(1);
	}
	syncline_log(s, LOG_INFO, "warm");
	syncline_flush(s, 500);
	return s;
}

static int
bind_dev_log(void)
{
	struct sockaddr_un here = { .sun_family = AF_UNIX,
		.sun_path = "/dev/log" };
	int fd = socket(AF_UNIX, SOCK_DGRAM, 0);

	if (unshare(CLONE_NEWNS) == -1 ||
	    mount("none", "/", NULL, MS_REC | MS_PRIVATE, NULL) == -1 ||
	    mount("none", "/dev", "tmpfs", 0, NULL) == -1)
		die("a /dev of its own (root only)");
	if (fd == -1 ||
	    bind(fd, (const struct sockaddr *)&here, sizeof(here)) == -1)
		die("/dev/log");
	return fd;
}

static int
listen_tcp(char *url, size_t size)
{
	struct sockaddr_in here = { .sin_family = AF_INET,
		.sin_addr.s_addr = htonl(INADDR_LOOPBACK) };
	socklen_t len = sizeof(here);
	int fd = socket(AF_INET, SOCK_STREAM, 0);

	if (fd == -1 || bind(fd, (const struct sockaddr *)&here, len) == -1 ||
	    listen(fd, 8) == -1 ||
	    getsockname(fd, (struct sockaddr *)&here, &len) == -1)
		die("a listener");
	snprintf(url, size, "tcp://127.0.0.1:%d", ntohs(here.sin_port));
	return fd;
}

int
main(void)
{
	char url[64];
	int log = bind_dev_log(), listener = listen_tcp(url, sizeof(url));
	pid_t sink = start_sink(log, listener);
	struct run runs[4] = { { "glibc syslog(3)", NULL } };

	alarm(LIMIT_S);
	close(log);
	close(listener);
	openlog("caller", LOG_PID | LOG_NDELAY, LOG_USER);
	runs[1] = (struct run){ "syncline_log, tcp", open_url(url) };
	runs[2] = (struct run){ "syncline_log, unix",
		open_url("unix:///dev/log") };
	runs[3] = (struct run){ "syncline_log, nobody there",
		open_url("tcp://127.0.0.1:1") };
	puts("[");
	for (int i = 0; i < 4; i++) {
		measure(&runs[i], "burst", BURST, 0);
		puts(",");
		if (runs[i].s != NULL)
			syncline_flush(runs[i].s, i == 3 ? 0 : 5000);
		measure(&runs[i], "paced", PACED, GAP_NS);
		puts(i < 3 ? "," : "");
		fflush(stdout);
	}
	puts("]");
	for (int i = 1; i < 4; i++)
		syncline_close(runs[i].s, 100);
	kill(sink, SIGKILL);
	waitpid(sink, NULL, 0);
	return 0;
}
