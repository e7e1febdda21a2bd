/* SPDX-License-Identifier: BSD-2-Clause */
/* log.c - the daemon's own voice: one line a call on standard error */
#include "base/log.h"

#include <sys/stat.h>
#include <sys/uio.h>

#include <errno.h>
#include <poll.h>
#include <pthread.h>
#include <stdarg.h>
#include <stdatomic.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "wire/escape.h"

enum {
	LINE_MAX_BYTES = 2048,
	PREFIX_LEN = 10, /* "syncline: " */
	DOTS_LEN = 3,    /* "..." */
	TEXT_MAX = LINE_MAX_BYTES - PREFIX_LEN - DOTS_LEN - 1,
	PATIENCE = 100 /* ms that one line waits for a full standard error */
};

static atomic_bool verbose;

/*
 * RULE 6: threads meet here too, since all of them speak. One line at a time,
 * so that the room that poll(2) saw is still there.
 */
static pthread_mutex_t turn = PTHREAD_MUTEX_INITIALIZER;

/*
 * The last line found no room. While that lasts no other line waits, so that
 * a reader who has stopped costs us one wait and not one a line. Under turn.
 */
static bool stuck;

void
log_verbose(bool on)
{
	atomic_store_explicit(&verbose, on, memory_order_relaxed);
}

/*
 * Escapes as much of text as gives at most room bytes; out has TEXT_MAX *
 * ESCAPE_TEXT_GROWTH. Longer text never escapes to less, so the limit can be
 * found by halving; only a line that is too long pays for it.
 */
static size_t
escape_front(struct slice text, size_t room, char *out, bool *cut)
{
	size_t fits = 0, over = text.n + 1;
	size_t n = escape_text(text, out);

	if (n <= room)
		return n;
	*cut = true;
	while (over - fits > 1) {
		size_t half = fits + (over - fits) / 2;
		struct slice front = slice_of(text.p, half);

		front.n = escape_whole(front);
		if (escape_text(front, out) <= room)
			fits = half;
		else
			over = half;
	}
	text.n = fits;
	text.n = escape_whole(text);
	return escape_text(text, out);
}

static bool
wait_for_room(void)
{
	struct pollfd p = { .fd = STDERR_FILENO, .events = POLLOUT };
	int n = poll(&p, 1, stuck ? 0 : PATIENCE);

	return n == 1 && (p.revents & (POLLERR | POLLNVAL)) == 0;
}

/*
 * Pipes and sockets are asked not to block at all: between poll(2) and
 * write(2) another process could take the room. Kernels before 6.4 cannot for
 * pipes, and a file or a terminal has nobody who stops reading unseen.
 */
static bool
write_line(const char *line, size_t n)
{
	struct iovec v = { .iov_len = n };
	struct stat st;
	ssize_t done;

	memcpy(&v.iov_base, &line, sizeof(line)); /* writev(2) lacks a const */
	if (!wait_for_room())
		return false;
	if (fstat(STDERR_FILENO, &st) == 0 &&
	    (S_ISFIFO(st.st_mode) || S_ISSOCK(st.st_mode))) {
		done = pwritev2(STDERR_FILENO, &v, 1, -1, RWF_NOWAIT);
		if (done != -1 || (errno != EOPNOTSUPP && errno != ENOSYS))
			return done != -1;
	}
	/* A file on a full disk may take only the front of a line. */
	while (n > 0) {
		done = write(STDERR_FILENO, line, n);
		if (done == -1 && errno == EINTR)
			continue;
		if (done <= 0)
			return false;
		line += done;
		n -= (size_t)done;
	}
	return true;
}

static void
put_line(const char *text, size_t n)
{
	char line[PREFIX_LEN + TEXT_MAX * ESCAPE_TEXT_GROWTH + DOTS_LEN + 1];
	bool cut = false;
	struct slice s = slice_of(text, n);

	memcpy(line, "syncline: ", PREFIX_LEN);
	if (n > TEXT_MAX) {
		cut = true;
		s.n = TEXT_MAX;
		s.n = escape_whole(s);
	}
	n = PREFIX_LEN + escape_front(s, TEXT_MAX, line + PREFIX_LEN, &cut);
	if (cut) {
		memcpy(line + n, "...", DOTS_LEN);
		n += DOTS_LEN;
	}
	line[n++] = '\n';
	pthread_mutex_lock(&turn);
	stuck = !write_line(line, n);
	pthread_mutex_unlock(&turn);
}

static bool
is_silent(int level)
{
	return level == LOG_DEBUG &&
	    !atomic_load_explicit(&verbose, memory_order_relaxed);
}

/* The length of what vsnprintf() left in a buffer of size. */
static size_t
length_of(int n, size_t size)
{
	if (n < 0)
		return 0;
	return (size_t)n < size ? (size_t)n : size - 1;
}

void
log_line(int level, const char *fmt, ...)
{
	char text[TEXT_MAX + 2]; /* one more than fits shows that it is cut */
	int saved = errno;
	va_list ap;
	int n;

	if (is_silent(level))
		return;
	va_start(ap, fmt);
	n = vsnprintf(text, sizeof(text), fmt, ap);
	va_end(ap);
	put_line(text, length_of(n, sizeof(text)));
	errno = saved;
}

void
log_sys(int level, const char *fmt, ...)
{
	/* The reason is what matters most: a long text leaves room for it. */
	char reason[128], text[TEXT_MAX + 1];
	const size_t room = sizeof(text) - sizeof(reason) - 2;
	int saved = errno;
	va_list ap;
	size_t n;

	if (is_silent(level))
		return;
	va_start(ap, fmt);
	n = length_of(vsnprintf(text, room, fmt, ap), room);
	va_end(ap);
	n = escape_whole(slice_of(text, n));
	(void)snprintf(text + n, sizeof(text) - n, ": %s",
	    strerror_r(saved, reason, sizeof(reason)));
	put_line(text, strlen(text));
	errno = saved;
}
