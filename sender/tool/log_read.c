/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * log_read.c - the lines of a file, as fast as they come or as --rate says
 */
#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <syslog.h>
#include <time.h>
#include <unistd.h>

#include "tool/log.h"
#include "wire/pri.h"

enum {
	BUFFER = 256 * 1024,
	LINE_MAX_LENGTH = 128 * 1024, /* what is longer is cut */
	NS = 1000000000,
	PROGRESS_NS = NS / 4
};

struct reader {
	struct syncline *s;
	const struct log_job *job;
	struct log_count *count;
	int64_t begin, shown; /* ns */
	uint64_t shown_count;
	bool progress;
};

static int64_t
clock_ns(void)
{
	struct timespec t;

	(void)clock_gettime(CLOCK_MONOTONIC, &t);
	return (int64_t)t.tv_sec * NS + t.tv_nsec;
}

/* As libsyncline does with what is sent. */
static void
print(const struct log_job *job, struct slice text)
{
	if (job->opts.procid != NULL)
		(void)fprintf(
		    stderr, "%s[%s]: ", job->opts.ident, job->opts.procid);
	else
		(void)fprintf(
		    stderr, "%s[%d]: ", job->opts.ident, (int)getpid());
	(void)fwrite(text.p, 1, text.n, stderr);
	if (text.n == 0 || text.p[text.n - 1] != '\n')
		(void)fputc('\n', stderr);
}

void
log_text(struct syncline *s, const struct log_job *job, struct log_count *count,
    struct slice text)
{
	struct syncline_record r = job->record;
	uint8_t pri;
	int status = 0;

	if (job->prio_prefix && pri_take(&text, &pri))
		r.pri = pri > LOG_PRIMASK ? pri : (r.pri & ~LOG_PRIMASK) | pri;
	if (text.n == 0 && job->skip_empty)
		return;
	r.text = text.p;
	r.text_len = text.n;
	count->read++;
	if (!job->no_act)
		status = syncline_record(s, &r);
	else if ((job->opts.flags & SYNCLINE_PERROR) != 0)
		print(job, text);
	if (status == 0)
		return;
	count->refused++;
	count->error = count->error != 0 ? count->error : status;
}

/* Waits until the next message is due. */
static void
keep_rate(const struct reader *r)
{
	const uint64_t rate = (uint64_t)r->job->rate;
	uint64_t n = r->count->read;
	int64_t due, left;
	struct timespec t;

	if (rate == 0)
		return;
	due = r->begin + (int64_t)(n / rate) * NS +
	    (int64_t)(n % rate * NS / rate);
	left = due - clock_ns();
	if (left <= 0)
		return;
	t = (struct timespec){ .tv_sec = left / NS, .tv_nsec = left % NS };
	(void)nanosleep(&t, NULL);
}

/* A line that is written over and over, on a terminal. */
static void
show(struct reader *r, bool last)
{
	struct syncline_stats st = { 0 };
	int64_t now;

	if (!r->progress)
		return;
	now = clock_ns();
	if (!last && now - r->shown < PROGRESS_NS)
		return;
	syncline_stats(r->s, &st, sizeof(st));
	(void)fprintf(stderr,
	    "\r%" PRIu64 " lines, %" PRIu64 " sent, %.0f a second%s%s   ",
	    r->count->read, st.sent,
	    (double)(r->count->read - r->shown_count) * NS /
		(double)(now - r->shown + 1),
	    st.connected != 0 ? "" : ", not connected", last ? "\n" : "");
	(void)fflush(stderr);
	r->shown = now;
	r->shown_count = r->count->read;
}

static void
take_line(struct reader *r, struct slice line)
{
	keep_rate(r);
	r->count->lines++;
	if (line.n > 0 && line.p[line.n - 1] == '\r')
		line.n--;
	log_text(r->s, r->job, r->count, line);
	show(r, false);
}

/* Takes the whole lines out of the front of buf. */
static size_t
take_lines(struct reader *r, char *buf, size_t n, bool *skipping)
{
	size_t at = 0, length;
	const char *end;

	while ((end = memchr(buf + at, '\n', n - at)) != NULL) {
		length = (size_t)(end - buf) - at;
		if (!*skipping)
			take_line(r, slice_of(buf + at, length));
		*skipping = false;
		at += length + 1;
		if (r->count->error != 0)
			break;
	}
	return at;
}

/* Whoever started us may have it non-blocking, for all who share it. */
static ssize_t
read_some(int fd, char *buf, size_t n)
{
	struct pollfd p = { .fd = fd, .events = POLLIN };
	ssize_t got;

	while ((got = read(fd, buf, n)) == -1 &&
	    (errno == EINTR || errno == EAGAIN))
		if (errno == EAGAIN && poll(&p, 1, -1) == -1 && errno != EINTR)
			break;
	return got;
}

static int
read_all(struct reader *r, int fd, char *buf, struct err *err)
{
	size_t have = 0, gone;
	bool skipping = false;
	ssize_t n;

	while (r->count->error == 0) {
		n = read_some(fd, buf + have, BUFFER - have);
		if (n == -1)
			return err_sys(err, "%s: behind line %" PRIu64,
			    r->job->file, r->count->lines);
		if (n == 0)
			break;
		have += (size_t)n;
		gone = take_lines(r, buf, have, &skipping);
		have -= gone;
		(void)memmove(buf, buf + gone, have);
		if (have < LINE_MAX_LENGTH)
			continue;
		/* the rest of such a line is left out */
		if (!skipping)
			take_line(r, slice_of(buf, have));
		skipping = true;
		have = 0;
	}
	if (have > 0 && !skipping && r->count->error == 0)
		take_line(r, slice_of(buf, have));
	return 0;
}

int
log_lines(struct syncline *s, const struct log_job *job,
    struct log_count *count, struct err *err)
{
	struct reader r = { .s = s, .job = job, .count = count };
	bool standard = strcmp(job->file, "-") == 0;
	int fd = standard ? STDIN_FILENO
			  : open(job->file, O_RDONLY | O_CLOEXEC);
	char *buf = malloc(BUFFER);
	int status;

	if (fd == -1 || buf == NULL) {
		status = err_sys(err, "%s", job->file);
	} else {
		r.begin = r.shown = clock_ns();
		r.progress = isatty(STDERR_FILENO) == 1 &&
		    (!standard || isatty(STDIN_FILENO) == 0);
		status = read_all(&r, fd, buf, err);
		show(&r, true);
	}
	if (fd != -1 && !standard)
		(void)close(fd);
	free(buf);
	return status;
}
