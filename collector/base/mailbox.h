/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * mailbox.h - letters from any thread to one thread
 *
 * Posting a letter hands over what it is part of: from that moment the
 * sender must not touch it. Letters are links inside the objects themselves,
 * so posting allocates nothing, and a mailbox is never full: what bounds it
 * is the pool that the objects come from. This file and metrics.h are the
 * only places where threads meet.
 */
#ifndef BASE_MAILBOX_H
#define BASE_MAILBOX_H

#include <stdatomic.h>
#include <stdbool.h>

#include "wire/err.h"

struct letter {
	struct letter *next;
};

struct mailbox {
	_Atomic(struct letter *) newest; /* a stack: the reader turns it */
	atomic_bool wanted; /* the reader waits; see mailbox_want() */
	int fd;             /* an eventfd(2): readable when it has been woken */
};

/* -1 sets *err. */
int mailbox_init(struct mailbox *m, struct err *err);
void mailbox_clear(struct mailbox *m); /* closes; letters are not freed */

/*
 * Posts a letter without waking the reader, unless it said mailbox_want().
 * Any thread. The order of one thread's letters is kept.
 */
void mailbox_post(struct mailbox *m, struct letter *l);

/* Posts, and wakes the reader when the mailbox was empty before. */
void mailbox_send(struct mailbox *m, struct letter *l);

/* Makes the descriptor readable, also without a letter. Any thread; also
 * from a signal handler. */
void mailbox_wake(struct mailbox *m);

/* Reader: takes all letters, oldest first, linked by next; NULL: none. */
struct letter *mailbox_take(struct mailbox *m);

/* Reader: makes the descriptor unreadable; take the letters afterwards. */
void mailbox_quiet(struct mailbox *m);

/* Reader: the next mailbox_post() shall wake it. Take once more after this. */
void mailbox_want(struct mailbox *m);

#endif
