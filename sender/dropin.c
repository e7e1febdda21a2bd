/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * dropin.c - syslog(3) on top of the library; see syncline.h
 *
 * syslog(3) has one state for the process, so this file has variables. Who
 * logs takes no lock: ident is read like a page that may be turned meanwhile
 * (a sequence lock), so that a signal handler cannot wait for the program that
 * it interrupts.
 */
#include <errno.h>
#include <syslog.h>

#include "queue.h"

enum {
	IDENT_WORDS = 7, /* of 8 bytes: COMPOSE_APP and a NUL */
	READS = 100,     /* of an ident that is just being changed */
	SEVERITIES = LOG_PRIMASK + 1,
	LOOKS = 250,    /* while somebody else opens */
	HELD = 1,       /* ms between two looks at what somebody else has */
	EXIT_MS = 1000, /* for what waits, when we end */
	ABSENT_MS = 100 /* the same, when nobody is there to take it */
};

/* The lowest bits of the state; OPENING has process and thread above them. */
enum { CLOSED, OPENING, OPEN, ENDED, STATES, TASK_BITS = 30 };

enum { COUNT_BITS = 32 }; /* of what was missed, below the process */

struct dropin {
	_Atomic uint64_t state;
	_Atomic uint32_t ident_turn;
	_Atomic uint32_t opened;   /* how often somebody had done with it */
	_Atomic uint64_t given_up; /* who opened for too long: its state */
	/* by severity: logged while there was no handle, for the next one;
	 * above the count the process, as what a parent has missed, the parent
	 * tells */
	_Atomic uint64_t missed[SEVERITIES];
	_Atomic uint32_t some_missed;
	_Atomic uint64_t ident[IDENT_WORDS];
	_Atomic int facility, flags, mask;
	_Atomic(struct syncline *) s;
	/* of ident, for who writes it: 0, or the process. In the child of a
	 * fork(2) the thread that has it is not there. */
	_Atomic uint32_t lock;
};

/* RULE: a variable of the whole file: syslog(3) has no handle to hang it on. */
static struct dropin the = { .facility = LOG_USER, .mask = 0xff };

/* It becomes ours when it is not. */
static void
count_missed(int pri)
{
	_Atomic uint64_t *missed = &the.missed[LOG_PRI(pri)];
	uint64_t process = (uint64_t)getpid();
	uint64_t before = atomic_load(missed), after;

	if ((atomic_load(&the.mask) & LOG_MASK(LOG_PRI(pri))) == 0)
		return;
	do
		after = 1 +
		    (before >> COUNT_BITS == process ? before
						     : process << COUNT_BITS);
	while (!atomic_compare_exchange_weak(missed, &before, after));
	atomic_store(&the.some_missed, 1);
}

static void
hand_over_missed(struct syncline *s)
{
	uint64_t mine = (uint64_t)getpid() << COUNT_BITS, n;

	if (atomic_exchange(&the.some_missed, 0) == 0)
		return;
	for (size_t i = 0; i < SEVERITIES; i++) {
		n = atomic_exchange(&the.missed[i], 0) - mine;
		if (n >> COUNT_BITS == 0)
			(void)atomic_fetch_add(&s->shared->dropped[i], n);
	}
}

/* Flags and mask, as they are now: the last who comes leaves the last ones.
 * What was logged while there was no handle counts as dropped in this one. */
static void
hand_over(struct syncline *s)
{
	int flags, mask;

	do {
		flags = atomic_load(&the.flags);
		mask = atomic_load(&the.mask);
		atomic_store(&s->flags, flags);
		(void)syncline_setmask(s, mask);
	} while (
	    flags != atomic_load(&the.flags) || mask != atomic_load(&the.mask));
	hand_over_missed(s);
}

/*
 * True: this thread has to open. Else *state is what there is: another thread
 * that opens is waited for, since it asks nobody who could take long; but not
 * by a signal handler that interrupts it, nor again when it never came back
 * (it was cancelled, or waits for what a caller holds), nor when it had no
 * luck. A thread of the parent that was opening when we were forked off does
 * not go on here.
 */
static bool
may_open(uint64_t *state)
{
	uint64_t process = (uint64_t)getpid() << TASK_BITS;
	uint64_t mine = (process | (uint64_t)gettid()) * STATES + OPENING;
	uint32_t opened = atomic_load(&the.opened);

	*state = CLOSED;
	for (int i = 0; i < LOOKS; i++) {
		if (atomic_compare_exchange_strong(&the.state, state, mine))
			return true;
		if (*state % STATES != OPENING || *state == mine)
			return false;
		/* else the parent's: the next look takes it over */
		if (*state / STATES >> TASK_BITS == process >> TASK_BITS) {
			if (*state == atomic_load(&the.given_up) ||
			    opened != atomic_load(&the.opened))
				return false;
			bell_futex_wait(&the.opened, opened, HELD);
			*state = CLOSED;
		}
	}
	atomic_store(&the.given_up, atomic_load(&the.state));
	return false;
}

