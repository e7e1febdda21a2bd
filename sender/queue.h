/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * queue.h - what all functions that queue a message share
 */
#ifndef QUEUE_H
#define QUEUE_H

#include "entry.h"
#include "handle.h"

/* What a function that queues starts with. >0: there is nothing to do. */
enum { QUEUE_MASKED = 1 };

/* Looks at *pri and adds the facility. 0, QUEUE_MASKED or a negative errno
 * value. */
int queue_begin(struct syncline *s, int *pri);

/* The time of e is now. */
void queue_stamp(struct entry *e);

/*
 * Room for the entry with all that stands behind it; e is put there. NULL: no
 * room, which is counted. wait: SYNCLINE_BLOCK may block. queue_end() must
 * follow at once.
 */
char *queue_reserve(
    struct syncline *s, const struct entry *e, bool wait, uint64_t *used);

/* The record that queue_reserve() returned is complete. */
void queue_end(struct syncline *s, char *record, uint64_t used);

/* Queues text as it is. */
int queue_text(struct syncline *s, int pri, struct slice app, struct slice text,
    bool wait);

/* Queues a format. */
int queue_format(struct syncline *s, int pri, struct slice app, const char *fmt,
    va_list ap) SYNCLINE_PRINTF(4, 0);

/* SYNCLINE_PERROR: "ident[pid]: text", in one piece. */
void queue_print(struct syncline *s, struct slice app, struct slice text);

/* text, cut to max bytes between two characters, which is counted. */
struct slice queue_cut(struct syncline *s, struct slice text, size_t max);

#endif
