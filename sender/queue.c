/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * queue.c - the caller's side: a clock, a copy, and away
 */
#include "queue.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/uio.h>

#include "wire/escape.h"
#include "wire/msg.h"

enum {
	ON_STACK = 1024, /* a formatted text up to this length is copied */
	TURN = 10        /* ms between two looks for room */
};

int
queue_begin(struct syncline *s, int *pri)
{
	int status = handle_enter(s);

	if (status != 0)
		return status;
	if (*pri < 0 || *pri > MSG_PRI_MAX)
		return -EINVAL;
	if ((atomic_load_explicit(&s->mask, memory_order_relaxed) &
		1U << (*pri & 7)) != 0)
		return QUEUE_MASKED;
	if (*pri < 8)
		*pri |= s->facility;
	return 0;
}

void
queue_stamp(struct entry *e)
{
	struct timespec now;

	(void)clock_gettime(CLOCK_REALTIME, &now);
	e->sec = now.tv_sec;
	e->usec = (uint32_t)(now.tv_nsec / 1000);
}

/* Waits until there is room, for block_ms at most. */
static char *
wait_for_room(struct syncline *s, size_t n, unsigned severity, uint64_t *used)
{
	int64_t end = engine_clock() + s->block_ms, left;
	char *record = NULL;
	uint32_t turn;

	(void)atomic_fetch_add(&s->shared->waiters, 1);
	for (;;) {
		turn = atomic_load(&s->shared->turn);
		record = ring_reserve(&s->ring, n, severity, used);
		left = end - engine_clock();
		if (record != NULL || left <= 0)
			break;
		bell_ring(&s->shared->bell, BELL_FILLING);
		bell_futex_wait(
		    &s->shared->turn, turn, left < TURN ? left : TURN);
	}
	(void)atomic_fetch_sub(&s->shared->waiters, 1);
	return record;
}

static void
count_dropped(struct syncline *s, unsigned severity)
{
	(void)atomic_fetch_add_explicit(
	    &s->shared->dropped[severity], 1, memory_order_relaxed);
}

char *
queue_reserve(
    struct syncline *s, const struct entry *e, bool wait, uint64_t *used)
{
	size_t n = sizeof(*e) + e->app_n + e->msgid_n + e->sd_n + e->text_n;
	unsigned severity = e->pri & 7U;
	char *record = ring_reserve(&s->ring, n, severity, used);

	if (record == NULL && wait && s->overflow == SYNCLINE_BLOCK)
		record = wait_for_room(s, n, severity, used);
	if (record == NULL) {
		count_dropped(s, severity);
		/* it may sleep, with a message that is not complete */
		bell_ring(&s->shared->bell, BELL_FILLING);
		return NULL;
	}
	(void)memcpy(record, e, sizeof(*e));
	return record;
}

void
queue_end(struct syncline *s, char *record, uint64_t used)
{
	ring_commit(&s->ring, record);
	(void)atomic_fetch_add_explicit(
	    &s->shared->accepted, 1, memory_order_relaxed);
	bell_ring(&s->shared->bell,
	    ring_is_filling(&s->ring, used) ? BELL_FILLING : BELL_MESSAGE);
}

struct slice
queue_cut(struct syncline *s, struct slice text, size_t max)
{
	if (text.n <= max)
		return text;
	(void)atomic_fetch_add_explicit(
	    &s->shared->cut, 1, memory_order_relaxed);
	text.n = max;
	text.n = escape_whole(text);
	return text;
}

void
queue_print(struct syncline *s, struct slice app, struct slice text)
{
	const struct compose *c = &s->engine.compose;
	union { /* writev(2) does not write to it */
		const char *from;
		void *to;
	} parts[] = { { app.n > 0 ? app.p : c->app }, { "[" }, { c->procid },
		{ "]: " }, { text.p }, { "\n" } };
	size_t lengths[] = { app.n > 0 ? app.n : strlen(c->app), 1,
		strlen(c->procid), 3, text.n, 1 };
	struct iovec v[6];
	int count = 6;

	if (text.n > 0 && text.p[text.n - 1] == '\n')
		count--;
	for (int i = 0; i < count; i++)
		v[i] = (struct iovec){ .iov_base = parts[i].to,
			.iov_len = lengths[i] };
	if (writev(STDERR_FILENO, v, count) == -1)
		return; /* there is nobody to tell */
}

int
queue_text(
    struct syncline *s, int pri, struct slice app, struct slice text, bool wait)
{
	struct entry e = { .pri = (uint8_t)pri, .app_n = (uint8_t)app.n };
	char *record, *to;
	uint64_t used;

	if (wait && (s->flags & SYNCLINE_PERROR) != 0)
		queue_print(s, app, text);
	text = queue_cut(s, text, s->max_message);
	e.text_n = (uint32_t)text.n;
	queue_stamp(&e);
	record = queue_reserve(s, &e, wait, &used);
	if (record == NULL)
		return -ENOBUFS;
	to = record + sizeof(e);
	if (app.n > 0)
		(void)memcpy(to, app.p, app.n);
	if (text.n > 0)
		(void)memcpy(to + app.n, text.p, text.n);
	queue_end(s, record, used);
	return 0;
}

/* A text that is too long for the stack; n is its length. */
static int queue_long(struct syncline *s, int pri, struct slice app,
    const char *fmt, va_list ap, size_t n) SYNCLINE_PRINTF(4, 0);

static int
queue_long(struct syncline *s, int pri, struct slice app, const char *fmt,
    va_list ap, size_t n)
{
	size_t max = n < s->max_message + 4 ? n : s->max_message + 4;
	char *text = malloc(max + 1);
	int made, status;

	if (text == NULL) {
		count_dropped(s, (unsigned)pri & 7U);
		return -ENOMEM;
	}
	made = vsnprintf(text, max + 1, fmt, ap);
	if (made < 0)
		status = -EINVAL;
	else
		status = queue_text(s, pri, app,
		    slice_of(text, (size_t)made < max ? (size_t)made : max),
		    true);
	free(text);
	return status;
}

int
queue_format(
    struct syncline *s, int pri, struct slice app, const char *fmt, va_list ap)
{
	char text[ON_STACK];
	va_list again;
	int n, status;

	if (fmt == NULL)
		return -EINVAL;
	if (strchr(fmt, '%') == NULL)
		return queue_text(s, pri, app, slice_str(fmt), true);
	va_copy(again, ap);
	n = vsnprintf(text, sizeof(text), fmt, ap);
	if (n < 0)
		status = -EINVAL;
	else if ((size_t)n < sizeof(text))
		status = queue_text(
		    s, pri, app, slice_of(text, (size_t)n), true);
	else
		status = queue_long(s, pri, app, fmt, again, (size_t)n);
	va_end(again);
	return status;
}