static struct syncline *
open_now(void)
{
	struct syncline_opts o = SYNCLINE_OPTS_INIT;
	struct syncline *s = NULL;
	uint64_t state;

	if (!may_open(&state))
		return state == OPEN ? atomic_load(&the.s) : NULL;
	o.flags = atomic_load(&the.flags);
	if (syncline_open(&s, NULL, &o) != 0)
		s = NULL;
	atomic_store(&the.s, s);
	atomic_store(&the.state, s != NULL ? OPEN : CLOSED);
	(void)atomic_fetch_add(&the.opened, 1);
	if (s != NULL)
		hand_over(s);
	return s;
}

static struct syncline *
handle(void)
{
	if (atomic_load_explicit(&the.state, memory_order_acquire) == OPEN)
		return atomic_load_explicit(&the.s, memory_order_relaxed);
	return open_now();
}

/* The ident of openlog(), at most COMPOSE_APP bytes; none: empty. */
static struct slice
read_ident(char to[IDENT_WORDS * 8])
{
	uint32_t before, after;
	uint64_t word;

	for (int i = 0; i < READS; i++) {
		before = atomic_load_explicit(
		    &the.ident_turn, memory_order_acquire);
		for (size_t j = 0; j < IDENT_WORDS; j++) {
			word = atomic_load_explicit(
			    &the.ident[j], memory_order_acquire);
			(void)memcpy(to + j * 8, &word, 8);
		}
		after = atomic_load_explicit(
		    &the.ident_turn, memory_order_relaxed);
		if (before == after && before % 2 == 0)
			break;
	}
	return slice_of(to, strnlen(to, COMPOSE_APP));
}

static void
lock_ident(void)
{
	uint32_t mine = (uint32_t)getpid(), held = 0;

	while (!atomic_compare_exchange_strong(&the.lock, &held, mine)) {
		if (held == mine) {
			bell_futex_wait(&the.lock, held, HELD);
			held = 0;
		}
	}
	/* whoever has left it half written does not go on here */
	if (atomic_load(&the.ident_turn) % 2 != 0)
		(void)atomic_fetch_add(&the.ident_turn, 1);
}

static void
write_ident(const char *ident)
{
	char bytes[IDENT_WORDS * 8] = { 0 };
	uint64_t word;

	if (ident != NULL && ident[0] != '\0')
		compose_word(slice_of(ident, strnlen(ident, COMPOSE_APP)),
		    bytes, COMPOSE_APP);
	lock_ident();
	(void)atomic_fetch_add(&the.ident_turn, 1);
	for (size_t j = 0; j < IDENT_WORDS; j++) {
		(void)memcpy(&word, bytes + j * 8, 8);
		atomic_store_explicit(
		    &the.ident[j], word, memory_order_release);
	}
	(void)atomic_fetch_add(&the.ident_turn, 1);
	atomic_store(&the.lock, 0);
}

/* Other threads may log by the handle that there is: it is never closed, but
 * told what is different. */
void
syncline_openlog(const char *ident, int option, int facility)
{
	int saved = errno, flags = 0;

	write_ident(ident);
	if (facility > 0 && (facility & ~LOG_FACMASK) == 0)
		atomic_store(&the.facility, facility);
	if ((option & LOG_PID) != 0)
		flags |= SYNCLINE_PID;
	if ((option & LOG_PERROR) != 0)
		flags |= SYNCLINE_PERROR;
	atomic_store(&the.flags, flags);
	if (atomic_load(&the.state) == OPEN)
		hand_over(atomic_load(&the.s));
	else if ((option & LOG_NDELAY) != 0)
		(void)handle();
	errno = saved;
}

void
syncline_vsyslog(int pri, const char *fmt, va_list ap)
{
	char ident[IDENT_WORDS * 8];
	int saved = errno, status = -EAGAIN;
	struct syncline *s = handle();

	pri &= LOG_PRIMASK | LOG_FACMASK;
	if ((pri & LOG_FACMASK) == 0)
		pri |= atomic_load_explicit(
		    &the.facility, memory_order_relaxed);
	if (s != NULL)
		status = queue_begin(s, &pri);
	if (status < 0)
		count_missed(pri);
	if (status == 0) {
		if (atomic_load(&the.some_missed) != 0)
			hand_over(s);
		errno = saved; /* for %m */
		(void)queue_format(s, pri, read_ident(ident), fmt, ap);
	}
	errno = saved;
}

void
syncline_syslog(int pri, const char *fmt, ...)
{
	va_list ap;

	va_start(ap, fmt);
	syncline_vsyslog(pri, fmt, ap);
	va_end(ap);
}

/* What waits is still sent, by the thread; as for syslog(3), the next message
 * opens again what this closes. */
void
syncline_closelog(void)
{
	int saved = errno;

	write_ident(NULL);
	errno = saved;
}

int
syncline_setlogmask(int mask)
{
	int before = mask != 0 ? atomic_exchange(&the.mask, mask)
			       : atomic_load(&the.mask);

	if (mask != 0 && atomic_load(&the.state) == OPEN)
		hand_over(atomic_load(&the.s));
	return before;
}

/* Other threads may log until the process is gone: they keep the handle. */
__attribute__((destructor)) static void
at_exit(void)
{
	struct syncline *s;
	uint64_t open = OPEN;

	if (!atomic_compare_exchange_strong(&the.state, &open, ENDED))
		return;
	s = atomic_load(&the.s);
	if (s != NULL)
		(void)handle_end(s, EXIT_MS, ABSENT_MS);
}
