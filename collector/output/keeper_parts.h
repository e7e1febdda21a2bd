/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * keeper_parts.h - what keeper.c and keeper_work.c share
 */
#ifndef OUTPUT_KEEPER_PARTS_H
#define OUTPUT_KEEPER_PARTS_H

#include <pthread.h>
#include <stdatomic.h>

#include "output/ageclock.h"
#include "output/keeper.h"

struct keeper {
	struct mailbox wake;              /* never has a letter */
	_Atomic(struct keep_plan *) next; /* owned; given, and not taken yet */
	atomic_uchar wanted[SLOTS_MAX];   /* KEEPER_..., by slot */
	atomic_bool stop, hush, ended;

	/* the main thread's */
	pthread_t thread;
	bool started, fails, needed;
	int64_t try_at;      /* clock_ms(): starts the thread again */
	struct mailbox *end; /* borrowed */

	/* the thread's */
	struct keep_plan *plan; /* owned; NULL: none yet */
	struct ageclock clock;
	const struct keep_job *working; /* is compressed just now, or NULL */
	bool let_go;                    /* and has to be deleted */
	size_t turn;                    /* the output that comes next */
};

/*
 * Takes a new plan, and sees to every output that is due. Returns the
 * clock_ms() of the next call.
 */
int64_t keeper_attend(struct keeper *k);

/* Compresses one file, or compares one. False: there is none. */
bool keeper_work(struct keeper *k);

#endif
