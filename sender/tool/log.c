/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * log.c - `syncline log`: logger(1), with a status that can be believed
 */
#include "tool/log.h"

#include <errno.h>
#include <inttypes.h>
#include <pwd.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <syslog.h>
#include <unistd.h>

#include "tool/tool.h"

enum { MEMORY = 4 << 20, MESSAGE = 65536, TIMEOUT = 5000 };

/* The words of the message, with blanks between. NULL: no memory. */
static char *
join(int argc, char **argv, int first)
{
	size_t size = 1, n = 0;
	char *text;

	for (int i = first; i < argc; i++)
		size += strlen(argv[i]) + 1;
	text = malloc(size);
	for (int i = first; i < argc && text != NULL; i++) {
		size_t length = strlen(argv[i]);

		if (i > first)
			text[n++] = ' ';
		(void)memcpy(text + n, argv[i], length);
		n += length;
	}
	if (text != NULL)
		text[n] = '\0';
	return text;
}

static int
read_and_queue(struct syncline *s, const struct log_job *job, int argc,
    char **argv, struct log_count *count)
{
	struct err err;
	char *text;

	if (job->file != NULL)
		return log_lines(s, job, count, &err) == -1
		    ? tool_failed("syncline log", &err)
		    : TOOL_OK;
	text = join(argc, argv, job->first);
	if (text == NULL) {
		(void)err_set(&err, "no memory for the message");
		return tool_failed("syncline log", &err);
	}
	log_text(s, job, count, slice_str(text));
	free(text);
	return TOOL_OK;
}

/*
 * What was not delivered. Of a spool that had messages before, the library does
 * not tell whose were sent: then it is not less than this. Nor does it tell how
 * many are on the disk of those for which in the end there was no room.
 */
static void
say_missing(struct err *err, const struct log_count *count,
    const struct syncline_stats *st, int closed, const char *why)
{
	uint64_t unsent = st->accepted > st->sent ? st->accepted - st->sent : 0;
	char spooled[64] = "", end[64] = "";

	if (closed == -ETIMEDOUT && count->refused == 0) {
		(void)err_set(err,
		    "not all was delivered, the rest is in the spool: %s", why);
		return;
	}
	if (closed == -ETIMEDOUT)
		(void)snprintf(spooled, sizeof(spooled),
		    " (all but %" PRIu64 " are in the spool)", count->refused);
	else if (st->spooled > st->replayed)
		(void)snprintf(spooled, sizeof(spooled),
		    " (the first may be in the spool)");
	if (count->refused > 0 && count->lines > 0)
		(void)snprintf(end, sizeof(end),
		    ", and nothing was read behind line %" PRIu64,
		    count->lines);
	(void)err_set(err, "%s%" PRIu64 " messages were not delivered%s%s: %s",
	    st->replayed > 0 ? "at least " : "", count->refused + unsent,
	    spooled, end, why);
}

/* Waits, and says what was not delivered. */
static int
finish(struct syncline *s, const struct log_job *job,
    const struct log_count *count)
{
	struct syncline_stats st;
	int flushed = syncline_flush(s, (int)job->timeout), closed;
	struct err err;
	const char *why;

	syncline_stats(s, &st, sizeof(st));
	closed = syncline_close(s, 0);
	if (flushed == 0 && closed == 0 && count->refused == 0 &&
	    st.uncertain == 0)
		return TOOL_OK;
	if (job->no_socket_errors && log_is_local(job) &&
	    (count->error == 0 || count->error == -ENOBUFS))
		return TOOL_OK;
	st.last_error[sizeof(st.last_error) - 1] = '\0';
	why = st.last_error;
	if (why[0] == '\0')
		why = st.connected != 0 ? "the collector is too slow"
					: "there was no connection in time";
	if (count->error != 0 && count->error != -ENOBUFS)
		why = syncline_strerror(count->error);
	if (closed == -ETIMEDOUT || count->refused > 0 || st.accepted > st.sent)
		say_missing(&err, count, &st, closed, why);
	else
		(void)err_set(&err,
		    "a connection broke: of %" PRIu64
		    " messages TCP cannot tell whether they were delivered",
		    st.uncertain);
	return tool_failed("syncline log", &err);
}

static int
run(struct log_job *job, int argc, char **argv)
{
	struct log_count count = { 0 };
	struct syncline *s = NULL;
	char why[512] = "";
	struct err err;
	int status;

	job->opts.why = why;
	job->opts.why_size = sizeof(why);
	/* The one who waits for room is us, and gives up in time. */
	job->opts.overflow = SYNCLINE_BLOCK;
	job->opts.block_ms = job->timeout > 0 ? (int)job->timeout : 1;
	job->record.elements = job->elements;
	status = syncline_open(&s, job->url, &job->opts);
	if (status != 0) {
		(void)err_set(&err, "%s", why);
		(void)tool_failed("syncline log", &err);
		return status == -EINVAL ? TOOL_USAGE : TOOL_FAILED;
	}
	status = read_and_queue(s, job, argc, argv, &count);
	return finish(s, job, &count) == TOOL_OK ? status : TOOL_FAILED;
}

int
cmd_log(int argc, char **argv)
{
	struct log_job job = { .opts = SYNCLINE_OPTS_INIT,
		.record = SYNCLINE_RECORD_INIT,
		.timeout = TIMEOUT };
	const struct passwd *user;
	int status;

	job.record.pri = LOG_USER | LOG_NOTICE;
	job.opts.memory = MEMORY;
	job.opts.max_message = MESSAGE;
	/* cppcheck-suppress getpwuidCalled ; there is one thread yet */
	user = getpwuid(geteuid());
	job.opts.ident = user != NULL ? user->pw_name : "syncline";
	status = log_options(&job, argc, argv);
	if (status != TOOL_OK)
		return status;
	if (job.help)
		return tool_help(log_help);
	if (job.version)
		return tool_version();
	return run(&job, argc, argv);
}
